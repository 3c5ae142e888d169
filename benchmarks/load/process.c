#include "process.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double cpu_seconds(clockid_t clock)
{
    struct timespec used;
    if (clock_gettime(clock, &used) != 0)
        return 0; /* It has ended: the readers will tell. */
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

double processes_cpu_seconds(const struct processes *processes)
{
    double sum = 0;
    for (unsigned i = 0; i < processes->count; i++) {
        clockid_t clock;
        if (clock_getcpuclockid(processes->pids[i], &clock) == 0)
            sum += cpu_seconds(clock);
    }
    return sum;
}

long processes_resident_bytes(const struct processes *processes)
{
    long sum = 0;
    for (unsigned i = 0; i < processes->count; i++) {
        char path[64];
        long size, resident = 0;
        snprintf(path, sizeof path, "/proc/%d/statm", (int)processes->pids[i]);
        FILE *statm = fopen(path, "r");
        if (statm == NULL)
            continue;
        if (fscanf(statm, "%ld %ld", &size, &resident) == 2)
            sum += resident * sysconf(_SC_PAGESIZE);
        fclose(statm);
    }
    return sum;
}

double own_cpu_seconds(void)
{
    return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
}
