/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a lab file, each checked: for those who read parts of it. All
 * return 0, or -1 with "FILE:LINE: ..." in the reader's error. */
#ifndef FANFOLD_LAUNCHER_LAB_READER_H
#define FANFOLD_LAUNCHER_LAB_READER_H

#include "lab.h"

struct lab_reader {
    struct lab *lab;
    const char *path;
    bool files; /* those that it names are looked for */
    struct ff_error *err;
};

__attribute__((format(printf, 3, 4)))
int lab_reader_wrong(const struct lab_reader *r, unsigned line,
                     const char *format, ...);
int lab_reader_no_memory(const struct lab_reader *r);

/* Is it a mapping with these keys at most? "a step", to name it. */
int lab_reader_keys(const struct lab_reader *r, const struct yaml_node *node,
                    const char *what, const char *const *keys, size_t n);

/* The text under a key, which is not empty. Without the key *out stays, unless
 * it is needed. */
enum lab_presence { LAB_OPTIONAL, LAB_NEEDED };
int lab_reader_text(const struct lab_reader *r, const struct yaml_node *node,
                    const char *key, enum lab_presence presence,
                    const char **out);

/* A text, or a list of some. */
int lab_reader_texts(const struct lab_reader *r, const struct yaml_node *node,
                     const char *key, const char **out, size_t max,
                     size_t *n);

/* A finite number; *found: is there one? A whole one, of a range. yes or no. */
int lab_reader_number(const struct lab_reader *r, const struct yaml_node *node,
                      const char *key, bool *found, double *out);
int lab_reader_whole(const struct lab_reader *r, const struct yaml_node *node,
                     const char *key, unsigned least, unsigned most, int *out);
int lab_reader_yes(const struct lab_reader *r, const struct yaml_node *node,
                   const char *key, bool *out);

/* needs: */
int lab_reader_needs(const struct lab_reader *r, const struct yaml_node *node,
                     struct lab_needs *out);

/* The column of a table, by its name. */
int lab_reader_column(const struct lab_reader *r, unsigned line,
                      const struct lab_table *table, const char *name,
                      size_t *out);

/* ---- parts --------------------------------------------------------------- */

int lab_file_step(const struct lab_reader *r, const struct yaml_node *node,
                  const struct lab_table *table, struct lab_step *step);
int lab_file_claim(const struct lab_reader *r, const struct yaml_node *node,
                   struct lab_claim *claim);

#endif
