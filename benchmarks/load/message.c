#include "message.h"

#include <string.h>

static const char DIGITS[] = "0123456789abcdef";
/* What a log line looks like, and no word that suggests another level than info. */
static const char PADDING[] = " disk usage of node seven is within its limits, next look in a minute, nothing to do;";

static void write_hex(char *to, unsigned digits, uint64_t value)
{
    while (digits > 0) {
        to[--digits] = DIGITS[value & 15];
        value >>= 4;
    }
}

/* ORs the digit's mistakes into `bad`, so that the common case has no branch. */
static uint64_t read_hex(const char *from, unsigned digits, unsigned *bad)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < digits; i++) {
        unsigned c = (unsigned char)from[i];
        unsigned digit = (c & 15) + (c >> 6) * 9;
        *bad |= (unsigned)DIGITS[digit & 15] ^ c;
        value = value << 4 | digit;
    }
    return value;
}

void message_write(char *to, size_t size, struct mark mark)
{
    to[0] = '@';
    write_hex(to + 1, 4, mark.series);
    write_hex(to + 5, 8, mark.number);
    write_hex(to + 13, 16, (uint64_t)mark.due_ns);
    for (size_t at = MESSAGE_HEAD; at < size - 1;) {
        size_t room = size - 1 - at, length = sizeof PADDING - 1;
        size_t take = room < length ? room : length;
        memcpy(to + at, PADDING, take);
        at += take;
    }
    to[size - 1] = '$';
}

bool message_read(const char *from, struct mark *mark)
{
    unsigned bad = 0;
    mark->series = (uint32_t)read_hex(from + 1, 4, &bad);
    mark->number = (uint32_t)read_hex(from + 5, 8, &bad);
    mark->due_ns = (int64_t)read_hex(from + 13, 16, &bad);
    return bad == 0;
}
