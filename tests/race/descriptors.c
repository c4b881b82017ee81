/*
 * What file descriptors order: both ends of a pipe, of a pair of sockets, of a connection, an
 * eventfd, a set of descriptors, and the number that a closed descriptor leaves to the next one.
 * EXPECT proven pass_nothing take_nothing
 */
#include <netinet/in.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pair.h"

int data[10];
int ends[2], sockets[2], event, set, number, server, unrelated[4];
struct sockaddr_in address = {.sin_family = AF_INET};

RACY static void pass_by_pipe(void)
{
    data[0] = 1;
    CHECK(write(ends[1], "", 1) == 1);
}

RACY static void take_by_pipe(void)
{
    char byte;
    CHECK(read(ends[0], &byte, 1) == 1);
    data[0]++;
}

/* The later end of a pipe is closed: that is something to read, too. */
RACY static void pass_by_end(void)
{
    data[1] = 1;
    CHECK(close(ends[1]) == 0);
}

RACY static void take_by_end(void)
{
    char byte;
    CHECK(read(ends[0], &byte, 1) == 0);
    data[1]++;
}

RACY static void pass_by_socket(void)
{
    struct iovec part = {"", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    data[2] = 1;
    CHECK(sendmsg(sockets[0], &message, 0) == 1);
}

RACY static void take_by_socket(void)
{
    char byte;
    CHECK(recv(sockets[1], &byte, 1, 0) == 1);
    data[2]++;
}

RACY static void pass_by_event(void)
{
    uint64_t one = 1;
    data[3] = 1;
    CHECK(write(event, &one, sizeof one) == sizeof one);
}

RACY static void take_by_event(void)
{
    uint64_t count;
    CHECK(read(event, &count, sizeof count) == sizeof count);
    data[3]++;
}

/* Writable at once: the event comes of adding it. */
RACY static void pass_by_set(void)
{
    struct epoll_event wanted = {.events = EPOLLOUT};
    data[4] = 1;
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted) == 0);
}

RACY static void take_by_set(void)
{
    struct epoll_event got;
    CHECK(epoll_wait(set, &got, 1, -1) == 1);
    data[4]++;
}

/* What belongs to a descriptor's number goes on to who gets the number next. */
RACY static void leave_number(void)
{
    data[5] = 1;
    number = event;
    CHECK(close(event) == 0);
}

RACY static void get_number(void)
{
    int fd = eventfd(0, 0);
    CHECK(fd == number);
    data[5]++;
    CHECK(close(fd) == 0);
}

RACY static void pass_by_connection(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    data[6] = 1;
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    data[7] = 1;
    CHECK(send(fd, "", 1, 0) == 1);
}

RACY static void take_by_connection(void)
{
    char byte;
    int fd = accept(server, NULL, NULL);
    data[6]++;
    CHECK(read(fd, &byte, 1) == 1);
    data[7]++;
}

RACY static void pass_by_copy(void)
{
    int fd = dup(sockets[0]);
    data[8] = 1;
    CHECK(write(fd, "", 1) == 1);
}

RACY static void take_by_copy(void)
{
    char byte;
    CHECK(read(sockets[1], &byte, 1) == 1);
    data[8]++;
}

/* One pipe says nothing of another one. */
RACY static void pass_nothing(void)
{
    data[9] = 1;
    CHECK(write(unrelated[1], "", 1) == 1);
}

RACY static void take_nothing(void)
{
    char byte;
    CHECK(read(unrelated[2], &byte, 1) == 1);
    data[9] = 2;
}

static void open_all(void)
{
    socklen_t size = sizeof address;

    CHECK(pipe(ends) == 0);
    CHECK(pipe(unrelated) == 0 && pipe(unrelated + 2) == 0);
    CHECK(write(unrelated[3], "", 1) == 1);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    set = epoll_create1(0);
    server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(server, (struct sockaddr *)&address, size) == 0 && listen(server, 5) == 0);
    CHECK(getsockname(server, (struct sockaddr *)&address, &size) == 0);
    event = eventfd(0, 0);
}

int main(void)
{
    open_all();
    pair(pass_by_pipe, take_by_pipe);
    pair(pass_by_socket, take_by_socket);
    pair(pass_by_event, take_by_event);
    pair(pass_by_set, take_by_set);
    pair(leave_number, get_number);
    pair(pass_by_end, take_by_end);
    pair(pass_by_connection, take_by_connection);
    pair(pass_by_copy, take_by_copy);
    pair(pass_nothing, take_nothing);
    return 0;
}
