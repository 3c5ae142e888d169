#include "readers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"

#define STALLED_RECEIVE_BUFFER 4096

/* What Chrome sends with an EventSource, some 650 bytes: parsing it is part of accepting a reader. */
static const char REQUEST[] =
    "GET %s HTTP/1.1\r\n"
    "Host: 127.0.0.1:%u\r\n"
    "Connection: keep-alive\r\n"
    "Pragma: no-cache\r\n"
    "Cache-Control: no-cache\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36\r\n"
    "Accept: text/event-stream\r\n"
    "sec-ch-ua: \"Chromium\";v=\"142\", \"Google Chrome\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Referer: http://127.0.0.1:%u/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "%s%s%s"
    "\r\n";

/* One buffer for all: a carried mark stands in front of what recv() adds. */
static char buffer[MESSAGE_HEAD + (256 << 10)];

void readers_make(struct readers *readers, const struct options *options, int epoll)
{
    memset(readers, 0, sizeof *readers);
    readers->options = options;
    readers->epoll = epoll;
    readers->measure_from_ns = INT64_MAX;
    readers->all = calloc(options->readers + 1, sizeof *readers->all);
    readers->wanted_by = calloc(options->series, sizeof *readers->wanted_by);
    unsigned filters = options->filters > 0 ? options->filters : 1;
    readers->place = malloc(sizeof *readers->place * filters * options->series);
    uint32_t *next = calloc((size_t)options->readers * options->window + 1, sizeof *next);
    if (!readers->all || !readers->wanted_by || !readers->place || !next) {
        perror("load");
        exit(1);
    }
    for (unsigned i = 0; i < filters * options->series; i++)
        readers->place[i] = -1;
    for (unsigned filter = 0; filter < filters; filter++)
        for (unsigned j = 0; j < options->window; j++)
            readers->place[filter * options->series + (filter + j * options->stride) % options->series] = (int16_t)j;
    for (unsigned i = 0; i < options->readers; i++) {
        struct reader *reader = &readers->all[i];
        reader->source = SOURCE_READER;
        reader->fd = -1;
        reader->filter = i % filters;
        /* Every other one, so that they stand among the healthy ones in the server's order. */
        reader->stalled = i % 2 == 1 && i / 2 < options->stalled;
        reader->next = next + (size_t)i * options->window;
        if (!reader->stalled)
            for (unsigned s = 0; s < options->series; s++)
                readers->wanted_by[s] += readers->place[reader->filter * options->series + s] >= 0;
    }
}

static void start(struct readers *readers, struct reader *reader)
{
    int receive_buffer = reader->stalled ? STALLED_RECEIVE_BUFFER : 0;
    reader->fd = connect_loopback(readers->epoll, readers->options->port, receive_buffer, EPOLLOUT, reader);
    reader->phase = READER_CONNECTING;
    reader->line_ends = reader->carried = 0;
    reader->to_come = 0;
}

static void start_more(struct readers *readers)
{
    const struct options *options = readers->options;
    while (readers->started < options->readers &&
           (readers->at_once || readers->started - readers->streaming < options->at_once))
        start(readers, &readers->all[readers->started++]);
}

void readers_connect(struct readers *readers, const char *resume_id)
{
    snprintf(readers->resume_id, sizeof readers->resume_id, "%s", resume_id);
    readers->started = readers->streaming = 0;
    readers->connect_started_ns = readers->connect_ended_ns = now_ns();
    start_more(readers);
}

void readers_cut(struct readers *readers)
{
    for (unsigned i = 0; i < readers->options->readers; i++) {
        struct reader *reader = &readers->all[i];
        if (reader->fd >= 0)
            hang_up(reader->fd);
        reader->fd = -1;
        reader->phase = READER_CLOSED;
    }
}

static void give_up(struct readers *readers, struct reader *reader, uint64_t *count)
{
    (*count)++;
    if (reader->phase != READER_STREAMING) {
        readers->streaming++; /* Not waited for; the count says that it failed. */
        readers->connect_ended_ns = now_ns();
    }
    hang_up(reader->fd);
    reader->fd = -1;
    reader->phase = READER_CLOSED;
    start_more(readers);
}

/* The path, with a parameter for each series that this reader wants if there are filters. */
static const char *path_of(const struct readers *readers, const struct reader *reader, char *to, size_t room)
{
    const struct options *options = readers->options;
    int length = snprintf(to, room, "%s", options->events);
    for (unsigned j = 0; options->filters > 0 && j < options->window; j++) {
        to[length++] = strchr(to, '?') == NULL ? '?' : '&';
        unsigned series = (reader->filter + j * options->stride) % options->series;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* It is ours: the command line names the parameter. */
        length += snprintf(to + length, room - (size_t)length, options->parameter, series);
#pragma GCC diagnostic pop
    }
    return to;
}

static void ask(struct readers *readers, struct reader *reader)
{
    char path[2048], request[4096];
    unsigned port = readers->options->port;
    const char *id = readers->resume_id;
    const char *name = *id ? "Last-Event-ID: " : "", *end = *id ? "\r\n" : "";
    int length = snprintf(request, sizeof request, REQUEST, path_of(readers, reader, path, sizeof path), port, port,
                          name, id, end);
    /* A fresh socket takes it whole. */
    if (send(reader->fd, request, (size_t)length, MSG_NOSIGNAL) != length) {
        give_up(readers, reader, &readers->found.refused);
        return;
    }
    reader->phase = READER_IN_HEAD;
    watch(readers->epoll, reader->fd, EPOLLIN, reader);
}

/* Returns where the body begins; NULL when it has not begun. */
static const char *skip_head(struct readers *readers, struct reader *reader, const char *at, const char *end)
{
    static const char STATUS[] = "HTTP/1.1 200", BLANK[] = "\r\n\r\n";
    if (reader->line_ends == 0 && end - at >= 8 && memcmp(at, "HTTP/1.", 7) == 0 &&
        ((size_t)(end - at) < sizeof STATUS - 1 || memcmp(at, STATUS, sizeof STATUS - 1) != 0)) {
        give_up(readers, reader, &readers->found.refused);
        return NULL;
    }
    while (at < end && reader->line_ends < 4) {
        if (*at == BLANK[reader->line_ends])
            reader->line_ends++;
        else
            reader->line_ends = *at == '\r';
        at++;
    }
    if (reader->line_ends < 4)
        return NULL;
    reader->phase = READER_STREAMING;
    readers->streaming++;
    readers->connect_ended_ns = now_ns();
    start_more(readers);
    if (reader->stalled) /* From here on it takes nothing, and does not even notice when it is cut. */
        epoll_ctl(readers->epoll, EPOLL_CTL_DEL, reader->fd, NULL);
    return at;
}

static void judge(struct readers *readers, struct reader *reader, const struct mark *mark, int64_t now)
{
    const struct options *options = readers->options;
    struct findings *found = &readers->found;
    int place = mark->series < options->series
                    ? readers->place[reader->filter * options->series + mark->series] : -1;
    if (place < 0) {
        found->unwanted++;
        return;
    }
    uint32_t *next = &reader->next[place];
    if (mark->number < *next) {
        found->repeated++;
        return;
    }
    found->skipped += mark->number - *next;
    *next = mark->number + 1;
    found->delivered++;
    if (mark->due_ns >= readers->measure_from_ns)
        histogram_add(&readers->latency, now - mark->due_ns);
}

static void check(struct readers *readers, struct reader *reader, const char *at, const char *end)
{
    const size_t size = readers->options->size;
    int64_t now = now_ns();
    reader->carried = 0;
    if (reader->to_come > 0) {
        if (reader->to_come > (size_t)(end - at)) {
            reader->to_come -= (uint32_t)(end - at);
            return;
        }
        at += reader->to_come;
        reader->to_come = 0;
        readers->found.damaged += at[-1] != '$';
    }
    while ((at = memchr(at, '@', (size_t)(end - at))) != NULL) {
        size_t here = (size_t)(end - at);
        struct mark mark;
        if (here < MESSAGE_HEAD) {
            reader->carried = (uint8_t)here;
            memcpy(reader->carry, at, here);
            return;
        }
        if (!message_read(at, &mark)) {
            readers->found.damaged++;
            at++;
            continue;
        }
        judge(readers, reader, &mark, now);
        if (here < size) {
            reader->to_come = (uint32_t)(size - here);
            return;
        }
        at += size;
        readers->found.damaged += at[-1] != '$';
    }
}

/* Keep the last `id:` line that came in one piece. */
static void remember_id(struct readers *readers, const char *at, const char *end)
{
    const char *start = at, *line;
    while ((line = memmem(at, (size_t)(end - at), "id: ", 4)) != NULL) {
        at = line + 4;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            return;
        size_t length = (size_t)(stop - at);
        if ((line == start || line[-1] == '\n') && length < sizeof readers->seen_id) {
            memcpy(readers->seen_id, at, length);
            readers->seen_id[length] = '\0';
        }
    }
}

static void receive(struct readers *readers, struct reader *reader)
{
    memcpy(buffer, reader->carry, reader->carried);
    ssize_t got = recv(reader->fd, buffer + reader->carried, sizeof buffer - MESSAGE_HEAD, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        give_up(readers, reader, &readers->found.hung_up);
        return;
    }
    const char *at = buffer, *end = buffer + reader->carried + got;
    if (reader->phase == READER_IN_HEAD)
        at = skip_head(readers, reader, at, end);
    if (at == NULL || reader->stalled)
        return;
    if (reader == readers->all)
        remember_id(readers, at, end);
    check(readers, reader, at, end);
}

void readers_handle(struct readers *readers, struct reader *reader, uint32_t events)
{
    if (reader->phase == READER_CLOSED)
        return; /* Closed by an earlier event of the same turn. */
    if (reader->phase != READER_CONNECTING)
        receive(readers, reader);
    else if (events & (EPOLLERR | EPOLLHUP))
        give_up(readers, reader, &readers->found.refused);
    else
        ask(readers, reader);
}
