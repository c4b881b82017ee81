/* Errors for people, and text that must not fail. Only the command uses this, never a library. */
#ifndef LH_CLI_COMPLAIN_H
#define LH_CLI_COMPLAIN_H

/* One line on stderr: "lockhound: " and the text. */
void lh_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Malloced text; ends the command when out of memory. */
char *lh_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* text, quoted for a shell when it has to be; malloced. */
char *lh_shell_word(const char *text);

#endif
