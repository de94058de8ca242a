/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanfold/fold.h - reductions that are exact, for any program (libfanfold).
 *
 * A fold takes values in pieces, in any order, in any number of places, and
 * gives one result: the same bits however the values were dealt out. A sum of
 * doubles is the correctly rounded sum of all of them.
 *
 *     double s = ff_exact_sum(x, n);
 *
 * In an MPI program every rank folds what it has; then the lanes of all folds
 * are added, which MPI_SUM does, since they are integers:
 *
 *     struct ff_fold *fold = ff_fold_create("mean", "f64", NULL);
 *     ff_fold_add(fold, x, n);
 *     ff_fold_encode(fold, lanes);
 *     MPI_Allreduce(MPI_IN_PLACE, lanes, (int)ff_fold_lanes(fold),
 *                   MPI_INT64_T, MPI_SUM, comm);
 *     ff_fold_decode(fold, lanes);
 *     ff_fold_value(fold, &mean);
 *
 * To compile and link: pkg-config --cflags --libs fanfold. fanfold-fold(3) has
 * the operators, their parameters and all of this at greater length.
 *
 * Threads: there is no hidden state. Different folds may be used by different
 * threads at once; one fold is for one thread at a time.
 *
 * Errors: an int that is returned is 0 or one of enum ff_fold_status; then
 * neither the fold nor what pointers lead to has changed. Pointers may be NULL
 * only where it is said, or together with n = 0.
 *
 * Nothing that sums depends on the rounding mode or on flushed denormals.
 * Histograms want both as C has them.
 */
#ifndef FANFOLD_FOLD_H
#define FANFOLD_FOLD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sums of arrays ------------------------------------------------------ */

/* Each correctly rounded: to nearest, ties to even, subnormals and overflow as
 * IEEE 754 has them. No memory is allocated, nothing fails. */

/* x[0] + ... + x[n-1]. NaN if a NaN came or both infinities; -0.0 when nothing
 * but -0.0 came, else +0.0 for an exact zero, so also for n = 0. */
double ff_exact_sum(const double *x, size_t n);

/* x[0] * y[0] + ... The products are exact too. */
double ff_exact_dot(const double *x, const double *y, size_t n);

/* The square root of the sum of squares; overflows only if it does itself. */
double ff_exact_norm2(const double *x, size_t n);

/* ---- sums in memory of the caller's -------------------------------------- */

/* A sum of doubles as FF_SUM_LANES integers. Begin with all of them 0. Two
 * sums merge by adding lane to lane, so MPI_SUM on MPI_INT64_T merges sums of
 * up to 2^30 ranks if each has called ff_sum_normalise. */
#define FF_SUM_LANES 76

void ff_sum_add(int64_t *lanes, const double *x, size_t n);
void ff_sum_merge(int64_t *into, const int64_t *from);

/* To the one form that equal sums have. */
void ff_sum_normalise(int64_t *lanes);

/* 1 if these can be the lanes of a sum, else 0: of lanes from a file or from a
 * stranger, ask this first. The others take any lanes, and give a wrong number
 * for wrong ones. */
int ff_sum_valid(const int64_t *lanes);

/* The correctly rounded sum, as ff_exact_sum has it. */
double ff_sum_value(const int64_t *lanes);

/* ---- folds of any operator ----------------------------------------------- */

enum ff_fold_status {
    FF_FOLD_OK = 0,
    FF_FOLD_TYPE,    /* the fold does not take such values */
    FF_FOLD_OTHER,   /* the folds are not of the same operator and parameters,
                        or are one and the same */
    FF_FOLD_LANES,   /* these are not the lanes of such a fold */
    FF_FOLD_MISSING, /* there is no value: the minimum of nothing */
    FF_FOLD_FORM,    /* the result has another form than what was asked for */
    FF_FOLD_RANGE    /* there are fewer entries or bins */
};

/* What a status says, in English. */
const char *ff_fold_error(int status);

struct ff_fold;

/*
 * An empty fold. `op` is an operator and its parameters, as the command line
 * `fanfold run --fold NAME=OP` has them: "sum", "histogram,0,1,20". `type` is
 * that of the values:
 *
 *     "f64"  double           "i64"  int64_t
 *     "f32"  float            "u64"  uint64_t
 *
 * To be destroyed by the caller. NULL when there is no such operator for these
 * values, when a parameter is wrong or memory is short; then, unless `why` is
 * NULL, the reason is written there.
 *
 * The operations of a kernel's own and vectors are not to be had here. A
 * product of doubles or floats keeps 128 bits at every step, so another order
 * of the calls may give another last bit, rarely. With all others order does
 * not matter.
 */
#define FF_FOLD_WHY 256
struct ff_fold *ff_fold_create(const char *op, const char *type,
                               char why[FF_FOLD_WHY]);
void ff_fold_destroy(struct ff_fold *fold); /* NULL is legal */

/* The seed by which "sample" draws, 0 at first. Give it before any value, the
 * same on all ranks. */
void ff_fold_seed(struct ff_fold *fold, uint64_t seed);

/* Back to a fold of nothing. */
void ff_fold_reset(struct ff_fold *fold);

/* Fold n values; give many at once, for a call costs some 50 ns and a value in
 * an array less than 1. FF_FOLD_TYPE: the fold is of another type, or takes
 * items or pairs. */
int ff_fold_add(struct ff_fold *fold, const double *x, size_t n);
int ff_fold_add_float(struct ff_fold *fold, const float *x, size_t n);
int ff_fold_add_int(struct ff_fold *fold, const int64_t *x, size_t n);
int ff_fold_add_uint(struct ff_fold *fold, const uint64_t *x, size_t n);

/* The same with the item that each value belongs to, a number of your choice:
 * for argmin, top and others that tell which one it was. Of equal values the
 * lowest item counts, so that it does not matter who came first. */
int ff_fold_add_items(struct ff_fold *fold, const double *x,
                      const uint64_t *item, size_t n);
int ff_fold_add_items_float(struct ff_fold *fold, const float *x,
                            const uint64_t *item, size_t n);
int ff_fold_add_items_int(struct ff_fold *fold, const int64_t *x,
                          const uint64_t *item, size_t n);
int ff_fold_add_items_uint(struct ff_fold *fold, const uint64_t *x,
                           const uint64_t *item, size_t n);

/* n pairs: for dot. */
int ff_fold_add_pairs(struct ff_fold *fold, const double *x, const double *y,
                      size_t n);
int ff_fold_add_pairs_float(struct ff_fold *fold, const float *x,
                            const float *y, size_t n);

/* Folds into `into` all that `from` holds, and goes on to hold. FF_FOLD_OTHER
 * unless they are two, created with the same op and type and of one seed. */
int ff_fold_merge(struct ff_fold *into, struct ff_fold *from);

/* ---- results ------------------------------------------------------------- */

/* The result where it is a double (FF_FOLD_FORM: it is an integer, a truth
 * value, a list or a histogram). FF_FOLD_MISSING when there is none. */
int ff_fold_value(struct ff_fold *fold, double *value);

/* The result as text: integers of any size in decimal, doubles with as many
 * digits as read back to the same bits, "true", "false". FF_FOLD_FORM for
 * lists and histograms. */
#define FF_FOLD_TEXT 64
int ff_fold_text(struct ff_fold *fold, char text[FF_FOLD_TEXT]);

enum ff_fold_form {
    FF_FORM_MISSING,
    FF_FORM_REAL,     /* a double */
    FF_FORM_INT,      /* an integer, which may have more than 64 bits */
    FF_FORM_BOOL,
    FF_FORM_LIST,     /* n entries */
    FF_FORM_HISTOGRAM /* n bins */
};

/* All there is to know of a result, or of an entry of a list. */
struct ff_fold_result {
    int form;        /* enum ff_fold_form */
    int has_item;    /* item is the one that it belongs to */
    int has_at;      /* at is the number that it belongs to: a quantile's */
    int reserved;
    double value;    /* FF_FORM_REAL; FF_FORM_BOOL: 0 or 1 */
    uint64_t item;
    double at;
    uint64_t n;
    const char *note; /* for people: how far it may be off, or why it is
                         missing; or NULL. Not to be freed */
    char text[FF_FOLD_TEXT]; /* as of ff_fold_text; "" if there is none */
};

void ff_fold_result(struct ff_fold *fold, struct ff_fold_result *result);

/* Entry i < n of a list. */
int ff_fold_entry(struct ff_fold *fold, uint64_t i,
                  struct ff_fold_result *entry);

/* Bin i < n of a histogram has the `count` values x with from <= x < to. Bins
 * n, n + 1 and n + 2 have those below the first edge, those from the last one
 * on, and the NaNs; their edges are infinite or NaN. */
int ff_fold_bin(struct ff_fold *fold, uint64_t i, double *from, double *to,
                uint64_t *count);

/* ---- lanes: folds on their way to other processes ------------------------ */

/* How the lanes of all ranks become one, before they are decoded. It depends on
 * the operator alone. */
enum ff_fold_by {
    FF_BY_SUM,       /* MPI_SUM of MPI_INT64_T: as many as ff_fold_lanes */
    FF_BY_MAX,       /* MPI_MAX of MPI_INT64_T */
    FF_BY_MAX_BYTES, /* MPI_MAX of MPI_UINT8_T: 8 times as many */
    FF_BY_MERGE      /* no MPI operation does it: gather them, and
                        ff_fold_merge_lanes each, in the order of ranks */
};
enum ff_fold_by ff_fold_reduces_by(const struct ff_fold *fold);

/* How many lanes of 64 bits; the same for all folds of this op and type. */
size_t ff_fold_lanes(const struct ff_fold *fold);

/* Writes them, in a form in which those of 2^30 ranks can be added. Equal
 * contents have equal lanes. They are for machines of one byte order. */
void ff_fold_encode(struct ff_fold *fold, int64_t *lanes);

/* The fold holds what these lanes do, and nothing else. FF_FOLD_LANES when no
 * values can have led to them. Any lanes may be given. */
int ff_fold_decode(struct ff_fold *fold, const int64_t *lanes);

/* Decodes lanes and folds what they hold into the fold. */
int ff_fold_merge_lanes(struct ff_fold *fold, const int64_t *lanes);

#ifdef __cplusplus
}
#endif

#endif
