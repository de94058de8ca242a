/* SPDX-License-Identifier: Apache-2.0 */
/* Records of --results FILE.csv: see results_csv.h. */
#include "results_csv.h"
#include "joblog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char results_csv_separator(const char *path)
{
    const size_t n = strlen(path);
    if (n > 4 && strcmp(path + n - 4, ".csv") == 0)
        return ',';
    return n > 4 && strcmp(path + n - 4, ".tsv") == 0 ? '\t' : 0;
}

static bool needs_quotes(struct span value, char separator)
{
    for (size_t i = 0; i < value.n; i++) {
        const char c = value.at[i];
        if (c == separator || c == '"' || (unsigned char)c <= ' ')
            return true;
    }
    return false;
}

static int append_quoted(struct text *text, struct span value)
{
    if (text_append(text, "\"", 1) != 0)
        return -1;
    for (const char *quote; value.n > 0;) {
        quote = memchr(value.at, '"', value.n);
        const size_t n = quote != NULL ? (size_t)(quote - value.at) + 1
                                       : value.n;
        if (text_append(text, value.at, n) != 0
            || (quote != NULL && text_append(text, "\"", 1) != 0))
            return -1;
        value.at += n;
        value.n -= n;
    }
    return text_append(text, "\"", 1);
}

/* A value and the separator behind it. */
static int append(const struct results_csv *csv, struct text *text,
                  struct span value)
{
    if ((needs_quotes(value, csv->separator) ? append_quoted(text, value)
                                             : text_append_span(text, value))
        != 0)
        return -1;
    return text_append(text, &csv->separator, 1);
}

/* The next column of row.inputs. */
static struct span next_value(struct span *inputs)
{
    const char *end = inputs->n > 0 ? memchr(inputs->at, '\0', inputs->n)
                                    : NULL;
    const size_t n = end != NULL ? (size_t)(end - inputs->at) : inputs->n;
    const struct span value = {inputs->at, n};
    inputs->at += n + (end != NULL);
    inputs->n -= n + (end != NULL);
    return value;
}

static uint32_t count_values(const struct results_csv *csv,
                             const struct row *row)
{
    const struct work_head *head = csv->items->work.head;
    struct span inputs = row->inputs;
    uint32_t n = 0;
    for (; inputs.n > 0; n++)
        next_value(&inputs);
    if (head->max_args <= 1)
        return n;
    /* This item may be the last one, which has fewer. */
    struct item first = ITEM_EMPTY;
    if (items_get(csv->items, 0, &first, NULL) == 0)
        n = first.n_inputs * first.n_columns;
    item_release(&first);
    return n;
}

static int append_head(struct results_csv *csv, const struct row *row,
                       struct text *text)
{
    static const char *const first[] = {
        "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval",
        "Signal", "Command"};
    csv->n_values = count_values(csv, row);
    csv->has_head = true;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (append(csv, text, span_of(first[i])) != 0)
            return -1;
    for (uint32_t i = 0; i < csv->n_values; i++) {
        char number[16];
        struct span name = items_name(csv->items, i);
        snprintf(number, sizeof number, "V%" PRIu32, i + 1);
        if (append(csv, text, name.n > 0 ? name : span_of(number)) != 0)
            return -1;
    }
    return append(csv, text, span_of("Stdout")) == 0
           ? text_append_string(text, "Stderr\n") : -1;
}

int results_csv_begin(struct results_csv *csv, const struct row *row,
                      struct text *text)
{
    char column[JOBLOG_N_COLUMNS][JOBLOG_COLUMN];
    struct span inputs = row->inputs;
    if (csv->n_values == 0 && csv->has_head)
        csv->n_values = count_values(csv, row);
    if (!csv->has_head && append_head(csv, row, text) != 0)
        return -1;
    joblog_columns(row, csv->plan, column);
    for (int i = 0; i < JOBLOG_N_COLUMNS; i++) {
        const char *p = column[i] + strspn(column[i], " ");
        if (append(csv, text, span_of(p)) != 0)
            return -1;
    }
    if (append(csv, text, row->command) != 0)
        return -1;
    for (uint32_t i = 0; i < csv->n_values; i++)
        if (append(csv, text, next_value(&inputs)) != 0)
            return -1;
    return 0;
}

int results_csv_before(struct text *text, uint64_t n)
{
    return n > 0 ? text_append(text, "\"", 1) : 0;
}

int results_csv_behind(const struct results_csv *csv, struct text *text,
                       uint64_t n, bool last)
{
    if (n > 0 && text_append(text, "\"", 1) != 0)
        return -1;
    return text_append(text, last ? "\n" : &csv->separator, 1);
}

size_t results_csv_copy(char *out, size_t room, const char *in, size_t n,
                        size_t *taken)
{
    size_t made = 0, i = 0;
    for (; i < n; i++) {
        if (made + (in[i] == '"') >= room)
            break;
        if (in[i] == '"')
            out[made++] = '"';
        out[made++] = in[i];
    }
    *taken = i;
    return made;
}

size_t results_csv_whole(const char *text, size_t n)
{
    bool quoted = false;
    size_t whole = 0;
    for (size_t i = 0; i < n; i++) {
        quoted ^= text[i] == '"';
        if (text[i] == '\n' && !quoted)
            whole = i + 1;
    }
    return whole;
}
