/* What the command line asks for. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"

enum publishing {
    PUBLISH_NOTHING,
    PUBLISH_POST,  /* A message is a request. */
    PUBLISH_BATCH, /* `batch` messages are a request: a JSON array. */
    PUBLISH_PUT,   /* All messages are lines of one request that does not end. */
};

struct options {
    const char *play; /* What to do: see main.c. */
    uint16_t port;
    struct processes server;

    unsigned readers;
    unsigned stalled;      /* How many of them read nothing. */
    const char *events;    /* Path and query of the stream. */
    const char *parameter; /* With filters: "topic=t%02u", once for each series that is wanted. */
    unsigned at_once;      /* Connections under way at a time. */
    const char *last_event_id;
    uint32_t history;      /* Messages that are there already, and that every reader is to get. */

    enum publishing publishing;
    const char *publish; /* Path; with `series` formatted in, if it holds a %u. */
    unsigned publishers;
    unsigned batch;
    double rate;    /* Messages a second; 0: the next when the last was answered. */
    uint32_t count; /* Stop after so many; 0: after `seconds`. */
    size_t size;

    unsigned series;  /* Sequences that are numbered for themselves: one a publisher, or one a topic. */
    unsigned filters; /* Different filters of the readers; 0: everybody wants everything. */
    unsigned window;  /* Filter f wants series f, f + stride, f + 2 stride …: so many. */
    unsigned stride;

    double warm_up; /* Seconds of publishing that are checked, but not measured. */
    double seconds;
    double probe_ms;   /* How often to ask for `probe`; 0: never. */
    const char *probe; /* A path whose answer costs nothing: how late it comes is how busy the loop is. */
    double factor;     /* `search`: each rate to the one before. */
    double limit_ms;   /* `search`: p99 that is still good. */
};

/* Ends the process with a line on standard error when something is wrong. */
struct options options_read(int argc, char **argv);

#endif
