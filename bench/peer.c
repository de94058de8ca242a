/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the machine code of a kernel without fanfold: the object that fanfold
 * compiled is opened, and its function called by
 *
 *     peer OBJECT plain [NAME=VALUE]...     one call over all items
 *     peer OBJECT cores ...                 each core every second item, say
 *     peer OBJECT SCHEDULE ...              a loop of OpenMP over the items
 *
 * Prints the time in ns, and the sum of what it counted. For `cores` the time
 * is the mean of the cores' own times: the ideal, were the work divisible.
 * Kernels may fold sums and counts; doubles are summed as they come.
 */
#include "clock.h"
#include "fanfold.h"
#include "schedule.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { MAX_RESULTS = 32, PLACES = 512 };

struct peer {
    struct ff ff; /* first: what a kernel hands back is a struct peer */
    struct ff_buffer buffer[MAX_RESULTS];
    union ff_value value[MAX_RESULTS][PLACES];
    uint64_t counted;
    double sum;
};

struct loop {
    const struct ff_object *object;
    void (*kernel)(struct ff *ff, uint64_t begin, uint64_t end);
    uint64_t n;
    uint32_t op[MAX_RESULTS];
    uint32_t n_results;
};

static struct loop loop;

/* ---- what a kernel calls ------------------------------------------------- */

static void flush(struct ff *ff, uint32_t r)
{
    struct peer *p = (struct peer *)ff;
    for (uint32_t i = 0; i < p->buffer[r].n; i++)
        if (loop.op[r] == FF_OP_COUNT)
            p->counted += p->value[r][i].u64;
        else
            p->sum += p->value[r][i].f64;
    p->buffer[r].n = 0;
}

__attribute__((format(printf, 3, 4)))
static void fail(struct ff *ff, uint64_t item, const char *format, ...)
{
    va_list args;
    (void)ff;
    va_start(args, format);
    fprintf(stderr, "item %" PRIu64 ": ", item);
    vfprintf(stderr, format, args);
    va_end(args);
    exit(1);
}

static const struct ff_calls calls = {.flush = flush, .fail = fail};

static struct peer *peer_create(void)
{
    struct peer *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->ff = (struct ff){.last = loop.n, .size = 1, .threads = 1,
                        .buffer = p->buffer, .calls = &calls};
    for (uint32_t r = 0; r < loop.n_results; r++)
        p->buffer[r] = (struct ff_buffer){p->value[r], 0, PLACES};
    return p;
}

static uint64_t peer_end(struct peer *p)
{
    for (uint32_t r = 0; r < loop.n_results; r++)
        flush(&p->ff, r);
    const uint64_t counted = p->counted;
    free(p);
    return counted;
}

/* ---- opening ------------------------------------------------------------- */

static void set_argument(const char *argument)
{
    const size_t n = strcspn(argument, "=");
    struct ff_decl **d = loop.object->first;
    for (; d < loop.object->last; d++) {
        if (strlen((*d)->name) != n || strncmp((*d)->name, argument, n) != 0)
            continue;
        if ((*d)->kind == FF_DECL_INT)
            *(*d)->at.integer = strtoll(argument + n + 1, NULL, 10);
        if ((*d)->kind == FF_DECL_TEXT)
            *(*d)->at.text = argument + n + 1;
    }
}

static void read_declarations(void)
{
    struct ff_decl **d = loop.object->first;
    for (; d < loop.object->last; d++) {
        if ((*d)->kind == FF_DECL_KERNEL)
            loop.kernel = (*d)->at.kernel;
        if ((*d)->kind == FF_DECL_ITEMS)
            loop.n = (*d)->at.items();
        if ((*d)->kind == FF_DECL_RESULT && loop.n_results < MAX_RESULTS) {
            (*d)->index = loop.n_results;
            loop.op[loop.n_results++] = (*d)->op;
        }
    }
}

static int open_object(int argc, char **argv)
{
    void *object = dlopen(argv[1], RTLD_NOW);
    if (object == NULL) {
        fprintf(stderr, "peer: %s\n", dlerror());
        return -1;
    }
    loop.object = dlsym(object, "fanfold_object");
    if (loop.object == NULL)
        return -1;
    for (int i = 3; i < argc; i++)
        set_argument(argv[i]);
    read_declarations();
    return loop.kernel != NULL ? 0 : -1;
}

/* ---- running ------------------------------------------------------------- */

static uint64_t run_plain(uint64_t *counted)
{
    struct peer *p = peer_create();
    const uint64_t begin = clock_ns();
    loop.kernel(&p->ff, 0, loop.n);
    const uint64_t ns = clock_ns() - begin;
    *counted = peer_end(p);
    return ns;
}

static uint64_t run_cores(uint64_t *counted)
{
    uint64_t ns = 0, sum = 0, n = 0;
#pragma omp parallel reduction(+ : ns, sum, n)
    {
        const uint64_t first = (uint64_t)omp_get_thread_num();
        const uint64_t step = (uint64_t)omp_get_num_threads();
        struct peer *p = peer_create();
#pragma omp barrier
        const uint64_t begin = clock_ns();
        for (uint64_t i = first; i < loop.n; i += step)
            loop.kernel(&p->ff, i, i + 1);
        ns = clock_ns() - begin;
        sum = peer_end(p);
        n = 1;
    }
    *counted = sum;
    return ns / n;
}

static uint64_t run_openmp(uint64_t *counted)
{
    uint64_t sum = 0;
    const uint64_t begin = clock_ns();
#pragma omp parallel reduction(+ : sum)
    {
        struct peer *p = peer_create();
#pragma omp for schedule(runtime)
        for (uint64_t i = 0; i < loop.n; i++)
            loop.kernel(&p->ff, i, i + 1);
        sum = peer_end(p);
    }
    *counted = sum;
    return clock_ns() - begin;
}

int main(int argc, char **argv)
{
    uint64_t ns, counted = 0;
    if (argc < 3 || open_object(argc, argv) != 0) {
        fprintf(stderr, "usage: peer OBJECT plain|cores|SCHEDULE "
                "[NAME=VALUE]...\n");
        return 2;
    }
    if (strcmp(argv[2], "plain") == 0) {
        ns = run_plain(&counted);
    } else if (strcmp(argv[2], "cores") == 0 && schedule_set("static") == 0) {
        ns = run_cores(&counted);
    } else if (schedule_set(argv[2]) == 0) {
        ns = run_openmp(&counted);
    } else {
        fprintf(stderr, "peer: '%s' is no schedule\n", argv[2]);
        return 2;
    }
    printf("%" PRIu64 " %" PRIu64 "\n", ns, counted);
    return 0;
}
