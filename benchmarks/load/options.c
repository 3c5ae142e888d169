#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const struct option NAMES[] = {
    {"port", required_argument, NULL, 'p'},       {"pid", required_argument, NULL, 'P'},
    {"readers", required_argument, NULL, 'r'},    {"stalled", required_argument, NULL, 'R'},
    {"events", required_argument, NULL, 'e'},     {"parameter", required_argument, NULL, 'E'},
    {"at-once", required_argument, NULL, 'a'},    {"last-event-id", required_argument, NULL, 'l'},
    {"history", required_argument, NULL, 'h'},    {"publishing", required_argument, NULL, 'm'},
    {"publish", required_argument, NULL, 'u'},    {"publishers", required_argument, NULL, 'n'},
    {"batch", required_argument, NULL, 'b'},      {"rate", required_argument, NULL, 'f'},
    {"count", required_argument, NULL, 'c'},      {"size", required_argument, NULL, 's'},
    {"series", required_argument, NULL, 'S'},     {"filters", required_argument, NULL, 'F'},
    {"window", required_argument, NULL, 'w'},     {"stride", required_argument, NULL, 'W'},
    {"warm-up", required_argument, NULL, 'q'},    {"seconds", required_argument, NULL, 't'},
    {"probe-ms", required_argument, NULL, 'i'},   {"probe", required_argument, NULL, 'I'},
    {"factor", required_argument, NULL, 'x'},     {"limit-ms", required_argument, NULL, 'L'},
    {NULL, 0, NULL, 0},
};

static void fail(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(2);
}

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || value < 0 || value > 1e9)
        fail("not a number from 0 to 1e9");
    return value;
}

static unsigned whole(const char *text)
{
    return (unsigned)number(text);
}

static enum publishing publishing(const char *text)
{
    static const char *const WORDS[] = {"nothing", "post", "batch", "put"};
    for (unsigned i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcmp(text, WORDS[i]) == 0)
            return (enum publishing)i;
    fail("--publishing is nothing, post, batch or put");
    return PUBLISH_NOTHING;
}

static void add_pid(struct processes *processes, const char *text)
{
    if (processes->count == PROCESSES_MAX)
        fail("too many --pid");
    processes->pids[processes->count++] = (pid_t)whole(text);
}

static void check(const struct options *options)
{
    if (options->play == NULL || options->port == 0)
        fail("what to do, and --port, must be given");
    if (options->size < MESSAGE_MIN || options->size > 32768)
        fail("--size is 30 to 32768");
    if (options->publishers == 0 || options->series % options->publishers != 0)
        fail("--series must be a multiple of --publishers");
    if (options->publishing == PUBLISH_PUT && options->publishers != 1)
        fail("a put stream has one publisher");
    if (options->window == 0 || options->window > options->series)
        fail("--window is 1 to --series");
    if (options->batch == 0 || options->batch > 1000)
        fail("--batch is 1 to 1000");
}

struct options options_read(int argc, char **argv)
{
    struct options to = {
        .events = "/events", .publish = "/topics/bench", .probe = "/healthz", .parameter = "topic=t%02u",
        .last_event_id = "", .at_once = 64, .publishers = 1, .batch = 100, .size = 150, .stride = 1,
        .seconds = 5, .factor = 1.3, .limit_ms = 250,
    };
    int name;
    while ((name = getopt_long(argc, argv, "", NAMES, NULL)) != -1) {
        switch (name) {
        case 'p': to.port = (uint16_t)whole(optarg); break;
        case 'P': add_pid(&to.server, optarg); break;
        case 'r': to.readers = whole(optarg); break;
        case 'R': to.stalled = whole(optarg); break;
        case 'e': to.events = optarg; break;
        case 'E': to.parameter = optarg; break;
        case 'a': to.at_once = whole(optarg); break;
        case 'l': to.last_event_id = optarg; break;
        case 'h': to.history = whole(optarg); break;
        case 'm': to.publishing = publishing(optarg); break;
        case 'u': to.publish = optarg; break;
        case 'n': to.publishers = whole(optarg); break;
        case 'b': to.batch = whole(optarg); break;
        case 'f': to.rate = number(optarg); break;
        case 'c': to.count = whole(optarg); break;
        case 's': to.size = whole(optarg); break;
        case 'S': to.series = whole(optarg); break;
        case 'F': to.filters = whole(optarg); break;
        case 'w': to.window = whole(optarg); break;
        case 'W': to.stride = whole(optarg); break;
        case 'q': to.warm_up = number(optarg); break;
        case 't': to.seconds = number(optarg); break;
        case 'i': to.probe_ms = number(optarg); break;
        case 'I': to.probe = optarg; break;
        case 'x': to.factor = number(optarg); break;
        case 'L': to.limit_ms = number(optarg); break;
        default: exit(2);
        }
    }
    to.play = optind < argc ? argv[optind] : NULL;
    if (to.series == 0)
        to.series = to.publishers;
    if (to.window == 0)
        to.window = to.series;
    check(&to);
    return to;
}
