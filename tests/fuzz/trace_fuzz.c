/*
 * libFuzzer target: any bytes as a trace, loaded and analysed. In a build folder that was set up
 * with CC=clang: `meson compile trace_fuzz && tests/fuzz/trace_fuzz CORPUS`, with some real traces
 * as a corpus.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyses.h"
#include "event_stream.h"
#include "model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void analyse(const char *path)
{
    /* Bounds that keep a run short; symbolizing is left out: it would read files of this machine.
     */
    static const struct lh_cycle_limits limits = {.steps = 10000};
    struct lh_model *model = lh_model_new();
    struct lh_findings *findings = lh_findings_new();

    if (model && findings && lh_model_load(model, path, NULL) == 0 &&
        lh_find_deadlocks(model, findings) == 0 && lh_find_stalls(model, findings) == 0 &&
        lh_find_inversions(model, &limits, findings) == 0)
        lh_findings_sort(findings);
    lh_findings_free(findings);
    lh_model_free(model);
}

static void read_events(const char *path)
{
    struct lh_event_stream *stream = NULL;
    const char *why;
    struct lh_stream_event event;

    if (lh_event_stream_open(path, 1, &stream, &why) < 0)
        return;
    while (lh_event_stream_next(stream, &event))
        ;
    lh_event_stream_close(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("trace", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    analyse(path);
    read_events(path);
    close(fd);
    return 0;
}
