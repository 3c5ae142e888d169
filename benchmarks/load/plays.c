#include "plays.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define CONNECT_SECONDS 60
#define DELIVER_SECONDS 10 /* How long the last messages may take to arrive. */
#define SETTLE_SECONDS 1.2 /* A server may tell everybody how many there are now, a second later. */

static int64_t within(double some_seconds)
{
    return now_ns() + (int64_t)(some_seconds * SECOND);
}

/* Of what was counted since `window_open`. */
static void window_open(struct scene *scene, struct report *report)
{
    report->seconds = -seconds(now_ns());
    report->cpu_seconds = -processes_cpu_seconds(&scene->options.server);
    report->own_cpu_seconds = -own_cpu_seconds();
    report->deliveries = -scene->readers.found.delivered;
}

static void window_close(struct scene *scene, struct report *report)
{
    report->seconds += seconds(now_ns());
    report->cpu_seconds += processes_cpu_seconds(&scene->options.server);
    report->own_cpu_seconds += own_cpu_seconds();
    report->deliveries += scene->readers.found.delivered;
}

static void connect_all(struct scene *scene, struct report *report)
{
    report->resident_before = processes_resident_bytes(&scene->options.server);
    readers_connect(&scene->readers, scene->options.last_event_id);
    scene_run(scene, scene_is_connected, within(CONNECT_SECONDS));
    report->connect_seconds = seconds(scene->readers.connect_ended_ns - scene->readers.connect_started_ns);
    scene_wait(scene, SETTLE_SECONDS);
    report->resident_after = processes_resident_bytes(&scene->options.server);
}

/* Publish on schedule, and let what is due after the warm-up count. Returns when that has begun. */
static void begin(struct scene *scene, double rate, double warm_up, double for_seconds)
{
    struct publishers *publishers = &scene->publishers;
    publishers_schedule(publishers, rate, warm_up + for_seconds);
    publishers->measure_from_ns = publishers->start_ns + (int64_t)(warm_up * SECOND);
    scene->readers.measure_from_ns = publishers->measure_from_ns;
    scene_wait(scene, warm_up);
}

void play_fan_out(struct scene *scene, struct report *report)
{
    const struct options *options = &scene->options;
    struct publishers *publishers = &scene->publishers;
    connect_all(scene, report);
    begin(scene, options->rate, options->warm_up, options->seconds);
    uint64_t said = publishers->said;
    int64_t started = now_ns();
    window_open(scene, report);
    /* The window ends when the schedule does, or it would hold the silence after it. */
    scene_run(scene, scene_is_said, within(options->seconds));
    if (options->publishing == PUBLISH_NOTHING)
        scene_wait(scene, options->seconds);
    else
        scene_run(scene, scene_is_ended, within(DELIVER_SECONDS));
    scene_run(scene, scene_is_delivered, within(DELIVER_SECONDS));
    window_close(scene, report);
    double needed = seconds(publishers->answered_ns - started);
    report->published_per_second = needed > 0 ? (double)(publishers->said - said) / needed : 0;
}

/* One rate, on its own; true if it went well. */
static bool try_rate(struct scene *scene, struct report *report, double rate)
{
    const struct options *options = &scene->options;
    struct report step = *report;
    histogram_clear(&scene->readers.latency);
    begin(scene, rate, options->warm_up, options->seconds);
    window_open(scene, &step);
    scene_run(scene, scene_is_said, within(options->seconds + 2));
    bool delivered = scene_run(scene, scene_is_delivered, within(2));
    window_close(scene, &step);
    const struct findings *found = &scene->readers.found;
    double p99 = histogram_ms(&scene->readers.latency, 0.99);
    bool good = delivered && p99 < options->limit_ms && scene->publishers.refused == 0 &&
                found->skipped + found->repeated + found->damaged + found->unwanted + found->hung_up == 0;
    fprintf(stderr, "load: %.0f messages/s: p99 %.1f ms, server %.0f %%, generator %.0f %%%s\n", rate, p99,
            100 * step.cpu_seconds / step.seconds, 100 * step.own_cpu_seconds / step.seconds, good ? "" : ": too much");
    if (good && rate > report->best_rate) {
        *report = step;
        report->best_rate = rate;
        report->best_p99_ms = p99;
    }
    if (!delivered) /* What is late must not count against the next rate. */
        scene_run(scene, scene_is_delivered, within(DELIVER_SECONDS));
    return good;
}

void play_search(struct scene *scene, struct report *report)
{
    double rate = scene->options.rate, factor = scene->options.factor;
    connect_all(scene, report);
    /* A rate that fails gets a second chance: the machine may have been busy with something else. */
    while (try_rate(scene, report, rate) || (scene_is_delivered(scene) && try_rate(scene, report, rate)))
        rate *= factor;
}

void play_come_back(struct scene *scene, struct report *report)
{
    struct readers *readers = &scene->readers;
    const struct options *options = &scene->options;
    readers->at_once = true;
    connect_all(scene, report);
    publishers_schedule(&scene->publishers, options->rate, options->warm_up);
    scene_run(scene, scene_is_said, within(options->warm_up + 2));
    scene_run(scene, scene_is_delivered, within(DELIVER_SECONDS));
    readers_cut(readers);
    scene_wait(scene, 1); /* The server clears up; nobody is there. */
    publishers_schedule(&scene->publishers, options->rate, options->seconds);
    scene_run(scene, scene_is_ended, within(options->seconds + 5));
    window_open(scene, report);
    readers_connect(readers, readers->seen_id);
    scene_run(scene, scene_is_connected, within(CONNECT_SECONDS));
    report->return_seconds = seconds(readers->connect_ended_ns - readers->connect_started_ns);
    if (readers->seen_id[0] != '\0') { /* Without ids nobody can say what was missed. */
        scene_run(scene, scene_is_delivered, within(DELIVER_SECONDS));
        report->catch_up_seconds = seconds(now_ns() - readers->connect_started_ns);
    }
    window_close(scene, report);
}

void play_replay(struct scene *scene, struct report *report)
{
    const struct options *options = &scene->options;
    report->resident_before = processes_resident_bytes(&options->server);
    scene->publishers.expected = (uint64_t)options->history * (options->readers - options->stalled);
    begin(scene, 0, 0, 600); /* For the prober alone. */
    window_open(scene, report);
    scene->readers.at_once = true;
    readers_connect(&scene->readers, options->last_event_id);
    scene_run(scene, scene_is_connected, within(CONNECT_SECONDS));
    report->connect_seconds = seconds(scene->readers.connect_ended_ns - scene->readers.connect_started_ns);
    scene_run(scene, scene_is_delivered, within(options->seconds));
    report->catch_up_seconds = seconds(now_ns() - scene->readers.connect_started_ns);
    window_close(scene, report);
    report->resident_after = processes_resident_bytes(&options->server);
}
