/* A message that proves itself: which it is, when it was due, and that all of it has arrived.
 *
 * `@` series (4 hex digits) number in the series (8) due time in ns (16), padding, `$`. Neither `@` nor `$`
 * stands anywhere else in a stream, so a reader finds messages without knowing how a server frames them,
 * and nothing in it has to be escaped in JSON.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_HEAD 29
#define MESSAGE_MIN (MESSAGE_HEAD + 1)

struct mark {
    uint32_t series;
    uint32_t number;
    int64_t due_ns;
};

/* Write exactly `size` (at least MESSAGE_MIN) bytes. */
void message_write(char *to, size_t size, struct mark);

/* Read MESSAGE_HEAD bytes that begin with `@`; false if they are no mark. */
bool message_read(const char *from, struct mark *);

#endif
