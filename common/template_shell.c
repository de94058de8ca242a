/* SPDX-License-Identifier: Apache-2.0 */
/* How values must be quoted where they stand in a line for a shell: the line is
 * read as the shell would, as far as its quotes go. */
#include "template_parts.h"

/* Behind this byte. */
static enum quoting step(enum quoting where, char c, bool *escaped)
{
    if (*escaped) {
        *escaped = false;
        return where;
    }
    if (where == QUOTING_SINGLE)
        return c == '\'' ? QUOTING_OUTSIDE : where;
    *escaped = c == '\\';
    if (c == '"')
        return where == QUOTING_DOUBLE ? QUOTING_OUTSIDE : QUOTING_DOUBLE;
    return c == '\'' && where == QUOTING_OUTSIDE ? QUOTING_SINGLE : where;
}

void template_set_quoting(struct template *t)
{
    enum quoting where = QUOTING_OUTSIDE;
    bool escaped = false;
    for (size_t i = 0; i < t->n_parts; i++) {
        struct template_part *part = &t->part[i];
        part->quoting = where;
        if (part->kind != TEMPLATE_LITERAL)
            continue;
        for (size_t j = 0; j < part->n; j++)
            where = step(where, t->text.at[part->at + j], &escaped);
    }
}
