/* What a server answers to a request, until it is complete. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

struct answer {
    size_t length;
    char text[16384];
};

enum answered {
    ANSWER_INCOMPLETE,
    ANSWER_GOOD, /* 2xx */
    ANSWER_BAD,
    ANSWER_HUNG_UP, /* Also when it has no end within `text`. */
};

/* Read what there is. After a complete answer, make room for the next one: `length = 0`. */
enum answered answer_receive(struct answer *, int fd);

#endif
