#include "answer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A header and, with it, as much body as it announces, or a last chunk; without either there is no body. */
static bool is_complete(const struct answer *answer)
{
    const char *text = answer->text, *end = memmem(text, answer->length, "\r\n\r\n", 4);
    if (end == NULL)
        return false;
    const char *header = strcasestr(text, "\r\nContent-Length:");
    if (header != NULL && header < end)
        return answer->length >= (size_t)(end + 4 - text) + strtoul(header + 17, NULL, 10);
    header = strcasestr(text, "\r\nTransfer-Encoding:");
    if (header != NULL && header < end)
        return memcmp(text + answer->length - 5, "0\r\n\r\n", 5) == 0;
    return true;
}

enum answered answer_receive(struct answer *answer, int fd)
{
    ssize_t got = recv(fd, answer->text + answer->length, sizeof answer->text - 1 - answer->length, 0);
    if (got < 0 && errno == EAGAIN)
        return ANSWER_INCOMPLETE;
    if (got <= 0)
        return ANSWER_HUNG_UP;
    answer->length += (size_t)got;
    answer->text[answer->length] = '\0';
    if (!is_complete(answer))
        return ANSWER_INCOMPLETE;
    return memcmp(answer->text, "HTTP/1.1 2", 10) == 0 ? ANSWER_GOOD : ANSWER_BAD;
}
