/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are freed together: a list, the last one first. */
#include "text_pool.h"

#include <stdlib.h>
#include <string.h>

struct pooled_text {
    struct pooled_text *before;
    char text[];
};

char *text_pool_keep(struct text_pool *pool, const char *a, size_t n_a,
                     const char *b, size_t n_b)
{
    struct pooled_text *t = malloc(sizeof *t + n_a + n_b + 1);
    if (t == NULL)
        return NULL;
    memcpy(t->text, a, n_a);
    memcpy(t->text + n_a, b, n_b);
    t->text[n_a + n_b] = '\0';
    t->before = pool->last;
    pool->last = t;
    return t->text;
}

void text_pool_release(struct text_pool *pool)
{
    while (pool->last != NULL) {
        struct pooled_text *t = pool->last;
        pool->last = t->before;
        free(t);
    }
}
