/* SPDX-License-Identifier: Apache-2.0 */
/* Items give something else each time, in the way `how`; but for "not" and
 * "half", of which only the items from 500 on do. */
#define _GNU_SOURCE
#include <fanfold.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

FF_ITEMS(1000)
FF_TEXT(how, "not")
FF_INT(kilobytes, 0) /* emitted by an item */
FF_COUNT(items)
FF_SUM_INT(whole)
FF_SUM(total)
FF_ARGMAX_INT(most)
FF_PRODUCT(power)
FF_VECTOR_SUM(pair, 2)
FF_ANY(found)
FF_HISTOGRAM(spread, 0, 4, 4)
FF_OUTPUT(text)
FF_ARRAY_I64(grid, 2)

static uint64_t calls;
static volatile uint64_t scratch; /* that all threads of a worker use */

static int is(const char *name)
{
    return strcmp(how, name) == 0;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t on_stack(void)
{
    volatile uint64_t words[64];
    return words[40];
}

static uint64_t on_heap(void)
{
    volatile uint64_t *words = malloc(65536);
    uint64_t x = words ? words[4000] : 0;
    free((void *)words);
    return x;
}

/* What another thread has left in the place where we put our own; for up to
 * a tenth of a second. */
static uint64_t raced(uint64_t i)
{
    const uint64_t until = now() + 100000000u;
    const uint64_t mine = (uint64_t)gettid() << 32 | i;
    scratch = mine;
    while (scratch == mine && now() < until)
        usleep(10);
    return scratch;
}

static uint64_t noise(uint64_t i)
{
    if (is("rand"))
        return (uint64_t)rand();
    if (is("time"))
        return now();
    if (is("counter") || (is("half") && i >= 500))
        return ++calls;
    if (is("stack"))
        return on_stack();
    if (is("heap"))
        return on_heap();
    if (is("race"))
        return raced(i);
    return 0;
}

FF_KERNEL(ff, begin, end)
{
    for (uint64_t i = begin; i < end; i++) {
        const uint64_t n = noise(i);
        if (is("fail") && calls++ % 2) {
            ff_fail(ff, i, "every second time");
            return;
        }
        ff_count(ff, items, 1);
        ff_emitf(ff, text, "item %llu", (unsigned long long)i);
        for (int64_t k = 0; k < kilobytes; k++)
            ff_emitf(ff, text, "%1023d\n", 7);
        ff_emitf(ff, text, " %llu\n",
                 is("emit") ? (unsigned long long)++calls : 0ull);
        ff_array_i64(ff, grid, i)[1] = is("row") ? (int64_t)++calls : 7;
        if (is("print"))
            printf("%llu\n", (unsigned long long)++calls);
        if (is("double")) {
            ff_sum(ff, total, 3 + 0.125 * (double)++calls);
        } else if (is("hidden")) {
            ff_sum(ff, total, 1e16);
            ff_sum(ff, total, 1e-3 * (double)++calls);
        } else if (is("product")) {
            ff_product(ff, power, 3 + 0.125 * (double)++calls);
        } else if (is("vector")) {
            const double x[] = {7, 3 + 0.125 * (double)++calls};
            ff_vector_sum(ff, pair, x);
        } else if (is("truth")) {
            ff_any(ff, found, i == begin && calls++ % 2);
        } else if (is("histogram")) {
            ff_histogram(ff, spread, (double)(calls++ % 3));
        } else if (is("item")) {
            if (i == begin)
                ff_argmax_int(ff, most, 7, i + ++calls % (end - begin));
        } else {
            ff_sum_int(ff, whole, (int64_t)(n & 0xffffffffff));
        }
    }
}
