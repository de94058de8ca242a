/* SPDX-License-Identifier: Apache-2.0 */
/* A lab in memory: see lab.h. */
#include "lab.h"
#include "nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lab_destroy(struct lab *lab)
{
    if (lab == NULL)
        return;
    for (size_t i = 0; i < lab->n_tables; i++)
        free(lab->table[i].step);
    yaml_tree_release(&lab->tree);
    free(lab->path);
    free(lab->folder);
    free(lab);
}

size_t lab_find_table(const struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->n_tables; i++)
        if (strcmp(lab->table[i].name, name) == 0)
            return i;
    return LAB_NONE;
}

size_t lab_find_column(const struct lab_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->column[i].name, name) == 0)
            return i;
    return LAB_NONE;
}

const char *lab_hint(char out[160], const char *word, const char *const *names,
                     size_t n)
{
    const char *near = nearest(word, strlen(word), names, n);
    out[0] = '\0';
    if (near != NULL)
        snprintf(out, 160, "; did you mean '%.100s'?", near);
    return out;
}
