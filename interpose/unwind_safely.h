/*
 * Walks a stack by its unwind tables, and survives code that is gone. A plugin that calls exit()
 * may be unloaded by what exit() runs; its caller then returns to where no memory is. libgcc reads
 * the code at an address that no table covers, to tell whether a signal's frame begins there.
 *
 * Any thread may call it, in a signal handler too.
 */
#ifndef LH_INTERPOSE_UNWIND_SAFELY_H
#define LH_INTERPOSE_UNWIND_SAFELY_H

#include <unwind.h>

/* _Unwind_Backtrace(), ended at the first address at which nothing can be read. */
void lh_unwind_safely(_Unwind_Trace_Fn on_frame, void *data);

#endif
