/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The results as a table for programs: see report.h. RFC 4180, but lines end
 * with a newline alone, as all tools on Linux expect. Doubles have 17
 * significant digits, so they read back the same bits.
 */
#include "histogram.h"
#include "report.h"
#include "results_file.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* In quotes when it has to be. */
static void print_field(FILE *out, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++)
        fprintf(out, "%s%c", *text == '"' ? "\"" : "", *text);
    fputc('"', out);
}

static void print_value(FILE *out, const struct value *v)
{
    if (v->type == VALUE_F64)
        fprintf(out, "%.17g,", v->f64);
    else
        fprintf(out, "%s,", v->type == VALUE_NONE ? "" : v->decimal);
    if (v->type == VALUE_F64 && isfinite(v->f64))
        fprintf(out, "%a", v->f64);
    fputc(',', out);
    if (v->has_item)
        fprintf(out, "%" PRIu64, v->item);
}

/* Where a row of a histogram begins and ends; HISTOGRAM_NAN is no place. */
static void print_bin(FILE *out, const struct ff_shape *shape, uint64_t row)
{
    if (row == HISTOGRAM_NAN) {
        fputs(",,nan,nan", out);
        return;
    }
    const double from = row == HISTOGRAM_BELOW ? -INFINITY
                        : row == HISTOGRAM_ABOVE ? histogram_edge(shape, shape->n)
                        : histogram_edge(shape, row - HISTOGRAM_BINS);
    const double to = row == HISTOGRAM_BELOW ? histogram_edge(shape, 0)
                      : row == HISTOGRAM_ABOVE ? INFINITY
                      : histogram_edge(shape, row - HISTOGRAM_BINS + 1);
    fprintf(out, ",,%.17g,%.17g", from, to);
}

static void print_head(FILE *out, const struct spec_result *r)
{
    const struct op *op = op_find(r->op);
    print_field(out, r->name);
    fprintf(out, ",%s,%s,", op != NULL ? op->name : "?",
            op != NULL ? op_gives(op) : "?");
}

/* The place of a label, a quantile's probability or the entry's number. */
static void print_place(FILE *out, const struct value *v, uint64_t i)
{
    if (v->label != NULL)
        print_field(out, v->label);
    else if (v->has_at)
        fprintf(out, "%.17g", v->at);
    else
        fprintf(out, "%" PRIu64, i);
}

static void print_list(FILE *out, const struct outcome *o, uint32_t i)
{
    const struct spec_result *r = &o->spec.result[i];
    const struct ff_shape shape = spec_shape(&o->spec, i);
    for (uint64_t k = 0; k < o->value[i].n; k++) {
        struct value v;
        value_none(&v);
        op_find(r->op)->entry(&shape, o->value[i].slice, k, &v);
        print_head(out, r);
        print_value(out, &v);
        fputs(",,,", out);
        print_place(out, &v, k);
        fputc('\n', out);
    }
}

static void print_histogram(FILE *out, const struct outcome *o, uint32_t i)
{
    const struct ff_shape shape = spec_shape(&o->spec, i);
    for (uint64_t row = 0; row < HISTOGRAM_BINS + shape.n; row++) {
        print_head(out, &o->spec.result[i]);
        fprintf(out, "%" PRIu64 ",", (uint64_t)o->value[i].slice[row]);
        print_bin(out, &shape, row);
        fputs(",\n", out);
    }
}

static void print_result(FILE *out, const struct outcome *o, uint32_t i)
{
    const struct value *v = &o->value[i];
    if (v->type == VALUE_HISTOGRAM) {
        print_histogram(out, o, i);
    } else if (v->type == VALUE_LIST) {
        print_list(out, o, i);
    } else {
        print_head(out, &o->spec.result[i]);
        print_value(out, v);
        fputs(",,,\n", out);
    }
}

int report_csv(const char *path, const struct outcome *outcome,
               struct ff_error *err)
{
    FILE *out = results_open(path, "--csv", err);
    if (out == NULL)
        return -1;
    fputs("result,op,type,value,hex,item,from,to,at\n", out);
    for (uint32_t i = 0; i < outcome->spec.n_results; i++)
        print_result(out, outcome, i);
    return results_close(out, path, err);
}
