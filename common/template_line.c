/* SPDX-License-Identifier: Apache-2.0 */
/* Commands as lines that a shell reads back: see template.h. */
#include "template.h"

#include "hash.h"
#include "quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int template_quote(char *const *argv, struct text *line)
{
    for (size_t i = 0; argv[i] != NULL; i++) {
        const struct span word = span_of(argv[i]);
        if (i > 0 && text_append_string(line, " ") != 0)
            return -1;
        if ((i == 0 ? quote_name(word, line) : quote_word(word, line)) != 0)
            return -1;
    }
    return 0;
}

int template_stdin(const struct item *item, struct text *text)
{
    for (uint32_t i = 0; i < item->n_inputs; i++)
        if (text_append_span(text, item->whole[i]) != 0
            || text_append(text, "\n", 1) != 0)
            return -1;
    return 0;
}

static bool has_zero(struct span s)
{
    return s.n > 0 && memchr(s.at, '\0', s.n) != NULL;
}

/* As a format of printf(1), since no word can have a zero byte. */
static int append_format(struct span value, struct text *format)
{
    for (size_t i = 0; i < value.n; i++) {
        const char c = value.at[i];
        const int rc = c == '\0'   ? text_append(format, "\\000", 4)
                       : c == '%'  ? text_append(format, "%%", 2)
                       : c == '\\' ? text_append(format, "\\\\", 2)
                                   : text_append(format, &c, 1);
        if (rc != 0)
            return -1;
    }
    return text_append(format, "\\n", 2);
}

static int print_as_format(const struct item *item, struct text *line)
{
    struct text format = TEXT_EMPTY;
    int rc = text_append_string(line, "printf -- ");
    for (uint32_t i = 0; rc == 0 && i < item->n_inputs; i++)
        rc = append_format(item->whole[i], &format);
    if (rc == 0)
        rc = quote_word((struct span){format.at, format.n}, line);
    text_release(&format);
    return rc;
}

static int print_values(const struct item *item, struct text *line)
{
    if (text_append_string(line, "printf '%s\\n'") != 0)
        return -1;
    for (uint32_t i = 0; i < item->n_inputs; i++)
        if (text_append(line, " ", 1) != 0
            || quote_word(item->whole[i], line) != 0)
            return -1;
    return 0;
}

int template_print(const struct item *item, struct text *line)
{
    bool zero = false;
    for (uint32_t i = 0; i < item->n_inputs; i++)
        zero |= has_zero(item->whole[i]);
    if ((zero ? print_as_format : print_values)(item, line) != 0)
        return -1;
    return text_append_string(line, " | ");
}

int template_line(const struct work *work, const struct item *item,
                  char *const *argv, struct span block, struct text *line)
{
    const uint32_t from = work->head->stdin_from;
    /* /bin/sh -c LINE: behind a pipe it has to be that, else LINE says it. */
    const bool is_line = (work->head->flags & WORK_SHELL) != 0
                         && from != WORK_STDIN_ITEM;
    if (from == WORK_STDIN_ITEM && template_print(item, line) != 0)
        return -1;
    if ((is_line ? text_append_string(line, argv[2])
                 : template_quote(argv, line)) != 0)
        return -1;
    if (from != WORK_STDIN_BLOCK)
        return 0;
    char mark[40];
    snprintf(mark, sizeof mark, " # xxh3:%016" PRIx64,
             hash_bytes(block.at, block.n));
    return text_append_string(line, mark);
}
