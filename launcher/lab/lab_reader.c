/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a lab file: see lab_reader.h. */
#include "lab_reader.h"
#include "number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lab_reader_wrong(const struct lab_reader *r, unsigned line,
                     const char *format, ...)
{
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t') /* of a quoted value */
            *p = ' ';
    return ff_error_set(r->err, FF_USAGE, "%s:%u: %s", r->path, line, text);
}

int lab_reader_no_memory(const struct lab_reader *r)
{
    return ff_error_errno(r->err, FF_LOST, "cannot read '%s'", r->path);
}

int lab_reader_keys(const struct lab_reader *r, const struct yaml_node *node,
                    const char *what, const char *const *keys, size_t n)
{
    char hint[160];
    if (node->kind != YAML_MAPPING)
        return lab_reader_wrong(r, node->line, "%s has lines 'key: value', "
                                "'%s' for example", what, keys[0]);
    for (const struct yaml_node *v = node->first; v != NULL; v = v->next) {
        size_t i = 0;
        while (i < n && strcmp(v->key, keys[i]) != 0)
            i++;
        if (i == n)
            return lab_reader_wrong(r, v->key_line, "'%.60s' is no key of "
                                    "%s%s", v->key, what,
                                    lab_hint(hint, v->key, keys, n));
    }
    return 0;
}

static bool is_empty(const struct yaml_node *v)
{
    return v->text[0] == '\0'
           || (v->plain && (strcmp(v->text, "~") == 0
                            || strcmp(v->text, "null") == 0));
}

static int one_text(const struct lab_reader *r, const struct yaml_node *v,
                    const char *key, const char **out)
{
    if (v->kind != YAML_SCALAR)
        return lab_reader_wrong(r, v->line, "'%s' is a text, not a %s", key,
                                v->kind == YAML_LIST ? "list" : "mapping");
    if (is_empty(v))
        return lab_reader_wrong(r, v->line, "'%s' is empty", key);
    *out = v->text;
    return 0;
}

int lab_reader_text(const struct lab_reader *r, const struct yaml_node *node,
                    const char *key, enum lab_presence presence,
                    const char **out)
{
    const struct yaml_node *v = yaml_tree_find(node, key);
    if (v != NULL)
        return one_text(r, v, key, out);
    if (presence == LAB_NEEDED)
        return lab_reader_wrong(r, node->line, "'%s' is missing here", key);
    return 0;
}

int lab_reader_texts(const struct lab_reader *r, const struct yaml_node *node,
                     const char *key, const char **out, size_t max, size_t *n)
{
    const struct yaml_node *v = yaml_tree_find(node, key);
    *n = 0;
    if (v == NULL)
        return 0;
    if (v->kind != YAML_LIST) {
        *n = 1;
        return one_text(r, v, key, out);
    }
    if (v->first == NULL)
        return lab_reader_wrong(r, v->line, "'%s' is an empty list", key);
    for (v = v->first; v != NULL; v = v->next) {
        if (*n == max)
            return lab_reader_wrong(r, v->line, "'%s' has more than %zu "
                                    "values", key, max);
        if (one_text(r, v, key, &out[(*n)++]) != 0)
            return -1;
    }
    return 0;
}

int lab_reader_number(const struct lab_reader *r, const struct yaml_node *node,
                      const char *key, bool *found, double *out)
{
    const char *text = NULL;
    if (lab_reader_text(r, node, key, LAB_OPTIONAL, &text) != 0)
        return -1;
    *found = text != NULL;
    if (text != NULL && (number_f64(text, out) != 0 || !isfinite(*out)))
        return lab_reader_wrong(r, yaml_tree_find(node, key)->line, "'%s' is "
                                "a number, not '%.60s'", key, text);
    return 0;
}

int lab_reader_whole(const struct lab_reader *r, const struct yaml_node *node,
                     const char *key, unsigned least, unsigned most, int *out)
{
    const char *text = NULL;
    uint64_t n;
    if (lab_reader_text(r, node, key, LAB_OPTIONAL, &text) != 0)
        return -1;
    if (text == NULL)
        return 0;
    if (number_u64(text, &n) != 0 || n < least || n > most)
        return lab_reader_wrong(r, yaml_tree_find(node, key)->line, "'%s' is "
                                "a whole number from %u to %u, not '%.60s'",
                                key, least, most, text);
    *out = (int)n;
    return 0;
}

int lab_reader_yes(const struct lab_reader *r, const struct yaml_node *node,
                   const char *key, bool *out)
{
    const char *text = NULL;
    if (lab_reader_text(r, node, key, LAB_OPTIONAL, &text) != 0)
        return -1;
    if (text == NULL)
        return 0;
    *out = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    if (!*out && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
        return lab_reader_wrong(r, yaml_tree_find(node, key)->line, "'%s' is "
                                "yes or no, not '%.60s'", key, text);
    return 0;
}

int lab_reader_column(const struct lab_reader *r, unsigned line,
                      const struct lab_table *table, const char *name,
                      size_t *out)
{
    const char *names[LAB_MAX_COLUMNS];
    char hint[160];
    *out = lab_find_column(table, name);
    if (*out != LAB_NONE)
        return 0;
    for (size_t i = 0; i < table->n_columns; i++)
        names[i] = table->column[i].name;
    return lab_reader_wrong(r, line, "'%.60s' is no column of table '%.60s'%s",
                            name, table->name,
                            lab_hint(hint, name, names, table->n_columns));
}

/* ---- needs --------------------------------------------------------------- */

static int read_need(const struct lab_reader *r, unsigned line,
                     const char *text, struct lab_need *need)
{
    static const char *const names[] = {
        [LAB_NEED_PYTHON] = "python", [LAB_NEED_NUMPY] = "numpy",
        [LAB_NEED_MPI] = "mpi", [LAB_NEED_TSAN] = "tsan",
        [LAB_NEED_KERNELS] = "kernels",
        [LAB_NEED_CORES] = "cores", [LAB_NEED_PROGRAM] = "program"};
    const size_t n_names = sizeof names / sizeof names[0];
    const size_t n = strcspn(text, " ");
    const char *rest = text + n + strspn(text + n, " ");
    char word[64], hint[160];
    size_t i = 0;
    uint64_t cores = 0;
    snprintf(word, sizeof word, "%.*s", (int)(n < 60 ? n : 60), text);
    while (i < n_names && strcmp(word, names[i]) != 0)
        i++;
    if (i == n_names)
        return lab_reader_wrong(r, line, "'needs' is python, kernels, numpy, "
                                "mpi, tsan, cores N or program NAME, not "
                                "'%s'%s", word,
                                lab_hint(hint, word, names, n_names));
    *need = (struct lab_need){.kind = (enum lab_need_kind)i};
    if (need->kind == LAB_NEED_CORES) {
        if (number_u64(rest, &cores) != 0 || cores == 0 || cores > 4096)
            return lab_reader_wrong(r, line, "needs: write 'cores 2'");
        need->cores = (uint32_t)cores;
    } else if (need->kind == LAB_NEED_PROGRAM) {
        if (*rest == '\0')
            return lab_reader_wrong(r, line, "needs: write 'program NAME'");
        need->program = rest;
    } else if (*rest != '\0') {
        return lab_reader_wrong(r, line, "needs: nothing stands behind '%s'",
                                word);
    }
    return 0;
}

int lab_reader_needs(const struct lab_reader *r, const struct yaml_node *node,
                     struct lab_needs *out)
{
    const char *text[LAB_MAX_FEW];
    if (lab_reader_texts(r, node, "needs", text, LAB_MAX_FEW, &out->n) != 0)
        return -1;
    for (size_t i = 0; i < out->n; i++)
        if (read_need(r, yaml_tree_find(node, "needs")->line, text[i],
                      &out->need[i]) != 0)
            return -1;
    return 0;
}
