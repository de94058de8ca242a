/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what --fold asks for: see fold_text.h. */
#include "fold_text.h"
#include "decimal.h"
#include "nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_NAMES 256
#define SHOWN 64 /* bytes of a part of the text, in an error */

/* A part of the text. */
struct part {
    const char *at;
    size_t n;
};

static int shown(const struct part *p)
{
    return p->n < SHOWN ? (int)p->n : SHOWN;
}

/* The part up to one of the ends, or the end of the text. */
static struct part part_to(const char *at, const char *ends)
{
    return (struct part){at, strcspn(at, ends)};
}

static bool is_text(const struct part *p, const char *text)
{
    return p->n == strlen(text) && memcmp(p->at, text, p->n) == 0;
}

/* ---- names of operators -------------------------------------------------- */

/* What is no row of the table of operators. */
static const struct {
    const char *name;
    enum ff_type array; /* 0: none */
} others[] = {{"array_f64", FF_TYPE_F64}, {"array_f32", FF_TYPE_F32},
              {"array_i64", FF_TYPE_I64}, {"array_i32", FF_TYPE_I32},
              {"array_u8", FF_TYPE_U8}, {FOLD_CONCAT, 0}};
#define N_OTHERS (sizeof others / sizeof others[0])

/* N_OTHERS: it is none of them. */
static size_t other_named(const struct part *name)
{
    size_t i = 0;
    while (i < N_OTHERS && !is_text(name, others[i].name))
        i++;
    return i;
}

static bool is_first_of_name(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(op_row(k)->name, op_row(i)->name) == 0)
            return false;
    return true;
}

const char *fold_name(size_t i)
{
    for (size_t row = 0; op_row(row) != NULL; row++)
        if (is_first_of_name(row) && i-- == 0)
            return op_row(row)->name;
    return i < N_OTHERS ? others[i].name : NULL;
}

/* What others call an operator; NULL: nothing that we know. */
static const char *usual_name(const struct part *op)
{
    static const char *const usual[][2] = {
        {"average", "mean"}, {"avg", "mean"}, {"median", "quantiles,0.5"},
        {"percentile", "quantiles,0.99"}, {"percentiles", "quantiles,0.99"},
        {"hist", "histogram"}, {"prod", "product"}, {"stddev", "sd"},
        {"stdev", "sd"}, {"std", "sd"}, {"unique", "distinct"},
        {"and", "all"}, {"or", "any"}, {"xor", "bit_xor"}, {"norm", "norm2"},
    };
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (op->n == strlen(usual[i][0])
            && strncasecmp(op->at, usual[i][0], op->n) == 0)
            return usual[i][1];
    for (size_t i = 0; fold_name(i) != NULL; i++)
        if (op->n == strlen(fold_name(i))
            && strncasecmp(op->at, fold_name(i), op->n) == 0)
            return fold_name(i);
    return NULL;
}

/* What is likely meant; NULL: nothing is near. */
static const char *near_name(const struct part *op)
{
    const char *names[MAX_NAMES];
    size_t n = 0;
    while (n < MAX_NAMES && (names[n] = fold_name(n)) != NULL)
        n++;
    const char *near = usual_name(op);
    return near != NULL ? near : nearest(op->at, op->n, names, n);
}

static int no_such_operator(const struct part *op, struct ff_error *err)
{
    char all[sizeof err->text / 2];
    const char *name, *near = near_name(op);
    size_t length = 0;
    for (size_t n = 0; (name = fold_name(n)) != NULL; n++)
        if (length < sizeof all)
            length += (size_t)snprintf(all + length, sizeof all - length,
                                       "%s%s", n > 0 ? ", " : "", name);
    if (near != NULL)
        return ff_error_set(err, FF_USAGE, "has no operator: there is no '%.*s'"
                            "; did you mean '%s'? (--fold list shows all)",
                            shown(op), op->at, near);
    return ff_error_set(err, FF_USAGE, "has no operator: there is no '%.*s', "
                        "but %s", shown(op), op->at, all);
}

/* Some row of the name; NULL: none. */
static const struct op *any_row(const struct part *name)
{
    const struct op *op, *found = NULL;
    for (size_t i = 0; (op = op_row(i)) != NULL; i++)
        if (is_text(name, op->name) && (found == NULL || fold_allows(op)))
            found = op;
    return found;
}

/* ---- parts --------------------------------------------------------------- */

/* Without NAME= the operator is the name, too. */
static int no_name(const struct part *p, struct ff_error *err)
{
    const char *near = p->n > 0 ? near_name(p) : NULL;
    if (near != NULL)
        return ff_error_set(err, FF_USAGE, "is not NAME=OPERATOR, nor an "
                            "operator; did you mean '%s'? (--fold list shows "
                            "all)", near);
    return ff_error_set(err, FF_USAGE, "is not NAME=OPERATOR, as in most=max, "
                        "nor an operator (--fold list shows all)");
}

static int take_name(struct fold_text *fold, const struct part *name,
                     struct ff_error *err)
{
    if (name->at[name->n] != '=' && any_row(name) == NULL
        && other_named(name) == N_OTHERS)
        return no_name(name, err);
    for (size_t i = 0; i < name->n; i++)
        if (!isalnum((unsigned char)name->at[i]) && name->at[i] != '_')
            return ff_error_set(err, FF_USAGE, "does not begin with a name of "
                                "letters, digits and _ in front of the '='");
    if (name->n == 0)
        return ff_error_set(err, FF_USAGE, "has no name in front of the '='");
    if (name->n >= sizeof fold->name)
        return ff_error_set(err, FF_USAGE, "has a name of more than %zu bytes",
                            sizeof fold->name - 1);
    memcpy(fold->name, name->at, name->n);
    fold->name[name->n] = '\0';
    return 0;
}

static int take_operator(struct fold_text *fold, const struct part *name,
                         struct ff_error *err)
{
    const struct op *op = any_row(name);
    if (name->n == 0)
        return ff_error_set(err, FF_USAGE, "has no operator behind the '=' "
                            "(--fold list shows all)");
    if (other_named(name) < N_OTHERS) {
        strcpy(fold->op, others[other_named(name)].name);
        return 0;
    }
    if (op == NULL)
        return no_such_operator(name, err);
    if (!fold_allows(op) && !fold_is_vector(op))
        return ff_error_set(err, FF_USAGE, "asks for '%s', which only a kernel "
                            "can declare", op->name);
    snprintf(fold->op, sizeof fold->op, "%s", op->name);
    return 0;
}

static int no_number(const struct part *p, struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE, "has '%.*s' where a number is to stand",
                        shown(p), p->at);
}

static int take_number(struct fold_text *fold, const struct part *p,
                       struct ff_error *err)
{
    if (fold->n_numbers == FOLD_MAX_NUMBERS)
        return ff_error_set(err, FF_USAGE, "has more than %d numbers",
                            FOLD_MAX_NUMBERS);
    if (decimal_parse(p->at, p->n, &fold->number[fold->n_numbers]) != 0)
        return no_number(p, err);
    fold->n_numbers++;
    return 0;
}

static int take_param(struct fold_text *fold, const struct part *p,
                      struct ff_error *err)
{
    const char *equals = memchr(p->at, '=', p->n);
    const struct part key = {p->at, equals ? (size_t)(equals - p->at) : p->n};
    const struct part value = {equals ? equals + 1 : "",
                               equals ? p->n - key.n - 1 : 0};
    const enum fold_word word = is_text(&key, "error") && equals ? FOLD_ERROR
                                : is_text(&key, "edges") && equals ? FOLD_EDGES
                                : is_text(p, "log") ? FOLD_LOG : 0;
    if (p->n == 0)
        return ff_error_set(err, FF_USAGE, "has nothing behind a comma");
    if (word == 0 && equals != NULL)
        return ff_error_set(err, FF_USAGE, "has a parameter '%.*s': there are "
                            "error= and edges=", shown(&key), key.at);
    if (word == 0)
        return take_number(fold, p, err);
    if (fold->words & word)
        return ff_error_set(err, FF_USAGE, "has '%.*s' twice", shown(&key),
                            key.at);
    fold->words |= word;
    if (word == FOLD_EDGES)
        return take_number(fold, &value, err);
    if (word == FOLD_ERROR
        && decimal_parse(value.at, value.n, &fold->error) != 0)
        return no_number(&value, err);
    return 0;
}

/* Can the operator be of this shape? */
static int check_shape(struct fold_text *fold, struct ff_error *err)
{
    const struct part name = {fold->op, strlen(fold->op)};
    const struct op *op = any_row(&name);
    struct ff_shape shape;
    if (fold_shape(fold, &shape, err) != 0)
        return -1;
    const char *wrong = op != NULL ? op_wrong(op, &shape) : NULL;
    return wrong == NULL ? 0
           : ff_error_set(err, FF_USAGE, "cannot be: '%s' %s", op->name,
                          wrong);
}

static int parse(struct fold_text *fold, const char *text,
                 struct ff_error *err)
{
    struct part p = part_to(text, "=:,");
    fold->field = NULL;
    fold->words = fold->n_numbers = 0;
    if (take_name(fold, &p, err) != 0)
        return -1;
    p = part_to(p.at[p.n] == '=' ? p.at + p.n + 1 : text, ",:");
    if (take_operator(fold, &p, err) != 0)
        return -1;
    while (p.at[p.n] == ',') {
        p = part_to(p.at + p.n + 1, ",:");
        if (take_param(fold, &p, err) != 0)
            return -1;
    }
    if (p.at[p.n] == ':') {
        fold->field = p.at + p.n + 1;
        if (*fold->field == '\0')
            return ff_error_set(err, FF_USAGE, "has nothing behind the ':': "
                                "name the values to fold, or leave it out");
    }
    return check_shape(fold, err);
}

enum ff_type fold_text_array_type(const struct fold_text *fold)
{
    const size_t i = other_named(&(struct part){fold->op, strlen(fold->op)});
    return i < N_OTHERS ? others[i].array : 0;
}

bool fold_text_takes_arrays(const struct fold_text *fold)
{
    const struct op *op = any_row(&(struct part){fold->op, strlen(fold->op)});
    return fold_text_array_type(fold) != 0
           || (op != NULL && fold_is_vector(op));
}

size_t fold_text_name_bytes(const char *text)
{
    return strcspn(text, "=,:");
}

bool fold_text_same_name(const char *a, const char *b)
{
    const size_t n = fold_text_name_bytes(a);
    return n == fold_text_name_bytes(b) && memcmp(a, b, n) == 0;
}

/* What is wrong is one line, whatever it quotes. */
int fold_text_parse(struct fold_text *fold, const char *text,
                    struct ff_error *err)
{
    if (parse(fold, text, err) == 0)
        return 0;
    for (char *p = err != NULL ? err->text : NULL; p != NULL && *p != '\0';
         p++)
        if (iscntrl((unsigned char)*p))
            *p = '?';
    return -1;
}
