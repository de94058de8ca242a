/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The carrier under mpirun: each rank is a node; below rank 0 is the root, a
 * process without MPI, as in a real run. It prints TAP.
 *
 *   test_carrier echo SEED  the root sends messages of all sizes to one node or
 *                           to all, nodes send them back; then a fold
 *   test_carrier idle       nodes wait, and tell how much of a core it took
 *   test_carrier gone       the root ends in the midst of messages
 *   test_carrier frozen     node 1 stops in the midst of large messages; the
 *                           others go on
 *
 * A body is a struct letter and bytes that follow from its seed, so that both
 * ends know them. Expected sums are closed forms.
 */
#include "carrier.h"
#include "clock.h"
#include "parallel.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60
#define END_NS UINT64_C(20000000000)
#define IDLE_NS UINT64_C(2000000000)
#define N_LETTERS 400
#define LARGEST (5u << 20)
#define N_LANES 5000
#define N_FROZEN 60

struct letter {
    uint64_t number; /* of all that the root sent */
    uint64_t seed, n;
};

/* What a node tells at its end. */
struct told {
    uint64_t letters, wrong, cpu_ns, wall_ns;
};

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static void fill(unsigned char *to, struct letter l)
{
    uint64_t x = l.seed * 2 + 1;
    for (uint64_t i = 0; i < l.n; i++)
        to[i] = (unsigned char)(next(&x) >> 32);
}

/* Is it what fill makes? Then *l is its head. */
static bool is_right(const struct wire_message *m, struct letter *l)
{
    if (m->head.bytes < sizeof *l)
        return false;
    memcpy(l, m->body, sizeof *l);
    if (m->head.bytes != sizeof *l + l->n
        || (uintptr_t)m->body % _Alignof(max_align_t) != 0
        || m->body[m->head.bytes] != 0)
        return false;
    uint64_t x = l->seed * 2 + 1;
    for (uint64_t i = 0; i < l->n; i++)
        if (m->body[sizeof *l + i] != (unsigned char)(next(&x) >> 32))
            return false;
    return true;
}

/* ---- the lanes: what node k has, and the closed form over n nodes --------- */

static int64_t lane_sum(uint32_t k, uint32_t i)
{
    return ((int64_t)k + 1) * ((int64_t)i - 2500) * INT64_C(1000000007);
}

static int64_t all_sum(uint32_t n, uint32_t i)
{
    return (int64_t)n * (n + 1) / 2 * ((int64_t)i - 2500)
           * INT64_C(1000000007);
}

static int64_t lane_max(uint32_t k, uint32_t i)
{
    return i % 2 == 0 ? (int64_t)k + i : -(int64_t)k - i;
}

static int64_t all_max(uint32_t n, uint32_t i)
{
    return i % 2 == 0 ? (int64_t)n - 1 + i : -(int64_t)i;
}

/* 255 at one node, beyond what a signed byte has. */
static uint8_t lane_byte(uint32_t k, uint32_t i, uint32_t n)
{
    return k == i % n ? 255 : 7;
}

/* ---- a node --------------------------------------------------------------- */

struct node {
    struct carrier *c;
    uint64_t last; /* number of the last letter */
    struct told told;
    struct lanes lanes;
    bool folding, quit, gone;
};

static void node_fold(struct node *n)
{
    struct lanes *l = &n->lanes;
    const uint32_t k = carrier_node(n->c);
    *l = (struct lanes){N_LANES, N_LANES + 1, N_LANES + 2,
                        calloc(N_LANES, sizeof *l->sum),
                        calloc(N_LANES + 1, sizeof *l->max),
                        calloc(N_LANES + 2, 1)};
    for (uint32_t i = 0; i < l->n_sum; i++)
        l->sum[i] = lane_sum(k, i);
    for (uint32_t i = 0; i < l->n_max; i++)
        l->max[i] = lane_max(k, i);
    for (uint32_t i = 0; i < l->n_bytes; i++)
        l->bytes[i] = lane_byte(k, i, carrier_n_nodes(n->c));
    n->folding = carrier_fold_begin(n->c, l) == 0;
    n->told.wrong += !n->folding;
}

/* More large messages than anybody receives at once, begun and not gone. */
static void node_freeze(struct node *n)
{
    void *large = calloc(1, WIRE_PIECE);
    for (int i = 0; i < N_FROZEN; i++)
        n->told.wrong += carrier_send(n->c, WIRE_RECORD, large, WIRE_PIECE)
                         != 0;
    free(large);
    raise(SIGSTOP);
}

static void node_take(struct node *n, struct wire_message *m)
{
    struct letter l;
    switch (m->head.kind) {
    case WIRE_JOB:
        n->told.letters++;
        if (!is_right(m, &l) || l.number <= n->last
            || (m->head.node != carrier_node(n->c)
                && m->head.node != WIRE_ALL))
            n->told.wrong++;
        n->last = l.number;
        if (carrier_send2(n->c, WIRE_TEXT, m->body, sizeof l,
                          m->body + sizeof l, l.n) != 0)
            n->told.wrong++;
        break;
    case WIRE_FOLD:
        node_fold(n);
        break;
    case WIRE_STOP:
        node_freeze(n);
        break;
    case WIRE_QUIT:
        n->quit = true;
        break;
    }
    wire_message_release(m);
}

static uint64_t cpu_ns(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return ((uint64_t)u.ru_utime.tv_sec + (uint64_t)u.ru_stime.tv_sec)
           * 1000000000u
           + ((uint64_t)u.ru_utime.tv_usec + (uint64_t)u.ru_stime.tv_usec)
             * 1000u;
}

static void node_wait(const struct node *n)
{
    const struct timespec t = {.tv_nsec = (long)carrier_patience_ns(n->c)};
    nanosleep(&t, NULL);
}

static void node_step(struct node *n)
{
    struct wire_message m;
    int rc;
    while ((rc = carrier_receive(n->c, &m)) > 0)
        node_take(n, &m);
    n->gone = rc < 0;
    if (n->folding) {
        rc = carrier_fold_test(n->c);
        n->told.wrong += rc < 0;
        if (rc != 0) {
            free(n->lanes.sum);
            free(n->lanes.max);
            free(n->lanes.bytes);
            n->folding = false;
        }
    }
    node_wait(n);
}

/* The CPU time of a wait in which nothing comes. */
static void node_idle(struct node *n)
{
    const uint64_t begin = clock_ns(), cpu = cpu_ns();
    while (clock_ns() - begin < IDLE_NS && !n->gone)
        node_step(n);
    n->told.cpu_ns = cpu_ns() - cpu;
    n->told.wall_ns = clock_ns() - begin;
}

static int be_node(const char *what, struct link *stream)
{
    struct ff_error err;
    struct node n = {.c = carrier_create(stream, &err)};
    if (n.c == NULL) {
        fprintf(stderr, "# %s\n", err.text);
        return 9;
    }
    const uint32_t hello[] = {carrier_n_nodes(n.c), carrier_local(n.c),
                              carrier_n_local(n.c), (uint32_t)getpid()};
    carrier_send(n.c, WIRE_HELLO, hello, sizeof hello);
    if (strcmp(what, "idle") == 0)
        node_idle(&n);
    while (!n.quit && !n.gone)
        node_step(&n);
    const bool expected = n.gone == (strcmp(what, "gone") == 0);
    /* The last that it says, and it must arrive. */
    carrier_send(n.c, WIRE_DONE, &n.told, sizeof n.told);
    const uint64_t begin = clock_ns();
    carrier_end(n.c, END_NS);
    const bool in_time = clock_ns() - begin < END_NS / 2;
    if (!expected || !in_time)
        fprintf(stderr, "# a node: gone %d, ended in time %d\n", n.gone,
                in_time);
    return expected && in_time ? 0 : 1;
}

/* ---- the root -------------------------------------------------------------- */

struct root {
    struct link *link;
    int n_tests, n_failed;
    uint32_t n_nodes, n_hello, n_done, n_records;
    pid_t second; /* process of node 1 */
    uint64_t *sent, *back, *last; /* letters, for each node */
    uint64_t number, wrong;
    bool folded, ended;
    struct told worst; /* of all nodes */
};

static void ok(struct root *r, bool passed, const char *text)
{
    r->n_tests++;
    r->n_failed += !passed;
    printf("%sok %d - %s\n", passed ? "" : "not ", r->n_tests, text);
}

static void take_hello(struct root *r, const struct wire_message *m)
{
    const uint32_t *n = (const uint32_t *)(const void *)m->body;
    if (r->n_nodes == 0) {
        r->n_nodes = n[0];
        r->sent = calloc(n[0], sizeof *r->sent);
        r->back = calloc(n[0], sizeof *r->back);
        r->last = calloc(n[0], sizeof *r->last);
    }
    r->n_hello++;
    if (m->head.node == 1)
        r->second = (pid_t)n[3];
    r->wrong += n[0] != r->n_nodes || n[2] != n[0]
                || n[1] != m->head.node; /* all are on one host */
}

static void take_sums(struct root *r, const struct wire_message *m)
{
    const int64_t *sum = (const int64_t *)(const void *)m->body;
    const int64_t *max = sum + N_LANES;
    const uint8_t *bytes = (const uint8_t *)(max + N_LANES + 1);
    r->folded = m->head.bytes == 2 * N_LANES * 8 + 8 + N_LANES + 2;
    for (uint32_t i = 0; i < N_LANES && r->folded; i++)
        if (sum[i] != all_sum(r->n_nodes, i)
            || max[i] != all_max(r->n_nodes, i) || bytes[i] != 255)
            r->folded = false;
    if (max[N_LANES] != all_max(r->n_nodes, N_LANES))
        r->folded = false;
}

static void take_done(struct root *r, const struct wire_message *m)
{
    struct told t;
    memcpy(&t, m->body, sizeof t);
    r->n_done++;
    r->wrong += t.wrong + (t.letters != r->sent[m->head.node]);
    if (t.cpu_ns > r->worst.cpu_ns)
        r->worst = t;
}

static void take(struct root *r, struct wire_message *m)
{
    struct letter l;
    const uint32_t k = m->head.node;
    if (m->head.kind == WIRE_HELLO) {
        take_hello(r, m);
    } else if (k >= r->n_nodes) {
        r->wrong++;
    } else if (m->head.kind == WIRE_TEXT) {
        r->back[k]++;
        r->wrong += !is_right(m, &l) || l.number <= r->last[k];
        r->last[k] = l.number;
    } else if (m->head.kind == WIRE_RECORD) {
        r->n_records++;
    } else if (m->head.kind == WIRE_LANES) {
        take_sums(r, m);
    } else if (m->head.kind == WIRE_DONE) {
        take_done(r, m);
    }
    wire_message_release(m);
}

/* Takes what is there; waits for something when there is nothing. */
static void root_step(struct root *r, int timeout_ms)
{
    struct wire_message m;
    int rc, n = 0;
    if (link_flush(r->link) != 0)
        r->ended = true;
    while ((rc = link_receive(r->link, &m)) > 0) {
        take(r, &m);
        n++;
    }
    if (rc < 0)
        r->ended = true;
    struct pollfd on = {.fd = link_in(r->link),
                        .events = (short)(POLLIN | (link_unsent(r->link) > 0
                                                    ? POLLOUT : 0))};
    if (n == 0 && !r->ended)
        poll(&on, 1, timeout_ms);
}

/* Most are small, some large, a few very large. */
static uint64_t some_size(uint64_t *x)
{
    const uint64_t kind = next(x) % 20;
    return next(x) % (kind < 14 ? 3000 : kind < 19 ? 100000 : LARGEST);
}

static void send_letter(struct root *r, uint64_t *x)
{
    const struct letter l = {++r->number, next(x) >> 8, some_size(x)};
    const uint32_t k = (uint32_t)(next(x) % (r->n_nodes + 1));
    unsigned char *bytes = malloc(l.n + 1);
    fill(bytes, l);
    for (uint32_t i = 0; i < r->n_nodes; i++)
        r->sent[i] += k == i || k == r->n_nodes;
    link_send2(r->link, WIRE_JOB, k == r->n_nodes ? WIRE_ALL : k, &l,
               sizeof l, bytes, l.n);
    free(bytes);
}

static bool all_back(const struct root *r)
{
    for (uint32_t k = 0; k < r->n_nodes; k++)
        if (r->back[k] != r->sent[k])
            return false;
    return true;
}

static void root_quit(struct root *r)
{
    link_send(r->link, WIRE_QUIT, WIRE_ALL, NULL, 0);
    while (!r->ended)
        root_step(r, 1000);
    ok(r, r->n_done == r->n_nodes, "the last message of each node came");
    ok(r, r->wrong == 0, "nothing was wrong, lost or out of order");
}

static void root_echo(struct root *r, uint64_t seed)
{
    uint64_t x = seed * 2 + 1;
    for (int i = 0; i < N_LETTERS && !r->ended; i++) {
        send_letter(r, &x);
        while (link_unsent(r->link) > LARGEST && !r->ended)
            root_step(r, 1000);
    }
    while (!all_back(r) && !r->ended)
        root_step(r, 1000);
    ok(r, all_back(r), "all letters came back");
    link_send(r->link, WIRE_FOLD, WIRE_ALL, NULL, 0);
    while (!r->folded && !r->ended)
        root_step(r, 1000);
    ok(r, r->folded, "lanes add up to the closed forms");
    root_quit(r);
}

static void send_small(struct root *r, uint32_t k)
{
    const struct letter l = {.number = ++r->number};
    r->sent[k]++;
    link_send(r->link, WIRE_JOB, k, &l, sizeof l);
}

/* Each answer of the others is to come soon, though node 1 is a host that hangs
 * with messages half sent. */
static void root_frozen(struct root *r)
{
    uint64_t worst_ns = 0;
    link_send(r->link, WIRE_STOP, 1, NULL, 0);
    for (int i = 0; i < 40; i++) {
        const uint64_t begin = clock_ns();
        for (uint32_t k = 0; k < r->n_nodes; k++)
            if (k != 1)
                send_small(r, k);
        while (!all_back(r) && !r->ended)
            root_step(r, 1000);
        if (clock_ns() - begin > worst_ns)
            worst_ns = clock_ns() - begin;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    printf("# the slowest answer took %.0f ms\n", (double)worst_ns / 1e6);
    ok(r, worst_ns < UINT64_C(5000000000), "the others answer");
    ok(r, r->n_records < N_FROZEN, "the frozen node has not sent all");
    kill(r->second, SIGCONT);
    while (r->n_records < N_FROZEN && !r->ended)
        root_step(r, 1000);
    ok(r, r->n_records == N_FROZEN, "what was half sent comes later");
    root_quit(r);
}

/* Letters are on their way when it goes. */
static void root_gone(struct root *r)
{
    uint64_t x = 4711;
    for (int i = 0; i < 20; i++)
        send_letter(r, &x);
    while (r->back[0] == 0 && !r->ended)
        root_step(r, 1000);
    ok(r, !r->ended, "the root goes before the nodes do");
}

static int be_root(const char *what, const char *seed, struct link *link)
{
    struct root r = {.link = link};
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((r.n_nodes == 0 || r.n_hello < r.n_nodes) && !r.ended)
        root_step(&r, 1000);
    ok(&r, !r.ended && r.wrong == 0, "all nodes say who they are");
    if (strcmp(what, "echo") == 0) {
        root_echo(&r, strtoull(seed, NULL, 10));
    } else if (strcmp(what, "gone") == 0) {
        root_gone(&r);
    } else if (strcmp(what, "frozen") == 0) {
        root_frozen(&r);
    } else {
        const uint64_t begin = clock_ns();
        while (clock_ns() - begin < IDLE_NS && !r.ended)
            root_step(&r, 100);
        root_quit(&r);
        const double share = (double)r.worst.cpu_ns
                             / (double)(r.worst.wall_ns + 1);
        printf("# %u nodes, the busiest: %.2f %% of a core\n", r.n_nodes,
               100 * share);
        ok(&r, share > 0 && share < 0.02, "who waits uses under 2 % of a core");
    }
    printf("1..%d\n", r.n_tests);
    link_destroy(link);
    free(r.sent);
    free(r.back);
    free(r.last);
    return r.n_failed > 0;
}

/* ---- both ------------------------------------------------------------------- */

/* Before MPI_Init, so that the root knows nothing of MPI. */
static struct link *start_root(const char *what, const char *seed, pid_t *root)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return NULL;
    *root = fork();
    if (*root == 0) {
        close(pair[0]);
        struct link *link = link_create(pair[1], pair[1]);
        alarm(LIMIT_S);
        exit(link == NULL ? 1 : be_root(what, seed, link));
    }
    close(pair[1]);
    return link_create(pair[0], pair[0]);
}

int main(int argc, char **argv)
{
    struct parallel parallel;
    const char *what = argc > 1 ? argv[1] : "echo";
    struct link *stream = NULL;
    pid_t root = 0;
    int status = 0;
    parallel_read(&parallel);
    signal(SIGPIPE, SIG_IGN);
    if (parallel.rank == 0)
        stream = start_root(what, argc > 2 ? argv[2] : "1", &root);
    alarm(LIMIT_S);
    const int rc = be_node(what, stream);
    if (root > 0)
        waitpid(root, &status, 0);
    return rc != 0 || status != 0;
}
