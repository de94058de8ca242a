/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons of several lines: see reason.h. */
#include "reason.h"
#include "complain.h"
#include "ledger.h"

#include <stdbool.h>
#include <string.h>

#define INDENT "    "

static bool is_indented(const char *line)
{
    return *line == ' ' || *line == '\t';
}

/* The next line, or NULL. Empty ones at the end are none. */
static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end != NULL && end[strspn(end, "\n")] != '\0' ? end + 1 : NULL;
}

/* Frames of a traceback are indented, what they led to is not: the line behind
 * the last frame, if there is one. */
const char *reason_line(const char *reason, size_t *n)
{
    const char *best = reason + strspn(reason, "\n");
    bool after_indented = false;
    for (const char *line = best; line != NULL; line = next_line(line)) {
        if (after_indented && !is_indented(line) && *line != '\n')
            best = line;
        after_indented = is_indented(line)
                         || (after_indented && *line == '\n');
    }
    *n = strcspn(best, "\n");
    return best;
}

static void print_line(FILE *out, const char *line, size_t n)
{
    char text[FAIL_TEXT];
    n = n < sizeof text ? n : sizeof text - 1;
    for (size_t i = 0; i < n; i++)
        text[i] = line[i] == '\t' ? ' ' : line[i];
    text[n] = '\0';
    print_plain(out, text);
}

void reason_print_line(FILE *out, const char *reason)
{
    size_t n;
    const char *line = reason_line(reason, &n);
    print_line(out, line, n);
}

/* Do they differ in the line that says most at most? */
static bool same_rest(const char *a, const char *b)
{
    size_t n_a, n_b;
    const char *line_a = reason_line(a, &n_a), *line_b = reason_line(b, &n_b);
    return line_a - a == line_b - b
           && memcmp(a, b, (size_t)(line_a - a)) == 0
           && strcmp(line_a + n_a, line_b + n_b) == 0;
}

static bool was_told(const struct reasons *told, const char *reason)
{
    const size_t n = told->n < REASONS_KEPT ? told->n : REASONS_KEPT;
    for (size_t i = 0; i < n; i++)
        if (same_rest(told->text[i], reason))
            return true;
    return false;
}

void reason_print_rest(FILE *out, struct reasons *told, const char *reason)
{
    size_t n;
    const char *shown = reason_line(reason, &n);
    if (strchr(reason, '\n') == NULL || was_told(told, reason))
        return;
    told->text[told->n++ % REASONS_KEPT] = reason;
    for (const char *line = reason; line != NULL; line = next_line(line)) {
        if (line == shown || *line == '\n')
            continue;
        fputs(INDENT, out);
        print_line(out, line, strcspn(line, "\n"));
        fputc('\n', out);
    }
}
