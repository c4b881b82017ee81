#include "escape.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6" /* U+2026 */

/* Length and smallest code of a sequence by its first byte; length 0: no such first byte. */
static size_t sequence(unsigned char first, uint32_t *ret_bits, uint32_t *ret_least)
{
    if (first < 0x80) {
        *ret_bits = first;
        *ret_least = 0;
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        *ret_bits = first & 0x1fu;
        *ret_least = 0x80;
        return 2;
    }
    if ((first & 0xf0) == 0xe0) {
        *ret_bits = first & 0x0fu;
        *ret_least = 0x800;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *ret_bits = first & 0x07u;
        *ret_least = 0x10000;
        return 4;
    }
    return 0;
}

static size_t broken(uint32_t *ret_code, bool *ret_valid, unsigned char byte)
{
    *ret_code = byte;
    *ret_valid = false;
    return 1;
}

size_t lh_utf8_next(const char *text, uint32_t *ret_code, bool *ret_valid)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t code, least;

    *ret_code = 0;
    *ret_valid = true;
    if (bytes[0] == 0)
        return 0;
    size_t size = sequence(bytes[0], &code, &least);
    if (size == 0)
        return broken(ret_code, ret_valid, bytes[0]);
    for (size_t i = 1; i < size; i++) { /* the NUL is no continuation: never read past it */
        if ((bytes[i] & 0xc0) != 0x80)
            return broken(ret_code, ret_valid, bytes[0]);
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return broken(ret_code, ret_valid, bytes[0]);
    *ret_code = code;
    return size;
}

char *lh_utf8_repair(const char *text)
{
    char *copy = malloc(strlen(text) * strlen(REPLACEMENT) + 1);
    char *end = copy;
    uint32_t code;
    bool valid;

    if (copy == NULL)
        return NULL;
    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size) {
        size_t put = valid ? size : strlen(REPLACEMENT);
        memcpy(end, valid ? text : REPLACEMENT, put);
        end += put;
    }
    *end = '\0';
    return copy;
}

/* Controls, what is no character, and what hides or turns text (zero-width, line ends, directions).
 */
static bool invisible(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xad || code == 0x61c ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xfdd0 && code <= 0xfdef) ||
           (code & 0xfffe) == 0xfffe || code >= 0xe0000;
}

/* A visible stand-in for a character; returns its length. */
static size_t stand_in(char *buffer, size_t size, uint32_t code, bool valid)
{
    if (!valid || code < 0x80)
        return (size_t)snprintf(buffer, size, "\\x%02x", (unsigned)code);
    return (size_t)snprintf(buffer, size, "\\u{%x}", (unsigned)code);
}

void lh_put_terminal(FILE *out, const char *text)
{
    char buffer[16];
    uint32_t code;
    bool valid;

    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size) {
        if (valid && !invisible(code)) {
            fwrite(text, 1, size, out);
        } else {
            stand_in(buffer, sizeof buffer, code, valid);
            fputs(buffer, out);
        }
    }
}

size_t lh_terminal_columns(const char *text)
{
    char buffer[16];
    uint32_t code;
    bool valid;
    size_t columns = 0;

    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size)
        columns += valid && !invisible(code) ? 1 : stand_in(buffer, sizeof buffer, code, valid);
    return columns;
}

static void put_xml_character(FILE *out, const char *text, size_t size)
{
    switch (*text) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    default:
        fwrite(text, 1, size, out);
    }
}

static void put_xml(FILE *out, const char *text, bool lines)
{
    char buffer[16];
    uint32_t code;
    bool valid;

    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size) {
        bool shown = (lines && code == '\n') || !invisible(code);
        if (valid && shown && code != 0xfffe && code != 0xffff) {
            put_xml_character(out, text, size);
        } else {
            stand_in(buffer, sizeof buffer, code, valid);
            fputs(buffer, out);
        }
    }
}

void lh_put_xml(FILE *out, const char *text)
{
    put_xml(out, text, true);
}

void lh_put_xml_attribute(FILE *out, const char *text)
{
    put_xml(out, text, false);
}

void lh_put_json_string(FILE *out, const char *text, size_t limit)
{
    uint32_t code;
    bool valid;

    putc('"', out);
    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size) {
        if (limit-- == 0) {
            fputs(ELLIPSIS, out);
            break;
        }
        if (!valid)
            fputs(REPLACEMENT, out);
        else if (code < 0x20 || code == 0x7f)
            fprintf(out, "\\u%04x", (unsigned)code);
        else if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (char)code);
        else
            fwrite(text, 1, size, out);
    }
    putc('"', out);
}

void lh_put_uri_path(FILE *out, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/";

    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL)
            putc(*path, out);
        else
            fprintf(out, "%%%02X", (unsigned)(unsigned char)*path);
    }
}

/* In labels a backslash begins an escape and an ampersand an entity. */
static void put_label_character(FILE *out, const char *text, size_t size)
{
    if (*text == '\\')
        fputs("\\\\", out);
    else if (*text == '&')
        fputs("&amp;", out);
    else
        fwrite(text, 1, size, out);
}

void lh_put_label(FILE *out, const char *text, size_t limit)
{
    uint32_t code;
    bool valid;

    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size) {
        if (limit-- == 0) {
            fputs(ELLIPSIS, out);
            return;
        }
        if (valid && !invisible(code))
            put_label_character(out, text, size);
        else
            fputs(REPLACEMENT, out);
    }
}

/* What stands for one byte of ASCII in markup; NULL: itself. */
static const char *in_markup(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* The same in a JSON string inside a <script> element. */
static const char *in_script(char byte)
{
    switch (byte) {
    case '&':
        return "\\u0026";
    case '<':
        return "\\u003c";
    case '>':
        return "\\u003e";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

static void put_escaped(FILE *out, const char *text, size_t size, const char *escape(char))
{
    for (size_t i = 0; i < size; i++) {
        const char *escaped = escape(text[i]);
        if (escaped != NULL)
            fputs(escaped, out);
        else
            putc(text[i], out);
    }
}

static void put_visibly(FILE *out, const char *text, size_t most, const char *escape(char))
{
    char buffer[16];
    uint32_t code;
    bool valid;

    for (size_t size; (size = lh_utf8_next(text, &code, &valid)) > 0; text += size) {
        if (most-- == 0) {
            fputs(ELLIPSIS, out);
            return;
        }
        if (valid && (!invisible(code) || (code == '\t' && escape(*text) != NULL)))
            put_escaped(out, text, size, escape);
        else
            put_escaped(out, buffer, stand_in(buffer, sizeof buffer, code, valid), escape);
    }
}

void lh_put_html(FILE *out, const char *text)
{
    put_visibly(out, text, SIZE_MAX, in_markup);
}

void lh_put_script_text(FILE *out, const char *text, size_t limit)
{
    putc('"', out);
    put_visibly(out, text, limit, in_script);
    putc('"', out);
}
