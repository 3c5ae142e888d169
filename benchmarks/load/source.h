/* What epoll hands back: a pointer whose first field says what it points to. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdint.h>

enum source {
    SOURCE_READER,
    SOURCE_PUBLISHER,
};

/* A non-blocking connection to the server on loopback, watched for `events`. Ends the process without descriptors. */
int connect_loopback(int epoll, uint16_t port, int receive_buffer, uint32_t events, void *source);

void watch(int epoll, int fd, uint32_t events, void *source);

/* Hang up with RST, so that thousands of ports need not wait a minute to be used again. */
void hang_up(int fd);

#endif
