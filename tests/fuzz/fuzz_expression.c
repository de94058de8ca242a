/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --fold and --filter: 'f' and what is asked for; anything else is a filter,
 * then, behind zero bytes, columns.
 *
 * A fold is refused with words, or it has an operator that is in the list, and
 * what was read of it, written down again, is read as the same to the last bit.
 * A filter is refused with words, or says of an input that it passes, does not,
 * or cannot be computed: twice the same, and its negation the opposite.
 */
#include "field.h"
#include "filter.h"
#include "fold_text.h"
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- --fold --------------------------------------------------------------- */

static void expect_known(const struct fold_text *fold)
{
    const char *name;
    size_t i = 0;
    FUZZ_EXPECT(fold->name[0] != '\0');
    FUZZ_EXPECT(memchr(fold->name, '\0', sizeof fold->name) != NULL);
    while ((name = fold_name(i)) != NULL && strcmp(name, fold->op) != 0)
        i++;
    FUZZ_EXPECT(name != NULL);
    FUZZ_EXPECT(fold->n_numbers <= FOLD_MAX_NUMBERS);
}

static char *write_down(const struct fold_text *fold)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    FUZZ_EXPECT(out != NULL);
    fprintf(out, "%s=%s", fold->name, fold->op);
    if (fold->words & FOLD_ERROR)
        fprintf(out, ",error=%.17g", fold->error);
    for (uint32_t i = 0; i < fold->n_numbers; i++)
        fprintf(out, ",%s%.17g",
                i == 0 && fold->words & FOLD_EDGES ? "edges=" : "",
                fold->number[i]);
    fprintf(out, "%s%s%s", fold->words & FOLD_LOG ? ",log" : "",
            fold->field != NULL ? ":" : "",
            fold->field != NULL ? fold->field : "");
    fclose(out);
    return text;
}

static void expect_same_again(const struct fold_text *fold)
{
    static struct fold_text again;
    struct ff_error err = {0};
    char *text = write_down(fold);
    const int rc = fold_text_parse(&again, text, &err);
    if (rc != 0)
        fprintf(stderr, "%s: %s\n", text, err.text);
    FUZZ_EXPECT(rc == 0);
    FUZZ_EXPECT(strcmp(fold->name, again.name) == 0
                && strcmp(fold->op, again.op) == 0);
    FUZZ_EXPECT(fold->words == again.words
                && fold->n_numbers == again.n_numbers);
    FUZZ_EXPECT((fold->field == NULL) == (again.field == NULL)
                && (fold->field == NULL
                    || strcmp(fold->field, again.field) == 0));
    for (uint32_t i = 0; i < fold->n_numbers; i++)
        FUZZ_EXPECT(memcmp(&fold->number[i], &again.number[i], sizeof(double))
                    == 0);
    free(text);
}

static void try_fold(const char *text)
{
    static struct fold_text fold;
    struct ff_shape shape = {0};
    struct ff_error err = {0};
    if (fold_text_parse(&fold, text, &err) != 0)
        fuzz_expect_error(&err, FF_USAGE);
    else {
        expect_known(&fold);
        expect_same_again(&fold);
        if (fold_shape(&fold, &shape, &err) != 0)
            fuzz_expect_error(&err, FF_USAGE);
    }
    err = (struct ff_error){0};
    if (field_of_fold(text, &err) == NULL)
        fuzz_expect_error(&err, FF_USAGE);
}

/* ---- --filter ------------------------------------------------------------- */

static int passes(const char *text, const struct item *item)
{
    struct ff_error err = {0};
    struct filter *f = filter_parse(text, NULL, &err);
    if (f == NULL) {
        fuzz_expect_error(&err, FF_USAGE);
        return 2;
    }
    const int rc = filter_passes(f, item, &err);
    FUZZ_EXPECT(rc == filter_passes(f, item, NULL));
    FUZZ_EXPECT(rc >= -1 && rc <= 1);
    if (rc < 0)
        fuzz_expect_error(&err, FF_USAGE);
    filter_free(f);
    return rc;
}

/* No library is asked for gigabytes: the C library compiles "a{9999}" so, and
 * "a++++++++++++++++++++", which POSIX leaves undefined. */
static bool is_modest(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (p[1] != '\0' && ((strchr("*+?", p[0]) != NULL
                              && strchr("*+?{", p[1]) != NULL)
                             || (p[0] == '}' && p[1] == '{')))
            return false;
    const char *brace = text;
    while ((brace = strchr(brace, '{')) != NULL)
        if (strtoul(++brace, NULL, 10) > 20)
            return false;
    return strlen(text) < 400;
}

static void try_filter(const char *text, struct fuzz_input *in)
{
    char *value[4], *not;
    struct span column[4];
    size_t n = 0;
    while (n < 4 && in->n > 0) {
        value[n] = n == 3 ? fuzz_take(in, in->n) : fuzz_text(in);
        column[n] = span_of(value[n]);
        n++;
    }
    struct span whole = n > 0 ? column[0] : span_of("");
    const struct item item = {.n_inputs = 1, .n_columns = (uint32_t)n,
                              .whole = &whole, .column = column};
    const int rc = is_modest(text) ? passes(text, &item) : 2;
    FUZZ_EXPECT(asprintf(&not, "!(%s)", text) > 0);
    /* (As deep as it may be, it is too deep with a bracket more.) */
    const int opposite = rc != 2 ? passes(not, &item) : 2;
    if (rc != 2 && opposite != 2)
        FUZZ_EXPECT(opposite == (rc < 0 ? -1 : !rc));
    free(not);
    while (n > 0)
        free(value[--n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    char *text = fuzz_text(&in);
    if (text[0] == 'f')
        try_fold(text + 1);
    else
        try_filter(text, &in);
    free(text);
    return 0;
}
