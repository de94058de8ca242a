/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are freed together. */
#ifndef FANFOLD_LAUNCHER_TEXT_POOL_H
#define FANFOLD_LAUNCHER_TEXT_POOL_H

#include <stddef.h>

struct text_pool {
    struct pooled_text *last;
};
#define TEXT_POOL_EMPTY ((struct text_pool){NULL})

/* Both parts, one after the other; NULL without memory. */
char *text_pool_keep(struct text_pool *pool, const char *a, size_t n_a,
                     const char *b, size_t n_b);
void text_pool_release(struct text_pool *pool);

#endif
