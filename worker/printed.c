/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in text: see printed.h. */
#include "printed.h"
#include "decimal.h"

#include <stddef.h>

/* What a byte can be in a number or a word. */
enum { DIGIT = 1, LETTER = 2, POINT = 4, SIGN = 8, ESCAPE = 16,
       BEGINS = 32 /* a number */, ENDS = 64 /* one, but for the point */,
       WORD = DIGIT | LETTER | POINT };

#define LETTERS(from, to) [from ... to] = LETTER
static const unsigned char kind[256] = {
    ['0' ... '9'] = DIGIT | BEGINS | ENDS, ['.'] = POINT | BEGINS,
    ['+'] = SIGN | BEGINS, ['-'] = SIGN | BEGINS, [27] = ESCAPE,
    ['_'] = LETTER,
    LETTERS('a', 'e'), ['f'] = LETTER | ENDS, ['g'] = LETTER, ['h'] = LETTER,
    ['i'] = LETTER | BEGINS, LETTERS('j', 'm'), ['n'] = LETTER | BEGINS | ENDS,
    LETTERS('o', 'x'), ['y'] = LETTER | ENDS, ['z'] = LETTER,
    LETTERS('A', 'E'), ['F'] = LETTER | ENDS, ['G'] = LETTER, ['H'] = LETTER,
    ['I'] = LETTER | BEGINS, LETTERS('J', 'M'), ['N'] = LETTER | BEGINS | ENDS,
    LETTERS('O', 'X'), ['Y'] = LETTER | ENDS, ['Z'] = LETTER};

static bool is(const char *p, const char *end, int kinds)
{
    return p < end && (kind[(unsigned char)*p] & kinds) != 0;
}

static const char *skip(const char *p, const char *end, int kinds)
{
    while (is(p, end, kinds))
        p++;
    return p;
}

static bool is_text(const char *p, const char *lower, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] | 32) != lower[i])
            return false;
    return true;
}

/* The end of "nan", "inf" or "infinity"; NULL: it is no such word. */
static const char *word_end(const char *p, const char *end)
{
    static const struct { const char *text; size_t n; } words[] = {
        {"infinity", 8}, {"inf", 3}, {"nan", 3}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if ((size_t)(end - p) >= words[i].n
            && is_text(p, words[i].text, words[i].n)
            && !is(p + words[i].n, end, LETTER | DIGIT))
            return p + words[i].n;
    return NULL;
}

/* The end of the digits, point and exponent at p; NULL: there are none. */
static const char *digits_end(const char *p, const char *end)
{
    const char *const begin = p;
    p = skip(p, end, DIGIT);
    bool any = p > begin;
    if (is(p, end, POINT) && (any || is(p + 1, end, DIGIT))) {
        any = true;
        p = skip(p + 1, end, DIGIT);
    }
    if (!any)
        return NULL;
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *exponent = p + 1;
        exponent += is(exponent, end, SIGN);
        if (is(exponent, end, DIGIT))
            p = skip(exponent, end, DIGIT);
    }
    return p;
}

/* What follows makes a word of it: "1.2.3", "3f9a2b", "0x1F". */
static bool is_word(const char *begin, const char *p, const char *end)
{
    if (is(p, end, POINT) && is(p + 1, end, DIGIT))
        return true;
    if (p - begin == 1 && *begin == '0' && p < end && (*p | 32) == 'x'
        && is(p + 1, end, LETTER | DIGIT))
        return true;
    return is(skip(p, end, LETTER), end, DIGIT);
}

/* The end of the number at p, which nothing of a word is in front of; NULL:
 * there is none. */
static const char *number_end(const char *p, const char *end)
{
    p += is(p, end, SIGN);
    if (is(p, end, LETTER))
        return is(p, end, BEGINS) ? word_end(p, end) : NULL;
    const char *stop = digits_end(p, end);
    return stop == NULL || is_word(p, stop, end) ? NULL : stop;
}

bool printed_first(const char *p, const char *end, double *value)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    p += p < end && (*p == '"' || *p == '\'');
    const char *stop = number_end(p, end);
    return stop != NULL && decimal_parse(p, (size_t)(stop - p), value) == 0;
}

/* ESC [ ... letter: colours and the like. */
static const char *escape_end(const char *p, const char *end)
{
    if (++p == end || *p != '[')
        return p;
    for (p++; p < end && (*p < '@' || *p > '~'); p++)
        ;
    return p < end ? p + 1 : p;
}

/* The next place that a number can begin at, behind the word at p and a sign
 * that joins words; past anything else. */
static const char *next_place(const char *p, const char *end)
{
    if (!is(p, end, WORD))
        return p + 1;
    p = skip(p, end, WORD);
    return p + is(p, end, SIGN);
}

bool printed_last(const char *p, const char *end, bool cut, double *value)
{
    const char *number = NULL, *number_stop = NULL;
    if (cut)
        p = skip(p, end, WORD | SIGN);
    while (p < end) {
        const char *stop = is(p, end, BEGINS) ? number_end(p, end) : NULL;
        if (stop != NULL) {
            number = p;
            number_stop = stop;
            /* (The last of its bytes, and the unit.) */
            p = next_place(stop - 1, end);
        } else {
            p = is(p, end, ESCAPE) ? escape_end(p, end) : next_place(p, end);
        }
    }
    return number != NULL
           && decimal_parse(number, (size_t)(number_stop - number), value)
              == 0;
}

/* Digits, and the last letters of "nan", "inf" and "infinity". A point ends
 * only what has a digit in front. */
static bool may_end(const char *begin, const char *p)
{
    switch (*p | 32) {
    case 'n':
        return p - begin >= 2 && is_text(p - 2, "nan", 3);
    case 'f':
        return p - begin >= 2 && is_text(p - 2, "inf", 3);
    case 'y':
        return p - begin >= 7 && is_text(p - 7, "infinity", 8);
    default:
        return true;
    }
}

const char *printed_trace(const char *begin, const char *end)
{
    while (end > begin)
        if ((kind[(unsigned char)*--end] & ENDS) != 0 && may_end(begin, end))
            return end;
    return NULL;
}
