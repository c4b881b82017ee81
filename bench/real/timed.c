/*
 * `timed FILE PROGRAM ARGUMENTS...` runs the program, and writes into the file: seconds of the
 * clock, seconds of processor time, KiB of the greatest resident set, exit status. It is small, so
 * that the program does not inherit the size of a bigger starter. It does not end before the
 * program does: a SIGTERM to both ends only that.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void write_result(FILE *out, double wall, const struct rusage *used, int status)
{
    fprintf(out, "%.6f %.6f %ld %d\n", wall, seconds(used->ru_utime) + seconds(used->ru_stime),
            used->ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
    struct rusage used;
    int status;

    FILE *out = argc > 2 ? fopen(argv[1], "we") : NULL;
    if (!out)
        return 2;
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    signal(SIGTERM, SIG_IGN);
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 2;
    write_result(out, now() - start, &used, status);
    return fclose(out) == 0 ? 0 : 2;
}
