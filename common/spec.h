/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel declares, as plain data without pointers: it is written by
 * the worker that opened the kernel and read by the launcher, which never
 * opens one (R3). */
#ifndef FANFOLD_COMMON_SPEC_H
#define FANFOLD_COMMON_SPEC_H

#include "error.h"
#include "grid.h"

#include <fanfold.h>
#include <stdbool.h>
#include <stdint.h>

#define SPEC_MAX_RESULTS 64
#define SPEC_MAX_PARAMS 64
#define SPEC_MAX_OUTPUTS 8
#define SPEC_MAX_ARRAYS 16
#define SPEC_MAX_COLUMNS (UINT64_C(1) << 40)
#define SPEC_MAX_SHARED 16
#define SPEC_NAME 64
#define SPEC_COMMAND 64u /* spec.kind of a command (worker/command.h), beside
                            enum ff_kernel_kind */
#define SPEC_MAX_SHARED_BYTES (UINT64_C(1) << 46)
#define SPEC_SHARED_ALIGN 65536 /* no page is larger */
#define SPEC_ABOUT 96 /* longer texts are cut */
#define SPEC_LABELS 512 /* bytes; of an operation, a zero byte behind each and
                           two at the end */
#define SPEC_MAX_NUMBERS 4096 /* of all lists of numbers */
#define SPEC_MAX_WORDS 100000u /* of the slices of all results: they must fit
                                  into a record */


/* Values that the kernel folds, with a buffer of their own. Each result that
 * it declares has a source of the same name; those of FF_VALUES are for --fold
 * alone. */
struct spec_source {
    char name[SPEC_NAME];
    uint32_t kind; /* enum value_kind */
    uint32_t line;
    char type[4];  /* "f64", ... */
    uint32_t reserved;
    char about[SPEC_ABOUT];
};

struct spec_result {
    char name[SPEC_NAME];
    uint32_t op;     /* enum ff_op */
    uint32_t line;   /* where it is declared; 0: by --fold */
    uint32_t source; /* the values that it folds */
    uint32_t form;   /* this and the rest: its shape, see struct ff_shape */
    double lo, hi;
    uint64_t n;
    uint32_t first_number, n_numbers; /* among the spec's */
    char labels[SPEC_LABELS];
    char about[SPEC_ABOUT];
};

struct spec_param {
    char name[SPEC_NAME];
    uint32_t kind; /* FF_DECL_INT, FF_DECL_REAL or FF_DECL_TEXT */
    uint32_t line;
    char value[SPEC_NAME]; /* the default, as text */
    char about[SPEC_ABOUT];
};

struct spec_output {
    char name[SPEC_NAME];
    uint32_t line;
    uint32_t source; /* its bytes are the values of source - 1, by --fold; 0:
                        the kernel emits them */
    char about[SPEC_ABOUT];
};

struct spec_array {
    char name[SPEC_NAME];
    uint32_t type; /* enum ff_type */
    uint32_t line;
    uint64_t columns;
    char about[SPEC_ABOUT];
};

struct spec_shared {
    char name[SPEC_NAME];
    uint32_t line, reserved;
    uint64_t bytes; /* at most SPEC_MAX_SHARED_BYTES */
};

struct spec {
    uint32_t n_results, n_params;
    uint32_t n_outputs, n_arrays, n_shared;
    uint32_t n_sources, n_numbers;
    uint32_t kind;      /* enum ff_kernel_kind */
    uint32_t has_items; /* FF_ITEMS was given */
    uint64_t items;     /* its value, with the parameters set */
    char about[4 * SPEC_ABOUT];
    struct spec_result result[SPEC_MAX_RESULTS]; /* in order of lines */
    struct spec_param param[SPEC_MAX_PARAMS];
    struct spec_output output[SPEC_MAX_OUTPUTS];
    struct spec_array array[SPEC_MAX_ARRAYS];
    struct spec_shared shared[SPEC_MAX_SHARED];
    struct spec_source source[SPEC_MAX_RESULTS];
    double number[SPEC_MAX_NUMBERS];
};

/* Has only the first thread of each worker chunks? Those of a team run them
 * together; a command has the cores of all. */
static inline bool spec_is_whole(const struct spec *spec)
{
    return spec->kind == FF_KERNEL_TEAM || spec->kind == SPEC_COMMAND;
}

/* Could this have been written by spec_* (counts in range, names ended and
 * identifiers, known ops)? For data from a worker. */
bool spec_valid(const struct spec *spec);

/* One more source of values, for values of the operator; one more result,
 * which folds them. No more than SPEC_MAX_RESULTS, names shorter than
 * SPEC_NAME, a known operator: the caller checks. The number of the source; of
 * the result. */
uint32_t spec_add_source(struct spec *spec, const char *name, uint32_t op);
uint32_t spec_add_result(struct spec *spec, const char *name, uint32_t op,
                         uint32_t source);

/* Can the operator fold these values? (Those with items also without.) */
bool spec_takes(uint32_t op, const struct spec_source *source);

/* Copies what is used of a spec, as most of it is not, to one that is all
 * zero. What comes from a worker must be checked thereafter. */
void spec_copy(struct spec *to, const struct spec *from);

/* The same for the same declarations. The spec must be valid. */
uint64_t spec_hash(const struct spec *spec);

/* What the operator of a result must know of it; points into the spec. */
struct ff_shape spec_shape(const struct spec *spec, uint32_t result);

/* Where the shared data i begin in the memory of all of them; with i = n_shared,
 * how large that is. */
uint64_t spec_shared_offset(const struct spec *spec, uint32_t i);

/* Of an array. */
uint64_t spec_element_bytes(const struct spec_array *array);
uint64_t spec_row_bytes(const struct spec_array *array);

/* The grid of a run: of the range, when there is one (range not NULL: first,
 * last), else of what FF_ITEMS says. FF_USAGE, naming the kernel as the user
 * does, when neither is there or FF_ITEMS cannot be meant. */
int spec_grid(const struct spec *spec, const uint64_t *range,
              uint64_t chunk_items, const char *kernel, struct grid *grid,
              struct ff_error *err);

/* The grid of a kernel that each of n_executors calls once: an item and a
 * chunk for each. FF_USAGE when a range, a chunk size or FF_ITEMS is given. */
int spec_grid_once(const struct spec *spec, bool has_input, bool has_range,
                   uint64_t chunk_items, uint32_t n_executors,
                   const char *kernel, struct grid *grid,
                   struct ff_error *err);

#endif
