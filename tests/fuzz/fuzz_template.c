/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words with replacement strings, over any values. The input: two bytes, which
 * say how, then texts, each ended by a zero byte: the words, the values.
 *
 * What a template makes of an item comes out twice the same. As a line for a
 * shell (read here by the rules of XCU 2.2) it is the words again, byte for
 * byte. In a line for --shell each value is read as it is, wherever it stands:
 * the words are those that the line has with harmless values in their places.
 * And what is written with quotes is what shell_words.h reads.
 */
#include "fuzz.h"
#include "quote.h"
#include "shell_words.h"
#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXTS 16
#define STAND_IN "Zq9"

/* ---- a shell, as far as quotes go ----------------------------------------- */

struct read_words {
    char *at[4096];
    size_t n;
};

static void release_words(struct read_words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->at[i]);
}

/* One word from p on; its end. NULL: a quote is not closed. */
static const char *read_word(const char *p, char *out)
{
    char quote = '\0';
    for (; *p != '\0'; p++) {
        if (quote == '\0' && strchr(" \t\n", *p) != NULL)
            break;
        if (*p == quote)
            quote = '\0';
        else if (quote == '\0' && (*p == '\'' || *p == '"'))
            quote = *p;
        else if (*p == '\\' && quote != '\'' && p[1] != '\0'
                 && (quote == '\0' || strchr("$`\"\\\n", p[1]) != NULL))
            *out++ = *++p;
        else
            *out++ = *p;
    }
    *out = '\0';
    return quote == '\0' ? p : NULL;
}

static bool read_line(const char *line, struct read_words *w)
{
    w->n = 0;
    for (const char *p = line + strspn(line, " \t\n"); *p != '\0';
         p += strspn(p, " \t\n")) {
        FUZZ_EXPECT(w->n < sizeof w->at / sizeof w->at[0]);
        char *word = malloc(strlen(p) + 1);
        FUZZ_EXPECT(word != NULL);
        w->at[w->n++] = word;
        p = read_word(p, word);
        if (p == NULL)
            return false;
    }
    return true;
}

static bool same_words(const struct read_words *w, char *const *argv, size_t n)
{
    bool same = w->n == n;
    for (size_t i = 0; same && i < n; i++)
        same = strcmp(w->at[i], argv[i]) == 0;
    return same;
}

/* ---- what is fuzzed ------------------------------------------------------- */

struct trial {
    const char *word[MAX_TEXTS];
    size_t n_words;
    struct span value[MAX_TEXTS];
    size_t n_values;
    struct template_rules rules;
    struct item item;
    struct template_place place;
    bool anywhere;
};

/* Expands; NULL when it cannot be, with a reason. */
static char **expand(const struct trial *t, const struct template *template,
                     struct expansion *e)
{
    struct ff_error err = {0};
    const struct template_place *place = t->anywhere ? NULL : &t->place;
    if (template_expand(template, &t->item, place, e, &err) == 0) {
        FUZZ_EXPECT(e->argv[e->argc] == NULL);
        return e->argv;
    }
    fuzz_expect_error(&err, FF_ITEMS_FAILED);
    return NULL;
}

static void expect_words_again(char *const *argv, size_t n)
{
    struct text line = TEXT_EMPTY;
    struct read_words w;
    struct word_list list = {0};
    bool ends = false;
    FUZZ_EXPECT(template_quote(argv, &line) == 0);
    FUZZ_EXPECT(read_line(line.at, &w));
    if (!same_words(&w, argv, n))
        fprintf(stderr, "%s\n", line.at);
    FUZZ_EXPECT(same_words(&w, argv, n));
    release_words(&w);
    for (const char *p = line.at; *p != '\0'; p++)
        ends = ends || (unsigned char)*p < ' ';
    /* A line of several lines may be refused; any other is read. */
    const char *wrong = shell_words_split(line.at, &list);
    FUZZ_EXPECT(wrong == NULL || ends);
    FUZZ_EXPECT(wrong != NULL || list.n == n);
    for (size_t i = 0; wrong == NULL && i < n; i++)
        FUZZ_EXPECT(strcmp(list.at[i], argv[i]) == 0);
    free(list.at);
    text_release(&line);
}

static void expect_expansion(const struct trial *t,
                             const struct template *template)
{
    struct expansion first = EXPANSION_EMPTY, second = EXPANSION_EMPTY;
    struct text joined = TEXT_EMPTY, path = TEXT_EMPTY;
    struct ff_error err = {0};
    char **a = expand(t, template, &first), **b = expand(t, template, &second);
    FUZZ_EXPECT((a == NULL) == (b == NULL));
    FUZZ_EXPECT(a == NULL || first.argc == second.argc);
    for (size_t i = 0; a != NULL && i < first.argc; i++)
        FUZZ_EXPECT(strcmp(a[i], b[i]) == 0);
    if (a != NULL && !t->rules.shell)
        expect_words_again(a, first.argc);
    const struct template_place *place = t->anywhere ? NULL : &t->place;
    if (template_join(template, &t->item, place, &joined, &err) != 0)
        fuzz_expect_error(&err, FF_ITEMS_FAILED);
    err = (struct ff_error){0};
    if (template_join_path(template, &t->item, place, &path, &err) != 0)
        fuzz_expect_error(&err, FF_ITEMS_FAILED);
    else
        FUZZ_EXPECT(path.n > 0);
    text_release(&joined);
    text_release(&path);
    expansion_release(&first);
    expansion_release(&second);
}

/* ---- --shell -------------------------------------------------------------- */

/* Only words of which a shell makes nothing but words, and {} and {1} alone. */
static bool is_simple(const struct trial *t)
{
    for (size_t i = 0; i < t->n_words; i++)
        if (strspn(t->word[i], "abcdefghijklmnopqrstuvwxyz {}1'\"_-+:@,=%")
                != strlen(t->word[i])
            || strstr(t->word[i], STAND_IN) != NULL)
            return false;
    return t->rules.marker == NULL && t->n_values == 1
           && strlen(t->value[0].at) == t->value[0].n;
}

/* The word with the value in the place of each stand-in. */
static char *put_value(const char *word, struct span value)
{
    char *out = NULL;
    size_t n;
    FILE *to = open_memstream(&out, &n);
    FUZZ_EXPECT(to != NULL);
    for (const char *p = word; *p != '\0';) {
        if (strncmp(p, STAND_IN, sizeof STAND_IN - 1) == 0) {
            fwrite(value.at, 1, value.n, to);
            p += sizeof STAND_IN - 1;
        } else
            putc(*p++, to);
    }
    fclose(to);
    return out;
}

static char *shell_line(struct trial *t, const struct template *template)
{
    struct expansion e = EXPANSION_EMPTY;
    char **argv = expand(t, template, &e);
    FUZZ_EXPECT(argv != NULL && e.argc == 3 && strcmp(argv[1], "-c") == 0);
    char *line = strdup(argv[2]);
    FUZZ_EXPECT(line != NULL);
    expansion_release(&e);
    return line;
}

static void expect_shell_words(struct trial *t, const struct template *template)
{
    const struct span value = t->value[0];
    struct span stand_in = span_of(STAND_IN);
    struct read_words plain, real;
    char *real_line = shell_line(t, template);
    t->item.column = t->item.whole = &stand_in;
    char *plain_line = shell_line(t, template);
    t->item.column = t->item.whole = t->value;
    if (read_line(plain_line, &plain)) {
        FUZZ_EXPECT(read_line(real_line, &real));
        FUZZ_EXPECT(real.n == plain.n);
        for (size_t i = 0; i < plain.n; i++) {
            char *expected = put_value(plain.at[i], value);
            if (strcmp(expected, real.at[i]) != 0)
                fprintf(stderr, "%s: '%s', not '%s'\n", real_line, real.at[i],
                        expected);
            FUZZ_EXPECT(strcmp(expected, real.at[i]) == 0);
            free(expected);
        }
        release_words(&real);
    }
    release_words(&plain);
    free(real_line);
    free(plain_line);
}

/* ---- */

static void try_it(struct trial *t)
{
    struct ff_error err = {0};
    struct template *template =
        template_parse(t->word, t->n_words, &t->rules, NULL, &err);
    if (template == NULL) {
        fuzz_expect_error(&err, FF_USAGE);
        return;
    }
    expect_expansion(t, template);
    if (t->rules.shell && is_simple(t))
        expect_shell_words(t, template);
    template_free(template);
}

static void join_values(const struct trial *t, struct text *whole)
{
    for (size_t i = 0; i < t->n_values; i++) {
        FUZZ_EXPECT(i == 0 || text_append(whole, " ", 1) == 0);
        FUZZ_EXPECT(text_append_span(whole, t->value[i]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t how = fuzz_byte(&in), numbers = fuzz_byte(&in);
    struct trial t = {
        .rules = {.shell = how & 1, .append = how & 2,
                  .marker = how & 4 ? "XX" : NULL},
        .anywhere = how & 8,
        .n_words = 1 + (size_t)numbers % 4,
        .n_values = 1 + (size_t)numbers / 4 % 4,
        .place = {.total = how & 64 ? 0 : 12, .anywhere = how & 128, .slot = 3,
                  .rank = 4, .host = "n1", .core = "0-3"}};
    char *text[2 * MAX_TEXTS];
    size_t n = 0;
    struct text joined = TEXT_EMPTY;
    for (size_t i = 0; i < t.n_words; i++)
        t.word[i] = text[n++] = fuzz_text(&in);
    for (size_t i = 0; i < t.n_values; i++) {
        size_t k;
        /* The last may have zero bytes, which no word can be given. */
        const bool last = i + 1 == t.n_values && how & 16;
        char *value = last ? fuzz_rest(&in, &k) : fuzz_text(&in);
        text[n++] = value;
        t.value[i] = (struct span){value, last ? k : strlen(value)};
    }
    join_values(&t, &joined);
    struct span whole = {joined.at, joined.n};
    t.item = (struct item){.number = 6, .n_inputs = 1,
                           .n_columns = (uint32_t)t.n_values, .whole = &whole,
                           .column = t.value};
    if (joined.at == NULL)
        whole = span_of("");
    try_it(&t);
    text_release(&joined);
    while (n > 0)
        free(text[--n]);
    return 0;
}
