/* SPDX-License-Identifier: Apache-2.0 */
/* A chunk run twice: see verify.h. Operators make normalised slices unique: the
 * same values give the same words, in whatever order they came. */
#include "verify.h"
#include "chosen.h"
#include "hash.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#define DIFFERENT "gave different results when it was run again (--verify): "
#define STACK_BYTES 16384 /* of the stack below us, filled before each run */

int verify_init(struct verify *v, const struct job_shm *job,
                const struct partial_layout *layout, struct ff_error *err)
{
    *v = (struct verify){.job = job};
    if (job->verify == 0)
        return 0;
    if (stage_init(&v->apart[0], layout, job->grid.n_chunks, err) != 0
        || stage_init(&v->apart[1], layout, job->grid.n_chunks, err) != 0)
        return -1;
    return 0;
}

void verify_release(struct verify *v)
{
    stage_release(&v->apart[0]);
    stage_release(&v->apart[1]);
}

bool verify_wants(const struct verify *v, uint32_t chunk)
{
    return v->job->verify > 0
           && chosen(v->job->verify, v->job->seed, chunk,
                     v->job->grid.n_chunks);
}

/* ---- memory that nobody has written -------------------------------------- */

static const unsigned char pattern[2] = {0x55, 0xaa};

__attribute__((noinline)) static void fill_stack(unsigned char byte)
{
    unsigned char below[STACK_BYTES];
    memset(below, byte, sizeof below);
    __asm__ volatile("" : : "r"(below) : "memory");
}

void verify_before(int turn)
{
    mallopt(M_PERTURB, pattern[turn]);
    fill_stack(pattern[turn]);
}

void verify_after(void)
{
    mallopt(M_PERTURB, 0);
}

/* ---- comparing ----------------------------------------------------------- */

static void print_value(char out[64], const struct value *v)
{
    char number[40] = "none";
    if (v->type == VALUE_F64)
        snprintf(number, sizeof number, "%a", v->f64);
    else if (v->type == VALUE_INT || v->type == VALUE_BOOL)
        snprintf(number, sizeof number, "%.39s", v->decimal);
    else if (v->type != VALUE_NONE)
        snprintf(number, sizeof number, "one");
    if (v->has_item)
        snprintf(out, 64, "%s at item %" PRIu64, number, v->item);
    else
        snprintf(out, 64, "%s", number);
}

/* Of the only chunk. */
static const int64_t *state_of(const struct verify *v, int turn)
{
    const struct tree *tree = &v->apart[turn].tree;
    return tree->n > 0 ? tree_state(tree, 0) : NULL;
}

static const int64_t *slice_of(const struct verify *v, int turn,
                               const struct partial_result *r)
{
    return (r->op->ordered ? state_of(v, turn) : v->apart[turn].partial)
           + r->offset;
}

/* Of two lists, the first entries that differ, and which they are. */
static void find_entries(const struct partial_result *r, struct value value[2],
                         char which[32])
{
    const struct value list[2] = {value[0], value[1]};
    char one[64], two[64];
    if (list[0].type != VALUE_LIST || list[1].type != VALUE_LIST)
        return;
    for (uint64_t i = 0; i < list[0].n && i < list[1].n; i++) {
        r->op->entry(&r->shape, list[0].slice, i, &value[0]);
        r->op->entry(&r->shape, list[1].slice, i, &value[1]);
        print_value(one, &value[0]);
        print_value(two, &value[1]);
        snprintf(which, 32, "[%" PRIu64 "]", i);
        if (strcmp(one, two) != 0)
            return;
    }
}

static void tell(const struct verify *v, uint32_t result, char text[FAIL_TEXT])
{
    const struct partial_layout *layout = v->apart[0].layout;
    const struct partial_result *r = &layout->result[result];
    struct value value[2];
    char one[64], two[64], which[32] = "";
    for (int i = 0; i < 2; i++)
        partial_finish(layout, v->apart[i].partial, state_of(v, i), result,
                       &value[i]);
    const bool is_number = value[0].type == VALUE_F64;
    find_entries(r, value, which);
    print_value(one, &value[0]);
    print_value(two, &value[1]);
    const bool hidden = strcmp(one, two) == 0;
    if (hidden && !is_number)
        snprintf(text, FAIL_TEXT, DIFFERENT "'%.40s' has other contents",
                 r->name);
    else
        snprintf(text, FAIL_TEXT, DIFFERENT "'%.40s'%s %.40s, then %.40s",
                 r->name, which, one,
                 hidden ? "another that is rounded to the same" : two);
}

void verify_note(struct verify *v, int turn, const struct emit *emit,
                 const struct rows *rows)
{
    const uint64_t n = rows->end - rows->begin;
    v->n_emitted = emit->n_outputs;
    v->n_arrays = rows->n_arrays;
    for (uint32_t i = 0; i < emit->n_outputs; i++)
        v->emitted[turn][i] = emit->output[i].digest;
    for (uint32_t i = 0; i < rows->n_arrays; i++) {
        const struct rows_array *a = &rows->array[i];
        v->rows[turn][i] = hash_bytes(a->buffer + rows->kept * a->row_bytes,
                                      (size_t)n * a->row_bytes);
    }
}

/* --keep-order: what a kernel prints is an output behind its own. */
static bool tell_output(const struct verify *v, uint32_t i,
                        char text[FAIL_TEXT])
{
    if (i < v->spec->n_outputs)
        snprintf(text, FAIL_TEXT, DIFFERENT "output '%.60s' has other bytes",
                 v->spec->output[i].name);
    else
        snprintf(text, FAIL_TEXT, DIFFERENT "it printed other bytes");
    return false;
}

static bool tell_array(const struct verify *v, uint32_t i,
                       char text[FAIL_TEXT])
{
    snprintf(text, FAIL_TEXT, DIFFERENT "array '%.60s' has other rows",
             v->spec->array[i].name);
    return false;
}

static bool same_bytes(const struct verify *v, char text[FAIL_TEXT])
{
    for (uint32_t i = 0; i < v->n_emitted; i++)
        if (v->emitted[0][i].n != v->emitted[1][i].n
            || v->emitted[0][i].hash != v->emitted[1][i].hash)
            return tell_output(v, i, text);
    for (uint32_t i = 0; i < v->n_arrays; i++)
        if (v->rows[0][i] != v->rows[1][i])
            return tell_array(v, i, text);
    return true;
}

void verify_failed_again(char text[FAIL_TEXT])
{
    char reason[FAIL_TEXT];
    memcpy(reason, text, sizeof reason);
    snprintf(text, FAIL_TEXT, "failed when it was run again (--verify): "
             "%.1900s", reason);
}

bool verify_same(const struct verify *v, char text[FAIL_TEXT])
{
    const struct partial_layout *layout = v->apart[0].layout;
    for (uint32_t i = 0; i < layout->n_results; i++) {
        const struct partial_result *r = &layout->result[i];
        if (memcmp(slice_of(v, 0, r), slice_of(v, 1, r),
                   r->words * sizeof(int64_t)) == 0)
            continue;
        tell(v, i, text);
        return false;
    }
    return same_bytes(v, text);
}

void verify_reset(struct verify *v)
{
    stage_reset(&v->apart[0]);
    stage_reset(&v->apart[1]);
}
