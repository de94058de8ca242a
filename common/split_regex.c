/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes of Perl in POSIX' words: see split_regex.h. What is not known here
 * stays as it is. */
#include "split_regex.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* The byte that an escape stands for, p behind its backslash; 0: none. How many
 * bytes it takes there in *n. */
static char escaped_byte(const char *p, size_t *n)
{
    static const char names[] = "tnrfva", bytes[] = "\t\n\r\f\v\a";
    const char *name = *p != '\0' ? strchr(names, *p) : NULL;
    *n = 1;
    if (name != NULL)
        return bytes[name - names];
    if (*p == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
        *n = 3;
        return (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
    }
    return 0;
}

static bool is_special(char c)
{
    return strchr(".[]()*+?{}|^$\\", c) != NULL;
}

char *split_regex_plain(const char *text)
{
    char *plain = malloc(strlen(text) + 1), *to = plain;
    size_t n;
    for (const char *p = text; plain != NULL && *p != '\0'; to++) {
        if (*p != '\\') {
            if (is_special(*p))
                goto not_plain;
            *to = *p++;
        } else if ((*to = escaped_byte(p + 1, &n)) != 0) {
            p += 1 + n;
        } else if (p[1] != '\0' && ispunct((unsigned char)p[1])
                   && strchr("<>`'", p[1]) == NULL) { /* GNU's anchors */
            *to = p[1];
            p += 2;
        } else
            goto not_plain;
    }
    if (plain != NULL && to > plain) {
        *to = '\0';
        return plain;
    }
not_plain:
    free(plain);
    return NULL;
}

/* What \d and so on are, without and within brackets; NULL: nothing else. */
static const char *class_of(char name, bool in_brackets)
{
    switch (name) {
    case 'd': return in_brackets ? "0-9" : "[0-9]";
    case 'D': return in_brackets ? NULL : "[^0-9]";
    case 's': return in_brackets ? "[:space:]" : NULL;
    case 'w': return in_brackets ? "[:alnum:]_" : NULL;
    case '\\': return in_brackets ? "\\" : NULL;
    default: return NULL;
    }
}

/* The escape at p, behind its backslash, appended; how many bytes it has. */
static size_t put_escape(const char *p, bool in_brackets, char **to)
{
    size_t n;
    const char byte = escaped_byte(p, &n);
    const char *class = class_of(*p, in_brackets);
    if (byte != 0) {
        if (!in_brackets && is_special(byte))
            *(*to)++ = '\\';
        *(*to)++ = byte;
        return n;
    }
    if (class != NULL) {
        *to = stpcpy(*to, class);
        return 1;
    }
    *(*to)++ = '\\';
    if (!in_brackets && *p != '\0')
        *(*to)++ = *p;
    return !in_brackets && *p != '\0';
}

char *split_regex_posix(const char *text)
{
    /* The longest that one byte becomes is [:alnum:]_, for two. */
    char *posix = malloc(strlen(text) * 8 + 1), *to = posix;
    bool in_brackets = false;
    for (const char *p = text; posix != NULL && *p != '\0';) {
        if (*p == '\\') {
            p += 1 + put_escape(p + 1, in_brackets, &to);
            continue;
        }
        if (!in_brackets && *p == '[') { /* a ] comes first in them */
            in_brackets = true;
            *to++ = *p++;
            if (*p == '^')
                *to++ = *p++;
            if (*p == ']')
                *to++ = *p++;
            continue;
        }
        if (in_brackets && *p == '[' && p[1] == ':') { /* [:space:] */
            const char *end = strstr(p, ":]");
            const size_t n = end != NULL ? (size_t)(end + 2 - p) : strlen(p);
            memcpy(to, p, n);
            to += n;
            p += n;
            continue;
        }
        in_brackets &= *p != ']';
        *to++ = *p++;
    }
    if (posix != NULL)
        *to = '\0';
    return posix;
}
