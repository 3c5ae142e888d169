#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "clock.h"

#define EVENTS 64 /* A turn: at most some ms of reading, after which whoever has to publish gets the word. */

void scene_make(struct scene *scene, struct options options)
{
    scene->options = options;
    scene->epoll = epoll_create1(EPOLL_CLOEXEC);
    readers_make(&scene->readers, &scene->options, scene->epoll);
    publishers_make(&scene->publishers, &scene->options, scene->epoll, scene->readers.wanted_by);
    scene->publishers.expected = 0;
}

static void dispatch(struct scene *scene, const struct epoll_event *event)
{
    if (*(enum source *)event->data.ptr == SOURCE_READER)
        readers_handle(&scene->readers, event->data.ptr, event->events);
    else
        publishers_handle(&scene->publishers, event->data.ptr, event->events);
}

bool scene_run(struct scene *scene, bool (*done)(struct scene *), int64_t until_ns)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int64_t now = now_ns();
        int64_t next = publishers_turn(&scene->publishers, now);
        if (done(scene))
            return true;
        if (now >= until_ns)
            return false;
        if (next > until_ns)
            next = until_ns;
        int64_t wait = next > now ? next - now : 0;
        struct timespec timeout = {.tv_sec = wait / SECOND, .tv_nsec = wait % SECOND};
        int count = epoll_pwait2(scene->epoll, events, EVENTS, &timeout, NULL);
        if (count < 0 && errno != EINTR) {
            perror("epoll_pwait2");
            exit(1);
        }
        for (int i = 0; i < count; i++)
            dispatch(scene, &events[i]);
    }
}

static bool never(struct scene *scene)
{
    (void)scene;
    return false;
}

void scene_wait(struct scene *scene, double for_seconds)
{
    scene_run(scene, never, now_ns() + (int64_t)(for_seconds * SECOND));
}

bool scene_is_connected(struct scene *scene)
{
    return scene->readers.streaming >= scene->options.readers;
}

bool scene_is_said(struct scene *scene)
{
    return publishers_idle(&scene->publishers);
}

bool scene_is_ended(struct scene *scene)
{
    return publishers_finish(&scene->publishers);
}

bool scene_is_delivered(struct scene *scene)
{
    const struct findings *found = &scene->readers.found;
    return found->delivered + found->skipped >= scene->publishers.expected && publishers_idle(&scene->publishers);
}
