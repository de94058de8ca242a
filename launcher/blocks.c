/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of a text: see blocks.h. The mark is looked for in a window, which is
 * small around a multiple of the block's size, and grows while none is found
 * in it.
 */
#include "blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MIN ((size_t)4 << 10)
#define WINDOW_MAX ((size_t)256 << 10)

/* ---- the rule ------------------------------------------------------------ */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Up to `most` digits of a base; how many there were. */
static int read_digits(const char *text, int most, int base, char *byte)
{
    int n = 0, value = 0;
    for (; n < most; n++) {
        const int digit = hex_digit(text[n]);
        if (digit < 0 || digit >= base)
            break;
        value = value * base + digit;
    }
    if (n > 0)
        *byte = (char)value;
    return n;
}

/* What stands behind a backslash, as printf(1) has it; how long that is, 0: it
 * is nothing special. */
static int read_escape(const char *text, char *byte)
{
    static const char name[] = "abfnrtv\\", is[] = "\a\b\f\n\r\t\v\\";
    const char *p = *text != '\0' ? strchr(name, *text) : NULL;
    int n;
    if (p != NULL) {
        *byte = is[p - name];
        return 1;
    }
    if (*text == 'x')
        return (n = read_digits(text + 1, 2, 16, byte)) > 0 ? 1 + n : 0;
    return read_digits(text, 3, 8, byte);
}

static int add_mark(struct blocks_rule *rule, const char *option,
                    const char *text, struct ff_error *err)
{
    while (*text != '\0') {
        char byte = *text++;
        if (byte == '\\')
            text += read_escape(text, &byte);
        if (rule->n_mark == sizeof rule->mark)
            return ff_error_set(err, FF_USAGE, "%s is too long: --recstart "
                                "and --recend may have %d bytes together",
                                option, BLOCKS_MARK);
        rule->mark[rule->n_mark++] = byte;
    }
    return 0;
}

int blocks_rule_make(struct blocks_rule *rule, const char *recstart,
                     const char *recend, uint64_t bytes, uint64_t n_records,
                     struct ff_error *err)
{
    *rule = (struct blocks_rule){.bytes = bytes, .n_records = n_records};
    if (recstart == NULL && recend == NULL)
        recend = "\\n";
    if (recend != NULL && add_mark(rule, "--recend", recend, err) != 0)
        return -1;
    rule->n_recend = rule->n_mark;
    if (recstart != NULL && add_mark(rule, "--recstart", recstart, err) != 0)
        return -1;
    if (n_records > 0 && rule->n_mark == 0)
        return ff_error_set(err, FF_USAGE, "--max-args with --pipe counts "
                            "records, and with --recend '' there are none: "
                            "leave one of the two out");
    return 0;
}

/* ---- looking for marks ---------------------------------------------------- */

int blocks_init(struct blocks *b, const struct blocks_rule *rule,
                int (*read)(void *context, void *to, size_t n, uint64_t at),
                void *context)
{
    *b = (struct blocks){.rule = *rule, .read = read, .context = context};
    b->window = malloc(WINDOW_MAX);
    return b->window != NULL ? 0 : -1;
}

void blocks_release(struct blocks *b)
{
    free(b->window);
    b->window = NULL;
}

/* Reads from `seek` on; more than the last time, if that found nothing. */
static int fill_window(struct blocks *b, uint64_t have)
{
    const bool goes_on = b->window_n > 0 && b->rule.n_records == 0
                         && b->seek >= b->window_at
                         && b->seek <= b->window_at + b->window_n;
    size_t n = b->rule.n_records > 0 ? WINDOW_MAX
               : goes_on ? 4 * b->window_n : WINDOW_MIN;
    if (n < WINDOW_MIN)
        n = WINDOW_MIN;
    if (n > WINDOW_MAX)
        n = WINDOW_MAX;
    if (n > have - b->seek)
        n = (size_t)(have - b->seek);
    b->window_n = 0;
    if (b->read(b->context, b->window, n, b->seek) != 0)
        return -1;
    b->window_at = b->seek;
    b->window_n = n;
    return 0;
}

/* The next mark from `seek` on: 1, and `seek` is where it begins; 0: none, and
 * `seek` is where one may begin that is not all there. */
static int find_mark(struct blocks *b, uint64_t have)
{
    const size_t n_mark = b->rule.n_mark;
    while (have >= n_mark && b->seek <= have - n_mark) {
        const uint64_t window_end = b->window_at + b->window_n;
        if (b->seek < b->window_at || b->seek + n_mark > window_end) {
            if (fill_window(b, have) != 0)
                return -1;
            continue;
        }
        const char *p = b->window + (b->seek - b->window_at);
        const size_t left = (size_t)(window_end - b->seek);
        const char *mark = memmem(p, left, b->rule.mark, n_mark);
        if (mark != NULL) {
            b->seek += (uint64_t)(mark - p);
            return 1;
        }
        b->seek = window_end - n_mark + 1;
    }
    return 0;
}

/* ---- cutting -------------------------------------------------------------- */

/* From where the end of the next block is looked for. */
static void seek_next(struct blocks *b)
{
    const struct blocks_rule *r = &b->rule;
    if (r->n_records > 0) {
        b->seek = b->last + (r->n_recend == 0);
        return;
    }
    const uint64_t target = (b->last / r->bytes + 1) * r->bytes;
    b->seek = target > r->n_recend ? target - r->n_recend : 0;
}

static void end_block(struct blocks *b, uint64_t at, uint64_t *end)
{
    *end = b->last = at;
    b->n_open = 0;
    seek_next(b);
}

/* The end of what is wanted: of so many records, or of one. */
static int find_end(struct blocks *b, uint64_t have)
{
    int rc;
    if (b->rule.n_mark == 0)
        return b->seek <= have;
    while ((rc = find_mark(b, have)) > 0) {
        if (b->rule.n_records == 0 || ++b->n_open == b->rule.n_records)
            break;
        b->seek += b->rule.n_recend > 0 ? b->rule.n_recend : 1;
    }
    return rc;
}

int blocks_next(struct blocks *b, uint64_t have, bool ended, uint64_t *end)
{
    if (b->last == 0 && b->seek == 0 && b->n_open == 0)
        seek_next(b);
    const int rc = find_end(b, have);
    if (rc < 0)
        return -1;
    if (rc > 0)
        end_block(b, b->seek + b->rule.n_recend, end);
    else if (ended && have > b->last)
        end_block(b, have, end);
    else
        return 0;
    return 1;
}
