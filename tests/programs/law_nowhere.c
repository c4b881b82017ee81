/*
 * Hands pointers to nowhere to system calls. The kernel refuses them; nobody else may look there.
 * The output must be the same with and without the shim.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

#define SHOW(call)                                              \
    do {                                                        \
        errno = 0;                                              \
        long result_ = (long)(call);                            \
        int errno_ = errno;                                     \
        printf("%s = %ld, errno %d\n", #call, result_, errno_); \
    } while (0)

int main(void)
{
    void *volatile nowhere = (void *)8;
    int ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    SHOW(sendmsg(ends[0], nowhere, 0));
    SHOW(recvmsg(ends[0], nowhere, MSG_DONTWAIT));
    SHOW(writev(ends[0], nowhere, 1));
    SHOW(readv(ends[0], nowhere, 1));
    SHOW(write(ends[0], nowhere, 1));
    SHOW(send(ends[0], nowhere, 1, 0));
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    return 0;
}
