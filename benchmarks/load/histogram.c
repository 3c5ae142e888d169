#include "histogram.h"

#include <string.h>

/* Microseconds below 64 have a bucket each; above, every doubling has 64. */
static unsigned bucket_of(uint64_t us)
{
    if (us < 64)
        return (unsigned)us;
    unsigned doubling = 63U - (unsigned)__builtin_clzll(us) - 6U;
    unsigned bucket = 64U * (doubling + 1) + (unsigned)((us >> doubling) - 64U);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static double upper_end_us(unsigned bucket)
{
    if (bucket < 64)
        return bucket + 1;
    unsigned doubling = bucket / 64 - 1;
    return (double)((uint64_t)(bucket % 64 + 65) << doubling);
}

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_add(struct histogram *histogram, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    histogram->count++;
    histogram->buckets[bucket_of((uint64_t)ns / 1000)]++;
    if (ns > histogram->max_ns)
        histogram->max_ns = ns;
}

double histogram_ms(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count + 0.999999);
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen >= wanted && seen > 0) {
            double us = upper_end_us(bucket), max_us = (double)histogram->max_ns / 1000;
            return (us < max_us ? us : max_us) / 1000;
        }
    }
    return 0;
}
