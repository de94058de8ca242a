/* SPDX-License-Identifier: Apache-2.0 */
/* From words with names in braces to a command: see lab_command.h. */
#include "lab_command.h"
#include "lab_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who fills the command. */
struct maker {
    struct lab_command *c;
    struct lab_site *site;
    const struct lab *lab;
    const struct lab_step *step;
    const char *const *value;
    struct ff_error *err;
};

static int no_memory(const struct maker *m)
{
    return ff_error_errno(m->err, FF_LOST, "cannot make a command");
}

static int add(struct maker *m, const char *a, const char *b)
{
    char *word = text_pool_keep(&m->c->pool, a, strlen(a), b, strlen(b));
    return word != NULL && word_list_add(&m->c->words, word) == 0
           ? 0 : no_memory(m);
}

/* {NAME.py}, {mpirun}: 1; another word: 0. */
static int add_words(struct maker *m, const struct lab_piece *p)
{
    char path[PATH_MAX];
    if (p->kind == LAB_NAME_PY) {
        snprintf(path, sizeof path, "%s/%s", m->lab->folder, p->name);
        return add(m, m->site->python, "") != 0 || add(m, path, "") != 0
               ? -1 : 1;
    }
    if (p->kind != LAB_NAME_MPIRUN)
        return 0;
    if (add(m, m->site->mpirun, "") != 0)
        return -1;
    return lab_site_is_openmpi(m->site) && add(m, "--oversubscribe", "") != 0
           ? -1 : 1;
}

/* What stands in the braces, appended. */
static int fill(struct maker *m, const struct lab_piece *p, struct text *out)
{
    char path[PATH_MAX];
    switch (p->kind) {
    case LAB_NAME_LAB:
        return text_append_string(out, m->lab->folder);
    case LAB_NAME_FANFOLD:
        return text_append_string(out, m->site->fanfold);
    case LAB_NAME_PYTHON:
        return text_append_string(out, m->site->python);
    case LAB_NAME_C:
        if (lab_site_compile(m->site, m->lab, m->step, p->name, path, m->err)
            != 0)
            return -1;
        return text_append_string(out, path);
    default:
        return 0;
    }
}

/* Variables first: a value may not bring names of its own. */
static int add_word(struct maker *m, const char *word)
{
    struct text out = TEXT_EMPTY;
    struct lab_piece p;
    const char *at = word;
    bool more = true;
    int rc = 0;
    while (more && rc == 0) {
        more = lab_words_next(&at, m->step, &p);
        const int words = more ? add_words(m, &p) : 0;
        if (words != 0) {
            text_release(&out);
            return words > 0 ? 0 : -1;
        }
        rc = text_append(&out, p.before, p.n_before);
        if (rc == 0 && p.kind == LAB_NAME_VARIABLE)
            rc = text_append_string(&out, m->value[p.variable]);
        else if (rc == 0 && p.kind == LAB_NAME_CORES) {
            char number[24];
            snprintf(number, sizeof number, "%llu", (unsigned long long)
                     lab_words_cores(p.name, m->site->cores));
            rc = text_append_string(&out, number);
        } else if (rc == 0)
            rc = fill(m, &p, &out);
    }
    if (rc == 0)
        rc = add(m, out.at != NULL ? out.at : "", "");
    else if (m->err->status == 0)
        no_memory(m);
    text_release(&out);
    return rc;
}

int lab_command_make(struct lab_command *c, struct lab_site *site,
                     const struct lab *lab, const struct lab_step *step,
                     const char *const *value, const char *json,
                     struct ff_error *err)
{
    struct maker m = {c, site, lab, step, value, err};
    for (size_t i = 0; i < step->n_words; i++) {
        if (add_word(&m, step->word[i]) != 0)
            return -1;
        /* Behind "run": what comes later may be a command's. */
        if (i == 1 && json != NULL
            && (add(&m, "--json=", json) != 0 || add(&m, "--quiet", "") != 0))
            return -1;
    }
    return 0;
}

void lab_command_release(struct lab_command *c)
{
    text_pool_release(&c->pool);
    free(c->words.at);
    *c = LAB_COMMAND_EMPTY;
}
