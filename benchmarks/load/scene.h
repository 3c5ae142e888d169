/* Readers and publishers on one epoll, and the loop that lets them act. */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "publishers.h"
#include "readers.h"

struct scene {
    struct options options;
    int epoll;
    struct readers readers;
    struct publishers publishers;
};

void scene_make(struct scene *, struct options);

/* Let everybody act until `done`, or until that time. Returns whether it was done. */
bool scene_run(struct scene *, bool (*done)(struct scene *), int64_t until_ns);

/* Just let time pass. */
void scene_wait(struct scene *, double for_seconds);

/* Ends for `scene_run`. */
bool scene_is_connected(struct scene *); /* Every reader has its header, or was refused. */
bool scene_is_said(struct scene *);      /* The schedule is through; a PUT goes on. */
bool scene_is_ended(struct scene *);     /* The same, and a PUT has been ended and answered. */
bool scene_is_delivered(struct scene *); /* Every reader has seen every message, or one behind it. */

#endif
