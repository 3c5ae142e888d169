/* What the server costs, as the kernel counts it: CPU time and memory of its processes. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#define PROCESSES_MAX 16

struct processes {
    unsigned count;
    pid_t pids[PROCESSES_MAX];
};

/* CPU seconds of all of them, user and system, with the precision of the process clock (1 ns). */
double processes_cpu_seconds(const struct processes *);

/* Resident memory of all of them, in bytes. What the kernel keeps for sockets is not in it. */
long processes_resident_bytes(const struct processes *);

/* CPU seconds of this process. */
double own_cpu_seconds(void);

#endif
