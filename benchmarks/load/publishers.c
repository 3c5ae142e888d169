#include "publishers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "message.h"

#define CHUNK_BYTES (64 << 10) /* Of a PUT: what one turn adds at most. */

void publishers_make(struct publishers *publishers, const struct options *options, int epoll, const uint32_t *wanted_by)
{
    memset(publishers, 0, sizeof *publishers);
    publishers->options = options;
    publishers->epoll = epoll;
    publishers->wanted_by = wanted_by;
    publishers->measure_from_ns = INT64_MAX;
    publishers->all = calloc(options->publishers + 1, sizeof *publishers->all);
    for (unsigned i = 0; i <= options->publishers; i++) {
        struct publisher *publisher = &publishers->all[i];
        publisher->source = SOURCE_PUBLISHER;
        publisher->number = i;
        publisher->probes = i == options->publishers;
        outbox_make(&publisher->out);
        publisher->fd = -1;
        publisher->phase = PUBLISHER_CONNECTING;
        if (publisher->probes ? options->probe_ms > 0 : options->publishing != PUBLISH_NOTHING)
            publisher->fd = connect_loopback(epoll, options->port, 0, EPOLLOUT, publisher);
    }
}

void publishers_schedule(struct publishers *publishers, double rate, double seconds)
{
    publishers->start_ns = now_ns();
    publishers->stop_ns = publishers->start_ns + (int64_t)(seconds * SECOND);
    publishers->interval_ns = rate > 0 ? (double)SECOND / rate : 0;
    publishers->first = publishers->said;
}

static int64_t probe_interval(const struct options *options)
{
    return (int64_t)(options->probe_ms * MILLISECOND);
}

/* When the next message of this publisher, or the next question of the prober, is due. */
static int64_t next_due(const struct publishers *publishers, const struct publisher *publisher, int64_t now)
{
    const struct options *options = publishers->options;
    if (publisher->probes)
        return publisher->due_ns + probe_interval(options);
    if (publishers->interval_ns == 0)
        return now;
    /* Publisher p says messages p, p + n, p + 2n … of all. */
    uint64_t message = publisher->number + publisher->said * options->publishers;
    return publishers->start_ns + (int64_t)((double)(int64_t)(message - publishers->first) * publishers->interval_ns);
}

static bool is_over(const struct publishers *publishers, int64_t due)
{
    uint32_t count = publishers->options->count;
    return due >= publishers->stop_ns || (count > 0 && publishers->said >= count);
}

static void put_message(struct publishers *publishers, struct publisher *publisher, int64_t due, char *to)
{
    const struct options *options = publishers->options;
    uint64_t message = publisher->number + publisher->said * options->publishers;
    struct mark mark = {
        .series = (uint32_t)(message % options->series),
        .number = (uint32_t)(message / options->series),
        .due_ns = due,
    };
    message_write(to, options->size, mark);
    publisher->said++;
    publishers->said++;
    publishers->expected += publishers->wanted_by[mark.series];
}

static int format_series(char *to, size_t room, const char *text, unsigned series)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* It is ours: the command line names the path. */
    return snprintf(to, room, text, series);
#pragma GCC diagnostic pop
}

static void put_head(const struct publishers *publishers, struct publisher *publisher, const char *method,
                     const char *path)
{
    outbox_print(&publisher->out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: load/1.0\r\nAccept: */*\r\n"
                 "Connection: keep-alive\r\n", method, path, publishers->options->port);
}

static void flush(struct publishers *publishers, struct publisher *publisher)
{
    bool full = !outbox_flush(&publisher->out, publisher->fd);
    if (full != publisher->want_write) {
        publisher->want_write = full;
        watch(publishers->epoll, publisher->fd, full ? EPOLLIN | EPOLLOUT : EPOLLIN, publisher);
    }
}

static void say_one(struct publishers *publishers, struct publisher *publisher, int64_t due)
{
    const struct options *options = publishers->options;
    uint64_t message = publisher->number + publisher->said * options->publishers;
    char path[256];
    format_series(path, sizeof path, options->publish, (unsigned)(message % options->series));
    put_head(publishers, publisher, "POST", path);
    outbox_print(&publisher->out, "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", options->size);
    put_message(publishers, publisher, due, outbox_add(&publisher->out, options->size));
    publisher->asked = 1;
    publisher->due_ns = due;
}

/* A JSON array; every message names its topic, so that one request may speak of many. */
static void say_batch(struct publishers *publishers, struct publisher *publisher, int64_t now)
{
    const struct options *options = publishers->options;
    static char body[OUTBOX_BYTES - 2048];
    size_t length = 0;
    publisher->asked = 0;
    publisher->due_ns = next_due(publishers, publisher, now);
    for (unsigned i = 0; i < options->batch && length + options->size + 128 < sizeof body; i++) {
        int64_t due = next_due(publishers, publisher, now);
        if (due > now || is_over(publishers, due))
            break;
        uint64_t message = publisher->number + publisher->said * options->publishers;
        length += (size_t)snprintf(body + length, 128, "%c{\"topic\":\"t%02u\",\"message\":\"", i > 0 ? ',' : '[',
                                   (unsigned)(message % options->series));
        put_message(publishers, publisher, due, body + length);
        length += options->size;
        body[length++] = '"';
        body[length++] = '}';
        publisher->asked++;
    }
    body[length++] = ']';
    put_head(publishers, publisher, "POST", options->publish);
    outbox_print(&publisher->out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", length);
    memcpy(outbox_add(&publisher->out, length), body, length);
}

static void open_put(struct publishers *publishers, struct publisher *publisher)
{
    put_head(publishers, publisher, "PUT", publishers->options->publish);
    outbox_print(&publisher->out, "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
    publisher->phase = PUBLISHER_STREAMING;
}

/* One chunk with all lines that are due, unless the last one has not gone yet: then TCP holds us back. */
static void say_lines(struct publishers *publishers, struct publisher *publisher, int64_t now)
{
    const struct options *options = publishers->options;
    size_t line = options->size + 1, lines = 0;
    if (publisher->want_write)
        return;
    static char chunk[CHUNK_BYTES + 32769];
    while (lines * line < CHUNK_BYTES) {
        int64_t due = next_due(publishers, publisher, now);
        if (due > now || is_over(publishers, due))
            break;
        put_message(publishers, publisher, due, chunk + lines * line);
        chunk[++lines * line - 1] = '\n';
    }
    if (lines == 0)
        return;
    publisher->asked += (unsigned)lines;
    outbox_print(&publisher->out, "%zx\r\n", lines * line);
    memcpy(outbox_add(&publisher->out, lines * line), chunk, lines * line);
    outbox_print(&publisher->out, "\r\n");
}

static void probe(struct publishers *publishers, struct publisher *publisher, int64_t now)
{
    put_head(publishers, publisher, "GET", publishers->options->probe);
    outbox_print(&publisher->out, "\r\n");
    publisher->due_ns = now;
}

/* While one question waited, others would have been asked: they count as if they had been. */
static void add_lag(struct publishers *publishers, int64_t lag)
{
    for (; lag > 0; lag -= probe_interval(publishers->options))
        histogram_add(&publishers->probed, lag);
}

static int64_t turn(struct publishers *publishers, struct publisher *publisher, int64_t now)
{
    enum publishing how = publishers->options->publishing;
    if (publisher->phase != PUBLISHER_READY && publisher->phase != PUBLISHER_STREAMING)
        return INT64_MAX;
    int64_t due = next_due(publishers, publisher, now);
    if (publisher->probes ? due >= publishers->stop_ns : is_over(publishers, due))
        return INT64_MAX;
    /* A batch goes when it is full. */
    if (how == PUBLISH_BATCH && !publisher->probes)
        due += (int64_t)((publishers->options->batch - 1) * publishers->options->publishers * publishers->interval_ns);
    if (due > now)
        return due;
    if (how == PUBLISH_PUT && !publisher->probes) {
        if (publisher->phase == PUBLISHER_READY)
            open_put(publishers, publisher);
        say_lines(publishers, publisher, now);
    } else {
        if (publisher->probes)
            probe(publishers, publisher, now);
        else if (how == PUBLISH_BATCH)
            say_batch(publishers, publisher, now);
        else
            say_one(publishers, publisher, due);
        publisher->phase = PUBLISHER_WAITING;
    }
    flush(publishers, publisher);
    if (publisher->phase == PUBLISHER_WAITING || publisher->want_write)
        return INT64_MAX;
    due = next_due(publishers, publisher, now);
    return is_over(publishers, due) ? INT64_MAX : due;
}

int64_t publishers_turn(struct publishers *publishers, int64_t now)
{
    int64_t next = INT64_MAX;
    struct publisher *prober = &publishers->all[publishers->options->publishers];
    if (prober->phase == PUBLISHER_WAITING) /* Ahead of thousands of readers, or it would measure this loop. */
        publishers_handle(publishers, prober, EPOLLIN);
    for (unsigned i = 0; i <= publishers->options->publishers; i++) {
        int64_t due = turn(publishers, &publishers->all[i], now);
        if (due < next)
            next = due;
    }
    return next;
}

static void break_off(struct publishers *publishers, struct publisher *publisher)
{
    fprintf(stderr, "load: the server hung up on publisher %u\n", publisher->number);
    publishers->refused += publisher->asked;
    hang_up(publisher->fd);
    publisher->phase = PUBLISHER_BROKEN;
}

static void take_answer(struct publishers *publishers, struct publisher *publisher, bool good)
{
    int64_t now = now_ns();
    publishers->answered_ns = now;
    if (publisher->due_ns >= publishers->measure_from_ns && publisher->probes)
        add_lag(publishers, now - publisher->due_ns);
    else if (publisher->due_ns >= publishers->measure_from_ns)
        histogram_add(&publishers->acknowledged, now - publisher->due_ns);
    if (!publisher->probes)
        *(good ? &publishers->answered : &publishers->refused) += publisher->asked;
    if (!good && publishers->refused == publisher->asked)
        fprintf(stderr, "load: answered %.200s\n", publisher->in.text);
    publisher->in.length = 0;
    publisher->asked = 0;
    publisher->phase = PUBLISHER_READY;
}

void publishers_handle(struct publishers *publishers, struct publisher *publisher, uint32_t events)
{
    if (publisher->phase == PUBLISHER_BROKEN)
        return;
    if (publisher->phase == PUBLISHER_CONNECTING) {
        publisher->phase = PUBLISHER_READY;
        watch(publishers->epoll, publisher->fd, EPOLLIN, publisher);
        return;
    }
    if (events & EPOLLOUT)
        flush(publishers, publisher);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    enum answered answered = answer_receive(&publisher->in, publisher->fd);
    if (answered == ANSWER_HUNG_UP)
        break_off(publishers, publisher);
    else if (answered != ANSWER_INCOMPLETE)
        take_answer(publishers, publisher, answered == ANSWER_GOOD);
}

bool publishers_idle(const struct publishers *publishers)
{
    int64_t now = now_ns();
    for (unsigned i = 0; i < publishers->options->publishers; i++) {
        const struct publisher *publisher = &publishers->all[i];
        if (publisher->fd < 0 || publisher->phase == PUBLISHER_BROKEN)
            continue;
        if (publisher->phase == PUBLISHER_WAITING || publisher->phase == PUBLISHER_CONNECTING ||
            publisher->want_write || !is_over(publishers, next_due(publishers, publisher, now)))
            return false;
    }
    return true;
}

bool publishers_finish(struct publishers *publishers)
{
    struct publisher *publisher = &publishers->all[0];
    if (!publishers_idle(publishers))
        return false;
    if (publisher->phase == PUBLISHER_STREAMING) {
        outbox_print(&publisher->out, "0\r\n\r\n");
        publisher->phase = PUBLISHER_WAITING;
        publisher->due_ns = now_ns();
        flush(publishers, publisher);
        return false;
    }
    return true;
}
