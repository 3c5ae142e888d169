/* Time, in nanoseconds on the one clock that publisher and reader share: both are this process. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)

static inline int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static inline double seconds(int64_t nanoseconds)
{
    return (double)nanoseconds / (double)SECOND;
}

#endif
