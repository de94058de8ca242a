/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of the kernel's own. `digits`: the numbers of all items written
 * one behind the other, as a number modulo p; it does not commute. `rough`: the
 * sum of 1 / (i + 1) in plain doubles, whose bits tell the order. One of the
 * functions of `digits` goes wrong in the way `how`: `where` is combine, finish
 * or, for combine in the worker that ends the run alone, last. */
#include <fanfold.h>
#include <fenv.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define P UINT64_C(1000000007)

FF_ITEMS(1000)
FF_TEXT(how, "")
FF_TEXT(where, "last")
FF_INT(skip, 0, "so many chunks in a row fold nothing, then one does")
FF_TEXT(mark, "", "a file that is made before it goes wrong")
FF_INT(pause_us, 0, "of each item")

static int has_chunks; /* FF_SETUP was called */
static int *volatile nowhere;

FF_SETUP(ff) { has_chunks = 1; }

static void go_wrong(void)
{
    const int again = access(mark, F_OK) == 0;
    FILE *file = *mark != '\0' ? fopen(mark, "w") : NULL;
    if (file != NULL)
        fclose(file);
    if (strcmp(how, "segv") == 0)
        *nowhere = 1;
    if (strcmp(how, "exit") == 0)
        exit(3);
    if (strcmp(how, "kill") == 0)
        raise(SIGKILL);
    while (strcmp(how, "hang") == 0 || (strcmp(how, "once") == 0 && !again))
        *(volatile int *)&has_chunks = has_chunks;
    while (strcmp(how, "eat") == 0)
        memset(malloc(1 << 24), 1, 1 << 24);
    if (strcmp(how, "round") == 0)
        fesetround(FE_UPWARD);
    if (strcmp(how, "print") == 0)
        puts("combining");
}

struct digits {
    uint64_t value, power; /* modulo P; 10 to the number of digits */
    uint64_t n;
};

static void digits_init(struct digits *d)
{
    d->power = 1;
}

static void append(struct digits *d, const struct digits *e)
{
    d->value = (d->value * e->power + e->value) % P;
    d->power = d->power * e->power % P;
    d->n += e->n;
}

static void digits_combine(struct digits *d, const struct digits *e)
{
    if (strcmp(where, "combine") == 0
        || (strcmp(where, "last") == 0 && !has_chunks))
        go_wrong();
    append(d, e);
}

static void digits_finish(const struct digits *d, double *number)
{
    if (strcmp(where, "finish") == 0)
        go_wrong();
    number[0] = strcmp(how, "nan") == 0 ? NAN : (double)d->value;
    number[1] = (double)d->n;
}

FF_OPERATION(digits, struct digits, digits_init, digits_combine,
             digits_finish, 2, "value length", "all numbers in a row")

static void rough_init(double *x) { *x = 0; }
static void rough_combine(double *x, const double *y) { *x += *y; }
static void rough_finish(const double *x, double *number) { *number = *x; }
FF_OPERATION(rough, double, rough_init, rough_combine, rough_finish, 1)
FF_COUNT(items)

static void add_item(struct digits *d, uint64_t i)
{
    struct digits e = {i % P, 1, 0};
    do {
        e.power = e.power * 10 % P;
        e.n++;
    } while ((i /= 10) > 0);
    append(d, &e);
}

FF_KERNEL(ff, begin, end)
{
    ff_count(ff, items, end - begin);
    if (skip > 0 && begin / (end - begin) % (uint64_t)(skip + 1) != 0)
        return;
    for (uint64_t i = begin; i < end; i++) {
        if (pause_us > 0)
            usleep((useconds_t)pause_us);
        add_item(ff_state(ff, digits), i);
        *ff_state(ff, rough) += 1.0 / (double)(i + 1);
    }
}
