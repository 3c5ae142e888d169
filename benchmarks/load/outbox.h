/* Bytes on their way to a socket that may not take all of them at once. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#define OUTBOX_BYTES (256 << 10)

struct outbox {
    char *bytes;
    size_t start, end; /* What has not gone yet. */
};

void outbox_make(struct outbox *);

/* Room for `size` more bytes, which count as added. Ends the process when there is none: that is a mistake of ours. */
char *outbox_add(struct outbox *, size_t size);

__attribute__((format(printf, 2, 3))) void outbox_print(struct outbox *, const char *format, ...);

/* Give the socket what it takes. Returns whether that was all. */
bool outbox_flush(struct outbox *, int fd);

#endif
