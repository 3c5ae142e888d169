/* The subscribers: each checks every message for loss, repetition, order and completeness. */
#ifndef READERS_H
#define READERS_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "message.h"
#include "options.h"
#include "source.h"

enum reader_phase {
    READER_CLOSED,
    READER_CONNECTING,
    READER_IN_HEAD, /* The request is out, the response header is not complete. */
    READER_STREAMING,
};

struct reader {
    enum source source;
    int fd;
    enum reader_phase phase;
    bool stalled;
    uint8_t line_ends; /* Bytes of CR LF CR LF that were last seen in the head. */
    uint8_t carried;   /* Bytes of a mark that was cut in two. */
    uint32_t to_come;  /* Bytes of a message that was cut in two. */
    uint32_t filter;
    uint32_t *next; /* The number expected in each series of the window. */
    char carry[MESSAGE_HEAD];
};

/* All of these are since the start, and 0 in a run that is right, but for the first. */
struct findings {
    uint64_t delivered; /* In order, complete. */
    uint64_t skipped;   /* Numbers that were jumped over: lost, or late. */
    uint64_t repeated;  /* Numbers at or below one that came before: twice, or late. */
    uint64_t damaged;   /* Did not end where it should. */
    uint64_t unwanted;  /* Of a series that the filter does not want. */
    uint64_t refused;   /* Connections that were answered by something other than 200. */
    uint64_t hung_up;   /* Connections that the server closed. */
};

struct readers {
    const struct options *options;
    int epoll;
    struct reader *all;
    unsigned started;   /* Of all, how many have begun to connect. */
    unsigned streaming; /* How many have a complete response header. */
    bool at_once;       /* Everybody connects in the same instant. */
    int64_t connect_started_ns;
    int64_t connect_ended_ns; /* When the last one had its response header. */
    uint32_t *wanted_by;      /* How many readers want each series. */
    int16_t *place;           /* [filter][series]: where in the window, or -1. */
    struct findings found;
    int64_t measure_from_ns; /* Messages due earlier do not count in `latency`. */
    struct histogram latency;
    char seen_id[128];   /* The last `id:` that reader 0 saw. */
    char resume_id[128]; /* What everybody who connects sends as Last-Event-ID, if it is not empty. */
};

void readers_make(struct readers *, const struct options *, int epoll);

/* Begin to connect them all; the rest happens in `readers_handle`. */
void readers_connect(struct readers *, const char *resume_id);

void readers_handle(struct readers *, struct reader *, uint32_t events);

/* Cut all connections in the same instant; what each expects next stays. */
void readers_cut(struct readers *);

#endif
