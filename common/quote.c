/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quoting for a shell. Between single quotes nothing has a meaning but a single
 * quote (XCU 2.2.2), so a value is put between them, and each of its own is
 * written as '\'': end, one by itself, begin again. That holds for all bytes,
 * also for those that are no characters: a shell takes quotes by the byte.
 */
#include "quote.h"

#include <stdbool.h>
#include <stddef.h>

/* The value as it stands between single quotes. */
static int within_single(struct span value, struct text *line)
{
    while (value.n > 0) {
        const char *quote = memchr(value.at, '\'', value.n);
        const size_t plain =
            quote != NULL ? (size_t)(quote - value.at) : value.n;
        if (text_append(line, value.at, plain) != 0)
            return -1;
        if (quote == NULL)
            return 0;
        if (text_append_string(line, "'\\''") != 0)
            return -1;
        value.at += plain + 1;
        value.n -= plain + 1;
    }
    return 0;
}

static int between(const char *before, struct span value, const char *after,
                   struct text *line)
{
    if (text_append_string(line, before) != 0
        || within_single(value, line) != 0)
        return -1;
    return text_append_string(line, after);
}

int quote_value(struct span value, enum quoting where, struct text *line)
{
    switch (where) {
    case QUOTING_OUTSIDE:
        return between("'", value, "'", line);
    case QUOTING_DOUBLE:
        return between("\"'", value, "'\"", line);
    case QUOTING_SINGLE:
        return within_single(value, line);
    case QUOTING_NONE:
    case QUOTING_NUMBER:
        break;
    }
    return text_append_span(line, value);
}

/* Bytes that mean nothing to any shell, wherever they stand in a word. ('~',
 * '#' and '=' do at its beginning, '%' and '^' as well in some; ',' does only
 * between braces.) */
static bool is_plain(struct span word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+./:,@=";
    if (word.n == 0 || word.at[0] == '=')
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (word.at[i] == '\0' || strchr(plain, word.at[i]) == NULL)
            return false;
    return true;
}

int quote_word(struct span word, struct text *line)
{
    return is_plain(word) ? text_append_span(line, word)
                          : quote_value(word, QUOTING_OUTSIDE, line);
}

/* Of POSIX (XCU 2.4), those that it leaves to shells, and bash's. (Those with
 * other bytes than letters are quoted anyhow.) */
static bool is_reserved(struct span word)
{
    static const char *const reserved[] = {
        "case", "coproc", "do",       "done",      "elif",   "else", "esac",
        "fi",   "for",    "function", "if",        "in",     "namespace",
        "select", "then", "time",     "until",     "while",
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (span_is(word, reserved[i]))
            return true;
    return false;
}

int quote_name(struct span word, struct text *line)
{
    const bool assigns = word.n > 0 && memchr(word.at, '=', word.n) != NULL;
    if (assigns || is_reserved(word))
        return quote_value(word, QUOTING_OUTSIDE, line);
    return quote_word(word, line);
}
