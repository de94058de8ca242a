/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results for people, on standard output: one a line, with name, value,
 * operator, item and what is to be said of it. Of a histogram the value is how
 * many values there are; under the results stands its chart: from, up to, how
 * many, a bar. Edges have as many digits as tell them apart. The entries of a
 * list stand under the results as well (report_list.c).
 */
#include "bar.h"
#include "figure.h"
#include "histogram.h"
#include "report.h"
#include "terminal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define MAX_CHART_ROWS 40
#define MAX_CHART_BAR 60
#define MIN_CHART_BAR 8

static uint64_t lane(const struct value *v, uint64_t i)
{
    return (uint64_t)v->slice[i];
}

/* How many values there are in all. */
static uint64_t histogram_total(const struct value *v,
                                const struct ff_shape *shape)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < HISTOGRAM_BINS + shape->n; i++)
        n += lane(v, i);
    return n;
}

static const char *value_text(const struct outcome *o, uint32_t i,
                              char out[64])
{
    const struct value *v = &o->value[i];
    const struct ff_shape shape = spec_shape(&o->spec, i);
    if (v->type == VALUE_HISTOGRAM)
        snprintf(out, 64, "%" PRIu64, histogram_total(v, &shape));
    else if (v->type == VALUE_LIST && v->decimal[0] == '\0')
        snprintf(out, 64, "%" PRIu64, v->n);
    else
        report_value(out, v);
    return out;
}

const char *report_value(char out[64], const struct value *v)
{
    char number[FIGURE_TEXT];
    snprintf(out, 64, "%s",
             v->type == VALUE_NONE  ? "none"
             : v->type != VALUE_F64 ? v->decimal
             : v->is_float          ? figure_float(number, v->f64)
                                    : figure_double(number, v->f64));
    return out;
}

const char *report_hex(char out[64], const struct value *v)
{
    if (v->type == VALUE_F64)
        snprintf(out, 64, "%a", v->f64);
    else
        out[0] = '\0';
    return out;
}

static int longest(int a, const char *text)
{
    const int n = (int)strlen(text);
    return n > a ? n : a;
}

static void print_lines(FILE *out, const struct job *job,
                        const struct outcome *o)
{
    char text[64];
    int name_width = 0, value_width = 0, hex_width = 0;
    for (uint32_t i = 0; i < o->spec.n_results; i++) {
        name_width = longest(name_width, o->spec.result[i].name);
        value_width = longest(value_width, value_text(o, i, text));
        if (job->hex)
            hex_width = longest(hex_width, report_hex(text, &o->value[i]));
    }
    for (uint32_t i = 0; i < o->spec.n_results; i++) {
        const struct value *v = &o->value[i];
        const struct op *op = op_find(o->spec.result[i].op);
        fprintf(out, "%-*s  %-*s  ", name_width, o->spec.result[i].name,
                value_width, value_text(o, i, text));
        if (hex_width > 0)
            fprintf(out, "%-*s  ", hex_width, report_hex(text, v));
        fprintf(out, "%s", op != NULL ? op->name : "?");
        if (v->has_item) {
            fputs("  ", out);
            report_item(out, job, o, v->item);
        }
        if (v->note != NULL)
            fprintf(out, "  (%s)", v->note);
        fputc('\n', out);
    }
}

/* ---- charts -------------------------------------------------------------- */

struct chart {
    const struct value *value;
    struct ff_shape shape;
    uint64_t bins;     /* of a row */
    uint64_t most;     /* in a row */
    int digits;        /* of edges */
    int edge_width, count_width, bar_width;
    bool utf8;
};

static uint64_t row_count(const struct chart *c, uint64_t first)
{
    uint64_t n = 0;
    for (uint64_t i = first; i < first + c->bins && i < c->shape.n; i++)
        n += lane(c->value, HISTOGRAM_BINS + i);
    return n;
}

static const char *edge_text(const struct chart *c, uint64_t i,
                             char out[FIGURE_TEXT])
{
    snprintf(out, FIGURE_TEXT, "%.*g", c->digits,
             histogram_edge(&c->shape, i));
    return out;
}

/* Can the edges of all rows be told apart with these digits? */
static bool edges_differ(const struct chart *c)
{
    char a[FIGURE_TEXT], b[FIGURE_TEXT];
    for (uint64_t i = 0; i < c->shape.n; i += c->bins)
        if (strcmp(edge_text(c, i, a), edge_text(c, i + c->bins, b)) == 0)
            return false;
    return true;
}

static int terminal_width(FILE *out)
{
    int columns = 80, rows;
    terminal_size(fileno(out), &columns, &rows);
    return columns;
}

static void lay_out(struct chart *c, FILE *out)
{
    char text[FIGURE_TEXT];
    c->bins = (c->shape.n + MAX_CHART_ROWS - 1) / MAX_CHART_ROWS;
    c->digits = 6;
    while (c->digits < 17 && !edges_differ(c))
        c->digits++;
    for (uint64_t i = 0; i < c->shape.n + c->bins; i += c->bins) {
        c->edge_width = longest(c->edge_width, edge_text(c, i, text));
        const uint64_t n = row_count(c, i);
        c->most = n > c->most ? n : c->most;
    }
    for (uint64_t i = 0; i < HISTOGRAM_BINS; i++) {
        snprintf(text, sizeof text, "%" PRIu64, lane(c->value, i));
        c->count_width = longest(c->count_width, text);
    }
    snprintf(text, sizeof text, "%" PRIu64, c->most);
    c->count_width = longest(c->count_width, text);
    c->bar_width = terminal_width(out) - 1
                   - (2 * c->edge_width + c->count_width + 6);
    if (c->bar_width > MAX_CHART_BAR)
        c->bar_width = MAX_CHART_BAR;
}

static void print_row(FILE *out, const struct chart *c, uint64_t first)
{
    char from[FIGURE_TEXT], to[FIGURE_TEXT], bar[BAR_TEXT];
    const uint64_t n = row_count(c, first);
    fprintf(out, "  %*s  %*s  %*" PRIu64, c->edge_width,
            edge_text(c, first, from), c->edge_width,
            edge_text(c, first + c->bins, to), c->count_width, n);
    if (c->bar_width >= MIN_CHART_BAR && n > 0) {
        bar_trim(bar, (double)n / (double)c->most, c->bar_width, c->utf8);
        fprintf(out, "  %s", bar);
    }
    fputc('\n', out);
}

/* What is in no bin, when there is some. */
static void print_apart(FILE *out, const struct chart *c, unsigned which,
                        const char *name)
{
    if (lane(c->value, which) > 0)
        fprintf(out, "  %*s  %*" PRIu64 "\n", 2 * c->edge_width + 2, name,
                c->count_width, lane(c->value, which));
}

static void print_chart(FILE *out, const struct outcome *o, uint32_t i)
{
    struct chart c = {.value = &o->value[i], .utf8 = terminal_utf8(),
                      .shape = spec_shape(&o->spec, i)};
    lay_out(&c, out);
    fprintf(out, "\n%s", o->spec.result[i].name);
    if (c.bins > 1)
        fprintf(out, ", %" PRIu64 " bins a row", c.bins);
    fputc('\n', out);
    print_apart(out, &c, HISTOGRAM_BELOW, "below");
    for (uint64_t first = 0; first < c.shape.n; first += c.bins)
        print_row(out, &c, first);
    print_apart(out, &c, HISTOGRAM_ABOVE, "above");
    print_apart(out, &c, HISTOGRAM_NAN, "NaN");
}

void report_results(FILE *out, const struct job *job,
                    const struct outcome *o)
{
    print_lines(out, job, o);
    for (uint32_t i = 0; i < o->spec.n_results; i++)
        if (o->value[i].type == VALUE_HISTOGRAM)
            print_chart(out, o, i);
        else if (o->value[i].type == VALUE_LIST)
            report_list(out, job, o, i);
}
