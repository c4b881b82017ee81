/* What the library with locks in its constructor tells. */
#ifndef TESTS_PROGRAMS_EARLY_AND_LATE_H
#define TESTS_PROGRAMS_EARLY_AND_LATE_H

int early_uses(void);

#endif
