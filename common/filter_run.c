/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does an input pass? The steps of an expression (filter_program.h), taken one
 * after the other. Values are numbers, or spans of the item and of the source:
 * nothing is allocated, but once for regular expressions.
 *
 * What is a number here: decimals, with blanks around them or not. "inf", "nan"
 * and "0x10" are texts, as they are to most who have them in a column.
 */
#include "filter.h"
#include "decimal.h"
#include "filter_program.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 32 /* of a number as text */
#define EXCERPT 100     /* bytes of a text in an error */

/* ---- values -------------------------------------------------------------- */

static struct filter_value number_value(double x)
{
    return (struct filter_value){.kind = VALUE_NUMBER, .number = x};
}

static bool read_number(struct span s, double *out)
{
    size_t i = 0;
    while (i < s.n && (s.at[i] == ' ' || s.at[i] == '\t'))
        i++;
    i += i < s.n && (s.at[i] == '-' || s.at[i] == '+');
    if (i == s.n || (!isdigit((unsigned char)s.at[i]) && s.at[i] != '.')
        || (i + 1 < s.n && (s.at[i + 1] | 0x20) == 'x'))
        return false;
    return decimal_parse(s.at, s.n, out) == 0;
}

/* Does it compare as a number? */
static bool is_number(const struct filter_value *v, double *out)
{
    if (v->kind == VALUE_NUMBER) {
        *out = v->number;
        return true;
    }
    return v->kind == VALUE_COLUMN && read_number(v->text, out);
}

static bool is_true(const struct filter_value *v)
{
    double x;
    return is_number(v, &x) ? x != 0 : v->text.n > 0;
}

/* A number as text, as short as it reads back the same. */
static struct span text_of(const struct filter_value *v,
                           char room[NUMBER_BYTES])
{
    if (v->kind != VALUE_NUMBER)
        return v->text;
    int n = snprintf(room, NUMBER_BYTES, "%.15g", v->number);
    if (strtod(room, NULL) != v->number)
        n = snprintf(room, NUMBER_BYTES, "%.17g", v->number);
    return (struct span){room, (size_t)n};
}

/* ---- relations ----------------------------------------------------------- */

/* Below, equal, above: -1, 0, 1. */
static int compare(const struct filter_value *a, const struct filter_value *b)
{
    char room_a[NUMBER_BYTES], room_b[NUMBER_BYTES];
    double x, y;
    if (is_number(a, &x) && is_number(b, &y))
        return (x > y) - (x < y);
    const struct span s = text_of(a, room_a), t = text_of(b, room_b);
    const size_t n = s.n < t.n ? s.n : t.n;
    const int order = n > 0 ? memcmp(s.at, t.at, n) : 0;
    return order != 0 ? (order > 0) - (order < 0) : (s.n > t.n) - (s.n < t.n);
}

static bool relates(enum filter_code code, int order)
{
    switch (code) {
    case FILTER_EQUAL: return order == 0;
    case FILTER_UNEQUAL: return order != 0;
    case FILTER_LESS: return order < 0;
    case FILTER_AT_MOST: return order <= 0;
    case FILTER_MORE: return order > 0;
    default: return order >= 0;
    }
}

/* A copy with a zero byte at its end, which some regexec want even if they are
 * told where the text ends; the room stays. */
static const char *copy_of(struct filter *f, struct span s)
{
    if (s.n >= f->copy_room) {
        char *more = realloc(f->copy, 2 * s.n + 64);
        if (more == NULL)
            return NULL;
        f->copy = more;
        f->copy_room = 2 * s.n + 64;
    }
    if (s.n > 0)
        memcpy(f->copy, s.at, s.n);
    f->copy[s.n] = '\0';
    return f->copy;
}

/* To *v: whether it matches, as wanted. */
static int match(struct filter *f, const struct filter_step *step,
                 struct filter_value *v, struct ff_error *err)
{
    char room[NUMBER_BYTES];
    const struct span s = text_of(v, room);
    const char *text = copy_of(f, s);
    regmatch_t all = {.rm_so = 0, .rm_eo = (regoff_t)s.n};
    if (text == NULL)
        return ff_error_set(err, FF_LOST, "no memory for --filter");
    const int rc = regexec(step->u.regex, text, 1, &all, REG_STARTEND);
    *v = number_value((rc == 0) == (step->code == FILTER_MATCHES));
    return 0;
}

/* ---- arithmetic ---------------------------------------------------------- */

static int cannot(const struct filter *f, const struct filter_step *step,
                  const char *why, struct span what, struct ff_error *err)
{
    const uint32_t n = step->end - step->begin;
    return ff_error_set(err, FF_USAGE, "cannot compute %.*s of --filter: "
                        "%s%.*s%s", (int)(n < EXCERPT ? n : EXCERPT),
                        f->source + step->begin, what.at != NULL ? "'" : "",
                        (int)(what.n < EXCERPT ? what.n : EXCERPT),
                        what.at != NULL ? what.at : "", why);
}

static int operand(const struct filter *f, const struct filter_step *step,
                   const struct filter_value *v, double *x,
                   struct ff_error *err)
{
    if (is_number(v, x)
        || (v->kind == VALUE_TEXT && read_number(v->text, x)))
        return 0;
    return cannot(f, step, "' is no number", v->text, err);
}

static double calculate(enum filter_code code, double x, double y)
{
    switch (code) {
    case FILTER_ADD: return x + y;
    case FILTER_SUBTRACT: return x - y;
    case FILTER_MULTIPLY: return x * y;
    case FILTER_DIVIDE: return x / y;
    default: return fmod(x, y);
    }
}

/* a = a step b. */
static int arithmetic(const struct filter *f, const struct filter_step *step,
                      struct filter_value *a, const struct filter_value *b,
                      struct ff_error *err)
{
    double x, y;
    if (operand(f, step, a, &x, err) != 0 || operand(f, step, b, &y, err) != 0)
        return -1;
    if (y == 0 && (step->code == FILTER_DIVIDE
                   || step->code == FILTER_REMAINDER))
        return cannot(f, step, "division by zero", (struct span){0}, err);
    const double z = calculate(step->code, x, y);
    if (!isfinite(z))
        return cannot(f, step, "it is too large", (struct span){0}, err);
    *a = number_value(z);
    return 0;
}

static int negate(const struct filter *f, const struct filter_step *step,
                  struct filter_value *v, struct ff_error *err)
{
    double x;
    if (operand(f, step, v, &x, err) != 0)
        return -1;
    *v = number_value(-x);
    return 0;
}

/* ---- steps --------------------------------------------------------------- */

static int take_column(const struct filter *f, const struct filter_step *step,
                       const struct item *item, struct filter_value *v,
                       struct ff_error *err)
{
    const long n = item->n_columns, c = step->u.column;
    char why[64];
    if (c > n || c < -n) {
        snprintf(why, sizeof why, "the input has %ld column%s", n,
                 n == 1 ? "" : "s");
        return cannot(f, step, why, (struct span){0}, err);
    }
    *v = (struct filter_value){.kind = VALUE_COLUMN,
                               .text = item->column[c > 0 ? c - 1 : n + c]};
    return 0;
}

/* A step that puts a value on the stack. */
static int push(const struct filter *f, const struct filter_step *step,
                const struct item *item, struct filter_value *v,
                struct ff_error *err)
{
    switch (step->code) {
    case FILTER_NUMBER:
        *v = number_value(step->u.number);
        return 0;
    case FILTER_TEXT:
        *v = (struct filter_value){.kind = VALUE_TEXT, .text = step->u.text};
        return 0;
    case FILTER_WHOLE:
        *v = (struct filter_value){.kind = VALUE_COLUMN,
                                   .text = item->whole[0]};
        return 0;
    default:
        return take_column(f, step, item, v, err);
    }
}

/* One that changes the value on top. */
static int change(struct filter *f, const struct filter_step *step,
                  struct filter_value *top, struct ff_error *err)
{
    char room[NUMBER_BYTES];
    switch (step->code) {
    case FILTER_NEGATE:
        return negate(f, step, top, err);
    case FILTER_NOT:
        *top = number_value(!is_true(top));
        return 0;
    case FILTER_LENGTH:
        *top = number_value((double)text_of(top, room).n);
        return 0;
    case FILTER_TRUTH:
        *top = number_value(is_true(top));
        return 0;
    default:
        return match(f, step, top, err);
    }
}

/* One that makes one value of the two on top. */
static int join(const struct filter *f, const struct filter_step *step,
                struct filter_value *a, const struct filter_value *b,
                struct ff_error *err)
{
    if (step->code <= FILTER_REMAINDER)
        return arithmetic(f, step, a, b, err);
    *a = number_value(relates(step->code, compare(a, b)));
    return 0;
}

int filter_passes(struct filter *f, const struct item *item,
                  struct ff_error *err)
{
    struct filter_value *const v = f->stack;
    size_t n = 0; /* values on it */
    int rc = 0;
    for (size_t i = 0; i < f->n_steps && rc == 0; i++) {
        const struct filter_step *step = &f->step[i];
        if (step->code <= FILTER_COLUMN) {
            rc = push(f, step, item, &v[n++], err);
        } else if (step->code >= FILTER_ADD && step->code <= FILTER_AT_LEAST) {
            n--;
            rc = join(f, step, &v[n - 1], &v[n], err);
        } else if (step->code < FILTER_AND) {
            rc = change(f, step, &v[n - 1], err);
        } else if (is_true(&v[n - 1]) == (step->code == FILTER_OR)) {
            v[n - 1] = number_value(step->code == FILTER_OR);
            i = step->u.jump - 1;
        } else {
            n--;
        }
    }
    return rc == 0 ? is_true(&v[0]) : -1;
}
