/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How values must be quoted where they stand in a line for /bin/sh, whichever
 * shell that is: the line is read as the shell will read it, as far as its
 * quotes go. Where that cannot be told, or no quoting holds, a replacement
 * string is refused: a value must never be taken for a piece of the program.
 */
#include "template_parts.h"

#include <string.h>

enum place {
    PLAIN,
    SUBSTITUTION,     /* $( ) */
    BRACES,           /* ${ } */
    DOUBLE,
    BRACES_IN_DOUBLE, /* where shells do not agree about quotes */
    ARITHMETIC,       /* $(( )) */
    SINGLE,
    BACKQUOTES,
    COMMENT
};

#define MOST_NESTED 64

struct scan {
    struct {
        enum place place;
        unsigned parentheses; /* open ones inside */
    } nest[MOST_NESTED];
    unsigned depth;           /* of the innermost */
    bool word_begins;
    bool escaped, dollar;     /* a backslash, a dollar sign was the last byte */
    const char *unsure;       /* from here on: why; or NULL */
};

static enum place where(const struct scan *s)
{
    return s->nest[s->depth].place;
}

static void enter(struct scan *s, enum place place)
{
    if (s->depth + 1 == MOST_NESTED) {
        s->unsure = "behind too many nested quotes";
        return;
    }
    s->depth++;
    s->nest[s->depth].place = place;
    s->nest[s->depth].parentheses = 0;
}

static bool begins(const char *p, const char *end, const char *with)
{
    const size_t n = strlen(with);
    return (size_t)(end - p) >= n && memcmp(p, with, n) == 0;
}

/* Each of these takes what begins at p and returns how many bytes it is. */

static size_t take_dollar(struct scan *s, const char *p, const char *end)
{
    const bool plain = where(s) <= BRACES;
    s->word_begins = false;
    if (begins(p, end, "$((")) {
        enter(s, ARITHMETIC);
        return 3;
    }
    if (begins(p, end, "$(")) {
        enter(s, SUBSTITUTION);
        s->word_begins = true;
        return 2;
    }
    if (begins(p, end, "${")) {
        enter(s, plain ? BRACES : BRACES_IN_DOUBLE);
        return 2;
    }
    if (begins(p, end, "$["))
        s->unsure = "behind $[, which is not of every shell";
    else if (plain && begins(p, end, "$'"))
        s->unsure = "behind $', which is not of every shell";
    s->dollar = plain && p + 1 == end;
    return 1;
}

static size_t take_parenthesis(struct scan *s, const char *p, const char *end)
{
    if (begins(p, end, "(("))
        s->unsure = "behind ((, which is not of every shell";
    if (*p == '(') {
        s->nest[s->depth].parentheses++;
    } else if (s->nest[s->depth].parentheses > 0) {
        s->nest[s->depth].parentheses--;
    } else if (where(s) == SUBSTITUTION) {
        s->depth--;
        return 1;
    }
    s->word_begins = true;
    return 1;
}

/* Outside of quotes. */
static size_t take_plain(struct scan *s, const char *p, const char *end)
{
    const bool first = s->word_begins;
    s->word_begins = *p != '\0' && strchr(" \t\n;&|<>", *p) != NULL;
    switch (*p) {
    case '\'':
        enter(s, SINGLE);
        return 1;
    case '"':
        enter(s, DOUBLE);
        return 1;
    case '(':
    case ')':
        return take_parenthesis(s, p, end);
    case '}':
        s->depth -= where(s) == BRACES;
        return 1;
    case '#':
        if (first && where(s) != BRACES)
            enter(s, COMMENT);
        return 1;
    default:
        break;
    }
    if (begins(p, end, "<<<"))
        return 3;
    if (begins(p, end, "<<"))
        s->unsure = "behind <<: use printf and a pipe, or --stdin";
    if (first && where(s) == SUBSTITUTION && begins(p, end, "case"))
        s->unsure = "behind 'case' within $( )";
    return 1;
}

/* Between the quotes of a $(( )). */
static size_t take_arithmetic(struct scan *s, const char *p, const char *end)
{
    if (*p == '\'' || *p == '"')
        s->unsure = "behind quotes within $(( ))";
    if (*p == '(')
        s->nest[s->depth].parentheses++;
    if (*p != ')')
        return 1;
    if (s->nest[s->depth].parentheses > 0) {
        s->nest[s->depth].parentheses--;
        return 1;
    }
    if (!begins(p, end, "))")) {
        s->unsure = "behind $((, which ends in a single )";
        return 1;
    }
    s->depth--;
    return 2;
}

static size_t take_until(struct scan *s, const char *p, char close)
{
    s->depth -= *p == close;
    return 1;
}

static size_t take(struct scan *s, const char *p, const char *end)
{
    const enum place place = where(s);
    s->dollar = false;
    if (place == SINGLE)
        return take_until(s, p, '\'');
    if (place == COMMENT) {
        s->word_begins = *p == '\n';
        return take_until(s, p, '\n');
    }
    if (*p == '\\') {
        s->word_begins = false;
        s->escaped = p + 1 == end;
        return s->escaped ? 1 : 2;
    }
    if (place == BACKQUOTES)
        return take_until(s, p, '`');
    if (*p == '`') {
        s->word_begins = false;
        enter(s, BACKQUOTES);
        return 1;
    }
    if (*p == '$')
        return take_dollar(s, p, end);
    if (place == DOUBLE)
        return take_until(s, p, '"');
    if (place == ARITHMETIC)
        return take_arithmetic(s, p, end);
    if (place == BRACES_IN_DOUBLE) {
        if (*p == '\'' || *p == '"')
            s->unsure = "behind quotes within \"${ }\"";
        return take_until(s, p, '}');
    }
    return take_plain(s, p, end);
}

/* Why no value can stand here; NULL: it can. */
static const char *refusal(const struct scan *s)
{
    if (s->unsure != NULL)
        return s->unsure;
    if (s->escaped)
        return "behind a backslash";
    if (s->dollar)
        return "behind a dollar sign";
    switch (where(s)) {
    case BACKQUOTES:
        return "within backquotes: use $( )";
    case COMMENT:
        return "in a comment";
    case BRACES_IN_DOUBLE:
        return "within \"${ }\"";
    default:
        return NULL;
    }
}

static enum quoting quoting(const struct scan *s)
{
    switch (where(s)) {
    case DOUBLE:
        return QUOTING_DOUBLE;
    case SINGLE:
        return QUOTING_SINGLE;
    case ARITHMETIC:
        return QUOTING_NUMBER;
    default:
        return QUOTING_OUTSIDE;
    }
}

static const char *set_part(struct scan *s, const struct template *t,
                            struct template_part *part)
{
    if (part->kind != TEMPLATE_LITERAL) {
        part->quoting = quoting(s);
        const char *why = refusal(s);
        s->word_begins = s->escaped = s->dollar = false;
        return why;
    }
    const char *p = t->text.at + part->at;
    const char *const end = p + part->n;
    while (p < end)
        p += take(s, p, end);
    return NULL;
}

int template_set_quoting(struct template *t, const char *const *word,
                         size_t n_words, struct ff_error *err)
{
    struct scan s = {.word_begins = true};
    for (size_t i = 0; i < t->n_words; i++) {
        for (size_t j = 0; j < t->word[i].n; j++) {
            const char *why =
                set_part(&s, t, &t->part[t->word[i].first + j]);
            if (why != NULL)
                return ff_error_set(err, FF_USAGE, "--shell: in '%.200s' a "
                                    "replacement string stands %s, where its "
                                    "value cannot be quoted",
                                    i < n_words ? word[i] : "{}", why);
        }
        static const char blank[] = " ";
        if (!s.escaped)
            take(&s, blank, blank + 1);
        s.escaped = false;
    }
    return 0;
}
