#include "plain_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"

struct plain {
    const char *at;
    char *text;
    size_t n;
};

static bool next_is(const struct plain *plain, const char *word)
{
    return strncmp(plain->at, word, strlen(word)) == 0;
}

static void copy(struct plain *plain, size_t n)
{
    for (; n > 0 && *plain->at; n--)
        plain->text[plain->n++] = *plain->at++;
}

/* Past a group of brackets; whatever the brackets in it are, as "->" and "<" stand in them too. */
static void skip_group(struct plain *plain)
{
    static const char open[] = "<({[", close[] = ">)}]";
    const char *pair = strchr(open, *plain->at);
    char begin = *plain->at, end = close[pair - open];
    size_t depth = 0;

    for (; *plain->at; plain->at++) {
        if (begin == '<' && next_is(plain, "->"))
            plain->at++;
        else if (*plain->at == begin)
            depth++;
        else if (*plain->at == end && --depth == 0) {
            plain->at++;
            return;
        }
    }
}

static void copy_group(struct plain *plain)
{
    struct plain end = *plain;

    skip_group(&end);
    copy(plain, (size_t)(end.at - plain->at));
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* "operator()", "operator<<": its brackets belong to the name. */
static void copy_operator(struct plain *plain)
{
    copy(plain, strlen("operator"));
    if (next_is(plain, "()") || next_is(plain, "[]"))
        copy(plain, 2);
    else
        copy(plain, strspn(plain->at, "<>=!+-*/%^&|~,"));
}

/* What was copied of the present part of the name, between "::" and "::". */
static size_t part_length(const struct plain *plain)
{
    size_t length = 0;

    while (length < plain->n && plain->text[plain->n - length - 1] != ':')
        length++;
    return length;
}

/* A part without a name, which a lambda has: the separator goes too. */
static void separate(struct plain *plain)
{
    plain->at += 2;
    if (plain->n > 0 && part_length(plain) > 0) {
        plain->text[plain->n++] = ':';
        plain->text[plain->n++] = ':';
    }
}

/* "$_0" is what clang calls a lambda. */
static bool is_lambda(const struct plain *plain)
{
    return next_is(plain, "$_") && part_length(plain) == 0;
}

static void copy_word(struct plain *plain)
{
    bool lambda = is_lambda(plain);

    if (part_length(plain) == 0 && next_is(plain, "operator") && !is_word(plain->at[8])) {
        copy_operator(plain);
        return;
    }
    while (is_word(*plain->at)) {
        if (!lambda)
            plain->text[plain->n++] = *plain->at;
        plain->at++;
    }
}

/* Behind the parameters, or a result in brackets: false when the name is at its end. */
static bool skip_qualifiers(struct plain *plain)
{
    static const char *const words[] = {" const", " volatile", " &&", " &", " noexcept"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]);) {
        if (next_is(plain, words[i])) {
            plain->at += strlen(words[i]);
            i = 0;
        } else {
            i++;
        }
    }
    return next_is(plain, "::") || (*plain->at == ' ' && plain->at[1] != '[');
}

/* One step on; false at the end. */
static bool step(struct plain *plain)
{
    static const char nameless[] = "(anonymous namespace)";
    char c = *plain->at;

    if (next_is(plain, nameless)) {
        copy(plain, strlen(nameless));
    } else if (next_is(plain, "::")) {
        separate(plain);
    } else if (next_is(plain, "<") && part_length(plain) == 0 && !next_is(plain, "<lambda")) {
        copy_group(plain); /* Rust: <Account as Drop>::drop */
    } else if (c == '<' || c == '{' || c == '[') {
        skip_group(plain);
    } else if (c == '(') {
        skip_group(plain);
        return skip_qualifiers(plain);
    } else if (c == ' ' && plain->at[1] != '[' && plain->at[1] != '<') {
        plain->at++;
        plain->n = 0; /* that was the result */
    } else if (is_word(c)) {
        copy_word(plain);
    } else if (c == ' ') {
        plain->at++;
    } else {
        copy(plain, 1);
    }
    return *plain->at != '\0';
}

char *lh_plain_name(const char *function)
{
    char *source = strndup(function, lh_site_name_length(function));
    struct plain plain = {.at = source, .text = source ? malloc(strlen(source) + 1) : NULL};

    if (plain.text) {
        while (*plain.at && step(&plain))
            ;
        while (plain.n > 0 && plain.text[plain.n - 1] == ':')
            plain.n--;
        plain.text[plain.n] = '\0';
    }
    free(source);
    return plain.text;
}

/* "1.2", "2f7c42d4": a version, or the hash that packers of Python's wheels put there. */
static bool is_version(const char *text, size_t length)
{
    bool digit = false;

    for (size_t i = 0; i < length; i++) {
        if (!isxdigit((unsigned char)text[i]) && text[i] != '.')
            return false;
        digit = digit || isdigit((unsigned char)text[i]);
    }
    return digit;
}

/* Where the suffix of a shared library begins; NULL: it is none. */
static const char *library_suffix(const char *name)
{
    const char *suffix = strstr(name, ".so");

    while (suffix && suffix[3] != '\0' && suffix[3] != '.')
        suffix = strstr(suffix + 1, ".so");
    return suffix;
}

/* Of the name of a library as far as `suffix`, what is its own. */
static size_t stem_length(const char *name, const char *suffix)
{
    static const char *const platforms[] = {".cpython-", ".pypy", ".abi3"};
    size_t length = (size_t)(suffix - name);

    for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
        const char *platform = strstr(name, platforms[i]);
        if (platform && (size_t)(platform - name) < length)
            length = (size_t)(platform - name);
    }
    for (size_t i = length; i-- > 1;) {
        if (name[i] != '-')
            continue;
        if (!is_version(name + i + 1, length - i - 1))
            break;
        length = i;
    }
    return length;
}

char *lh_plain_module(const char *path)
{
    const char *name = lh_site_basename(path), *suffix = library_suffix(name);
    size_t length;
    char *plain;

    if (!suffix || suffix == name)
        return strdup(name);
    length = stem_length(name, suffix);
    plain = malloc(length + sizeof(".so"));
    if (plain)
        memcpy(mempcpy(plain, name, length), ".so", sizeof(".so"));
    return plain;
}
