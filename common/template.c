/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the words of a command: literal text and replacement strings. What
 * stands between braces is looked up as a column's name, then as one of our
 * strings; when it is neither it is text, and the search goes on behind its
 * opening brace ("{print {}}" has one).
 */
#include "template.h"

#include "template_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* While words are read. */
struct reader {
    struct template *t;
    const struct items *items;
    struct span marker; /* of -I; .n = 0: none */
    uint32_t n_columns; /* that {n} can mean; 0: not known */
    bool any;           /* replacement string, so far */
    struct span word;   /* that is being read, for messages */
    struct ff_error *err;
};

static int no_memory(struct ff_error *err)
{
    return ff_error_set(err, FF_LOST, "no memory for the words of a command");
}

/* As it was written: `text`. */
static int add_part(struct reader *r, struct template_part part,
                    struct span text)
{
    struct template *t = r->t;
    part.at = t->text.n;
    part.n = text.n;
    if (text_append_span(&t->text, text) != 0)
        return no_memory(r->err);
    if (t->n_parts == t->parts_room) {
        const size_t room = 2 * t->parts_room + 8;
        void *more = realloc(t->part, room * sizeof *t->part);
        if (more == NULL)
            return no_memory(r->err);
        t->part = more;
        t->parts_room = room;
    }
    t->part[t->n_parts++] = part;
    t->word[t->n_words].n++;
    return 0;
}

static int add_literal(struct reader *r, struct span text)
{
    if (text.n == 0)
        return 0;
    return add_part(r, (struct template_part){.kind = TEMPLATE_LITERAL}, text);
}

/* ---- what stands between braces ------------------------------------------ */

/* The column of that name, from 1; 0: none. */
static int32_t named_column(const struct items *items, struct span name)
{
    return items != NULL ? items_column(items, name) + 1 : 0;
}

/* Takes the letters that say what of a path is meant off the end. */
static enum template_path take_path(struct span *inner)
{
    static const struct {
        const char *end;
        enum template_path path;
    } ends[] = { /* an end of another one comes after it */
        {"/.", PATH_BARE},
        {"//", PATH_DIRECTORY},
        {"/", PATH_BASE},
        {".", PATH_NO_EXTENSION},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t n = strlen(ends[i].end);
        if (inner->n >= n
            && memcmp(inner->at + inner->n - n, ends[i].end, n) == 0) {
            inner->n -= n;
            return ends[i].path;
        }
    }
    return PATH_WHOLE;
}

/* Is it [-]digits? The number, or one that no column has. */
static bool is_number(struct span s, int32_t *number)
{
    const bool negative = s.n > 0 && s.at[0] == '-';
    if (s.n == (size_t)negative)
        return false;
    int32_t n = 0;
    for (size_t i = negative; i < s.n; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        if (n <= WORK_MAX_COLUMNS)
            n = 10 * n + (s.at[i] - '0');
    }
    *number = negative ? -n : n;
    return true;
}

/* {n}, which must be a column that there is. */
static int check_column(const struct reader *r, struct span inner,
                        int32_t column)
{
    const uint32_t at = (uint32_t)abs(column);
    const uint32_t most = r->n_columns > 0 ? r->n_columns : WORK_MAX_COLUMNS;
    const int shown = r->word.n < 200 ? (int)r->word.n : 200;
    char why[60] = "they count from 1";
    if (at > 0 && at <= most)
        return 0;
    if (at > 0 && r->n_columns == 0)
        snprintf(why, sizeof why, "there are at most %u", most);
    else if (at > 0 && r->t->by_input && most > 1)
        snprintf(why, sizeof why, "an item has at most %u inputs", most);
    else if (at > 0)
        snprintf(why, sizeof why, "an input has %u", most);
    return ff_error_set(r->err, FF_USAGE, "'%.*s': {%.*s} is no column: %s",
                        shown, r->word.at, (int)inner.n, inner.at, why);
}

static bool other_string(struct span inner, enum template_kind *kind)
{
    static const struct {
        const char *name;
        enum template_kind kind;
    } strings[] = {
        {"#", TEMPLATE_NUMBER}, {"##", TEMPLATE_TOTAL},
        {"%", TEMPLATE_SLOT},   {"rank", TEMPLATE_RANK},
        {"host", TEMPLATE_HOST}, {"core", TEMPLATE_CORE},
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        if (span_is(inner, strings[i].name)) {
            *kind = strings[i].kind;
            return true;
        }
    }
    return false;
}

/* 1: *part is what {inner} means; 0: nothing; -1: *err. */
static int look_up(const struct reader *r, struct span inner,
                   struct template_part *part)
{
    *part = (struct template_part){.kind = TEMPLATE_COLUMN};
    part->column = named_column(r->items, inner);
    if (part->column != 0)
        return 1;
    if (other_string(inner, &part->kind))
        return 1;
    struct span rest = inner;
    part->path = take_path(&rest);
    if (rest.n == 0) {
        part->kind = TEMPLATE_ALL;
        return part->path != PATH_WHOLE || r->marker.n == 0;
    }
    part->column = named_column(r->items, rest);
    if (part->column != 0)
        return 1;
    if (!is_number(rest, &part->column))
        return 0;
    return check_column(r, inner, part->column) == 0 ? 1 : -1;
}

/* ---- words ---------------------------------------------------------------- */

/* The replacement string at the beginning of `rest`: its bytes, 0 when there
 * is none, -1 with *err. */
static long string_at(const struct reader *r, struct span rest,
                      struct template_part *part)
{
    if (r->marker.n > 0 && rest.n >= r->marker.n
        && memcmp(rest.at, r->marker.at, r->marker.n) == 0) {
        *part = (struct template_part){.kind = TEMPLATE_ALL};
        return (long)r->marker.n;
    }
    if (rest.at[0] != '{')
        return 0;
    const char *close = memchr(rest.at, '}', rest.n);
    if (close == NULL)
        return 0;
    const struct span inner = {rest.at + 1, (size_t)(close - rest.at) - 1};
    const int found = look_up(r, inner, part);
    return found > 0 ? (long)inner.n + 2 : found;
}

static void note_use(struct reader *r, const struct template_part *part)
{
    r->any = true;
    const bool input =
        part->kind == TEMPLATE_ALL || part->kind == TEMPLATE_COLUMN;
    r->t->uses_input |= input;
    r->t->uses_place |= !input;
    r->t->uses_total |= part->kind == TEMPLATE_TOTAL;
}

static int read_word(struct reader *r, struct span word)
{
    struct template *t = r->t;
    t->word[t->n_words] = (struct template_word){.first = t->n_parts};
    r->word = word;
    size_t literal = 0, i = 0;
    while (i < word.n) {
        struct template_part part;
        const struct span rest = {word.at + i, word.n - i};
        const long n = string_at(r, rest, &part);
        if (n < 0)
            return -1;
        if (n == 0) {
            i++;
            continue;
        }
        if (add_literal(r, (struct span){word.at + literal, i - literal}) != 0
            || add_part(r, part, (struct span){rest.at, (size_t)n}) != 0)
            return -1;
        note_use(r, &part);
        i += (size_t)n;
        literal = i;
    }
    if (add_literal(r, (struct span){word.at + literal, i - literal}) != 0)
        return -1;
    t->n_words++;
    return 0;
}

/* ---- a command ------------------------------------------------------------ */

/* What {n} can mean. */
static void know_columns(struct reader *r)
{
    if (r->items == NULL)
        return;
    const struct work_head *head = r->items->work.head;
    if (head->split != WORK_SPLIT_NONE) {
        r->n_columns = head->n_names;
        return;
    }
    r->n_columns = head->n_sources;
    r->t->by_input = head->n_sources == 1;
    if (r->t->by_input && head->max_args > 1)
        r->n_columns = head->max_args < WORK_MAX_COLUMNS
                           ? (uint32_t)head->max_args : WORK_MAX_COLUMNS;
}

static int read_words(struct reader *r, const char *const *word, size_t n,
                      bool append)
{
    for (size_t i = 0; i < n; i++)
        if (read_word(r, span_of(word[i])) != 0)
            return -1;
    if (r->any || !append)
        return 0;
    struct template *t = r->t;
    t->word[t->n_words] = (struct template_word){.first = t->n_parts};
    if (add_part(r, (struct template_part){.kind = TEMPLATE_ALL},
                 span_of("{}")) != 0)
        return -1;
    t->n_words++;
    return 0;
}

struct template *template_parse(const char *const *word, size_t n_words,
                                const struct template_rules *rules,
                                const struct items *items,
                                struct ff_error *err)
{
    if (rules->marker != NULL && rules->marker[0] == '\0') {
        ff_error_set(err, FF_USAGE, "-I '': it needs a text that stands for "
                     "the input");
        return NULL;
    }
    struct template *t = calloc(1, sizeof *t);
    struct reader r = {.t = t, .items = items, .err = err};
    if (t != NULL) {
        t->shell = rules->shell;
        t->word = calloc(n_words + 1, sizeof *t->word);
    }
    if (t == NULL || t->word == NULL) {
        no_memory(err);
        goto failed;
    }
    if (rules->marker != NULL)
        r.marker = span_of(rules->marker);
    know_columns(&r);
    if (read_words(&r, word, n_words, rules->append) == 0
        && (!t->shell || template_set_quoting(t, word, n_words, err) == 0))
        return t;
failed:
    template_free(t);
    return NULL;
}

struct template *template_of_work(const struct items *items,
                                  struct ff_error *err)
{
    const struct work_head *head = items->work.head;
    const char **word = malloc((head->n_words + 1) * sizeof *word);
    if (word == NULL) {
        no_memory(err);
        return NULL;
    }
    const char *p = work_text(&items->work, head->words);
    for (uint32_t i = 0; i < head->n_words; i++, p += strlen(p) + 1)
        word[i] = p;
    const struct template_rules rules = {
        .shell = (head->flags & WORK_SHELL) != 0,
        .append = head->stdin_from == WORK_STDIN_NONE && head->n_sources > 0,
        .marker = work_text(&items->work, head->marker)};
    struct template *t =
        template_parse(word, head->n_words, &rules, items, err);
    free(word);
    return t;
}

struct template *template_of_tag(const struct items *items,
                                 struct ff_error *err)
{
    const struct work_head *head = items->work.head;
    const char *tag = work_text(&items->work, head->tag);
    const char *marker = work_text(&items->work, head->marker);
    const char *const word = tag != NULL ? tag : "{}";
    const struct template_rules rules = {.marker = tag != NULL ? marker : NULL};
    return template_parse(&word, 1, &rules, items, err);
}

struct template *template_of_results(const struct items *items,
                                     struct ff_error *err)
{
    const struct work_head *head = items->work.head;
    const char *const word = work_text(&items->work, head->results);
    const struct template_rules rules = {
        .marker = work_text(&items->work, head->marker)};
    return template_parse(&word, 1, &rules, items, err);
}

void template_free(struct template *t)
{
    if (t == NULL)
        return;
    free(t->part);
    free(t->word);
    text_release(&t->text);
    free(t);
}

bool template_uses_input(const struct template *t)
{
    return t->uses_input;
}

bool template_uses_total(const struct template *t)
{
    return t->uses_total;
}

bool template_uses_place(const struct template *t)
{
    return t->uses_place;
}
