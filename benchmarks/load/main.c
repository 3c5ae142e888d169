/* Load for a server of Server-Sent Events, from one thread: `load PLAY --port N …` prints what it found as JSON.
 *
 * Publishing follows a schedule (an open loop): a message's latency runs from when it was due, so that a server
 * which is busy cannot hide it by taking the next message later. Every delivery is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "plays.h"

static const struct {
    const char *name;
    void (*play)(struct scene *, struct report *);
} PLAYS[] = {
    {"fan-out", play_fan_out},
    {"search", play_search},
    {"come-back", play_come_back},
    {"replay", play_replay},
};

static void print_durations(const char *name, const struct histogram *histogram)
{
    printf(", \"%s\": {\"count\": %llu, \"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"max\": %.3f}", name,
           (unsigned long long)histogram->count, histogram_ms(histogram, 0.5), histogram_ms(histogram, 0.9),
           histogram_ms(histogram, 0.99), (double)histogram->max_ns / 1e6);
}

static void print_count(const char *name, uint64_t count)
{
    printf(", \"%s\": %llu", name, (unsigned long long)count);
}

static void print_number(const char *name, double value)
{
    printf(", \"%s\": %.6f", name, value);
}

static void print(const struct scene *scene, const struct report *report)
{
    const struct readers *readers = &scene->readers;
    const struct findings *found = &readers->found;
    const struct publishers *publishers = &scene->publishers;
    printf("{\"play\": \"%s\"", scene->options.play);
    print_count("readers", scene->options.readers);
    print_count("published", publishers->said);
    print_count("answered", publishers->answered);
    print_count("publishes_refused", publishers->refused);
    print_count("expected", publishers->expected);
    print_count("delivered", found->delivered);
    print_count("skipped", found->skipped);
    print_count("repeated", found->repeated);
    print_count("damaged", found->damaged);
    print_count("unwanted", found->unwanted);
    print_count("refused", found->refused);
    print_count("hung_up", found->hung_up);
    print_number("connect_seconds", report->connect_seconds);
    print_number("return_seconds", report->return_seconds);
    print_number("catch_up_seconds", report->catch_up_seconds);
    print_count("resident_before", (uint64_t)report->resident_before);
    print_count("resident_after", (uint64_t)report->resident_after);
    print_number("seconds", report->seconds);
    print_number("cpu_seconds", report->cpu_seconds);
    print_number("own_cpu_seconds", report->own_cpu_seconds);
    print_count("deliveries", report->deliveries);
    print_number("published_per_second", report->published_per_second);
    print_number("best_rate", report->best_rate);
    print_number("best_p99_ms", report->best_p99_ms);
    print_durations("latency_ms", &readers->latency);
    print_durations("acknowledged_ms", &publishers->acknowledged);
    print_durations("probe_ms", &publishers->probed);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static struct scene scene;
    static struct report report;
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    struct options options = options_read(argc, argv);
    for (size_t i = 0; i < sizeof PLAYS / sizeof *PLAYS; i++) {
        if (strcmp(options.play, PLAYS[i].name) == 0) {
            scene_make(&scene, options);
            PLAYS[i].play(&scene, &report);
            print(&scene, &report);
            return 0;
        }
    }
    fprintf(stderr, "load: no play %s\n", options.play);
    return 2;
}
