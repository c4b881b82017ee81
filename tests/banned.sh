#!/usr/bin/env bash
# What liblockhound.so may call of the C library: only what the list below names. malloc, stdio and
# whatever takes a lock of its own are not on it, for the shim runs inside other people's malloc,
# signal handlers and dying threads. Its objects must not call an interposed function by its public
# name either: that is the wrapper itself. They go through lh_real.
#
# Usage: banned.sh LIBRARY HOOKS_DEF OBJECT_FOLDER_OR_FILE...
set -euo pipefail

library=${1:?usage: banned.sh LIBRARY HOOKS_DEF OBJECT...}
hooks=$2
shift 2

# Kept short on purpose. A name to add must neither allocate nor take a lock of the program's; the last
# group does so only while the shim starts, or where a new stack is walked.
allowed='
    memchr memcmp memcpy memmove memset strchr strcmp strlen strnlen strncmp strrchr strerrordesc_np
    __errno_location environ getenv secure_getenv abort
    program_invocation_name program_invocation_short_name __progname __libc_stack_end
    open open64 close read write pread pread64 pwrite pwrite64 ftruncate ftruncate64 unlink
    fallocate fallocate64 fstat fstat64 fcntl fcntl64 readlink getcwd
    shmctl mprotect madvise mincore syscall prctl getpid getppid gettid getrlimit getrlimit64
    sysconf sched_yield raise clock_gettime clock_nanosleep nanosleep getauxval
    sigaction sigemptyset sigfillset sigaddset sigismember sigpending pthread_sigmask
    pthread_self pthread_testcancel pthread_setcanceltype pthread_setspecific sem_getvalue
    pthread_attr_getdetachstate pthread_attr_getstacksize
    __stack_chk_fail _Unwind_Resume __gcc_personality_v0 __cxa_finalize
    _ITM_deregisterTMCloneTable _ITM_registerTMCloneTable __gmon_start__

    dlsym dlvsym dlerror dladdr dl_iterate_phdr _dl_find_object _r_debug pthread_key_create __register_atfork
    _Unwind_Backtrace _Unwind_GetCFA _Unwind_GetIPInfo _Unwind_GetIP
'

failed=0

complain() {
    printf '%s\n' "$*"
    failed=1
}

undefined() {
    nm --undefined-only --format=posix "$@" | awk 'NF > 1 { sub(/@.*/, "", $1); print $1 }' | sort -u
}

library_calls=$(undefined -D "$library")
if grep -qE '^__(asan|ubsan|tsan_init|msan|gcov|llvm)' <<<"$library_calls"; then
    echo "the build is instrumented: what it calls is not what the shim calls"
    exit 77
fi
for name in $library_calls; do
    if ! grep -qwF -- "$name" <<<"$allowed"; then
        complain "$(basename "$library") calls $name, which is not on the list of tests/banned.sh"
    fi
done

hooked=$(sed -nE 's/^HOOK\((\w+),.*/\1/p' "$hooks")
[[ $(wc -l <<<"$hooked") -gt 50 ]] || complain "$hooks: hardly any hooks found"
objects=0
while read -r object; do
    objects=$((objects + 1))
    for name in $(undefined "$object" | grep -xF -- "$hooked" || true); do
        complain "$(basename "$object") calls $name by its public name (use lh_real.$name)"
    done
done < <(find "$@" -name '*.o')

printf '%d functions of the C library called, %d objects looked at\n' \
    "$(wc -w <<<"$library_calls")" "$objects"
[[ $objects -gt 0 ]] || complain "no objects found in $*"
exit "$failed"
