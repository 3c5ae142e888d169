/* Durations, counted in buckets that are at most 1.6 % wide: percentiles of millions in 20 KB. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (40 * 64)

struct histogram {
    uint64_t count;
    int64_t max_ns;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *);
void histogram_add(struct histogram *, int64_t ns);

/* The duration in ms that a `share` (0 to 1) of all did not exceed; 0 when there is none. */
double histogram_ms(const struct histogram *, double share);

#endif
