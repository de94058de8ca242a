/* SPDX-License-Identifier: Apache-2.0 */
/* From texts of folds to sources and results: see python_folds.h. */
#include "python_folds.h"
#include "fold_text.h"
#include "folds.h"
#include "op.h"

#include <stdio.h>
#include <string.h>

/* The text of `texts` that is of the same name as this one. */
static bool is_overridden(const char *fold, const char *texts, uint32_t n)
{
    const size_t length = strcspn(fold, "=") + 1;
    for (uint32_t i = 0; i < n; i++, texts += strlen(texts) + 1)
        if (strncmp(texts, fold, length) == 0)
            return true;
    return false;
}

static int add(struct python_folds *folds, struct spec *spec, bool integers,
               const char *text, struct ff_error *err)
{
    static struct fold_text fold;
    struct ff_error cause;
    if (fold_text_parse(&fold, text, &cause) != 0)
        return ff_error_set(err, FF_USAGE, "--fold %.300s: %s", text,
                            cause.text);
    if (folds->n == SPEC_MAX_RESULTS || spec->n_sources == SPEC_MAX_RESULTS)
        return ff_error_set(err, FF_USAGE, "--fold is given more than %d "
                            "times", SPEC_MAX_RESULTS);
    const uint32_t source = spec_add_source(
        spec, fold.name, integers ? FF_OP_ARGMIN_INT : FF_OP_ARGMIN);
    struct python_field *f = &folds->field[folds->n++];
    *f = (struct python_field){.field = fold.field, .into = PYTHON_VALUE,
                               .type = integers ? 'i' : 'd', .index = source};
    const int rc = folds_add_of(spec, text, source, err);
    f->name = spec->source[source].name;
    return rc;
}

int python_folds_add(struct python_folds *folds, struct spec *spec,
                     const struct python_kernel *kernel, const char *texts,
                     uint32_t n_texts, struct ff_error *err)
{
    for (uint32_t i = 0; i < kernel->n_folds; i++)
        if (!is_overridden(kernel->fold[i], texts, n_texts)
            && add(folds, spec, kernel->integers, kernel->fold[i], err) != 0)
            return -1;
    for (uint32_t i = 0; i < n_texts; i++, texts += strlen(texts) + 1)
        if (add(folds, spec, kernel->integers, texts, err) != 0)
            return -1;
    return 0;
}
