/*
 * Which objects are loaded: the trace must say what each code address meant at the time. A "module
 * epoch" is a stretch in which nothing was unloaded.
 *
 * Lock order: the dynamic linker's list lock (inside dl_iterate_phdr) before the recorder lock,
 * never the other way round. The program's own locks may come between, in a callback of its own, so
 * the list is looked at only when there is reason to: a library was closed, or code runs in none
 * that is known.
 */
#ifndef LH_INTERPOSE_MODULES_H
#define LH_INTERPOSE_MODULES_H

#include <stdbool.h>
#include <stdint.h>

/* Are all these code addresses in modules that are recorded? Under the recorder lock. */
bool lh_modules_cover(const uintptr_t *pcs, uint32_t count);

/* Does the address lie in a module that is recorded? Under the recorder lock. */
bool lh_modules_has(uintptr_t addr);

/* Record what was loaded and unloaded since the last call. Not under the recorder lock. */
void lh_modules_refresh(void);

/* Number of the current epoch; changes when something was unloaded. */
extern uint32_t lh_module_epoch;
static inline uint32_t lh_modules_epoch(void)
{
    /* Relaxed: code of an unloaded object is not on the stack of a thread that could race with it.
     */
    return __atomic_load_n(&lh_module_epoch, __ATOMIC_RELAXED);
}

/* The trace has just begun: record what a forked child was born with. Under the recorder lock. */
void lh_modules_inherit(void);

void lh_modules_forked(void);

#endif
