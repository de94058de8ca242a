/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of lines: see split.h. A separator that is a plain text, as most are,
 * is looked for without the regular expression. */
#include "split.h"
#include "split_regex.h"

#include <regex.h>
#include <stdlib.h>

struct splitter {
    enum work_split how;
    char comma;
    char *plain;     /* the separator when it is a text; or NULL: */
    size_t n_plain;
    regex_t regex;
};

/* ---- opening ------------------------------------------------------------- */

static int compile(struct splitter *s, const char *text, struct ff_error *err)
{
    char why[200];
    char *posix = split_regex_posix(text);
    if (posix == NULL)
        return ff_error_errno(err, FF_LOST, "cannot read --colsep");
    const int rc = regcomp(&s->regex, posix, REG_EXTENDED);
    free(posix);
    if (rc != 0) {
        regerror(rc, &s->regex, why, sizeof why);
        return ff_error_set(err, FF_USAGE, "--colsep '%s' is no regular "
                            "expression: %s", text, why);
    }
    if (regexec(&s->regex, "", 0, NULL, 0) != 0)
        return 0;
    regfree(&s->regex);
    return ff_error_set(err, FF_USAGE, "--colsep '%s' matches nothing at all, "
                        "so that there would be columns everywhere%s", text,
                        *text == '|' ? ": for a bar write '\\|'" : "");
}

static int open_regex(struct splitter *s, const char *text,
                      struct ff_error *err)
{
    s->plain = split_regex_plain(text);
    if (s->plain == NULL)
        return compile(s, text, err);
    s->n_plain = strlen(s->plain);
    return 0;
}

static int open_csv(struct splitter *s, const char *text,
                    struct ff_error *err)
{
    s->comma = ',';
    if (text == NULL)
        return 0;
    char *plain = split_regex_plain(text);
    s->comma = plain != NULL ? *plain : *text;
    const bool one = plain != NULL ? strlen(plain) == 1 : strlen(text) == 1;
    free(plain);
    if (one && strchr("\"\r\n", s->comma) == NULL)
        return 0;
    return ff_error_set(err, FF_USAGE, "--colsep '%s': columns of CSV are "
                        "separated by one byte", text);
}

struct splitter *splitter_new(enum work_split how, const char *separator,
                              struct ff_error *err)
{
    struct splitter *s = calloc(1, sizeof *s);
    if (s == NULL) {
        ff_error_errno(err, FF_LOST, "cannot get memory for columns");
        return NULL;
    }
    s->how = how;
    if ((how == WORK_SPLIT_CSV ? open_csv(s, separator, err)
                               : open_regex(s, separator, err)) == 0)
        return s;
    free(s);
    return NULL;
}

void splitter_free(struct splitter *splitter)
{
    if (splitter == NULL)
        return;
    if (splitter->how == WORK_SPLIT_REGEX && splitter->plain == NULL)
        regfree(&splitter->regex);
    free(splitter->plain);
    free(splitter);
}

char splitter_comma(const struct splitter *splitter)
{
    return splitter->comma;
}

/* ---- by an expression ---------------------------------------------------- */

/* As Perl's \s, whatever the locale. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span trim(const char *begin, const char *end)
{
    while (begin < end && is_space(*begin))
        begin++;
    while (begin < end && is_space(end[-1]))
        end--;
    return (struct span){begin, (size_t)(end - begin)};
}

/* The next separator from s->at on. A match of nothing is none. */
static bool find_match(const struct splitter *splitter,
                       const struct splitting *s, struct span *found)
{
    const char *at = s->at;
    while (at <= s->end) {
        regmatch_t m = {.rm_so = 0, .rm_eo = s->end - at};
        const int flags = REG_STARTEND | (s->begun ? REG_NOTBOL : 0);
        if (regexec(&splitter->regex, at, 1, &m, flags) != 0)
            return false;
        if (m.rm_eo > m.rm_so) {
            *found = (struct span){at + m.rm_so, (size_t)(m.rm_eo - m.rm_so)};
            return true;
        }
        at += m.rm_eo + 1;
    }
    return false;
}

static bool find_separator(const struct splitter *splitter,
                           const struct splitting *s, struct span *found)
{
    if (splitter->plain == NULL)
        return find_match(splitter, s, found);
    const size_t n = (size_t)(s->end - s->at);
    const char *at = splitter->n_plain == 1
                         ? memchr(s->at, *splitter->plain, n)
                         : memmem(s->at, n, splitter->plain, splitter->n_plain);
    *found = (struct span){at, splitter->n_plain};
    return at != NULL;
}

static void next_part(const struct splitter *splitter, struct splitting *s,
                      struct span *column)
{
    struct span separator;
    s->more = s->at < s->end && find_separator(splitter, s, &separator);
    *column = trim(s->at, s->more ? separator.at : s->end);
    if (s->more)
        s->at = separator.at + separator.n;
    s->begun = true;
}

/* ---- CSV ----------------------------------------------------------------- */

static int no_record(const char *why, struct ff_error *err)
{
    return ff_error_set(err, FF_ITEMS_FAILED, "no CSV record: %s", why);
}

static int next_quoted(char comma, struct splitting *s, struct span *column,
                       struct ff_error *err)
{
    const char *begin = s->at + 1, *p = begin;
    for (;;) {
        p = memchr(p, '"', (size_t)(s->end - p));
        if (p == NULL)
            return no_record("a quote is not closed", err);
        if (p + 1 == s->end || p[1] != '"')
            break;
        s->quoted = true;
        p += 2;
    }
    *column = (struct span){begin, (size_t)(p - begin)};
    s->more = ++p < s->end;
    s->at = p + 1;
    return !s->more || *p == comma ? 1
           : no_record("there is text behind the quote that ends a column",
                       err);
}

static int next_field(char comma, struct splitting *s, struct span *column,
                      struct ff_error *err)
{
    if (s->at < s->end && *s->at == '"')
        return next_quoted(comma, s, column, err);
    const char *p = memchr(s->at, comma, (size_t)(s->end - s->at));
    s->more = p != NULL;
    *column = (struct span){s->at, (size_t)((s->more ? p : s->end) - s->at)};
    if (s->more)
        s->at = p + 1;
    return 1;
}

/* -------------------------------------------------------------------------- */

void split_begin(struct splitting *s, struct span line)
{
    *s = (struct splitting){.at = line.at, .end = line.at + line.n,
                            .more = true};
}

int split_next(const struct splitter *splitter, struct splitting *s,
               struct span *column, struct ff_error *err)
{
    if (!s->more)
        return 0;
    s->quoted = false;
    if (splitter->how == WORK_SPLIT_CSV)
        return next_field(splitter->comma, s, column, err);
    next_part(splitter, s, column);
    return 1;
}

size_t split_unquote(struct span column, char *out)
{
    const char *p = column.at, *end = column.at + column.n;
    char *to = out;
    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        const size_t n = (size_t)((quote != NULL ? quote + 1 : end) - p);
        memcpy(to, p, n);
        to += n;
        p += n + (quote != NULL);
    }
    return (size_t)(to - out);
}
