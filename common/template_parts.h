/* SPDX-License-Identifier: Apache-2.0 */
/* What a template is inside: words of parts. Made by template.c, read by
 * template_expand.c. */
#ifndef FANFOLD_COMMON_TEMPLATE_PARTS_H
#define FANFOLD_COMMON_TEMPLATE_PARTS_H

#include "error.h"
#include "quote.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum template_kind {
    TEMPLATE_LITERAL,
    TEMPLATE_ALL,     /* {} */
    TEMPLATE_COLUMN,  /* {n} */
    TEMPLATE_NUMBER,  /* {#} */
    TEMPLATE_TOTAL,   /* {##} */
    TEMPLATE_SLOT,    /* {%} */
    TEMPLATE_RANK,
    TEMPLATE_HOST,
    TEMPLATE_CORE
};

enum template_path { /* of a value, as a path */
    PATH_WHOLE,
    PATH_NO_EXTENSION, /* . */
    PATH_BASE,         /* / */
    PATH_DIRECTORY,    /* // */
    PATH_BARE          /* /. */
};

struct template_part {
    enum template_kind kind;
    enum template_path path;
    enum quoting quoting;
    int32_t column; /* from 1; negative: from the end */
    size_t at, n;   /* in the text: a literal, or the string as it was written */
};

struct template_word {
    size_t first, n; /* parts */
};

struct template {
    struct template_part *part;
    struct template_word *word;
    size_t n_parts, n_words;
    size_t parts_room;
    struct text text;
    bool shell;
    bool by_input; /* {n} is the n-th input, not column n of each */
    bool uses_input, uses_total, uses_place;
};

/* For a line for a shell (template_shell.c). word: as they were given, for
 * messages. FF_USAGE when a value cannot be quoted where it stands. */
int template_set_quoting(struct template *t, const char *const *word,
                         size_t n_words, struct ff_error *err);

#endif
