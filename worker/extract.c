/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers out of what a command prints: see extract.h.
 *
 * What is printed is read once, in slices. In each slice whole lines are looked
 * at where they are, from the last one back, until each field has been found;
 * so of a long output little more than the last line of each slice is read
 * closely. Only the line that is not yet complete is copied.
 */
#include "extract.h"
#include "field.h"
#include "printed.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES ((size_t)64 << 10) /* of a line are looked at */
#define NS 1e9

/* A line without its end. */
struct line {
    const char *at, *end;
    bool cut; /* it began further in front */
};

struct wanted {
    struct field field;
    enum extract_found found;
    double value;
};

struct extract {
    size_t n;
    bool reads, keeps_line; /* something is printed; a column */
    char *open;             /* the last line so far, 2 LINE_BYTES */
    size_t n_open;
    bool open_cut;
    char *last;             /* the last line that is not empty, LINE_BYTES */
    size_t n_last;
    bool last_cut;
    char *copy;             /* of a line for regexec, LINE_BYTES + 1 */
    struct wanted wanted[];
};

/* ---- fields of a line ---------------------------------------------------- */

static void set(struct wanted *w, double value)
{
    w->found = EXTRACT_NUMBER;
    w->value = value;
}

/* The field is there: the number that these bytes begin with. */
static void set_text(struct wanted *w, const char *p, const char *end)
{
    w->found = printed_first(p, end, &w->value) ? EXTRACT_NUMBER
                                                : EXTRACT_OTHER;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool in_name(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z')
           || c == '_' || c == '-' || c == '.' || (unsigned char)c >= 128;
}

/* Where the value stands of the key at p, which is n bytes long; NULL: it is
 * not there as a key. */
static const char *value_of_key(const struct line *l, const char *p, size_t n)
{
    const char *after = p + n;
    if (p == l->at ? l->cut : in_name(p[-1]))
        return NULL;
    if (p > l->at && (p[-1] == '"' || p[-1] == '\'')) {
        if (after == l->end || *after != p[-1])
            return NULL;
        after++;
    }
    while (after < l->end && is_blank(*after))
        after++;
    return after < l->end && (*after == '=' || *after == ':') ? after + 1
                                                              : NULL;
}

/* (Of several lines in a row as of one.) */
static void take_key(struct wanted *w, const struct line *l)
{
    const size_t n = w->field.n;
    const char *p = l->at, *value = NULL;
    while ((p = memmem(p, (size_t)(l->end - p), w->field.text, n)) != NULL) {
        const char *at = value_of_key(l, p, n);
        if (at != NULL)
            value = at;
        p++;
    }
    if (value != NULL)
        set_text(w, value, l->end);
}

/* (Some regexec want a zero byte behind a text even if they are told where it
 * ends; copying it is the least of the work.) */
static void take_regex(struct wanted *w, const struct line *l, char *copy)
{
    const regoff_t n = (regoff_t)(l->end - l->at);
    regmatch_t match[2] = {{.rm_so = 0, .rm_eo = n}}, group;
    bool any = false;
    memcpy(copy, l->at, (size_t)n);
    copy[n] = '\0';
    while (match[0].rm_so <= n
           && regexec(&w->field.regex, copy, 2, match,
                      REG_STARTEND | (l->cut ? REG_NOTBOL : 0)) == 0) {
        any = true;
        group = match[1];
        match[0].rm_so = match[0].rm_eo + (match[0].rm_so == match[0].rm_eo);
        match[0].rm_eo = n;
    }
    if (any && group.rm_so < 0)
        w->found = EXTRACT_OTHER;
    else if (any)
        set_text(w, l->at + group.rm_so, l->at + group.rm_eo);
}

/* ---- columns ------------------------------------------------------------- */

/* What is between the columns of a line; 0: blanks. */
static char separator(const struct line *l)
{
    for (const char *p = l->at; p < l->end; p++)
        if (is_blank(*p))
            return 0;
    const size_t n = (size_t)(l->end - l->at);
    return memchr(l->at, ';', n) != NULL ? ';'
           : memchr(l->at, ',', n) != NULL ? ',' : 0;
}

static bool ends_column(char c, char separator)
{
    return separator == 0 ? is_blank(c) : c == separator;
}

/* Puts column i, from 1, of a trimmed line into *column; how many columns were
 * passed: i, or all of them when there are fewer. */
static long find_column(const struct line *l, char between, long i,
                        struct line *column)
{
    const char *p = l->at;
    for (long k = 1;; k++) {
        const char *stop = p;
        while (stop < l->end && !ends_column(*stop, between))
            stop++;
        *column = (struct line){.at = p, .end = stop};
        if (k == i || stop == l->end)
            return k;
        p = stop + 1;
        while (between == 0 && is_blank(*p))
            p++;
    }
}

static struct line trimmed(struct line l)
{
    while (l.at < l.end && is_blank(*l.at))
        l.at++;
    while (l.at < l.end && is_blank(l.end[-1]))
        l.end--;
    return l;
}

/* Of a line whose begin is not known, columns count from the end alone, and
 * the first may be a part of one. */
static void take_column(struct wanted *w, const struct line *trimmed_line)
{
    const struct line *l = trimmed_line;
    const char between = separator(l);
    struct line column;
    long i = w->field.column;
    if (i < 0)
        i += 1 + find_column(l, between, 0, &column);
    else if (l->cut)
        return;
    if (i >= 1 + l->cut && find_column(l, between, i, &column) == i)
        set_text(w, column.at, column.end);
}

/* ---- lines --------------------------------------------------------------- */

static struct line without_end(struct line l)
{
    l.end -= l.end > l.at && l.end[-1] == '\r';
    return l;
}

/* Looks at a whole line; the last one that has a field counts. */
static void take(struct extract *x, struct wanted *w, const struct line *l)
{
    double last;
    if (w->field.kind == FIELD_KEY)
        take_key(w, l);
    else if (w->field.kind == FIELD_REGEX)
        take_regex(w, l, x->copy);
    else if (w->field.kind == FIELD_LAST
             && printed_last(l->at, l->end, l->cut, &last))
        set(w, last);
}

static bool keep_line(struct extract *x, const struct line *l)
{
    const struct line line = trimmed(*l);
    if (line.at == line.end)
        return false;
    x->n_last = (size_t)(line.end - line.at);
    x->last_cut = line.cut;
    memcpy(x->last, line.at, x->n_last);
    return true;
}

static void take_line(struct extract *x, struct line l)
{
    l = without_end(l);
    for (size_t i = 0; i < x->n; i++)
        take(x, &x->wanted[i], &l);
    if (x->keeps_line)
        keep_line(x, &l);
}

/* The last line in front of `end`, which is behind a newline. */
static struct line line_before(const char *begin, const char *end)
{
    const char *newline = memrchr(begin, '\n', (size_t)(end - 1 - begin));
    return without_end((struct line){
        .at = newline != NULL ? newline + 1 : begin, .end = end - 1});
}

/* Looks at whole lines, from the last one back, until one has the field. Lines
 * without a trace of a number are passed over. */
static void take_last(struct extract *x, struct wanted *w, const char *begin,
                      const char *end)
{
    const enum extract_found before = w->found;
    w->found = EXTRACT_NOTHING;
    while (end > begin && w->found == EXTRACT_NOTHING) {
        if (w->field.kind == FIELD_LAST) {
            const char *trace = printed_trace(begin, end);
            if (trace == NULL)
                break;
            end = (const char *)memchr(trace, '\n', (size_t)(end - trace)) + 1;
        }
        const struct line l = line_before(begin, end);
        take(x, w, &l);
        end = l.at;
    }
    if (w->found == EXTRACT_NOTHING)
        w->found = before;
}

static void keep_last(struct extract *x, const char *begin, const char *end)
{
    bool kept = false;
    while (end > begin && !kept) {
        const struct line l = line_before(begin, end);
        kept = keep_line(x, &l);
        end = l.at;
    }
}

/* Whole lines, none of them cut. */
static void take_lines(struct extract *x, const char *begin, const char *end)
{
    const struct line all = {.at = begin, .end = end};
    for (size_t i = 0; i < x->n; i++) {
        struct wanted *w = &x->wanted[i];
        if (w->field.kind == FIELD_KEY)
            take_key(w, &all);
        else if (w->field.kind == FIELD_LAST || w->field.kind == FIELD_REGEX)
            take_last(x, w, begin, end);
    }
    if (x->keeps_line)
        keep_last(x, begin, end);
}

/* Adds to the line that is not complete. */
static void append(struct extract *x, const char *data, size_t n)
{
    if (x->n_open + n > 2 * LINE_BYTES) {
        memmove(x->open, x->open + x->n_open - LINE_BYTES, LINE_BYTES);
        x->n_open = LINE_BYTES;
        x->open_cut = true;
    }
    memcpy(x->open + x->n_open, data, n);
    x->n_open += n;
}

static void take_open(struct extract *x)
{
    const size_t more = x->n_open > LINE_BYTES ? x->n_open - LINE_BYTES : 0;
    take_line(x, (struct line){.at = x->open + more,
                               .end = x->open + x->n_open,
                               .cut = x->open_cut || more > 0});
    x->n_open = 0;
    x->open_cut = false;
}

/* No more than LINE_BYTES. */
static void feed_slice(struct extract *x, const char *p, size_t n)
{
    const char *const end = p + n;
    if (x->n_open > 0) {
        const char *newline = memchr(p, '\n', n);
        append(x, p, newline != NULL ? (size_t)(newline - p) : n);
        if (newline == NULL)
            return;
        take_open(x);
        p = newline + 1;
    }
    const char *newline = memrchr(p, '\n', (size_t)(end - p));
    if (newline != NULL) {
        take_lines(x, p, newline + 1);
        p = newline + 1;
    }
    append(x, p, (size_t)(end - p));
}

void extract_feed(struct extract *x, const void *data, size_t n)
{
    const char *p = data;
    while (x->reads && n > 0) {
        const size_t slice = n < LINE_BYTES ? n : LINE_BYTES;
        feed_slice(x, p, slice);
        p += slice;
        n -= slice;
    }
}

/* ---- an attempt ---------------------------------------------------------- */

void extract_begin(struct extract *x)
{
    x->n_open = x->n_last = 0;
    x->open_cut = x->last_cut = false;
    for (size_t i = 0; i < x->n; i++)
        x->wanted[i].found = EXTRACT_NOTHING;
}

/* A signal counts as in shells. */
static double exit_status(const struct row *row)
{
    return row->signal != 0 ? 128 + (double)row->signal : row->exit;
}

static double of_row(const struct row *row, enum field_row what)
{
    switch (what) {
    case FIELD_WALL:
        return (double)row->wall_ns / NS;
    case FIELD_USER:
        return (double)row->user_ns / NS;
    case FIELD_SYSTEM:
        return (double)row->system_ns / NS;
    case FIELD_CPU:
        return (double)(row->user_ns + row->system_ns) / NS;
    case FIELD_RSS:
        return (double)row->max_rss_kb * 1024;
    case FIELD_EXIT:
        return exit_status(row);
    default:
        return row->attempts;
    }
}

void extract_end(struct extract *x, const struct row *row)
{
    if (x->n_open > 0)
        take_open(x);
    const struct line last = {.at = x->last, .end = x->last + x->n_last,
                              .cut = x->last_cut};
    for (size_t i = 0; i < x->n; i++) {
        struct wanted *w = &x->wanted[i];
        if (w->field.kind == FIELD_ROW)
            set(w, of_row(row, w->field.row));
        if (w->field.kind == FIELD_COLUMN && x->n_last > 0)
            take_column(w, &last);
    }
}

size_t extract_n(const struct extract *x)
{
    return x->n;
}

enum extract_found extract_value(const struct extract *x, size_t i,
                                 double *value)
{
    *value = x->wanted[i].value;
    return x->wanted[i].found;
}

const struct field *extract_field(const struct extract *x, size_t i)
{
    return &x->wanted[i].field;
}

bool extract_reads(const struct extract *x)
{
    return x->reads;
}

/* ---- life ---------------------------------------------------------------- */

static int no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot get memory for --fold");
}

struct extract *extract_new(const char *const *field, size_t n,
                            struct ff_error *err)
{
    struct extract *x = calloc(1, sizeof *x + n * sizeof x->wanted[0]);
    if (x == NULL) {
        no_memory(err);
        return NULL;
    }
    for (; x->n < n; x->n++) {
        struct field *f = &x->wanted[x->n].field;
        if (field_init(f, field[x->n], err) != 0)
            goto fail;
        x->reads |= f->kind != FIELD_ROW;
        x->keeps_line |= f->kind == FIELD_COLUMN;
    }
    if (x->reads && ((x->open = malloc(2 * LINE_BYTES)) == NULL
                     || (x->last = malloc(LINE_BYTES)) == NULL
                     || (x->copy = malloc(LINE_BYTES + 1)) == NULL)) {
        no_memory(err);
        goto fail;
    }
    return x;
fail:
    extract_free(x);
    return NULL;
}

void extract_free(struct extract *x)
{
    if (x == NULL)
        return;
    for (size_t i = 0; i < x->n; i++)
        field_release(&x->wanted[i].field);
    free(x->open);
    free(x->last);
    free(x->copy);
    free(x);
}
