/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of --filter, read by recursive descent, a function for each line of
 * the grammar in filter.h, into steps (filter_program.h). filter_run.c takes
 * them. Only parentheses, "!" and "-" are nested, at most MAX_DEPTH deep:
 * neither a long text nor a deep one needs more of the stack than that.
 */
#include "filter.h"
#include "decimal.h"
#include "filter_program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 200
#define EXCERPT 200 /* bytes of the source in an error */

struct parser {
    struct filter *filter;
    const struct items *items; /* or NULL */
    const char *at;            /* the next byte of the source */
    unsigned depth;
    size_t height, highest;    /* of the stack, after the steps so far */
    struct ff_error *err;
};

static int parse_or(struct parser *p);

/* ---- errors -------------------------------------------------------------- */

/* Characters of UTF-8 before it, and one. */
static size_t place_of(const struct parser *p, const char *at)
{
    size_t n = 1;
    for (const char *c = p->filter->source; c < at; c++)
        n += ((unsigned char)*c & 0xc0) != 0x80;
    return n;
}

/* `what` is wrong at that place. */
static int wrong(const struct parser *p, const char *at, const char *what)
{
    const char *source = p->filter->source;
    if (*at == '\0')
        return ff_error_set(p->err, FF_USAGE, "--filter '%.*s': %s at its end",
                            EXCERPT, source, what);
    return ff_error_set(p->err, FF_USAGE,
                        "--filter '%.*s': %s at character %zu, before '%.*s'",
                        EXCERPT, source, what, place_of(p, at), EXCERPT / 4,
                        at);
}

static int no_memory(const struct parser *p)
{
    return ff_error_set(p->err, FF_LOST, "no memory for --filter");
}

/* ---- tokens -------------------------------------------------------------- */

static void skip_blanks(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

static bool accept(struct parser *p, const char *token)
{
    const size_t n = strlen(token);
    skip_blanks(p);
    if (strncmp(p->at, token, n) != 0)
        return false;
    p->at += n;
    return true;
}

/* One level deeper; the caller goes back with p->depth--. */
static int deeper(struct parser *p)
{
    if (++p->depth > MAX_DEPTH)
        return wrong(p, p->at, "more than 200 levels");
    return 0;
}

/* ---- steps --------------------------------------------------------------- */

/* Appends a step; NULL without memory. The text of it goes from `begin` to
 * here, `effect` is how much higher the stack is behind it. */
static struct filter_step *emit(struct parser *p, enum filter_code code,
                                const char *begin, int effect)
{
    struct filter *f = p->filter;
    if (f->n_steps == f->room) {
        const size_t room = f->room > 0 ? 2 * f->room : 16;
        struct filter_step *more = realloc(f->step, room * sizeof *more);
        if (more == NULL) {
            no_memory(p);
            return NULL;
        }
        f->step = more;
        f->room = room;
    }
    p->height = effect < 0 ? p->height - 1 : p->height + (size_t)effect;
    if (p->height > p->highest)
        p->highest = p->height;
    const char *end = p->at;
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    struct filter_step *step = &f->step[f->n_steps++];
    *step = (struct filter_step){.code = code,
                                 .begin = (uint32_t)(begin - f->source),
                                 .end = (uint32_t)(end - f->source)};
    return step;
}

/* An operator, and how what is right of it is read. */
struct operation {
    const char *token;
    enum filter_code code;
};

/* Of the tokens, the first that comes now; NULL. */
static const struct operation *
accept_operation(struct parser *p, const struct operation *operation, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (accept(p, operation[i].token))
            return &operation[i];
    return NULL;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- values -------------------------------------------------------------- */

static int parse_number(struct parser *p)
{
    const char *begin = p->at;
    double x;
    size_t n = strspn(begin, "0123456789.");
    if (begin[n] == 'e' || begin[n] == 'E') {
        const size_t sign = begin[n + 1] == '-' || begin[n + 1] == '+';
        n += 1 + sign + strspn(begin + n + 1 + sign, "0123456789");
    }
    if (decimal_parse(begin, n, &x) != 0)
        return wrong(p, begin, "expected a number");
    p->at += n;
    struct filter_step *step = emit(p, FILTER_NUMBER, begin, 1);
    if (step == NULL)
        return -1;
    step->u.number = x;
    return 0;
}

/* 'TEXT' or "TEXT": there is nothing that means something else in it. */
static int read_quoted(struct parser *p, struct span *text)
{
    const char *begin = p->at + 1, *end = strchr(begin, *p->at);
    if (end == NULL)
        return wrong(p, p->at, "expected a closing quote for the text");
    *text = (struct span){begin, (size_t)(end - begin)};
    p->at = end + 1;
    return 0;
}

static int parse_text(struct parser *p)
{
    const char *begin = p->at;
    struct span text = {NULL, 0};
    if (read_quoted(p, &text) != 0)
        return -1;
    struct filter_step *step = emit(p, FILTER_TEXT, begin, 1);
    if (step == NULL)
        return -1;
    step->u.text = text;
    return 0;
}

/* No column has that name: says which there are. */
static int unknown_column(const struct parser *p, struct span name)
{
    char known[EXCERPT] = "";
    size_t n = 0;
    const uint32_t n_names =
        p->items != NULL ? p->items->work.head->n_names : 0;
    if (n_names == 0)
        return ff_error_set(p->err, FF_USAGE, "--filter: there is no column "
                            "'%.*s': columns have names with --header, else "
                            "numbers from 1", (int)(name.n % EXCERPT), name.at);
    for (uint32_t i = 0; i < n_names && n < sizeof known; i++) {
        const struct span s = items_name(p->items, i);
        const int k = snprintf(known + n, sizeof known - n, "%s%.*s",
                               i > 0 ? ", " : "", (int)(s.n % EXCERPT), s.at);
        n += k > 0 ? (size_t)k : 0;
    }
    return ff_error_set(p->err, FF_USAGE,
                        "--filter: there is no column '%.*s': there are %s",
                        (int)(name.n % EXCERPT), name.at, known);
}

/* A number is one whatever names there are. 0: it is none. */
static long column_number(struct span name)
{
    long column = 0;
    const size_t sign = name.n > 0 && name.at[0] == '-';
    for (size_t i = sign; i < name.n; i++) {
        if (!isdigit((unsigned char)name.at[i]) || column > WORK_MAX_COLUMNS)
            return 0;
        column = 10 * column + name.at[i] - '0';
    }
    return sign ? -column : column;
}

static int find_column(struct parser *p, struct span name, long *column)
{
    *column = column_number(name);
    if (*column != 0)
        return 0;
    if (name.n == strspn(name.at, "-0123456789"))
        return wrong(p, name.at, "expected a column from 1 to 1024, or from -1 "
                                 "on,");
    if (p->items != NULL)
        *column = items_column(p->items, name) + 1;
    return *column > 0 ? 0 : unknown_column(p, name);
}

static int parse_column(struct parser *p)
{
    const char *begin = p->at, *end = strchr(begin, '}');
    long column = 0;
    if (end == NULL)
        return wrong(p, begin, "expected a '}' for the column");
    const struct span name = {begin + 1, (size_t)(end - begin - 1)};
    if (name.n > 0 && find_column(p, name, &column) != 0)
        return -1;
    p->at = end + 1;
    struct filter_step *step =
        emit(p, name.n == 0 ? FILTER_WHOLE : FILTER_COLUMN, begin, 1);
    if (step == NULL)
        return -1;
    step->u.column = column;
    return 0;
}

static int parse_parentheses(struct parser *p)
{
    if (deeper(p) != 0 || parse_or(p) != 0)
        return -1;
    p->depth--;
    return accept(p, ")") ? 0 : wrong(p, p->at, "expected an operator or a ')'");
}

static int parse_length(struct parser *p, const char *begin)
{
    if (!accept(p, "("))
        return wrong(p, p->at, "expected a '('");
    if (parse_parentheses(p) != 0)
        return -1;
    return emit(p, FILTER_LENGTH, begin, 0) != NULL ? 0 : -1;
}

static int parse_unary(struct parser *p)
{
    skip_blanks(p);
    const char *begin = p->at;
    if (accept(p, "-")) {
        if (deeper(p) != 0 || parse_unary(p) != 0)
            return -1;
        p->depth--;
        return emit(p, FILTER_NEGATE, begin, 0) != NULL ? 0 : -1;
    }
    if (accept(p, "("))
        return parse_parentheses(p);
    if (accept(p, "length"))
        return parse_length(p, begin);
    if (*begin == '\'' || *begin == '"')
        return parse_text(p);
    if (*begin == '{')
        return parse_column(p);
    if (isdigit((unsigned char)*begin) || *begin == '.')
        return parse_number(p);
    return wrong(p, begin, "expected a number, a text in quotes, a column like "
                           "{1}, or a '('");
}

/* ---- operators ----------------------------------------------------------- */

/* what { operation what } */
static int parse_chain(struct parser *p, int what(struct parser *p),
                       const struct operation *operation, size_t n)
{
    const struct operation *o;
    skip_blanks(p);
    const char *begin = p->at;
    if (what(p) != 0)
        return -1;
    while ((o = accept_operation(p, operation, n)) != NULL)
        if (what(p) != 0 || emit(p, o->code, begin, -1) == NULL)
            return -1;
    return 0;
}

static int parse_product(struct parser *p)
{
    static const struct operation products[] = {
        {"*", FILTER_MULTIPLY}, {"/", FILTER_DIVIDE}, {"%", FILTER_REMAINDER}};
    return parse_chain(p, parse_unary, products, COUNT(products));
}

static int parse_sum(struct parser *p)
{
    static const struct operation sums[] = {
        {"+", FILTER_ADD}, {"-", FILTER_SUBTRACT}};
    return parse_chain(p, parse_product, sums, COUNT(sums));
}

/* What is right of =~ and !~. */
static int parse_regex(struct parser *p, enum filter_code code,
                       const char *begin)
{
    struct span text = {NULL, 0};
    char why[200];
    skip_blanks(p);
    const char *at = p->at;
    if (*at != '\'' && *at != '"')
        return wrong(p, at, "expected a regular expression in quotes");
    if (read_quoted(p, &text) != 0)
        return -1;
    struct filter_step *step = emit(p, code, begin, 0);
    char *copy = strndup(text.at, text.n);
    regex_t *regex = malloc(sizeof *regex);
    if (step == NULL || copy == NULL || regex == NULL) {
        free(copy);
        free(regex);
        return no_memory(p);
    }
    const int rc = regcomp(regex, copy, REG_EXTENDED | REG_NOSUB);
    free(copy);
    if (rc == 0) {
        step->u.regex = regex;
        return 0;
    }
    regerror(rc, regex, why, sizeof why);
    free(regex);
    return ff_error_set(p->err, FF_USAGE,
                        "--filter: '%.*s' is no regular expression: %s",
                        (int)(text.n < EXCERPT ? text.n : EXCERPT), text.at,
                        why);
}

static int parse_relation(struct parser *p)
{
    static const struct operation relations[] = {
        {"==", FILTER_EQUAL}, {"!=", FILTER_UNEQUAL}, {"<=", FILTER_AT_MOST},
        {">=", FILTER_AT_LEAST}, {"<", FILTER_LESS}, {">", FILTER_MORE},
        {"=~", FILTER_MATCHES}, {"!~", FILTER_DIFFERS}};
    skip_blanks(p);
    const char *begin = p->at;
    if (parse_sum(p) != 0)
        return -1;
    const struct operation *o =
        accept_operation(p, relations, COUNT(relations));
    if (o == NULL)
        return 0;
    if (o->code == FILTER_MATCHES || o->code == FILTER_DIFFERS)
        return parse_regex(p, o->code, begin);
    if (parse_sum(p) != 0)
        return -1;
    return emit(p, o->code, begin, -1) != NULL ? 0 : -1;
}

static int parse_not(struct parser *p)
{
    skip_blanks(p);
    const char *begin = p->at;
    if (!accept(p, "!"))
        return parse_relation(p);
    if (deeper(p) != 0 || parse_not(p) != 0)
        return -1;
    p->depth--;
    return emit(p, FILTER_NOT, begin, 0) != NULL ? 0 : -1;
}

/* what { token what }, where what is right of a token is looked at only when
 * what is left of it does not decide. */
static int parse_logic(struct parser *p, int what(struct parser *p),
                       const char *token, enum filter_code code)
{
    struct filter *f = p->filter;
    if (what(p) != 0)
        return -1;
    while (accept(p, token)) {
        const size_t left = f->n_steps;
        if (emit(p, code, p->at, -1) == NULL || what(p) != 0
            || emit(p, FILTER_TRUTH, p->at, 0) == NULL)
            return -1;
        f->step[left].u.jump = f->n_steps;
    }
    return 0;
}

static int parse_and(struct parser *p)
{
    return parse_logic(p, parse_not, "&&", FILTER_AND);
}

static int parse_or(struct parser *p)
{
    return parse_logic(p, parse_and, "||", FILTER_OR);
}

/* ---- the whole of it ----------------------------------------------------- */

static int parse_all(struct parser *p)
{
    struct filter *f = p->filter;
    if (parse_or(p) != 0)
        return -1;
    skip_blanks(p);
    if (*p->at == ')')
        return wrong(p, p->at, "expected a '(' for the ')'");
    if (*p->at == '=')
        return wrong(p, p->at, "expected '==' or '=~'");
    if (*p->at != '\0')
        return wrong(p, p->at, "expected an operator, like '==' or '&&',");
    f->stack = calloc(p->highest, sizeof *f->stack);
    return f->stack != NULL ? 0 : no_memory(p);
}

struct filter *filter_parse(const char *text, const struct items *items,
                            struct ff_error *err)
{
    struct filter *f = calloc(1, sizeof *f);
    struct parser p = {.filter = f, .items = items, .err = err};
    if (f == NULL || (f->source = strdup(text)) == NULL) {
        no_memory(&p);
        goto fail;
    }
    p.at = f->source;
    if (strlen(text) > UINT32_MAX / 2) {
        ff_error_set(err, FF_USAGE, "--filter: longer than 2 GiB");
        goto fail;
    }
    if (parse_all(&p) == 0)
        return f;
fail:
    filter_free(f);
    return NULL;
}

void filter_free(struct filter *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->n_steps; i++) {
        struct filter_step *step = &f->step[i];
        if ((step->code == FILTER_MATCHES || step->code == FILTER_DIFFERS)
            && step->u.regex != NULL) {
            regfree(step->u.regex);
            free(step->u.regex);
        }
    }
    free(f->step);
    free(f->stack);
    free(f->copy);
    free(f->source);
    free(f);
}
