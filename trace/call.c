#include "call.h"

#include <errno.h>

/* Where the kernel's answer is an error. Called from below. */
long lh_syscall_failed(int error) __attribute__((visibility("hidden"), used));

long lh_syscall_failed(int error)
{
    errno = error;
    return -1;
}

/* In assembly as the C library's own: it takes what it is given, however much that is. */
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".hidden lh_syscall\n"
        ".globl lh_syscall\n"
        ".type lh_syscall, @function\n"
        "lh_syscall:\n"
        ".cfi_startproc\n"
        "    endbr64\n"
        "    movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    movq %rdx, %rsi\n"
        "    movq %rcx, %rdx\n"
        "    movq %r8, %r10\n"
        "    movq %r9, %r8\n"
        "    movq 8(%rsp), %r9\n"
        "    syscall\n"
        "    cmpq $-4095, %rax\n"
        "    jae 1f\n"
        "    ret\n"
        "1:  negl %eax\n"
        "    movl %eax, %edi\n"
        "    jmp lh_syscall_failed\n"
        ".cfi_endproc\n"
        ".size lh_syscall, . - lh_syscall\n"
        ".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".hidden lh_syscall\n"
        ".globl lh_syscall\n"
        ".type lh_syscall, %function\n"
        "lh_syscall:\n"
        ".cfi_startproc\n"
        "    hint 34\n"
        "    mov x8, x0\n"
        "    mov x0, x1\n"
        "    mov x1, x2\n"
        "    mov x2, x3\n"
        "    mov x3, x4\n"
        "    mov x4, x5\n"
        "    mov x5, x6\n"
        "    svc 0\n"
        "    cmn x0, 4095\n"
        "    b.cs 1f\n"
        "    ret\n"
        "1:  neg w0, w0\n"
        "    b lh_syscall_failed\n"
        ".cfi_endproc\n"
        ".size lh_syscall, . - lh_syscall\n"
        ".popsection\n");
#else
#error "what a system call looks like on this machine is to be added here"
#endif
