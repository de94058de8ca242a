/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lab files.
 *
 * One is refused with a line that begins with FILE:LINE, or it is read; and
 * what was read names only tables and columns that are there.
 */
#include "fuzz.h"
#include "lab_file.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/fuzz/lab.yaml"

static void expect_table(const struct lab_table *t)
{
    FUZZ_EXPECT(t->n_columns > 0 && t->n_steps > 0);
    FUZZ_EXPECT(t->bars == LAB_NONE || t->bars < t->n_columns);
    for (size_t k = 0; k < t->n_columns; k++)
        FUZZ_EXPECT(t->column[k].form == LAB_GIVEN
                    || (t->column[k].from < k && t->column[k].other < k));
    for (size_t i = 0; i < t->n_steps; i++) {
        const struct lab_step *s = &t->step[i];
        FUZZ_EXPECT(s->n_words > 0 && s->n_status > 0 && s->best > 0);
        FUZZ_EXPECT((s->row != NULL) == (s->n_takes > 0));
        for (size_t k = 0; k < s->n_takes; k++)
            FUZZ_EXPECT(s->take[k].column < t->n_columns);
    }
}

static void expect_figure(const struct lab *lab, const struct lab_figure *f)
{
    FUZZ_EXPECT(f->table < lab->n_tables
                && f->column < lab->table[f->table].n_columns);
}

static void expect_lab(const struct lab *lab)
{
    FUZZ_EXPECT(strcmp(lab->name, "lab") == 0);
    for (size_t i = 0; i < lab->n_tables; i++)
        expect_table(&lab->table[i]);
    for (size_t i = 0; i < lab->n_claims; i++) {
        expect_figure(lab, &lab->claim[i].of);
        if (lab->claim[i].is_ratio)
            expect_figure(lab, &lab->claim[i].to);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *yaml; /* loaded once, not for each input */
    if (yaml == NULL)
        yaml = dlopen("libyaml-0.so.2", RTLD_NOW);
    struct fuzz_input in = {data, size};
    struct ff_error err = {0};
    size_t n;
    char *text = fuzz_rest(&in, &n);
    struct lab *lab = lab_file_parse(PATH, text, n, false, &err);
    if (lab != NULL) {
        expect_lab(lab);
    } else {
        fuzz_expect_error(&err, FF_USAGE);
        if (strchr(err.text, '\n') != NULL)
            fprintf(stderr, "%s\n", err.text);
        FUZZ_EXPECT(strchr(err.text, '\n') == NULL);
        FUZZ_EXPECT(strncmp(err.text, PATH ":", sizeof PATH) == 0
                    && err.text[sizeof PATH] >= '1'
                    && err.text[sizeof PATH] <= '9');
    }
    lab_destroy(lab);
    free(text);
    return 0;
}
