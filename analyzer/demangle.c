#include "demangle.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

#include "short_name.h"

/* A demangled name can be exponentially longer than the mangled one. */
#define MANGLED_MAX 4096

bool lh_is_mangled(const char *name)
{
    return name && name[0] == '_' &&
           (name[1] == 'Z' || name[1] == 'R' ||
            (name[1] == 'D' && isdigit((unsigned char)name[2])));
}

/* Does a suffix of optimizers or of the assembler begin at this '.'? Go and others have dots in
 * names. */
static bool is_suffix(const char *dot)
{
    static const char *const words[] = {"cold", "constprop", "isra",       "part", "lto_priv",
                                        "llvm", "clone",     "localalias", "warm", "resolver"};
    size_t length = strcspn(dot + 1, ".");

    if (length > 0 && strspn(dot + 1, "0123456789") == length)
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (length == strlen(words[i]) && !strncmp(dot + 1, words[i], length))
            return true;
    }
    return false;
}

/* Where the suffixes begin; the name's end when it has none. */
static size_t plain_length(const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 1; i < length; i++) {
        if (name[i] == '@' || (name[i] == '.' && is_suffix(name + i)))
            return i;
    }
    return length;
}

const char *lh_demangle_data(struct lh_strings *strings, const char *name)
{
    const char *version = name ? strchr(name, '@') : NULL;
    const char *kept;
    char *plain;

    if (!version || version == name || lh_is_mangled(name))
        return lh_is_mangled(name) ? lh_demangle(strings, name) : lh_intern(strings, name);
    plain = strndup(name, (size_t)(version - name));
    kept = plain ? lh_intern(strings, plain) : NULL;
    free(plain);
    return kept;
}

const char *lh_demangle(struct lh_strings *strings, const char *name)
{
    const char *kept;
    char *plain, *readable = NULL;

    if (!name)
        return NULL;
    plain = strndup(name, plain_length(name));
    if (!plain)
        return NULL;
    if (lh_is_mangled(plain) && strlen(plain) <= MANGLED_MAX)
        readable = cplus_demangle(plain, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO | DMGL_RET_DROP);
    if (readable)
        lh_shorten_name(readable);
    kept = lh_intern(strings, readable ? readable : plain);
    free(readable);
    free(plain);
    return kept;
}
