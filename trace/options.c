#include "options.h"

#include <errno.h>
#include <string.h>

#define TEXT_BOOL(value)   #value
#define TEXT_UINT(value)   #value
#define TEXT_STRING(value) value
#define TEXT_CHOICE(value) value

#define LIMIT_BOOL(limit)   limit, NULL
#define LIMIT_UINT(limit)   limit, NULL
#define LIMIT_STRING(limit) limit, NULL
#define LIMIT_CHOICE(words) LH_CHOICE_SIZE, words

const struct lh_option_info lh_option_table[] = {
#define OPTION(type, name, value, limit, help) \
    {#name,                                    \
     LH_OPTION_##type,                         \
     TEXT_##type(value),                       \
     LIMIT_##type(limit),                      \
     help,                                     \
     offsetof(struct lh_options, name)},
#include "options.def"
#undef OPTION
    {NULL, LH_OPTION_BOOL, NULL, 0, NULL, NULL, 0},
};

static const struct {
    const char *text;
    bool value;
} bool_words[] = {
    {"1", true},  {"yes", true}, {"on", true},   {"true", true},
    {"0", false}, {"no", false}, {"off", false}, {"false", false},
};

/* A bounded text under construction; `full` once something did not fit. */
struct sink {
    char *text;
    size_t size, length;
    bool full;
};

static void put_char(struct sink *sink, char c)
{
    if (sink->length + 1 >= sink->size) {
        sink->full = true;
        return;
    }
    sink->text[sink->length++] = c;
    sink->text[sink->length] = '\0';
}

static void put_text(struct sink *sink, const char *text)
{
    for (; *text; text++)
        put_char(sink, *text);
}

static void put_uint(struct sink *sink, uint32_t value)
{
    char digits[10];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0)
        put_char(sink, digits[--n]);
}

/* One "key=value" of the text, not yet unescaped. */
struct entry {
    const char *key, *value; /* value: NULL without a '=' */
    size_t key_length, value_length;
};

static size_t entry_length(const char *text)
{
    size_t i = 0;

    while (text[i] && text[i] != ':')
        i += text[i] == '\\' && text[i + 1] ? 2 : 1;
    return i;
}

static struct entry split(const char *text, size_t length)
{
    struct entry entry = {.key = text, .key_length = length};
    const char *equals = memchr(text, '=', length);

    if (equals) {
        entry.key_length = (size_t)(equals - text);
        entry.value = equals + 1;
        entry.value_length = length - entry.key_length - 1;
    }
    return entry;
}

static bool is(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

static const struct lh_option_info *find(const char *key, size_t length)
{
    for (const struct lh_option_info *option = lh_option_table; option->name; option++) {
        if (is(option->name, key, length))
            return option;
    }
    return NULL;
}

static const char *read_bool(const struct entry *entry, bool *ret)
{
    if (!entry->value) {
        *ret = true;
        return NULL;
    }
    for (size_t i = 0; i < sizeof(bool_words) / sizeof(bool_words[0]); i++) {
        if (is(bool_words[i].text, entry->value, entry->value_length)) {
            *ret = bool_words[i].value;
            return NULL;
        }
    }
    return "the value must be 0 or 1";
}

static const char *read_uint(const struct entry *entry, uint32_t limit, uint32_t *ret)
{
    uint64_t value = 0;

    if (!entry->value || entry->value_length == 0)
        return "a number is missing";
    for (size_t i = 0; i < entry->value_length; i++) {
        char c = entry->value[i];
        if (c < '0' || c > '9')
            return "the value must be a number";
        value = value * 10 + (uint64_t)(c - '0');
        if (value > limit)
            return "the number is too large";
    }
    *ret = (uint32_t)value;
    return NULL;
}

/* Take the escapes out of text; ret NULL: only count. Returns the length without a NUL. */
static size_t unescape(const char *text, size_t length, char *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++, n++) {
        if (text[i] == '\\' && i + 1 < length && (text[i + 1] == ':' || text[i + 1] == '\\'))
            i++;
        if (ret)
            ret[n] = text[i];
    }
    return n;
}

static const char *read_string(const struct entry *entry, size_t size, char *ret)
{
    if (!entry->value || entry->value_length == 0)
        return "a value is missing";
    if (unescape(entry->value, entry->value_length, NULL) >= size)
        return "the value is too long";
    ret[unescape(entry->value, entry->value_length, ret)] = '\0';
    return NULL;
}

static bool is_among(const char *words, const char *text, size_t length)
{
    while (words) {
        const char *end = strchr(words, '|');
        size_t word = end ? (size_t)(end - words) : strlen(words);
        if (word == length && memcmp(words, text, length) == 0)
            return true;
        words = end ? end + 1 : NULL;
    }
    return false;
}

static const char *read_choice(const struct entry *entry, const struct lh_option_info *option,
                               char *ret)
{
    if (!entry->value || !is_among(option->words, entry->value, entry->value_length))
        return "the value must be one of";
    return read_string(entry, option->limit, ret);
}

static const char *apply(struct lh_options *options, const struct lh_option_info *option,
                         const struct entry *entry)
{
    void *field = (char *)options + option->offset;

    switch (option->type) {
    case LH_OPTION_BOOL:
        return read_bool(entry, field);
    case LH_OPTION_UINT:
        return read_uint(entry, option->limit, field);
    case LH_OPTION_STRING:
        return read_string(entry, option->limit, field);
    case LH_OPTION_CHOICE:
        return read_choice(entry, option, field);
    }
    return NULL;
}

/* `option` NULL: there is no such option. */
static void complain(struct lh_options *options, const struct entry *entry,
                     const struct lh_option_info *option, const char *why)
{
    struct sink sink = {.text = options->problem, .size = sizeof(options->problem)};

    if (options->problem[0])
        return;
    put_text(&sink, LH_OPTIONS_VARIABLE ": ");
    for (size_t i = 0; i < entry->key_length && i < 64; i++)
        put_char(&sink, entry->key[i] >= ' ' && entry->key[i] <= '~' ? entry->key[i] : '?');
    put_text(&sink, ": ");
    put_text(&sink, why);
    if (option && option->words) {
        put_char(&sink, ' ');
        put_text(&sink, option->words);
    }
    put_text(&sink, " (help=1 lists all)");
}

void lh_options_default(struct lh_options *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (const struct lh_option_info *option = lh_option_table; option->name; option++) {
        struct entry entry = {option->name, option->value, strlen(option->name),
                              strlen(option->value)};
        apply(ret, option, &entry);
    }
}

const char *lh_options_parse(struct lh_options *options, const char *text)
{
    options->problem[0] = '\0';
    while (text && *text) {
        size_t length = entry_length(text);
        struct entry entry = split(text, length);
        const struct lh_option_info *option = find(entry.key, entry.key_length);
        const char *why = "no such option";

        if (option)
            why = apply(options, option, &entry);
        if (why && length > 0)
            complain(options, &entry, option, why);
        text += length;
        text += *text == ':';
    }
    return options->problem[0] ? options->problem : NULL;
}

static void put_escaped(struct sink *sink, const char *text)
{
    for (; *text; text++) {
        if (*text == ':' || *text == '\\')
            put_char(sink, '\\');
        put_char(sink, *text);
    }
}

static bool differs(const struct lh_option_info *option, const void *field, const void *normal)
{
    if (option->type == LH_OPTION_STRING || option->type == LH_OPTION_CHOICE)
        return strcmp(field, normal) != 0;
    if (option->type == LH_OPTION_BOOL)
        return *(const bool *)field != *(const bool *)normal;
    return *(const uint32_t *)field != *(const uint32_t *)normal;
}

static void put_value(struct sink *sink, const struct lh_option_info *option, const void *field)
{
    if (option->type == LH_OPTION_STRING || option->type == LH_OPTION_CHOICE)
        put_escaped(sink, field);
    else if (option->type == LH_OPTION_BOOL)
        put_uint(sink, *(const bool *)field);
    else
        put_uint(sink, *(const uint32_t *)field);
}

int lh_options_format(const struct lh_options *options, char *ret, size_t size)
{
    struct sink sink = {.text = ret, .size = size};
    struct lh_options normal;

    if (size == 0)
        return -ENOBUFS;
    ret[0] = '\0';
    lh_options_default(&normal);
    for (const struct lh_option_info *option = lh_option_table; option->name; option++) {
        const void *field = (const char *)options + option->offset;

        if (!differs(option, field, (const char *)&normal + option->offset))
            continue;
        if (sink.length > 0)
            put_char(&sink, ':');
        put_text(&sink, option->name);
        put_char(&sink, '=');
        put_value(&sink, option, field);
    }
    return sink.full ? -ENOBUFS : (int)sink.length;
}

static void put_program(struct sink *sink, const char *program)
{
    for (; *program; program++)
        put_char(sink, *program == '/' ? '_' : *program);
}

int lh_expand_template(const char *template, uint32_t pid, const char *program, char *ret,
                       size_t size)
{
    struct sink sink = {.text = ret, .size = size};

    if (size == 0)
        return -ENAMETOOLONG;
    ret[0] = '\0';
    for (const char *c = template; *c; c++) {
        if (*c == '%' && c[1] == 'p')
            put_uint(&sink, pid);
        else if (*c == '%' && c[1] == 'e')
            put_program(&sink, program);
        else if (*c == '%' && c[1] == '%')
            put_char(&sink, '%');
        else {
            put_char(&sink, *c);
            continue;
        }
        c++;
    }
    return sink.full ? -ENAMETOOLONG : (int)sink.length;
}
