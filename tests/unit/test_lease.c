/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cores that runs lease, on synthetic machines: processes that start at once
 * and die at any moment never have one core for themselves together, take what
 * is free, and share evenly what is not; and the words.
 */
#include "cores_left.h"
#include "lease.h"
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_RUNS 100
#define CORES 64

/* What a run has, as it says itself. */
struct holding {
    uint32_t n_workers;
    bool shared;
    bool core[CORES];
    char why[200], told[400];
};

static struct holding *held; /* MAX_RUNS, seen by all */

static struct machine machine_of(const char *words)
{
    const struct machine_source source = {.topology = words};
    struct machine machine = {0};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL_FATAL(machine_read(&machine, &source, &err), 0);
    /* All processes have one file, whatever a topology says of its host. */
    snprintf(machine.host, sizeof machine.host, "synthetic");
    return machine;
}

/* As a run does: 0, with the lease to be kept. */
static int lease(struct lease *l, const char *words, uint32_t workers,
                 uint32_t threads, bool oversubscribe, uint64_t run,
                 struct holding *h)
{
    struct job job = {.workers = workers, .threads = threads,
                      .oversubscribe = oversubscribe};
    struct machine machine = machine_of(words);
    struct plan plan = {0};
    struct ff_error err = {0};
    *h = (struct holding){0};
    lease_begin(l, &machine, &job, workers, threads, run);
    if (plan_make(&plan, &job, &machine, &err) != 0)
        return -1;
    lease_take(l, &machine, &plan);
    h->n_workers = plan.n_workers;
    h->shared = l->shared;
    for (uint32_t i = 0; i < plan.n_workers * plan.threads; i++)
        h->core[plan.place[i].core] = true;
    snprintf(h->why, sizeof h->why, "%s", machine.why);
    snprintf(h->told, sizeof h->told, "%s", l->told);
    plan_release(&plan);
    machine_release(&machine);
    return l->fd >= 0 ? 0 : -1;
}

/* ---- one after the other -------------------------------------------------- */

static uint32_t n_cores(const struct holding *h)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < CORES; i++)
        n += h->core[i];
    return n;
}

static uint32_t n_common(const struct holding *a, const struct holding *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < CORES; i++)
        n += a->core[i] && b->core[i];
    return n;
}

static void takes_what_is_free(void)
{
    struct lease a, b, c, d;
    struct holding h[4];
    char pid[64];
    CU_ASSERT_EQUAL(lease(&a, "core:8 pu:2", 3, 1, false, 1, &h[0]), 0);
    CU_ASSERT_STRING_EQUAL(h[0].why, "all 8 cores");
    CU_ASSERT_EQUAL(lease(&b, "core:8 pu:2", 0, 1, false, 2, &h[1]), 0);
    CU_ASSERT_EQUAL(h[1].n_workers, 5);
    CU_ASSERT_EQUAL(n_common(&h[0], &h[1]), 0);
    CU_ASSERT(!h[1].shared && h[1].told[0] == '\0');
    snprintf(pid, sizeof pid, "(pid %d)", (int)getpid());
    CU_ASSERT_PTR_NOT_NULL(strstr(h[1].why, pid));
    CU_ASSERT_PTR_NOT_NULL(strstr(h[1].why, "5 of 8 cores: the others"));

    /* Nothing is free: all, and each core has two. */
    CU_ASSERT_EQUAL(lease(&c, "core:8 pu:2", 0, 1, false, 3, &h[2]), 0);
    CU_ASSERT_EQUAL(n_cores(&h[2]), 8);
    CU_ASSERT(h[2].shared && strstr(h[2].told, "no core is free") != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(h[2].why, "all 8 cores, shared with"));
    lease_release(&c);

    /* Free ones first, then no more than wanted. */
    lease_release(&b);
    CU_ASSERT_EQUAL(lease(&d, "core:8 pu:2", 7, 1, false, 4, &h[3]), 0);
    CU_ASSERT_EQUAL(n_cores(&h[3]), 7);
    CU_ASSERT_EQUAL(n_common(&h[0], &h[3]), 2);
    CU_ASSERT(h[3].shared && strstr(h[3].told, "5 cores are free") != NULL);
    lease_release(&d);
    lease_release(&a);
    CU_ASSERT_EQUAL(lease(&a, "core:8 pu:2", 0, 1, false, 1, &h[0]), 0);
    CU_ASSERT_EQUAL(h[0].n_workers, 8);
    lease_release(&a);
}

/* Threads want room; what shares caches is the plan's to choose. */
static void plans_with_what_is_left(void)
{
    struct lease a, b, c;
    struct holding h[3];
    CU_ASSERT_EQUAL(lease(&a, "numa:2 core:4 pu:1", 3, 1, false, 1, &h[0]), 0);
    /* One is left of the first NUMA node. */
    CU_ASSERT_EQUAL(lease(&b, "numa:2 core:4 pu:1", 1, 4, false, 2, &h[1]), 0);
    CU_ASSERT(h[1].core[4] && h[1].core[5] && h[1].core[6] && h[1].core[7]);
    CU_ASSERT(!h[1].shared);
    /* One free core is no room for four threads. */
    CU_ASSERT_EQUAL(lease(&c, "numa:2 core:4 pu:1", 0, 4, false, 3, &h[2]), 0);
    CU_ASSERT_EQUAL(h[2].n_workers, 1);
    CU_ASSERT_EQUAL(n_cores(&h[2]), 4);
    CU_ASSERT(h[2].core[3] && h[2].shared);
    lease_release(&c);
    lease_release(&b);
    lease_release(&a);
    /* Nor has the whole machine room for three. */
    CU_ASSERT_EQUAL(lease(&a, "core:2 pu:1", 1, 1, false, 1, &h[0]), 0);
    CU_ASSERT_EQUAL(lease(&b, "core:2 pu:1", 0, 3, false, 2, &h[1]), 0);
    CU_ASSERT(h[1].n_workers == 1 && h[1].shared);
    lease_release(&b);
    lease_release(&a);
}

/* Ranks of one run are no others; nor does who says so look at them. */
static void knows_its_own(void)
{
    struct lease a, b, c;
    struct holding h[3];
    CU_ASSERT_EQUAL(lease(&a, "core:4 pu:1", 4, 1, false, 7, &h[0]), 0);
    CU_ASSERT_EQUAL(lease(&b, "core:4 pu:1", 2, 1, false, 7, &h[1]), 0);
    CU_ASSERT(!h[1].shared && h[1].told[0] == '\0');
    lease_release(&b);
    CU_ASSERT_EQUAL(lease(&c, "core:4 pu:1", 0, 1, true, 8, &h[2]), 0);
    CU_ASSERT_EQUAL(n_cores(&h[2]), 4);
    CU_ASSERT(h[2].told[0] == '\0');
    lease_release(&c);
    lease_release(&a);
}

/* As many runs as anybody may have: each as before, to the end. */
static void shares_evenly(void)
{
    enum { RUNS = 30 };
    struct lease l[RUNS];
    struct holding h;
    uint32_t users[CORES] = {0};
    for (int i = 0; i < RUNS; i++) {
        CU_ASSERT_EQUAL(lease(&l[i], "core:8 pu:1", 3, 1, false,
                              (uint64_t)i + 1, &h), 0);
        uint32_t least = UINT32_MAX, most = 0;
        for (uint32_t c = 0; c < 8; c++) {
            users[c] += h.core[c];
            least = users[c] < least ? users[c] : least;
            most = users[c] > most ? users[c] : most;
        }
        CU_ASSERT(most - least <= 1);
    }
    for (int i = 0; i < RUNS; i++)
        lease_release(&l[i]);
}

/* A file that others could write is not believed, and costs no run. */
static void needs_a_directory_of_ours(void)
{
    const char *own = getenv("XDG_RUNTIME_DIR");
    char saved[4096], path[4200];
    struct lease l;
    struct holding h;
    snprintf(saved, sizeof saved, "%s", own);
    snprintf(path, sizeof path, "%s/open", saved);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    setenv("XDG_RUNTIME_DIR", path, 1);
    strcat(path, "/fanfold");
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(chmod(path, 0777), 0);
    lease(&l, "core:4 pu:1", 2, 1, false, 1, &h);
    CU_ASSERT_EQUAL(h.n_workers, 2);
    strcat(path, "/cores-synthetic");
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    lease_release(&l);
    setenv("XDG_RUNTIME_DIR", saved, 1);
}

/* ---- all at once ----------------------------------------------------------- */

static const char *const big = "numa:2 core:32 pu:2";

/* Leases, says so by a byte, and lives until it is killed. */
static void be_run(uint32_t i, uint32_t workers, int go, int ready)
{
    struct lease l;
    char byte;
    if (read(go, &byte, 1) < 0 /* until all are there: end of file */
        || lease(&l, big, workers, 1, false, i + 1, &held[i]) != 0
        || write(ready, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static pid_t start_run(uint32_t i, uint32_t workers, const int go[2],
                       const int ready[2])
{
    const pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        close(ready[0]);
        be_run(i, workers, go[0], ready[1]);
    }
    return pid;
}

static void count_users(const pid_t *pid, uint32_t n, uint32_t *users)
{
    memset(users, 0, CORES * sizeof users[0]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = 0; pid[i] > 0 && c < CORES; c++)
            users[c] += held[i].core[c];
}

/* Starts those that have no process at one moment; all have their cores. */
static void start_all(pid_t *pid, uint32_t n, uint32_t workers)
{
    int go[2], ready[2];
    uint32_t n_new = 0;
    char byte;
    CU_ASSERT_EQUAL_FATAL(pipe2(go, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(ready, O_CLOEXEC), 0);
    for (uint32_t i = 0; i < n; i++) {
        if (pid[i] > 0)
            continue;
        pid[i] = start_run(i, workers, go, ready);
        CU_ASSERT_FATAL(pid[i] > 0);
        n_new++;
    }
    close(go[0]);
    close(go[1]);
    close(ready[1]);
    for (uint32_t i = 0; i < n_new; i++)
        CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
    close(ready[0]);
}

static void end_one(pid_t *pid)
{
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

/* 32 runs of two workers: 64 cores, each of one run. Then random ones die and
 * others come in their place, which always find as many free ones. */
static void many_have_their_own(void)
{
    pid_t pid[MAX_RUNS] = {0};
    uint32_t users[CORES];
    srand(1);
    for (int round = 0; round < (tap_long() ? 50 : 5); round++) {
        start_all(pid, 32, 2);
        count_users(pid, 32, users);
        for (uint32_t c = 0; c < CORES; c++)
            CU_ASSERT_EQUAL(users[c], 1);
        for (uint32_t i = 0; i < 32; i++) {
            CU_ASSERT(!held[i].shared);
            if (rand() % 2)
                end_one(&pid[i]);
        }
    }
    for (uint32_t i = 0; i < 32; i++)
        if (pid[i] > 0)
            end_one(&pid[i]);
}

/* More than there are cores, at one moment: each core has as many, but for
 * one. */
static void many_share(void)
{
    pid_t pid[MAX_RUNS] = {0};
    uint32_t users[CORES];
    start_all(pid, 50, 3); /* 150 for 64 */
    count_users(pid, 50, users);
    for (uint32_t c = 0; c < CORES; c++)
        CU_ASSERT(users[c] == 150 / CORES || users[c] == 150 / CORES + 1);
    for (uint32_t i = 0; i < 50; i++)
        end_one(&pid[i]);
}

/* One is stopped behind the door: it costs others no core, and no time. */
static void nobody_is_kept_waiting(void)
{
    int go[2];
    char byte;
    CU_ASSERT_EQUAL_FATAL(pipe2(go, O_CLOEXEC), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        struct machine machine = machine_of(big);
        struct lease l;
        lease_begin(&l, &machine, &(struct job){.threads = 1}, 0, 1, 1);
        if (write(go[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    CU_ASSERT_EQUAL(read(go[0], &byte, 1), 1);
    struct lease l;
    struct holding h;
    CU_ASSERT_EQUAL(lease(&l, big, 2, 1, false, 2, &h), 0);
    CU_ASSERT(n_cores(&h) == 2 && !h.shared);
    lease_release(&l);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(go[0]);
    close(go[1]);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"a run takes the cores that are free, and shares the others",
         takes_what_is_free},
        {"the plan is made for the cores that are left",
         plans_with_what_is_left},
        {"ranks of one run are not in each other's way", knows_its_own},
        {"cores are shared evenly", shares_evenly},
        {"a directory that is not ours alone is not used",
         needs_a_directory_of_ours},
        {"runs that start at once, and die, have cores of their own",
         many_have_their_own},
        {"runs that start at once share evenly", many_share},
        {"a run that is stopped while it leases keeps nobody waiting",
         nobody_is_kept_waiting},
    };
    held = mmap(NULL, MAX_RUNS * sizeof *held, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return held == MAP_FAILED ? 1 : TAP_RUN(tests);
}
