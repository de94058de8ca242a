/* SPDX-License-Identifier: Apache-2.0 */
/* A team with all that it can call, over values whose plain sum depends on the
 * order. In the chunk of item `item` one thread (the last) goes wrong in the
 * way `how`: each time, or once when `marker` names a file to be made. */
#include <fanfold.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FF_ITEMS(3000)
FF_INT(item, -1)
FF_TEXT(how, "segv")
FF_TEXT(marker, "")
FF_COUNT(items)
FF_COUNT(looped)   /* 20 times the items */
FF_COUNT(singles)  /* 3 a chunk */
FF_COUNT(torn)     /* none */
FF_SUM_INT(index_sum)
FF_SUM(total)
FF_SUM(small)      /* of 1e16, 1, -1e16 in turn: a third of the items */
FF_SUM(reduced)    /* the same by way of the team */
FF_SUM_INT(reduced_int)
FF_MIN(least)
FF_MAX(most)
FF_MIN(least_reduced)
FF_MAX(most_reduced)
FF_MEAN(mean)
FF_VARIANCE(variance)
FF_ARGMIN(least_at)
FF_ARGMAX(most_at)
FF_HISTOGRAM(parts, 0, 1, 10)

enum { LOOPS = 20, TURNS = 10, MOST_THREADS = 64, MOST_ITEMS = 4096 };

static int *volatile nowhere;
static volatile int one = 1;
static uint64_t cell[MOST_THREADS]; /* a thread each */
static double shared_value[MOST_ITEMS];

static int is(const char *name)
{
    return strcmp(how, name) == 0;
}

static double three(uint64_t i)
{
    return i % 3 == 0 ? 1e16 : i % 3 == 1 ? 1 : -1e16;
}

static double term(uint64_t i)
{
    uint64_t h = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    double x = (double)(UINT64_C(1) << h % 49) / (double)(i + 1);
    return h >> 63 ? -x : x;
}

static int is_time(void)
{
    if (marker[0] == '\0')
        return 1;
    int fd = open(marker, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* 1: the thread is to return from the kernel. */
static int go_wrong(struct ff *ff)
{
    if (is("segv"))
        *nowhere = 1;
    if (is("abort"))
        abort();
    if (is("exit"))
        exit(0);
    if (is("kill9"))
        kill(getpid(), SIGKILL);
    if (is("pthread_exit"))
        pthread_exit(NULL);
    while (is("hang"))
        one = 1;
    while (is("sleep"))
        pause();
    if (is("fail"))
        ff_fail(ff, (uint64_t)item, "asked to");
    if (is("emit"))
        ff->calls->emit(ff, 0, "x", 1);
    if (is("skip single"))
        ff_single(ff);
    return is("fail") || is("leave") || is("emit");
}

/* Is this the thread that goes wrong, in its chunk? */
static int is_wrong(const struct ff *ff, uint64_t begin, uint64_t end)
{
    return item >= 0 && begin <= (uint64_t)item && (uint64_t)item < end
           && ff->thread + 1 == ff->threads;
}

static void fold(struct ff *ff, uint64_t i)
{
    double x = term(i);
    ff_count(ff, items, 1);
    ff_sum_int(ff, index_sum, (int64_t)i);
    ff_sum(ff, total, x);
    ff_sum(ff, small, three(i));
    ff_min(ff, least, x);
    ff_max(ff, most, x);
    ff_mean(ff, mean, x);
    ff_variance(ff, variance, x);
    ff_argmin(ff, least_at, x, i);
    ff_argmax(ff, most_at, x, i);
    ff_histogram(ff, parts, (double)(i % 100) / 100);
}

/* Loops one after the other without a barrier: more than can be in flight. */
static void loop(struct ff *ff, uint64_t begin, uint64_t end, int wrong)
{
    for (uint64_t k = wrong && is("skip a loop"); k < LOOPS; k++) {
        uint64_t lo, hi;
        struct ff_loop l = ff_loop(ff, begin, end, 1 + k % 4);
        while (ff_next(ff, &l, &lo, &hi))
            ff_count(ff, looped, hi - lo);
    }
}

/* Each writes its cell and reads all: behind a barrier all are as new. */
static void take_turns(struct ff *ff)
{
    for (uint64_t turn = 1; turn <= TURNS; turn++) {
        cell[ff->thread] = turn;
        ff_barrier(ff);
        for (uint32_t t = 0; t < ff->threads; t++)
            if (cell[t] != turn)
                ff_count(ff, torn, 1);
        ff_barrier(ff);
    }
}

static void reduce(struct ff *ff, uint64_t begin, uint64_t lo, uint64_t hi)
{
    int64_t n = 0;
    double low = 1, high = -1;
    for (uint64_t i = lo; i < hi; i++) {
        n += (int64_t)i;
        low = term(i) < low ? term(i) : low;
        high = term(i) > high ? term(i) : high;
    }
    double s = ff_team_sum(ff, shared_value + (lo - begin), hi - lo);
    low = ff_team_min(ff, low);
    high = ff_team_max(ff, high);
    n = ff_team_sum_int(ff, n);
    if (ff_single(ff)) {
        ff_sum(ff, reduced, s);
        ff_sum_int(ff, reduced_int, n);
        ff_min(ff, least_reduced, low);
        ff_max(ff, most_reduced, high);
        ff_count(ff, singles, 1);
    }
}

FF_TEAM(ff, begin, end)
{
    uint64_t lo, hi;
    if (end - begin > MOST_ITEMS || ff->threads > MOST_THREADS) {
        ff_fail(ff, begin, "too much for this kernel");
        return;
    }
    ff_team_share(ff, begin, end, &lo, &hi);
    for (uint64_t i = lo; i < hi; i++) {
        fold(ff, i);
        shared_value[i - begin] = three(i);
    }
    for (int k = 0; k < 2; k++)
        if (ff_single(ff))
            ff_count(ff, singles, 1);
    int wrong = is_wrong(ff, begin, end) && is_time();
    if (wrong && go_wrong(ff))
        return;
    if (!wrong || !is("skip loops"))
        loop(ff, begin, end, wrong);
    if (wrong && is("leave early"))
        return;
    take_turns(ff);
    if (wrong && is("skip reduction")) {
        for (int k = 0; k < 4; k++) /* what the others wait in */
            ff_barrier(ff);
        ff_single(ff);
        return;
    }
    reduce(ff, begin, lo, hi);
}
