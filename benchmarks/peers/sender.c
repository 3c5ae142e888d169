/* The physical limit: a server that sends what it is given to everybody who is there, and nothing else.
 *
 * GET is a reader, POST a message. No ids, no log, no filter, no limits, no checks: what is left is what the
 * kernel takes for a send to every reader.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS 65536
#define REQUEST_BYTES 65536

static int readers[DESCRIPTORS];
static int place[DESCRIPTORS]; /* Of a descriptor in `readers`, plus 1; 0: it is a publisher. */
static int count;
static char *partial[DESCRIPTORS]; /* A request that has not come whole. */
static size_t partial_length[DESCRIPTORS];

static const char STREAM[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
static const char CREATED[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

static void drop(int fd)
{
    if (place[fd] > 0) { /* The last one takes its place. */
        int last = readers[--count];
        readers[place[fd] - 1] = last;
        place[last] = place[fd];
        place[fd] = 0;
    }
    partial_length[fd] = 0;
    free(partial[fd]);
    partial[fd] = NULL;
    close(fd);
}

static void broadcast(const char *body, size_t length)
{
    static char frame[REQUEST_BYTES + 64];
    int head = sprintf(frame, "%zx\r\ndata: ", length + 8);
    memcpy(frame + head, body, length);
    memcpy(frame + head + length, "\n\n\r\n", 4);
    size_t size = (size_t)head + length + 4;
    for (int i = 0; i < count; i++) /* Who does not take all of it has a hole; this server does not care. */
        if (send(readers[i], frame, size, MSG_NOSIGNAL) < 0)
            continue;
}

/* Serves the request at the start of `text`; returns its length, 0 if it has not come whole. */
static size_t serve(int fd, const char *text, size_t length)
{
    const char *end = memmem(text, length, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - text) + 4;
    if (memcmp(text, "GET", 3) == 0) {
        send(fd, STREAM, sizeof STREAM - 1, MSG_NOSIGNAL);
        readers[count++] = fd;
        place[fd] = count;
        return head;
    }
    const char *header = strcasestr(text, "\r\nContent-Length:");
    size_t body = header != NULL && header < end ? strtoul(header + 17, NULL, 10) : 0;
    if (length < head + body)
        return 0;
    broadcast(text + head, body);
    send(fd, CREATED, sizeof CREATED - 1, MSG_NOSIGNAL);
    return head + body;
}

static void receive(int fd)
{
    static char text[REQUEST_BYTES + 1];
    size_t length = partial_length[fd];
    if (length > 0)
        memcpy(text, partial[fd], length);
    ssize_t got = recv(fd, text + length, REQUEST_BYTES - length, 0);
    if (got <= 0) {
        drop(fd);
        return;
    }
    length += (size_t)got;
    text[length] = '\0';
    size_t at = 0, served;
    while (at < length && (served = serve(fd, text + at, length - at)) > 0)
        at += served;
    free(partial[fd]);
    partial_length[fd] = length - at;
    partial[fd] = length > at ? malloc(length - at) : NULL;
    if (length > at)
        memcpy(partial[fd], text + at, length - at);
}

int main(int argc, char **argv)
{
    int yes = 1, listening = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(argc > 1 ? argv[1] : "0")),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listening, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0 || listen(listening, 4096) != 0) {
        perror("sender");
        return 1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listening}, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd != listening) {
                receive(fd);
                continue;
            }
            fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
            if (fd >= 0 && fd < DESCRIPTORS)
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
    }
}
