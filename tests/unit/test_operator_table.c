/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of fanfold-operators(7) is that of the code: each operator has its
 * line, with what it makes of nothing, of -0.0, NaN and infinities, and no line
 * is of another. Lines that are missing are shown as they should be.
 */
#include "op.h"
#include "tap.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 200
#define LINE 160
#define N_CASES 5

static char page[MAX_LINES][LINE];
static size_t n_page;

/* The columns of a line, separated by single blanks, without roff's escapes. */
static void squeeze(char out[LINE], const char *line)
{
    size_t n = 0;
    for (const char *p = line; *p != '\0' && n + 1 < LINE; p++) {
        if (*p == '\\')
            continue;
        if (isspace((unsigned char)*p)) {
            if (n > 0 && out[n - 1] != ' ')
                out[n++] = ' ';
            continue;
        }
        out[n++] = *p;
    }
    out[n > 0 && out[n - 1] == ' ' ? n - 1 : n] = '\0';
}

/* The lines below that which names the columns. */
static void read_page(void)
{
    char path[4096], line[LINE];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/docs/man/fanfold-operators.7",
             top != NULL ? top : ".");
    FILE *in = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    bool inside = false;
    while (fgets(line, sizeof line, in) != NULL && n_page < MAX_LINES) {
        if (strncmp(line, ".EE", 3) == 0)
            inside = false;
        if (inside)
            squeeze(page[n_page++], line);
        if (strncmp(line, "operator ", 9) == 0)
            inside = true;
    }
    fclose(in);
}

/* Shapes that operators with parameters can be made with. */
static struct ff_shape shape_of(const struct op *op)
{
    struct ff_shape shape = {.lo = 0.01, .hi = 1, .n = 2};
    static const double half = 0.5;
    if (op_wrong(op, &shape) != NULL) {
        shape.n_numbers = 1;
        shape.number = &half;
    }
    CU_ASSERT_PTR_NULL_FATAL(op_wrong(op, &shape));
    return shape;
}

static const char *text_of(const struct value *v, char out[64])
{
    if (v->type == VALUE_NONE)
        return "none";
    if (v->type == VALUE_LIST) {
        snprintf(out, 64, "[%" PRIu64 "]", v->n);
        return out;
    }
    if (v->type == VALUE_HISTOGRAM)
        return "counts";
    if (v->type != VALUE_F64)
        return v->decimal;
    if (isnan(v->f64))
        return "nan";
    snprintf(out, 64, v->f64 == 0 ? "%.1f" : "%g", v->f64);
    return out;
}

/* What n doubles give; each with item 7, or beside 1 in a pair. */
static const char *result_of(const struct op *op, const double *x, size_t n,
                             char out[64])
{
    const struct ff_shape shape = shape_of(op);
    int64_t *slice = calloc(op->words(&shape) + 1, sizeof *slice);
    union ff_value v[4];
    struct value value;
    size_t places = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(slice);
    op->init(&shape, slice);
    for (size_t i = 0; i < n; i++) {
        v[places++].f64 = x[i];
        if (op->kind == VALUE_KIND_ITEM)
            v[places++].u64 = 7;
        else if (op->kind == VALUE_KIND_PAIR)
            v[places++].f64 = 1;
    }
    /* (Of whole vectors: each value is one of its elements.) */
    if (op->kind != VALUE_KIND_DIRECT && n > 0)
        op->fold(&shape, slice, v, places);
    else
        for (size_t i = 0; i < n; i++)
            op->fold(&shape, slice, (union ff_value[]){v[i], v[i]}, 2);
    op_normalise(op, &shape, slice);
    CU_ASSERT(op->valid(&shape, slice));
    op->finish(&shape, slice, &value);
    struct value first = value;
    if (value.type == VALUE_LIST && value.n > 0
        && op->kind == VALUE_KIND_DIRECT)
        op->entry(&shape, slice, 0, &first);
    snprintf(out, 64, "%s", text_of(&first, (char[64]){0}));
    free(slice);
    return out;
}

static void line_of(const struct op *op, char out[LINE])
{
    static const double values[N_CASES][2] = {
        {0, 0}, {-0.0, 0}, {1, NAN}, {1, INFINITY}, {INFINITY, -INFINITY}};
    static const size_t n[N_CASES] = {0, 1, 2, 2, 2};
    const bool real = op->type[0] == 'f';
    char cell[64];
    int at = snprintf(out, LINE, "%s %s", op->name, op->type);
    for (int c = 0; c < N_CASES; c++)
        at += snprintf(out + at, LINE - (size_t)at, " %s",
                       real || c == 0 ? result_of(op, values[c], n[c], cell)
                                      : "-");
}

static bool has_line(const char *line)
{
    for (size_t i = 0; i < n_page; i++)
        if (strcmp(page[i], line) == 0)
            return true;
    return false;
}

static void table(void)
{
    const struct op *op;
    size_t n = 0, n_missing = 0;
    read_page();
    for (; (op = op_row(n)) != NULL; n++) {
        char line[LINE];
        if (op->code == FF_OP_OPERATION)
            snprintf(line, sizeof line, "%s own - - - - -", op->name);
        else
            line_of(op, line);
        if (!has_line(line)) {
            tap_note("the page has no line: %s", line);
            n_missing++;
        }
    }
    CU_ASSERT(n > 0);
    CU_ASSERT_EQUAL(n_missing, 0);
    CU_ASSERT_EQUAL(n_page, n);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"fanfold-operators(7) has the operators as they are", table},
    };
    return TAP_RUN(tests);
}
