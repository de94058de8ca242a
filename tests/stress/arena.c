/* SPDX-License-Identifier: Apache-2.0 */
/* A node without processes: see arena.h. */
#include "arena.h"
#include "clock.h"
#include "failpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum slot_state { SLOT_LIVE, SLOT_DEAD, SLOT_EMPTY, SLOT_LEFT };

struct slot {
    struct executor executor;
    struct arena *arena;
    struct executor_shm *shm;  /* NULL: retired */
    struct ring_reader reader;
    pthread_t thread;
    bool started;
    uint64_t random;           /* the thread's */
    sigjmp_buf death;
    volatile sig_atomic_t mortal;
    volatile sig_atomic_t own; /* died by its own hand */
    _Atomic uint32_t state;    /* enum slot_state; a futex */
    _Atomic uint32_t doomed;   /* to die at the next failpoint */
    uint32_t solo_chunk;
    struct tally tally;        /* the thread's */
};

static __thread struct slot *me;

static const char *const points[ARENA_POINTS] = {
    "odd", "taken", "opened", "stolen", "between-words", "give-back",
    "before-publish", "mid-write", "after-publish", "even", "kernel"};

const char *arena_point_name(unsigned i)
{
    return points[i];
}

void tally_add(struct tally *into, const struct tally *t)
{
    /* All of it is numbers of one type. */
    uint64_t *to = (uint64_t *)into;
    const uint64_t *from = (const uint64_t *)t;
    for (size_t i = 0; i < sizeof *t / sizeof *to; i++)
        to[i] += from[i];
}

/* ---- dying and stalling -------------------------------------------------- */

static bool may_die(struct arena *a)
{
    if (atomic_load(&a->over)
        || atomic_load(&a->n_deaths) >= a->scenario.max_deaths)
        return false;
    if (atomic_fetch_add(&a->n_deaths, 1) < a->scenario.max_deaths)
        return true;
    atomic_fetch_sub(&a->n_deaths, 1);
    return false;
}

static _Noreturn void die(struct slot *s)
{
    s->mortal = 0;
    siglongjmp(s->death, 1);
}

_Noreturn void arena_crash(void)
{
    me->own = 1;
    me->tally.own_deaths++;
    die(me);
}

/* SIGKILL, as far as a thread can have one. */
static void on_signal(int number)
{
    const int saved = errno;
    (void)number;
    if (me != NULL && me->mortal && may_die(me->arena)) {
        me->tally.signal_deaths++;
        die(me);
    }
    errno = saved;
}

static void stall(uint64_t *random)
{
    const uint64_t r = draw(random) >> 32, length = r / 64;
    if (r % 64 == 0)
        nanosleep(&(struct timespec){0, (long)(length % 1000000)}, NULL);
    else if (r % 64 < 24)
        for (volatile unsigned i = 0; i < length % 2000; i++) { }
    else
        sched_yield();
}

/* Batches grow to what is worth 5 us and more, and a record takes 10 ms to be
 * due: too rare for a test. */
static void hurry(struct slot *s)
{
    const uint64_t r = draw(&s->random) >> 32;
    s->executor.batch = 1 + (uint32_t)(r % 4);
    if (r / 4 % 4 == 0)
        s->executor.record.due_ns = 0;
}

void arena_point(const char *point)
{
    struct slot *s = me;
    unsigned i = 0;
    if (s == NULL)
        return;
    const struct scenario *c = &s->arena->scenario;
    while (i < ARENA_POINTS - 1 && strcmp(points[i], point) != 0)
        i++;
    s->tally.hits[i]++;
    if (chance(&s->random, c->stall_chance))
        stall(&s->random);
    if (chance(&s->random, c->hurry_chance))
        hurry(s);
    const bool doomed = atomic_exchange(&s->doomed, 0) != 0;
    if ((doomed || chance(&s->random, c->death_chance)) && s->mortal
        && !(c->spared_points >> i & 1) && may_die(s->arena)) {
        s->tally.deaths_at[i]++;
        die(s);
    }
}

/* ---- an executor's thread ------------------------------------------------ */

/* True when it died. */
static bool live_once(struct slot *s)
{
    if (sigsetjmp(s->death, 1) != 0)
        return true;
    s->mortal = 1;
    if (s->solo_chunk != NO_CHUNK)
        executor_run_range(&s->executor, (struct range){s->solo_chunk,
                                                        s->solo_chunk + 1});
    executor_run(&s->executor);
    s->mortal = 0;
    return false;
}

static void set_state(struct slot *s, enum slot_state state)
{
    atomic_store(&s->state, state);
    futex_wake(&s->state);
}

static void notify(const struct arena *a)
{
    const uint64_t one = 1;
    if (write(a->event, &one, sizeof one) < 0)
        abort();
}

static void *live(void *argument)
{
    struct slot *s = argument;
    me = s;
    for (;;) {
        const uint32_t state = atomic_load(&s->state);
        if (state != SLOT_LIVE) {
            if (atomic_load(&s->arena->over))
                break;
            futex_wait(&s->state, state, 1000000);
        } else if (live_once(s)) {
            set_state(s, SLOT_DEAD);
            notify(s->arena);
        } else {
            set_state(s, SLOT_LEFT);
            break;
        }
    }
    return NULL;
}

/* ---- the launcher: records ----------------------------------------------- */

static _Noreturn void give_up(const char *what)
{
    printf("Bail out! %s\n", what);
    fflush(stdout);
    _exit(1);
}

/* A copy with some bits changed must not be taken for a record, unless what
 * changed is values alone; those the ring's checksum guards. Here: the head
 * and the ranges, so that the cover would be wrong. */
static void take_damaged(struct arena *a, const struct ring_reader *reader)
{
    struct cover again = COVER_EMPTY;
    struct record_head head;
    unsigned char *copy = malloc(reader->n);
    if (copy == NULL)
        give_up("no memory");
    memcpy(copy, reader->message, reader->n);
    memcpy(&head, copy, sizeof head);
    switch (draw(&a->random) % 3) {
    case 0:
        head.kind += 1 + head.kind;
        break;
    case 1:
        head.n_ranges += 1 + (uint32_t)(draw(&a->random) % 1000);
        break;
    default: /* a range beyond the grid */
        memcpy(copy + sizeof head + 4, &(uint32_t){UINT32_MAX}, 4);
    }
    memcpy(copy, &head, sizeof head);
    a->tally.corrupted++;
    if (gather_record(&a->gather, 0, copy, reader->n, &again) == GATHER_DAMAGED
        && again.n == 0)
        a->tally.refused++;
    cover_release(&again);
    free(copy);
}

static void take_message(struct arena *a, const struct ring_reader *reader)
{
    struct cover again = COVER_EMPTY;
    const enum gather_verdict v = gather_record(&a->gather, 0, reader->message,
                                                reader->n, &again);
    if (v == GATHER_NO_MEMORY)
        give_up("no memory");
    a->tally.records++;
    a->tally.damaged += v == GATHER_DAMAGED;
    a->tally.dropped += v == GATHER_DROPPED;
    for (size_t i = 0; i < again.n; i++)
        if (dispatch_add(&a->dispatch, again.range[i]) != 0)
            give_up("no memory");
    cover_release(&again);
}

static bool is_partial(const struct ring_reader *reader)
{
    struct record_head head;
    memcpy(&head, reader->message, sizeof head);
    return head.kind == RECORD_PARTIAL;
}

static void drain(struct arena *a, struct slot *s)
{
    int rc;
    if (s->shm == NULL)
        return;
    while ((rc = ring_read(&s->reader)) > 0) {
        if (chance(&a->random, a->scenario.damage_chance))
            take_damaged(a, &s->reader);
        take_message(a, &s->reader);
        if (is_partial(&s->reader)
            && chance(&a->random, a->scenario.repeat_chance)) {
            a->tally.repeated++;
            take_message(a, &s->reader);
        }
    }
    if (rc < 0)
        give_up("a ring is damaged");
    if (atomic_load_explicit(&s->shm->ring.waiting, memory_order_relaxed)) {
        atomic_store(&s->shm->ring.waiting, 0);
        atomic_fetch_add(&s->shm->ring.turn, 1);
        futex_wake(&s->shm->ring.turn);
    }
}

static void drain_all(struct arena *a)
{
    for (uint32_t i = 0; i < a->scenario.n_executors; i++)
        drain(a, &a->slot[i]);
}

/* ---- the launcher: deaths ------------------------------------------------ */

static void strike(struct arena *a, struct slot *s, uint32_t c)
{
    uint32_t attempts;
    const struct range r = {c, c + 1};
    if (cover_add(&a->dispatch.withheld, r) != 0)
        give_up("no memory");
    const int rc = blame_strike(&a->blame, c,
                                s->own ? DEATH_OWN : DEATH_OUTSIDE,
                                s->own || draw(&a->random) >> 63, &attempts);
    if (rc < 0)
        give_up("no memory");
    if (rc == 0)
        return;
    a->tally.struck_out++;
    struct failure *f = gather_fail(&a->gather, c, "killed");
    if (f == NULL || cover_remove(&a->dispatch.withheld, r) != 0)
        give_up("no memory");
    f->attempts = attempts;
}

static void lay_blame(struct arena *a, struct slot *s)
{
    const uint32_t c = atomic_load(&s->shm->current);
    const bool in_hand = c < a->gather.grid.n_chunks
                         && !gather_settled(&a->gather, c);
    if (s->solo_chunk != NO_CHUNK && !gather_settled(&a->gather, s->solo_chunk)
        && !(in_hand && c == s->solo_chunk)
        && blame_push_solo(&a->blame, s->solo_chunk) != 0)
        give_up("no memory");
    if (in_hand)
        strike(a, s, c);
}

/* What does not live any more leaves nothing behind. */
static void retire(struct slot *s)
{
    if (s->shm == NULL)
        return;
    s->tally.stolen += atomic_load(&s->shm->steals);
    executor_release(&s->executor);
    ring_reader_release(&s->reader);
    free(s->shm);
    s->shm = NULL;
}

static void bury(struct arena *a, uint32_t i)
{
    struct slot *s = &a->slot[i];
    drain(a, s);
    a->tally.deaths++;
    if (a->scenario.crash_limit > 0)
        lay_blame(a, s);
    if (dispatch_settle(&a->dispatch, i) != 0)
        give_up("no memory");
    a->executor[i] = NULL;
    retire(s);
    atomic_store(&s->state, SLOT_EMPTY);
    dispatch_post(&a->dispatch);
}

static int spawn(struct arena *a, uint32_t i)
{
    struct slot *s = &a->slot[i];
    struct ff_error err;
    s->shm = aligned_alloc(64, sizeof *s->shm);
    if (s->shm == NULL)
        return -1;
    memset(s->shm, 0, sizeof *s->shm);
    if (executor_init(&s->executor, a->job, a->node, s->shm, i, 0,
                      &a->gather.layout, a->scenario.kernel, a->event, -1,
                      &err) != 0) {
        free(s->shm);
        s->shm = NULL;
        return -1;
    }
    if (dispatch_deals(&a->dispatch, i))
        find_deal(&s->executor.find, 0);
    ring_reader_init(&s->reader, &s->shm->ring);
    a->executor[i] = s->shm;
    s->own = 0;
    atomic_store(&s->doomed, 0);
    s->solo_chunk = NO_CHUNK;
    if (blame_next_solo(&a->blame, &s->solo_chunk))
        a->tally.solos++;
    set_state(s, SLOT_LIVE);
    return 0;
}

static void reap_and_refill(struct arena *a)
{
    for (uint32_t i = 0; i < a->scenario.n_executors; i++) {
        const uint32_t state = atomic_load(&a->slot[i].state);
        if (state == SLOT_DEAD)
            bury(a, i);
        else if (state == SLOT_EMPTY && draw(&a->random) >> 62 != 0
                 && atomic_load(&a->job->phase) == PHASE_RUN
                 && spawn(a, i) != 0)
            give_up("no memory");
    }
}

/* ---- the launcher: its turn ---------------------------------------------- */

static void check_solo(struct arena *a)
{
    for (uint32_t i = 0; i < a->scenario.n_executors; i++) {
        struct slot *s = &a->slot[i];
        const uint32_t c = s->solo_chunk;
        if (s->shm == NULL || c == NO_CHUNK
            || atomic_load_explicit(&s->shm->epoch, memory_order_acquire) < 2)
            continue;
        drain(a, s);
        s->solo_chunk = NO_CHUNK;
        if (cover_remove(&a->dispatch.withheld, (struct range){c, c + 1}) != 0
            || (!gather_settled(&a->gather, c)
                && dispatch_add(&a->dispatch, (struct range){c, c + 1}) != 0))
            give_up("no memory");
    }
}

static bool quiet(struct arena *a, bool stopping)
{
    if (!dispatch_quiet_begin(&a->dispatch, stopping))
        return false;
    if (chance(&a->random, a->scenario.stall_chance))
        stall(&a->random);
    drain_all(a);
    if (chance(&a->random, a->scenario.stall_chance))
        stall(&a->random);
    return dispatch_quiet_end(&a->dispatch);
}

/* Everything that can still be run stands in the backlog again. */
static void add_lost(struct arena *a)
{
    const int64_t n = dispatch_add_lost(&a->dispatch);
    if (n < 0)
        give_up("no memory");
    a->tally.quiet++;
    a->tally.quiet_lost += (uint64_t)n;
    if (n > 0)
        dispatch_post(&a->dispatch);
}

/* Chunks under suspicion wait and no slot is free: somebody without such a
 * chunk leaves. */
static void make_room(struct arena *a)
{
    const uint32_t n = a->scenario.n_executors;
    if (a->blame.n_solo == 0)
        return;
    struct slot *s = &a->slot[draw(&a->random) % n];
    if (s->shm != NULL && s->solo_chunk == NO_CHUNK)
        atomic_store(&s->doomed, 1);
}

static void lose_some(struct arena *a)
{
    struct range r;
    const uint32_t i = a->job->n_executors
                       + (uint32_t)(draw(&a->random) % a->job->n_pool);
    if (claim_take_all(&a->node->claim[i].word, &r))
        a->tally.vanished += r.hi - r.lo;
}

static void make_trouble(struct arena *a)
{
    const struct scenario *c = &a->scenario;
    const uint32_t n = c->n_executors;
    if (chance(&a->random, c->signal_chance))
        pthread_kill(a->slot[draw(&a->random) % n].thread, SIGUSR1);
    if (chance(&a->random, c->half_chance))
        for (uint32_t i = 0; i < n; i++)
            if (draw(&a->random) >> 63)
                atomic_store(&a->slot[i].doomed, 1);
    if (chance(&a->random, c->lose_chance))
        lose_some(a);
    if (chance(&a->random, c->hasty_chance))
        add_lost(a);
}

/* True at the end. */
static bool tend(struct arena *a)
{
    drain_all(a);
    check_solo(a);
    dispatch_post(&a->dispatch);
    if (gather_complete(&a->gather))
        return true;
    const uint32_t stop = a->scenario.stop_after;
    if (stop > 0 && a->gather.accepted.n_chunks >= stop) {
        atomic_store(&a->job->phase, PHASE_STOP);
        if (quiet(a, true))
            return true;
    } else if (quiet(a, false)) {
        add_lost(a);
    }
    make_room(a);
    make_trouble(a);
    return false;
}

static void say_range(const char *name, struct range r)
{
    printf("#   %s [%" PRIu32 ", %" PRIu32 ")\n", name, r.lo, r.hi);
}

static _Noreturn void out_of_time(struct arena *a)
{
    const struct gather *g = &a->gather;
    printf("# accepted %" PRIu64 " failed %" PRIu64 " of %" PRIu32
           ", backlog %" PRIu64 ", withheld %" PRIu64 ", solo %zu\n",
           g->accepted.n_chunks, g->failed.n_chunks, g->grid.n_chunks,
           a->dispatch.backlog.n_chunks, a->dispatch.withheld.n_chunks,
           a->blame.n_solo);
    for (uint32_t i = 0; i < a->job->n_executors + a->job->n_pool; i++)
        say_range("word", claim_peek(&a->node->claim[i].word));
    for (uint32_t i = 0; i < a->scenario.n_executors; i++) {
        const struct slot *s = &a->slot[i];
        printf("# slot %" PRIu32 ": state %" PRIu32, i,
               atomic_load(&s->state));
        if (s->shm != NULL)
            printf(" epoch %" PRIu64 " open %" PRIu32 " current %" PRIu32
                   " head %" PRIu64 " tail %" PRIu64,
                   atomic_load(&s->shm->epoch), atomic_load(&s->shm->n_open),
                   atomic_load(&s->shm->current),
                   atomic_load(&s->shm->ring.head), s->reader.tail);
        printf("\n");
    }
    give_up("a run does not end");
}

static void launch(struct arena *a)
{
    struct pollfd p = {a->event, POLLIN, 0};
    uint64_t n;
    while (!tend(a)) {
        reap_and_refill(a);
        if (clock_ns() > a->deadline_ns)
            out_of_time(a);
        /* Half of the turns do not wait: to be there when it happens. */
        const int wait_ms = (int)(draw(&a->random) >> 63);
        if (poll(&p, 1, wait_ms) > 0 && read(a->event, &n, sizeof n) < 0)
            give_up("cannot read the event");
    }
}

/* ---- life ---------------------------------------------------------------- */

static void end_threads(struct arena *a)
{
    atomic_store(&a->over, true);
    atomic_store(&a->job->phase, PHASE_QUIT);
    atomic_fetch_add(&a->node->wake, 1);
    futex_wake(&a->node->wake);
    for (uint32_t i = 0; i < a->scenario.n_executors; i++) {
        struct slot *s = &a->slot[i];
        if (s->started)
            pthread_join(s->thread, NULL);
        s->started = false;
        retire(s);
        tally_add(&a->tally, &s->tally);
    }
}

static int init_memory(struct arena *a)
{
    const uint32_t n = a->scenario.n_executors + a->scenario.n_ghosts;
    const uint32_t n_pool = 1 + (uint32_t)(draw(&a->random) % n);
    const size_t job_bytes = (job_shm_bytes(n, 0) + 63) / 64 * 64;
    const size_t node_bytes = (node_shm_bytes(n, n_pool) + 63) / 64 * 64;
    a->job = aligned_alloc(64, job_bytes);
    a->node = aligned_alloc(64, node_bytes);
    a->slot = calloc(n, sizeof a->slot[0]);
    a->executor = calloc(n, sizeof a->executor[0]);
    if (a->job == NULL || a->node == NULL || a->slot == NULL
        || a->executor == NULL)
        return -1;
    memset(a->job, 0, job_bytes);
    memset(a->node, 0, node_bytes);
    a->job->n_workers = a->job->n_executors = a->job->size = n;
    a->job->team = 1;
    a->job->threads = 1;
    a->job->schedule = a->scenario.schedule;
    a->job->n_pool = n_pool;
    for (uint32_t i = 0; i < n; i++) /* pairs share a cache, fours a socket */
        a->job->place[i] = (struct place){
            .rank = i, .share = 1, .core = i, .l2 = i / 2, .l3 = i / 2, .numa = i / 4,
            .package = i / 4};
    return 0;
}

static int init(struct arena *a)
{
    const struct scenario *c = &a->scenario;
    struct ff_error err;
    /* The last chunk is shorter. */
    const uint64_t items = (uint64_t)c->n_chunks * c->chunk_items
                           - c->chunk_items / 2;
    if (init_memory(a) != 0
        || grid_init(&a->job->grid, 5, 5 + items, c->chunk_items, &err) != 0
        || gather_init(&a->gather, &a->job->grid, c->spec, 0, &err) != 0
        || dispatch_init(&a->dispatch, a->job, a->node, &a->gather,
                         a->executor, &err) != 0
        || dispatch_all(&a->dispatch) != 0)
        return -1;
    blame_init(&a->blame, c->crash_limit);
    return 0;
}

static int start(struct arena *a)
{
    for (uint32_t i = 0; i < a->scenario.n_executors; i++) {
        struct slot *s = &a->slot[i];
        s->arena = a;
        s->random = draw(&a->random);
        if (spawn(a, i) != 0
            || pthread_create(&s->thread, NULL, live, s) != 0)
            return -1;
        s->started = true;
    }
    dispatch_post(&a->dispatch);
    atomic_store(&a->job->phase, PHASE_RUN);
    return 0;
}

int arena_run(struct arena *a, const struct scenario *scenario, uint64_t seed,
              unsigned seconds)
{
    struct sigaction action = {.sa_handler = on_signal};
    *a = (struct arena){.scenario = *scenario};
    a->random = seed * 0x9e3779b97f4a7c15u + 1;
    a->deadline_ns = clock_ns() + seconds * UINT64_C(1000000000);
    a->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigaction(SIGUSR1, &action, NULL);
    failpoint_hook = arena_point;
    int rc = a->event >= 0 && init(a) == 0 && start(a) == 0 ? 0 : -1;
    if (rc == 0)
        launch(a);
    if (a->slot != NULL && a->job != NULL && a->node != NULL)
        end_threads(a);
    return rc;
}

void arena_release(struct arena *a)
{
    gather_release(&a->gather);
    dispatch_release(&a->dispatch);
    blame_release(&a->blame);
    free(a->slot);
    free(a->executor);
    free(a->job);
    free(a->node);
    close(a->event);
}
