/* What can be measured. Each play connects, does its thing, and fills in what it found. */
#ifndef PLAYS_H
#define PLAYS_H

#include <stdint.h>

#include "scene.h"

struct report {
    double connect_seconds;  /* All readers, from the first connect() to the last response header. */
    double return_seconds;   /* `come-back`: all are connected again. */
    double catch_up_seconds; /* `come-back`, `replay`: all have everything. */
    long resident_before, resident_after; /* Bytes, without readers and with all of them. */
    double seconds;          /* The window in which CPU and deliveries were counted. */
    double cpu_seconds;      /* Of the server, in it. */
    double own_cpu_seconds;  /* Of the generator, in it. */
    uint64_t deliveries;     /* In it. */
    double published_per_second; /* Closed loop: until the last answer. */
    double best_rate;        /* `search`: messages a second. */
    double best_p99_ms;
};

/* Publish to connected readers, at a rate or as fast as it goes; with no publishing, just hold the connections. */
void play_fan_out(struct scene *, struct report *);

/* Raise the rate until p99 is over the limit, or something is lost or late. */
void play_search(struct scene *, struct report *);

/* All connect in one instant, are cut in one instant, miss `count` messages, and come back in one instant. */
void play_come_back(struct scene *, struct report *);

/* All get the `history` that is there already. */
void play_replay(struct scene *, struct report *);

#endif
