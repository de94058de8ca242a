/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other texts of users: the first byte says which.
 *
 *   r  --range as a list: refused with words, or each part is ascending and has
 *      its numbers within 64 bits; written down one by one it is the same
 *   c  a file of CSV, cut into pieces anywhere: the same records, or the same
 *      error, as in one piece; each record is taken apart without an error, and
 *      its columns, quoted again, are the same columns
 *   s  --colsep and a line: the columns lie in the line, in order, and do not
 *      overlap
 *   n  numbers and durations: whole numbers come out as they are written
 *   w  the words of a command in a job file
 */
#include "csv_records.h"
#include "fuzz.h"
#include "number.h"
#include "range.h"
#include "shell_words.h"
#include "split.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ranges --------------------------------------------------------------- */

static void try_range(const char *text)
{
    struct work_numbers *part, *again;
    uint32_t n, n_again;
    struct ff_error err = {0};
    char *copy;
    size_t k;
    if (range_parse(text, &part, &n, &err) != 0) {
        fuzz_expect_error(&err, FF_USAGE);
        return;
    }
    FILE *out = open_memstream(&copy, &k);
    FUZZ_EXPECT(out != NULL);
    for (uint32_t i = 0; i < n; i++) {
        int64_t way, last;
        FUZZ_EXPECT(part[i].n > 0 && part[i].step > 0);
        FUZZ_EXPECT(part[i].n - 1 <= INT64_MAX);
        FUZZ_EXPECT(!__builtin_mul_overflow((int64_t)(part[i].n - 1),
                                            part[i].step, &way));
        FUZZ_EXPECT(!__builtin_add_overflow(part[i].first, way, &last));
        fprintf(out, "%s%" PRId64 "-%" PRId64 ":%" PRId64, i > 0 ? "," : "",
                part[i].first, last, part[i].step);
    }
    fclose(out);
    if (n > 0 && range_parse(copy, &again, &n_again, NULL) == 0) {
        FUZZ_EXPECT(n_again == n);
        for (uint32_t i = 0; i < n; i++)
            FUZZ_EXPECT(again[i].first == part[i].first
                        && again[i].n == part[i].n);
        free(again);
    }
    free(copy);
    free(part);
}

/* ---- CSV ------------------------------------------------------------------ */

/* Records, each ended by a byte that no separate list is needed for: lengths in
 * front. */
struct records {
    struct text bytes, ends;
};

static void put(void *to, const char *bytes, size_t n)
{
    FUZZ_EXPECT(text_append(&((struct records *)to)->bytes, bytes, n) == 0);
}

static void end(void *to)
{
    struct records *r = to;
    FUZZ_EXPECT(text_append(&r->ends, &r->bytes.n, sizeof r->bytes.n) == 0);
}

static int read_records(struct records *to, const char *bytes, size_t n,
                        size_t piece, struct ff_error *err)
{
    struct csv_records r = {.name = "a.csv", .comma = ',', .put = put,
                            .end = end, .to = to};
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < n; at += piece) {
        const size_t k = n - at < piece ? n - at : piece;
        rc = csv_records_feed(&r, bytes + at, k, err);
    }
    return rc == 0 ? csv_records_finish(&r, err) : rc;
}

/* The columns of a record, each between quotes. */
static void requote(const struct splitter *csv, struct span record,
                    struct text *out)
{
    struct splitting s;
    struct span column;
    struct ff_error err = {0};
    int rc;
    split_begin(&s, record);
    for (int i = 0; (rc = split_next(csv, &s, &column, &err)) == 1; i++) {
        char *plain = malloc(column.n + 1);
        FUZZ_EXPECT(plain != NULL);
        size_t n = column.n;
        if (s.quoted)
            n = split_unquote(column, plain);
        else if (n > 0)
            memcpy(plain, column.at, n);
        FUZZ_EXPECT(text_append_string(out, i > 0 ? ",\"" : "\"") == 0);
        for (size_t k = 0; k < n; k++)
            FUZZ_EXPECT(text_append(out, plain[k] == '"' ? "\"\"" : plain + k,
                                    1 + (plain[k] == '"')) == 0);
        FUZZ_EXPECT(text_append_string(out, "\"") == 0);
        free(plain);
    }
    FUZZ_EXPECT(rc == 0);
}

static void expect_columns(const struct records *r)
{
    struct splitter *csv = splitter_new(WORK_SPLIT_CSV, NULL, NULL);
    FUZZ_EXPECT(csv != NULL);
    size_t begin = 0;
    for (size_t i = 0; i < r->ends.n / sizeof begin; i++) {
        size_t stop;
        struct text once = TEXT_EMPTY, twice = TEXT_EMPTY;
        memcpy(&stop, r->ends.at + i * sizeof stop, sizeof stop);
        requote(csv, (struct span){r->bytes.at + begin, stop - begin}, &once);
        requote(csv, (struct span){once.at, once.n}, &twice);
        FUZZ_EXPECT(once.n == twice.n
                    && memcmp(once.at, twice.at, once.n) == 0);
        text_release(&once);
        text_release(&twice);
        begin = stop;
    }
    splitter_free(csv);
}

static bool same_text(const struct text *a, const struct text *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->at, b->at, a->n) == 0);
}

static void try_csv(const char *bytes, size_t n, size_t piece)
{
    struct records whole = {TEXT_EMPTY, TEXT_EMPTY};
    struct records parts = {TEXT_EMPTY, TEXT_EMPTY};
    struct ff_error err = {0}, again = {0};
    const int rc = read_records(&whole, bytes, n, n + 1, &err);
    FUZZ_EXPECT(read_records(&parts, bytes, n, piece, &again) == rc);
    if (rc != 0) {
        fuzz_expect_error(&err, FF_USAGE);
        /* (Of a zero byte and something else that is wrong one is told.) */
        FUZZ_EXPECT(memchr(bytes, '\0', n) != NULL
                    || strcmp(err.text, again.text) == 0);
    } else {
        FUZZ_EXPECT(same_text(&whole.bytes, &parts.bytes));
        FUZZ_EXPECT(same_text(&whole.ends, &parts.ends));
        expect_columns(&whole);
    }
    text_release(&whole.bytes);
    text_release(&whole.ends);
    text_release(&parts.bytes);
    text_release(&parts.ends);
}

/* ---- columns -------------------------------------------------------------- */

/* (The C library compiles "a{9999}" into gigabytes, and "a++++++++++++++++++++",
 * which POSIX leaves undefined, as well.) */
static bool is_modest(const char *expression)
{
    for (const char *p = expression; *p != '\0'; p++)
        if (strchr("*+?}", p[0]) != NULL && strchr("*+?{", p[1]) != NULL
            && p[1] != '\0')
            return false;
    const char *brace = expression;
    while ((brace = strchr(brace, '{')) != NULL)
        if (strtoul(++brace, NULL, 10) > 20 || strchr(brace, '{') != NULL)
            return false;
    return strlen(expression) < 60;
}

static void try_split(const char *expression, const char *line, size_t n)
{
    struct ff_error err = {0};
    struct splitting s;
    struct span column;
    if (!is_modest(expression))
        return;
    struct splitter *by = splitter_new(WORK_SPLIT_REGEX, expression, &err);
    if (by == NULL) {
        fuzz_expect_error(&err, FF_USAGE);
        return;
    }
    const char *at = line;
    size_t k = 0;
    split_begin(&s, (struct span){line, n});
    while (split_next(by, &s, &column, &err) == 1) {
        FUZZ_EXPECT(column.at >= at && column.at + column.n <= line + n);
        at = column.at + column.n;
        FUZZ_EXPECT(++k <= n + 1);
    }
    FUZZ_EXPECT(k > 0);
    splitter_free(by);
}

/* ---- numbers -------------------------------------------------------------- */

static void try_number(const char *text)
{
    uint64_t u = 7, ns = 7;
    int64_t i = 7;
    double d = 7;
    char copy[32];
    if (number_u64(text, &u) == 0) {
        uint64_t same;
        snprintf(copy, sizeof copy, "%" PRIu64, u);
        FUZZ_EXPECT(number_u64(copy, &same) == 0 && same == u);
        if (strspn(text, "0123456789") == strlen(text))
            FUZZ_EXPECT(strtoull(text, NULL, 10) == u);
    } else
        FUZZ_EXPECT(u == 7);
    if (number_i64(text, &i) == 0) {
        int64_t same;
        snprintf(copy, sizeof copy, "%" PRId64, i);
        FUZZ_EXPECT(number_i64(copy, &same) == 0 && same == i);
    } else
        FUZZ_EXPECT(i == 7);
    FUZZ_EXPECT(number_f64(text, &d) == 0 || d == 7);
    if (number_duration_ns(text, &ns) == 0)
        FUZZ_EXPECT(ns <= INT64_MAX);
    else
        FUZZ_EXPECT(ns == 7);
}

/* ---- words ---------------------------------------------------------------- */

static void try_words(char *text)
{
    struct word_list list = {0};
    const size_t n = strlen(text);
    const char *wrong = shell_words_split(text, &list);
    FUZZ_EXPECT(wrong == NULL || wrong[0] != '\0');
    for (size_t i = 0; wrong == NULL && i < list.n; i++)
        FUZZ_EXPECT(list.at[i] >= text
                    && list.at[i] + strlen(list.at[i]) <= text + n);
    FUZZ_EXPECT(wrong != NULL || list.n == 0 || list.at[list.n] == NULL);
    free(list.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t which = fuzz_byte(&in);
    size_t n;
    char *first = which == 'c' ? NULL : fuzz_text(&in);
    const size_t piece = which == 'c' ? 1 + fuzz_byte(&in) % 16u : 0;
    char *rest = fuzz_rest(&in, &n);
    if (which == 'r')
        try_range(first);
    else if (which == 'c')
        try_csv(rest, n, piece);
    else if (which == 's')
        try_split(first, rest, n);
    else if (which == 'n')
        try_number(first);
    else if (which == 'w')
        try_words(first);
    free(first);
    free(rest);
    return 0;
}
