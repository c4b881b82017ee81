#include "short_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What templates of std have as their last arguments where nothing else is said. */
static const char *const defaults[] = {"allocator<", "char_traits<", "default_delete<",
                                       "less<",      "hash<",        "equal_to<"};
/* basic_NAME<char> is NAME. */
static const char *const of_char[] = {"string",        "string_view",   "ostream",  "istream",
                                      "iostream",      "stringstream",  "ofstream", "ifstream",
                                      "ostringstream", "istringstream", "fstream"};

/* The time goes with the square of it, and names may be hostile. */
#define LONGEST 8192

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static void cut(char *at, size_t n)
{
    memmove(at, at + n, strlen(at + n) + 1);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == ':';
}

/* Does a qualified name in std end at `end`? */
static bool is_of_std(const char *name, const char *end)
{
    while (end > name && is_word(end[-1]))
        end--;
    return begins(end, "std::");
}

/* Past the group of angle brackets that `open` begins; NULL: it does not end. */
static const char *group_end(const char *open)
{
    size_t depth = 0;

    for (const char *at = open; *at; at++) {
        if (begins(at, "->"))
            at++;
        else if (*at == '<')
            depth++;
        else if (*at == '>' && --depth == 0)
            return at + 1;
    }
    return NULL;
}

/* Past the one at `comma`; NULL: there is none. */
static const char *default_end(const char *comma)
{
    if (!begins(comma, ", std::"))
        return NULL;
    for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++) {
        const char *word = comma + strlen(", std::");
        if (begins(word, defaults[i]))
            return group_end(word + strlen(defaults[i]) - 1);
    }
    return NULL;
}

/* How much there is at `comma` that goes without saying: up to the template's end, or nothing. */
static size_t default_length(const char *comma)
{
    const char *end = comma, *next;

    while ((next = default_end(end)) != NULL)
        end = next;
    if (end == comma)
        return 0;
    if (*end == ' ' && end[1] == '>' && comma[-1] != '>')
        end++;
    return *end == '>' || begins(end, " >") ? (size_t)(end - comma) : 0;
}

static void cut_versions(char *name)
{
    char *at;

    while ((at = strstr(name, "::__cxx11::")) != NULL)
        cut(at, strlen("::__cxx11"));
    while ((at = strstr(name, "std::__1::")) != NULL)
        cut(at + strlen("std::"), strlen("std::__1::") - strlen("std::"));
}

/* Of the template whose arguments begin behind `open`. */
static void cut_defaults(char *open)
{
    size_t depth = 0;

    for (char *at = open + 1; *at; at++) {
        if (begins(at, "->"))
            at++;
        else if (strchr("<([{", *at))
            depth++;
        else if (strchr(">)]}", *at) && depth-- == 0)
            return;
        else if (*at == ',' && depth == 0)
            cut(at, default_length(at));
    }
}

static void rename_of_char(char *name)
{
    for (char *at = name; (at = strstr(at, "std::basic_")) != NULL; at += strlen("std::")) {
        char *word = at + strlen("std::basic_");
        for (size_t i = 0; i < sizeof(of_char) / sizeof(*of_char); i++) {
            size_t length = strlen(of_char[i]);
            if (!begins(word, of_char[i]) || !begins(word + length, "<char>"))
                continue;
            cut(word + length, strlen("<char>"));
            if (begins(word + length, " >"))
                cut(word + length, 1);
            cut(at + strlen("std::"), strlen("basic_"));
            break;
        }
    }
}

void lh_shorten_name(char *name)
{
    if (strlen(name) > LONGEST)
        return;
    cut_versions(name);
    /* From the inside: what is shortened in it may end an outer template. */
    for (char *at = name + strlen(name); at > name; at--) {
        if (*at == '<' && is_of_std(name, at))
            cut_defaults(at);
    }
    rename_of_char(name);
}
