/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a template for an item. All words go into one text, one
 * behind the other, each ended by a zero byte; argv is set at the end, when the
 * text does not move any more. Nothing is copied twice and nothing is kept, so
 * that a million items need the memory of the largest.
 */
#include "template.h"

#include "template_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES ((size_t)2 << 30)

/* An item on its way into words. */
struct expander {
    const struct template *t;
    const struct item *item;
    const struct template_place *place;
    struct text *text;
    struct ff_error *err;
};

static int no_memory(struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "no memory for the words of a command");
}

/* ---- paths ---------------------------------------------------------------- */

static size_t without_slashes(const char *at, size_t n)
{
    while (n > 1 && at[n - 1] == '/')
        n--;
    return n;
}

/* What stands before the last component, as dirname(1) has it: slashes at the
 * end do not count, "/" has itself, and a bare name is in ".". */
static struct span directory(struct span path)
{
    size_t n = without_slashes(path.at, path.n);
    if (n == 1 && path.at[0] == '/')
        return (struct span){path.at, 1};
    while (n > 0 && path.at[n - 1] != '/')
        n--;
    if (n == 0)
        return span_of(".");
    return (struct span){path.at, without_slashes(path.at, n)};
}

/* What stands behind the last slash: GNU parallel's s:.*\/::, so that of "a/b/"
 * it is nothing. */
static struct span base(struct span path)
{
    const char *slash = path.n > 0 ? memrchr(path.at, '/', path.n) : NULL;
    if (slash == NULL)
        return path;
    const size_t n = (size_t)(slash - path.at) + 1;
    return (struct span){slash + 1, path.n - n};
}

/* From the last dot on, when no slash is behind it. */
static struct span no_extension(struct span path)
{
    for (size_t n = path.n; n > 0 && path.at[n - 1] != '/'; n--)
        if (path.at[n - 1] == '.')
            return (struct span){path.at, n - 1};
    return path;
}

static struct span take(struct span value, enum template_path path)
{
    switch (path) {
    case PATH_NO_EXTENSION:
        return no_extension(value);
    case PATH_BASE:
        return base(value);
    case PATH_DIRECTORY:
        return directory(value);
    case PATH_BARE:
        return no_extension(base(value));
    case PATH_WHOLE:
        break;
    }
    return value;
}

/* ---- values --------------------------------------------------------------- */

static size_t n_values(const struct expander *x,
                       const struct template_part *part)
{
    const size_t n_inputs = x->item->n_inputs;
    if (part->kind == TEMPLATE_ALL)
        return n_inputs * x->item->n_columns;
    if (part->kind == TEMPLATE_COLUMN && !x->t->by_input)
        return n_inputs;
    return 1;
}

/* Which of n from 0; n when there is no such one. */
static size_t place_of(int32_t column, size_t n)
{
    const size_t at = (size_t)abs(column);
    if (at > n)
        return n;
    return column > 0 ? at - 1 : n - at;
}

/* Value i of a part that stands for the input. */
static struct span value_of(const struct expander *x,
                            const struct template_part *part, size_t i)
{
    const struct item *item = x->item;
    if (part->kind == TEMPLATE_ALL)
        return item->column[i];
    if (x->t->by_input) {
        const size_t at = place_of(part->column, item->n_inputs);
        return at < item->n_inputs ? item->column[at * item->n_columns]
                                   : span_of("");
    }
    const size_t at = place_of(part->column, item->n_columns);
    return at < item->n_columns ? item->column[i * item->n_columns + at]
                                : span_of("");
}

static bool is_anywhere(const struct expander *x)
{
    return x->place == NULL || x->place->anywhere;
}

/* What a part stands for that is not of the input; a number goes to digits. */
static struct span other_of(const struct expander *x,
                            const struct template_part *part, char digits[32])
{
    uint64_t number = 0;
    const bool is_known = part->kind == TEMPLATE_NUMBER
                          || (part->kind == TEMPLATE_TOTAL && x->place != NULL)
                          || !is_anywhere(x);
    if (!is_known)
        return (struct span){x->t->text.at + part->at, part->n};
    switch (part->kind) {
    case TEMPLATE_HOST:
        return span_of(x->place->host != NULL ? x->place->host : "");
    case TEMPLATE_CORE:
        return span_of(x->place->core != NULL ? x->place->core : "");
    case TEMPLATE_NUMBER:
        number = x->item->number + 1;
        break;
    case TEMPLATE_TOTAL:
        number = x->place->total;
        break;
    case TEMPLATE_SLOT:
        number = x->place->slot;
        break;
    default:
        number = x->place->rank;
        break;
    }
    const int n = snprintf(digits, 32, "%" PRIu64, number);
    return (struct span){digits, (size_t)n};
}

static bool is_of_input(const struct template_part *part)
{
    return part->kind == TEMPLATE_ALL || part->kind == TEMPLATE_COLUMN;
}

/* [-]digits */
static bool is_number(struct span s)
{
    const size_t sign = s.n > 0 && s.at[0] == '-';
    for (size_t i = sign; i < s.n; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.n > sign;
}

/* Can it be passed on? */
static int check_value(const struct expander *x, enum quoting quoting,
                       struct span value)
{
    if (value.n > 0 && memchr(value.at, '\0', value.n) != NULL)
        return ff_error_set(x->err, FF_ITEMS_FAILED,
                            "a value has a zero byte, which no word of a "
                            "command can have: with -0 values end with one "
                            "(find -print0); or pass it with --stdin");
    if (quoting == QUOTING_NUMBER && !is_anywhere(x) && !is_number(value))
        return ff_error_set(x->err, FF_ITEMS_FAILED,
                            "'%.*s' stands in arithmetic, $(( )), and is no "
                            "whole number",
                            value.n < 100 ? (int)value.n : 100, value.at);
    if (value.n > MOST_BYTES - x->text->n)
        return ff_error_set(x->err, FF_ITEMS_FAILED,
                            "the words of the command are more than 2 GiB");
    return 0;
}

static int add_value(const struct expander *x,
                     const struct template_part *part, size_t i)
{
    char digits[32];
    const struct span value =
        is_of_input(part) ? take(value_of(x, part, i), part->path)
                          : other_of(x, part, digits);
    if (check_value(x, part->quoting, value) != 0)
        return -1;
    if (quote_value(value, part->quoting, x->text) != 0)
        return no_memory(x->err);
    return 0;
}

/* ---- words ---------------------------------------------------------------- */

/* The values of a part, with that byte between them. */
static int add_part(const struct expander *x, const struct template_part *part,
                    char between)
{
    if (part->kind == TEMPLATE_LITERAL) {
        if (text_append(x->text, x->t->text.at + part->at, part->n) != 0)
            return no_memory(x->err);
        return 0;
    }
    const size_t n = n_values(x, part);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && text_append(x->text, &between, 1) != 0)
            return no_memory(x->err);
        if (add_value(x, part, i) != 0)
            return -1;
    }
    return 0;
}

/* A word, or as many as it has values, each ended by a zero byte. */
static int add_word(const struct expander *x, const struct template_word *word,
                    char end)
{
    /* (An empty template has no parts, and no address of one.) */
    const struct template_part *part =
        word->n > 0 ? &x->t->part[word->first] : NULL;
    const bool alone = word->n == 1 && is_of_input(part);
    if (alone && n_values(x, part) == 0)
        return 0;
    for (size_t i = 0; i < word->n; i++)
        if (add_part(x, &part[i], alone ? end : ' ') != 0)
            return -1;
    if (text_append(x->text, &end, 1) != 0)
        return no_memory(x->err);
    return 0;
}

/* Would a shell take the line for an option? */
static bool looks_like_option(const struct template *t)
{
    if (t->n_parts == 0 || t->part[0].kind != TEMPLATE_LITERAL)
        return false;
    const char c = t->text.at[t->part[0].at];
    return c == '-' || c == '+';
}

/* All words, blanks between them. */
static int add_joined(const struct expander *x)
{
    const size_t begin = x->text->n;
    for (size_t i = 0; i < x->t->n_words; i++)
        if (add_word(x, &x->t->word[i], ' ') != 0)
            return -1;
    if (x->text->n > begin)
        x->text->at[--x->text->n] = '\0'; /* the last blank */
    return 0;
}

/* /bin/sh -c LINE */
static int add_line(const struct expander *x)
{
    static const char shell[] = "/bin/sh\0-c";
    if (text_append(x->text, shell, sizeof shell) != 0
        || text_append_string(x->text, looks_like_option(x->t) ? " " : "")
               != 0)
        return no_memory(x->err);
    if (add_joined(x) != 0)
        return -1;
    return text_append(x->text, "", 1) == 0 ? 0 : no_memory(x->err);
}

/* The words that the text is made of. */
static int set_argv(struct expansion *e)
{
    size_t n = 0;
    for (size_t i = 0; i < e->text.n; i++)
        n += e->text.at[i] == '\0';
    if (n + 1 > e->argv_room) {
        const size_t room = 2 * (n + 1);
        void *more = realloc(e->argv, room * sizeof *e->argv);
        if (more == NULL)
            return -1;
        e->argv = more;
        e->argv_room = room;
    }
    char *at = e->text.at;
    for (size_t i = 0; i < n; i++) {
        e->argv[i] = at;
        at += strlen(at) + 1;
    }
    e->argv[n] = NULL;
    e->argc = n;
    return 0;
}

int template_expand(const struct template *t, const struct item *item,
                    const struct template_place *place,
                    struct expansion *expansion, struct ff_error *err)
{
    text_clear(&expansion->text);
    const struct expander x = {.t = t, .item = item, .place = place,
                               .text = &expansion->text, .err = err};
    if (t->shell && add_line(&x) != 0)
        return -1;
    for (size_t i = 0; !t->shell && i < t->n_words; i++)
        if (add_word(&x, &t->word[i], '\0') != 0)
            return -1;
    if (set_argv(expansion) != 0)
        return no_memory(err);
    return 0;
}

int template_join(const struct template *t, const struct item *item,
                  const struct template_place *place, struct text *text,
                  struct ff_error *err)
{
    const struct expander x = {.t = t, .item = item, .place = place,
                               .text = text, .err = err};
    return add_joined(&x);
}

/* Takes the first component off a path. */
static struct span next_component(struct span *path)
{
    const char *slash = memchr(path->at, '/', path->n);
    const size_t n = slash != NULL ? (size_t)(slash - path->at) : path->n;
    const struct span component = {path->at, n};
    path->at += n + (slash != NULL);
    path->n -= n + (slash != NULL);
    return component;
}

/* How many components are "..". */
static size_t count_ups(struct span path)
{
    size_t n = 0;
    while (path.n > 0)
        n += span_is(next_component(&path), "..");
    return n;
}

/* Can there be such a file, and one with .err behind it? */
static bool is_too_long(struct span path)
{
    bool too_long = path.n + 4 >= PATH_MAX;
    while (path.n > 0)
        too_long |= next_component(&path).n + 4 > NAME_MAX;
    return too_long;
}

/* The same of the template, its values being names. */
static long template_ups(const struct template *t)
{
    struct text text = TEXT_EMPTY;
    long n = 0;
    for (size_t i = 0; n == 0 && i < t->n_parts; i++)
        if (t->part[i].kind != TEMPLATE_LITERAL
                ? text_append(&text, "x", 1) != 0
                : text_append(&text, t->text.at + t->part[i].at,
                              t->part[i].n) != 0)
            n = -1;
    if (n == 0)
        n = (long)count_ups((struct span){text.at, text.n});
    text_release(&text);
    return n;
}

int template_join_path(const struct template *t, const struct item *item,
                       const struct template_place *place, struct text *text,
                       struct ff_error *err)
{
    const size_t before = text->n;
    if (template_join(t, item, place, text, err) != 0)
        return -1;
    const struct span path = {text->at == NULL ? "" : text->at + before, text->n - before};
    if (path.n == 0)
        return ff_error_set(err, FF_ITEMS_FAILED, "the value is empty, and so "
                            "is the name of its --results");
    if (is_too_long(path))
        return ff_error_set(err, FF_ITEMS_FAILED, "the name of its --results "
                            "is too long: '%.100s'...", path.at);
    if (t->n_parts == 0 || t->part[0].kind != TEMPLATE_LITERAL)
        return 0;
    const long ups = template_ups(t);
    if (ups < 0)
        return no_memory(err);
    if (count_ups(path) == (size_t)ups)
        return 0;
    return ff_error_set(err, FF_ITEMS_FAILED, "--results '%.*s' leads out of "
                        "its folder: take {/} of the value, or --results DIR "
                        "without braces", path.n < 100 ? (int)path.n : 100,
                        path.at);
}

void expansion_release(struct expansion *expansion)
{
    free(expansion->argv);
    text_release(&expansion->text);
    *expansion = EXPANSION_EMPTY;
}
