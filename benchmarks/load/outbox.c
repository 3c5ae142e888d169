#include "outbox.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void outbox_make(struct outbox *outbox)
{
    outbox->bytes = malloc(OUTBOX_BYTES);
    outbox->start = outbox->end = 0;
}

char *outbox_add(struct outbox *outbox, size_t size)
{
    if (outbox->bytes == NULL || size > OUTBOX_BYTES - outbox->end) {
        fprintf(stderr, "load: no room for %zu more bytes to send\n", size);
        exit(1);
    }
    char *room = outbox->bytes + outbox->end;
    outbox->end += size;
    return room;
}

void outbox_print(struct outbox *outbox, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(outbox_add(outbox, (size_t)length), text, (size_t)length);
}

bool outbox_flush(struct outbox *outbox, int fd)
{
    while (outbox->start < outbox->end) {
        ssize_t sent = send(fd, outbox->bytes + outbox->start, outbox->end - outbox->start, MSG_NOSIGNAL);
        if (sent < 0)
            return false; /* Full; or broken, which reading finds out. */
        outbox->start += (size_t)sent;
    }
    outbox->start = outbox->end = 0;
    return true;
}
