/*
 * The name of a function as it stays when the program is compiled anew: without result and
 * parameters, template arguments, lambdas and their numbers, and what compilers append to clones.
 * Debug data, symbol tables, gcc and clang, -O0 and -O2 all have words of their own for these.
 *
 *   auto shop::clerk::with<main::{lambda()#1}>(main::{lambda()#1})    shop::clerk::with
 *   main::{lambda()#2}::operator()() const                            main::operator()
 *   transfer.constprop.0                                              transfer
 */
#ifndef LH_ANALYZER_PLAIN_NAME_H
#define LH_ANALYZER_PLAIN_NAME_H

/* Malloced. NULL: out of memory. Never longer than the name. */
char *lh_plain_name(const char *function);

/*
 * The same of a module: its file's name without version, build and platform, which differ from
 * machine to machine.
 *
 *   /usr/lib/libfoo.so.1.2.3, libfoo-1.2.so             libfoo.so
 *   libgomp-a34b3233.so.1.0.0                           libgomp.so
 *   _bank.cpython-311-x86_64-linux-gnu.so               _bank.so
 *   /usr/bin/python3.11                                 python3.11
 */
char *lh_plain_module(const char *path);

#endif
