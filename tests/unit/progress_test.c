/* The line that says how far the command is: who gets to see it, when, and that it goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../analyzer/cli/progress.h"

static time_t now = 1000;

/* Instead of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *ret)
{
    (void)clock;
    *ret = (struct timespec){.tv_sec = now};
    return 0;
}

static int saved, ours; /* standard error as it was; where one reads what is written to it now */

static void begin(int reader, int writer)
{
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    assert_return_code(dup2(writer, STDERR_FILENO), 0);
    close(writer);
    ours = reader;
    setenv("TERM", "xterm", 1);
}

static int on_a_terminal(void **state)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), other;
    struct termios raw;

    (void)state;
    if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
        return -1;
    other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    if (other < 0 || tcgetattr(other, &raw) < 0)
        return -1;
    cfmakeraw(&raw);
    if (tcsetattr(other, TCSANOW, &raw) < 0)
        return -1;
    begin(terminal, other);
    return 0;
}

static int into_a_pipe(void **state)
{
    int ends[2];

    (void)state;
    if (pipe(ends) < 0)
        return -1;
    begin(ends[0], ends[1]);
    return 0;
}

static int restore(void **state)
{
    (void)state;
    lh_progress_end();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ours);
    return 0;
}

/*
 * What was written since the last look. What goes through a terminal arrives a little later, in
 * pieces: a mark behind it tells that all is there.
 */
static const char *seen(void)
{
    static const char mark = '\001';
    static char text[4096];
    struct pollfd readable = {.fd = ours, .events = POLLIN};
    size_t n = 0;

    assert_int_equal(write(STDERR_FILENO, &mark, 1), 1);
    while (n == 0 || text[n - 1] != mark) {
        assert_int_equal(poll(&readable, 1, 60000), 1);
        ssize_t more = read(ours, text + n, sizeof(text) - n);
        assert_true(more > 0);
        n += (size_t)more;
    }
    text[n - 1] = '\0';
    return text;
}

static void what_is_quick_is_not_shown(void **state)
{
    (void)state;
    lh_progress_begin("reading", 10);
    for (int i = 0; i < 10; i++)
        lh_progress_step();
    lh_progress_end();
    assert_string_equal(seen(), "");
}

static void after_a_second_the_line_shows_how_much_is_done(void **state)
{
    (void)state;
    lh_progress_begin("reading", 10);
    now += 2;
    lh_progress_step();
    assert_string_equal(seen(), "\r\033[K[###                           ] reading 1 of 10");
    lh_progress_step();
    assert_string_equal(seen(), ""); /* that was a moment ago */
    now += 1;
    lh_progress_step();
    assert_string_equal(seen(), "\r\033[K[#########                     ] reading 3 of 10");
    now += 1;
    lh_progress_begin("thinking", 1);
    assert_string_equal(seen(), "\r\033[K[                              ] thinking");
}

static void the_line_is_wiped_away_once(void **state)
{
    (void)state;
    lh_progress_begin("reading", 10);
    now += 2;
    lh_progress_step();
    seen();
    lh_progress_hide();
    assert_string_equal(seen(), "\r\033[K");
    lh_progress_end();
    assert_string_equal(seen(), "");
}

static void nothing_is_shown_where_nobody_looks(void **state)
{
    (void)state;
    lh_progress_begin("reading", 10);
    now += 2;
    lh_progress_step();
    lh_progress_end();
    assert_string_equal(seen(), "");
}

static void nothing_is_shown_on_a_dumb_terminal(void **state)
{
    (void)state;
    setenv("TERM", "dumb", 1);
    nothing_is_shown_where_nobody_looks(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_quick_is_not_shown, on_a_terminal, restore),
        cmocka_unit_test_setup_teardown(after_a_second_the_line_shows_how_much_is_done,
                                        on_a_terminal, restore),
        cmocka_unit_test_setup_teardown(the_line_is_wiped_away_once, on_a_terminal, restore),
        cmocka_unit_test_setup_teardown(nothing_is_shown_on_a_dumb_terminal, on_a_terminal,
                                        restore),
        cmocka_unit_test_setup_teardown(nothing_is_shown_where_nobody_looks, into_a_pipe, restore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
