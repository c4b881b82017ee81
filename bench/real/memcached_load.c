/*
 * `memcached_load SOCKET COUNT`: 4 connections, each with a thread of its own, set and get in
 * turns. One request at a time and connection, as most programs do.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS 4

static const char *path;
static size_t count;

static void must(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

static int connect_to(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    must(fd >= 0 && strlen(path) < sizeof(address.sun_path), path);
    strcpy(address.sun_path, path);
    must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, path);
    return fd;
}

/* Until the answer ends with this line. */
static void read_until(int fd, const char *end)
{
    char answer[4096];
    size_t have = 0, length = strlen(end);

    while (have < length || memcmp(answer + have - length, end, length) != 0) {
        ssize_t got = read(fd, answer + have, sizeof(answer) - have);
        must(got > 0, "read");
        have += (size_t)got;
    }
}

static void ask(int fd, const char *question, const char *end)
{
    size_t length = strlen(question);

    must(write(fd, question, length) == (ssize_t)length, "write");
    read_until(fd, end);
}

static void *use_connection(void *number)
{
    char question[512], value[101];
    int fd = connect_to();

    memset(value, 'v', 100);
    value[100] = 0;
    for (size_t i = 0; i < count; i++) {
        size_t key = (i * 7919 + (size_t)number) % 1000;
        snprintf(question, sizeof(question), "set key%zu 0 0 100\r\n%s\r\n", key, value);
        ask(fd, question, "STORED\r\n");
        snprintf(question, sizeof(question), "get key%zu\r\n", key);
        ask(fd, question, "END\r\n");
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[CONNECTIONS];

    if (argc != 3)
        return 2;
    path = argv[1];
    count = strtoull(argv[2], NULL, 10) / CONNECTIONS;
    for (size_t i = 0; i < CONNECTIONS; i++)
        must(pthread_create(&threads[i], NULL, use_connection, (void *)i) == 0, "pthread_create");
    for (size_t i = 0; i < CONNECTIONS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
