/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node gets which chunks, in simulated clusters: messages take random
 * times, nodes are of different speed, some are lost and some come back. Every
 * chunk must be settled once, and the end come no later than list scheduling
 * may (R. L. Graham, Bounds on multiprocessing timing anomalies, 1969: the
 * perfect division plus the longest chunk), plus what messages take.
 */
#include "grants.h"
#include "mimic.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_S 1.0

/* xorshift64* (Vigna 2016); the seed is constant, so a failure repeats. */
static uint64_t state = 88172645463325252u;

static double uniform(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)((state * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)(uniform() * n);
}

enum event_kind { WAKE, TO_NODE, STATUS, RETURN, RECORD, LOSS, BACK };

struct event {
    double at_s;
    uint64_t number; /* events at one time keep their order */
    enum event_kind kind;
    uint32_t node, life; /* of an earlier life of the node: dropped */
    struct grant grant;  /* TO_NODE */
    struct wire_status status;
    struct cover cover; /* RETURN, RECORD */
};

struct host {
    struct mimic mimic;
    uint32_t life;
    double to_s, from_s; /* when the last message arrives there, here */
    double record_s, wake_s;
    double slowness;
    uint32_t n_executors;
    uint64_t n_to, n_from; /* messages */
};

struct cluster {
    struct grants grants;
    struct costs costs;
    struct host *host;
    uint32_t n_nodes, n_chunks;
    double latency_s, now_s, ended_s;
    uint8_t *settled; /* how often, a chunk */
    uint64_t n_settled, n_twice;
    struct event **event; /* a heap */
    size_t n_events, room;
    uint64_t number;
};

static bool before(const struct event *a, const struct event *b)
{
    return a->at_s < b->at_s || (a->at_s == b->at_s && a->number < b->number);
}

static struct event *post(struct cluster *c, double at_s, enum event_kind kind,
                          uint32_t node)
{
    struct event *e = calloc(1, sizeof *e);
    *e = (struct event){.at_s = at_s,
                        .number = c->number++,
                        .kind = kind,
                        .node = node,
                        .life = c->host[node].life};
    if (c->n_events == c->room) {
        c->room = c->room * 2 + 64;
        c->event = realloc(c->event, c->room * sizeof *c->event);
    }
    size_t i = c->n_events++;
    for (; i > 0 && before(e, c->event[(i - 1) / 2]); i = (i - 1) / 2)
        c->event[i] = c->event[(i - 1) / 2];
    c->event[i] = e;
    return e;
}

static struct event *next_event(struct cluster *c)
{
    if (c->n_events == 0)
        return NULL;
    struct event *first = c->event[0], *last = c->event[--c->n_events];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < c->n_events; i = child) {
        if (child + 1 < c->n_events &&
            before(c->event[child + 1], c->event[child]))
            child++;
        if (!before(c->event[child], last))
            break;
        c->event[i] = c->event[child];
    }
    c->event[i] = last;
    return first;
}

/* A message; those in one direction keep their order. */
static struct event *message(struct cluster *c, enum event_kind kind,
                             uint32_t node)
{
    struct host *h = &c->host[node];
    double *last_s = kind == TO_NODE ? &h->to_s : &h->from_s;
    const double at_s = c->now_s + c->latency_s * (0.5 + uniform());
    *last_s = fmax(*last_s, at_s);
    if (kind == TO_NODE)
        h->n_to++;
    else
        h->n_from++;
    return post(c, *last_s, kind, node);
}

/* Sends what is due, and sets the alarm for what happens next. */
static void tend(struct cluster *c, uint32_t node)
{
    struct host *h = &c->host[node];
    struct mimic *m = &h->mimic;
    if (c->now_s >= h->record_s + RECORD_S && m->accepted.n > 0) {
        message(c, RECORD, node)->cover = m->accepted;
        m->accepted = COVER_EMPTY;
        h->record_s = c->now_s;
    }
    if (mimic_status_due(m) <= c->now_s)
        message(c, STATUS, node)->status = mimic_tell(m);
    double at_s = fmin(mimic_next(m), mimic_status_due(m));
    if (m->accepted.n > 0)
        at_s = fmin(at_s, h->record_s + RECORD_S);
    if (h->wake_s > c->now_s && h->wake_s <= at_s)
        return;
    h->wake_s = fmax(at_s, c->now_s + 1e-9);
    post(c, h->wake_s, WAKE, node);
}

static void settle(struct cluster *c, uint32_t node, const struct cover *cover)
{
    for (size_t i = 0; i < cover->n; i++) {
        const struct range r = cover->range[i];
        CU_ASSERT_EQUAL(grants_settled(&c->grants, node, r), 0);
        for (uint32_t k = r.lo; k < r.hi; k++)
            c->n_twice += c->settled[k]++ > 0;
        c->n_settled += r.hi - r.lo;
    }
}

static void node_gets(struct cluster *c, struct event *e)
{
    struct mimic *m = &c->host[e->node].mimic;
    if (e->grant.what == GRANT_CHUNKS)
        CU_ASSERT_EQUAL(mimic_grant(m, &e->grant.range, 1), 0);
    if (e->grant.what == GRANT_RECALL) {
        struct cover back;
        CU_ASSERT_EQUAL(mimic_recall(m, e->grant.n, &back), 0);
        message(c, RETURN, e->node)->cover = back;
    }
}

static void start(struct cluster *c, uint32_t node)
{
    struct host *h = &c->host[node];
    h->life++;
    CU_ASSERT_EQUAL(
        mimic_init(&h->mimic, h->n_executors, h->slowness, &c->costs), 0);
    h->mimic.at_s = h->mimic.told_s = h->record_s = c->now_s;
    h->wake_s = 0;
    grants_node_here(&c->grants, node, h->n_executors);
}

static void lose(struct cluster *c, uint32_t node)
{
    CU_ASSERT_EQUAL(grants_lost(&c->grants, node), 0);
    mimic_release(&c->host[node].mimic);
    c->host[node].life++;
}

/* What the root and the nodes do about one event. */
static void handle(struct cluster *c, struct event *e)
{
    if (e->kind == BACK)
        start(c, e->node);
    else if (e->life != c->host[e->node].life)
        return;
    if (e->kind == LOSS)
        lose(c, e->node);
    if (e->kind == STATUS)
        grants_status(&c->grants, e->node, &e->status);
    if (e->kind == RECORD)
        settle(c, e->node, &e->cover);
    if (e->kind == RETURN)
        CU_ASSERT_EQUAL(
            grants_returned(&c->grants, e->node, e->cover.range, e->cover.n),
            0);
    if (e->kind == TO_NODE || e->kind == WAKE) {
        CU_ASSERT_EQUAL(mimic_advance(&c->host[e->node].mimic, c->now_s), 0);
        node_gets(c, e);
        tend(c, e->node);
    }
}

/* A chunk is in the pool, or with one node, or settled. */
static bool all_in_one_place(const struct cluster *c)
{
    uint8_t *n = calloc(c->n_chunks, 1);
    for (uint32_t i = 0; i <= c->n_nodes; i++) {
        const struct cover *cover =
            i < c->n_nodes ? &c->grants.node[i].with : &c->grants.pool;
        for (size_t k = 0; k < cover->n; k++)
            for (uint32_t x = cover->range[k].lo; x < cover->range[k].hi; x++)
                n[x]++;
    }
    bool good = true;
    for (uint32_t x = 0; x < c->n_chunks; x++)
        good = good && n[x] + c->settled[x] == 1;
    free(n);
    return good;
}

static void run(struct cluster *c, double limit_s)
{
    for (uint64_t k = 0; !grants_done(&c->grants) && c->now_s < limit_s; k++) {
        struct event *e = next_event(c);
        if (e == NULL)
            break;
        c->now_s = e->at_s;
        handle(c, e);
        cover_release(&e->cover);
        free(e);
        struct grant grant;
        for (;;) {
            CU_ASSERT_EQUAL(
                grants_next(&c->grants, (uint64_t)(c->now_s * 1e9), &grant), 0);
            if (grant.what == GRANT_NOTHING)
                break;
            message(c, TO_NODE, grant.node)->grant = grant;
        }
        if (c->n_chunks < 5000 && k % 50 == 0)
            CU_ASSERT_TRUE(all_in_one_place(c));
    }
    CU_ASSERT_TRUE(grants_done(&c->grants));
    for (struct event *e; (e = next_event(c)) != NULL; free(e)) {
        if (e->kind == RECORD && e->life == c->host[e->node].life)
            settle(c, e->node, &e->cover); /* it was on its way */
        cover_release(&e->cover);
    }
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        settle(c, i, &c->host[i].mimic.accepted); /* FOLD: the last RECORD */
        c->ended_s = fmax(c->ended_s, c->host[i].mimic.ended_s);
    }
}

static void set_up(struct cluster *c, uint32_t n_nodes, uint32_t n_chunks,
                   double latency_s, struct costs costs)
{
    *c = (struct cluster){.costs = costs,
                          .n_nodes = n_nodes,
                          .n_chunks = n_chunks,
                          .latency_s = latency_s,
                          .host = calloc(n_nodes, sizeof *c->host),
                          .settled = calloc(n_chunks, 1)};
    CU_ASSERT_EQUAL(grants_init(&c->grants, n_nodes, n_chunks, NULL), 0);
}

static void begin(struct cluster *c)
{
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        start(c, i);
        post(c, 0, WAKE, i);
    }
}

static void tear_down(struct cluster *c)
{
    for (uint32_t i = 0; i < c->n_nodes; i++)
        mimic_release(&c->host[i].mimic);
    grants_release(&c->grants);
    free(c->event);
    free(c->host);
    free(c->settled);
}

/* Perfect division of the work over the executors. */
static double ideal_s(const struct cluster *c, double *longest)
{
    double capacity = 0, slowest = 0;
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        capacity += c->host[i].n_executors / c->host[i].slowness;
        slowest = fmax(slowest, c->host[i].slowness);
    }
    const double sum = costs_sum(&c->costs, c->n_chunks, longest);
    *longest *= slowest;
    return sum / capacity;
}

/* Messages to and from a node, the one that has most. */
static uint64_t most_messages(const struct cluster *c)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < c->n_nodes; i++)
        if (c->host[i].n_to + c->host[i].n_from > most)
            most = c->host[i].n_to + c->host[i].n_from;
    return most;
}

static void random_hosts(struct cluster *c)
{
    for (uint32_t i = 0; i < c->n_nodes; i++) {
        c->host[i].n_executors = 1 + below(16);
        c->host[i].slowness = below(3) == 0 ? 1 + 3 * uniform() : 1;
    }
}

static void check_settled(const struct cluster *c)
{
    CU_ASSERT_EQUAL(c->n_settled, c->n_chunks);
    CU_ASSERT_EQUAL(c->n_twice, 0);
}

static int rounds(int n) /* a fifth of them in the short test */
{
    return tap_long() ? n : n / 5;
}

static void random_clusters(void)
{
    const int n_rounds = rounds(300);
    for (int round = 0; round < n_rounds; round++) {
        struct cluster c;
        const double mean_s = pow(10, -4 + 4 * uniform());
        set_up(&c, 1 + below(20), 1 + below(4000), 1e-5 + 5e-3 * uniform(),
               (struct costs){below(1000000), mean_s, uniform(), below(2000),
                              pow(10, 3 * uniform() - 1.5)});
        random_hosts(&c);
        c.grants.in_order = below(4) == 0;
        begin(&c);
        double longest_s;
        const double least_s = ideal_s(&c, &longest_s);
        /* Both of a pair of messages, a few times one after the other. */
        const double most_s = least_s + longest_s + 30 * c.latency_s + 0.02;
        run(&c, 10 * most_s + 10);
        check_settled(&c);
        CU_ASSERT_TRUE(c.ended_s >= least_s * 0.999999);
        CU_ASSERT_TRUE(c.ended_s <= most_s);
        if (c.ended_s > most_s)
            tap_note("round %d: %g s, not %g to %g (%u nodes, %u chunks of "
                     "%g s, latency %g s)",
                     round, c.ended_s, least_s, most_s, c.n_nodes, c.n_chunks,
                     mean_s, c.latency_s);
        CU_ASSERT_TRUE((double)most_messages(&c) <= 60 + 100 * c.now_s);
        if ((double)most_messages(&c) > 60 + 100 * c.now_s)
            tap_note("round %d: %lu messages in %g s (%u nodes, %u chunks of "
                     "%g s, latency %g s)",
                     round, (unsigned long)most_messages(&c), c.now_s,
                     c.n_nodes, c.n_chunks, mean_s, c.latency_s);
        tear_down(&c);
    }
}

/* Nodes are lost with all that the root has not heard, and come back. */
static void losses(void)
{
    const int n_rounds = rounds(200);
    for (int round = 0; round < n_rounds; round++) {
        struct cluster c;
        set_up(&c, 2 + below(8), 200 + below(3000), 1e-3,
               (struct costs){below(1000000), 0.02, 0.5, 0, 0});
        random_hosts(&c);
        begin(&c);
        double longest_s;
        const double least_s = ideal_s(&c, &longest_s);
        for (uint32_t i = 1; i < c.n_nodes; i++) {
            const double at_s = uniform() * least_s;
            if (below(2) == 0)
                post(&c, at_s, LOSS, i);
        }
        run(&c, 1000 + 100 * least_s);
        check_settled(&c);
        tear_down(&c);
    }
}

/* All nodes at once, as when mpirun is started again. */
static void all_start_again(void)
{
    const int n_rounds = rounds(100);
    for (int round = 0; round < n_rounds; round++) {
        struct cluster c;
        set_up(&c, 2 + below(8), 2000, 1e-3,
               (struct costs){below(1000000), 0.02, 0.5, 0, 0});
        random_hosts(&c);
        begin(&c);
        double longest_s;
        const double at_s = (0.1 + 0.8 * uniform()) * ideal_s(&c, &longest_s);
        for (uint32_t i = 0; i < c.n_nodes; i++)
            post(&c, at_s, LOSS, i);
        for (uint32_t i = 0; i < c.n_nodes; i++) {
            post(&c, at_s + 0.1, BACK, i);
            c.host[i].life += 2; /* the one that it will have then */
            post(&c, at_s + 0.1, WAKE, i);
            c.host[i].life -= 2;
        }
        run(&c, 1000);
        check_settled(&c);
        tear_down(&c);
    }
}

static void static_assignment(void)
{
    struct cluster c;
    set_up(&c, 4, 1000, 1e-3, (struct costs){7, 0.01, 0.5, 0, 0});
    for (uint32_t i = 0; i < 4; i++)
        c.host[i] = (struct host){.slowness = 1 + i, .n_executors = 4};
    begin(&c);
    for (uint32_t i = 0; i < 4; i++) {
        const struct range r = {250 * i, 250 * i + 250};
        CU_ASSERT_EQUAL(grants_assign(&c.grants, i, r), 0);
        CU_ASSERT_EQUAL(grants_assign(&c.grants, i, r), -1);
        message(&c, TO_NODE, i)->grant =
            (struct grant){.what = GRANT_CHUNKS, .node = i, .range = r};
    }
    run(&c, 100);
    check_settled(&c);
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(c.host[i].n_to, 1);
        CU_ASSERT_EQUAL(c.host[i].mimic.now.ran, 250);
    }
    tear_down(&c);
}

/* Each node has done at once what it gets: how many grants that takes. */
static void many_chunks(void)
{
    enum { N_NODES = 1024 };
    struct grants g;
    struct grant grant;
    CU_ASSERT_EQUAL(grants_init(&g, N_NODES, 1u << 24, NULL), 0);
    for (uint32_t i = 0; i < N_NODES; i++)
        grants_node_here(&g, i, 128);
    uint64_t n_grants = 0, n_chunks = 0;
    while (!grants_done(&g) && grants_next(&g, 0, &grant) == 0 &&
           grant.what == GRANT_CHUNKS) {
        struct grants_node *n = &g.node[grant.node];
        struct wire_status status = n->status;
        status.granted = n->granted;
        status.ran = status.accepted = n->granted;
        status.busy_ns = status.ran * 1000000;
        status.settled = 1;
        CU_ASSERT_EQUAL(grants_settled(&g, grant.node, grant.range), 0);
        grants_status(&g, grant.node, &status);
        n_grants++;
        n_chunks += grant.range.hi - grant.range.lo;
    }
    CU_ASSERT_TRUE(grants_done(&g));
    CU_ASSERT_EQUAL(n_chunks, 1u << 24);
    CU_ASSERT_TRUE(n_grants < 32 * N_NODES);
    grants_release(&g);
}

/* Many nodes and executors, with latencies. */
static void large_cluster(void)
{
    if (!tap_long()) {
        tap_skip("it takes long: with FANFOLD_TEST_LONG=1");
        return;
    }
    struct cluster c;
    set_up(&c, 1024, 1u << 18, 1e-4, (struct costs){3, 0.1, 0.3, 0, 0});
    for (uint32_t i = 0; i < c.n_nodes; i++) {
        c.host[i].n_executors = 16;
        c.host[i].slowness = i % 10 == 0 ? 2 : 1;
    }
    begin(&c);
    double longest_s;
    const double least_s = ideal_s(&c, &longest_s);
    run(&c, 1000);
    check_settled(&c);
    CU_ASSERT_TRUE(c.ended_s < least_s + longest_s);
    CU_ASSERT_TRUE((double)most_messages(&c) < 60 + 100 * c.now_s);
    tap_note("1,024 nodes: %.3g s, ideal %.3g; %lu messages a node at most",
             c.ended_s, least_s, (unsigned long)most_messages(&c));
    tear_down(&c);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"random clusters", random_clusters},
        {"nodes are lost", losses},
        {"all nodes start again", all_start_again},
        {"static assignment", static_assignment},
        {"16 million chunks for 1,024 nodes", many_chunks},
        {"1,024 nodes with latencies", large_cluster},
    };
    return TAP_RUN(tests);
}
