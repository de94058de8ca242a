/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job files: a mapping in YAML, whose keys are the options of a table. What
 * YAML has beyond that (anchors, tags, several documents, nesting) is refused.
 */
#ifndef FANFOLD_LAUNCHER_JOB_FILE_H
#define FANFOLD_LAUNCHER_JOB_FILE_H

#include "options.h"

/* Texts that are freed together. */
struct text_pool {
    struct pooled_text *last;
};
#define TEXT_POOL_EMPTY ((struct text_pool){NULL})

/* Both parts, one after the other; NULL without memory. */
char *text_pool_keep(struct text_pool *pool, const char *a, size_t n_a,
                     const char *b, size_t n_b);
void text_pool_release(struct text_pool *pool);

/* Is it a job file, by its name? */
bool job_file_is(const char *path);

/* Adds what the file asks for to the list, in its order; its texts and the
 * path, which stay in the pool, are then the list's. A relative operand is
 * relative to the file. 0, or -1 with a usage error "FILE:LINE: ...". */
int job_file_read(const char *path, const struct options *o,
                  struct option_list *list, struct text_pool *pool,
                  struct ff_error *err);

/* The same for n bytes that were read from `path`. */
int job_file_parse(const char *path, const char *text, size_t n,
                   const struct options *o, struct option_list *list,
                   struct text_pool *pool, struct ff_error *err);

#endif
