/*
 * A system call, as syscall() of the C library makes it: returns -1 and sets errno when it fails.
 * The shim stands in front of that function, so it must not call it itself.
 */
#ifndef LH_TRACE_CALL_H
#define LH_TRACE_CALL_H

long lh_syscall(long number, ...) __attribute__((visibility("hidden")));

#endif
