/* Marks what the shim exports; everything else is hidden. */
#ifndef LH_INTERPOSE_EXPORT_H
#define LH_INTERPOSE_EXPORT_H

#define LH_EXPORT __attribute__((visibility("default"), noinline))

#endif
