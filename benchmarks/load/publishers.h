/* Those who say something: requests on keep-alive connections, on schedule or as fast as they are answered. */
#ifndef PUBLISHERS_H
#define PUBLISHERS_H

#include <stdbool.h>
#include <stdint.h>

#include "answer.h"
#include "histogram.h"
#include "options.h"
#include "outbox.h"
#include "source.h"

enum publisher_phase {
    PUBLISHER_CONNECTING,
    PUBLISHER_READY,
    PUBLISHER_STREAMING, /* In a PUT that has no end yet. */
    PUBLISHER_WAITING,   /* For an answer. */
    PUBLISHER_BROKEN,
};

struct publisher {
    enum source source;
    int fd;
    enum publisher_phase phase;
    bool probes;       /* Asks for `probe` instead of publishing. */
    bool want_write;   /* Watched for EPOLLOUT. */
    unsigned number;
    uint64_t said;     /* Messages. */
    unsigned asked;    /* Messages in the request that waits for its answer. */
    int64_t due_ns;    /* When the oldest of these was due; when the prober last asked. */
    struct outbox out;
    struct answer in;
};

struct publishers {
    const struct options *options;
    int epoll;
    struct publisher *all; /* The last one is the prober. */
    const uint32_t *wanted_by;
    int64_t start_ns;   /* When message `first` is due. */
    int64_t stop_ns;    /* Nothing that is due later is said. */
    double interval_ns; /* Between two messages; 0: the next when the last was answered. */
    uint64_t first;
    uint64_t said;      /* Messages, by all. */
    uint64_t answered;  /* Messages that a 2xx answered. */
    uint64_t refused;   /* Messages that anything else answered. */
    uint64_t expected;  /* Deliveries that all readers together must see. */
    int64_t answered_ns; /* When the last answer came. */
    int64_t measure_from_ns;
    struct histogram acknowledged;
    struct histogram probed;
};

void publishers_make(struct publishers *, const struct options *, int epoll, const uint32_t *wanted_by);

/* Go on at this rate (messages a second, 0: as fast as they are answered) for so many seconds. */
void publishers_schedule(struct publishers *, double rate, double seconds);

/* Say what is due. Returns when the next thing is; INT64_MAX when nothing is but answers. */
int64_t publishers_turn(struct publishers *, int64_t now);

void publishers_handle(struct publishers *, struct publisher *, uint32_t events);

/* Everything on the schedule is said and answered; a PUT is ended by this, and then answered. */
bool publishers_finish(struct publishers *);

/* The same, but a PUT goes on and is not waited for. */
bool publishers_idle(const struct publishers *);

#endif
