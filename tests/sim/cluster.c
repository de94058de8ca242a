/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole cluster in the SimGrid simulator: the carrier, the bridge, streams
 * and grants are those of fanfold, over simulated MPI; crews are mimics whose
 * chunks take simulated time only. The root stands beside node 0, in its
 * process, as its stream's other end.
 *
 * cluster EXECUTORS ITEMS SIGMA SEED PATIENCE: so many executors a node, so
 * many items of 1 s (in the mean) an executor; every tenth node takes twice as
 * long; messages are looked for so many times less often than carrier.h says
 * (1: as often). More than 1 makes the simulation faster and the cluster
 * slower.
 *
 * Prints one line of NAME=VALUE pairs; its exit status is 1 when a chunk was
 * not settled exactly once or the fold differs from its closed form.
 *
 * To be compiled by smpicc: clocks and sleeps are the simulator's.
 */
#include "sim_root.h"

#include "carrier.h"
#include "clock.h"
#include "mimic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_S 1.0
#define END_NS 10000000000u

/* A node: what stands for launcher and crew. */
struct node {
    struct carrier *carrier;
    struct mimic mimic;
    uint64_t begun_ns;
    double record_s, patience;
    struct sim_lanes fresh; /* of what is accepted since the last RECORD */
    struct lanes lanes;
    bool started, folding, folded, quit, failed;
};

static double now_s(const struct node *n)
{
    return (double)(clock_ns() - n->begun_ns) / 1e9;
}

/* What is accepted since the last one, as RECORD_NODE: ranges, then lanes,
 * which are blank in the last one. */
static void send_record(struct node *n, bool fold)
{
    struct mimic *m = &n->mimic;
    sim_lanes_add(&n->fresh, &m->accepted);
    const struct record_node head = {
        .head = {.kind = RECORD_NODE, .n_ranges = (uint32_t)m->accepted.n},
        .n_words = SIM_WORDS,
        .fold = fold};
    const size_t n_ranges = m->accepted.n * sizeof(struct range);
    const size_t size = sizeof head + n_ranges + sizeof n->fresh;
    unsigned char *body = malloc(size);
    memcpy(body, &head, sizeof head);
    if (n_ranges > 0)
        memcpy(body + sizeof head, m->accepted.range, n_ranges);
    const struct sim_lanes none = {{0}};
    memcpy(body + sizeof head + n_ranges, fold ? &none : &n->fresh,
           sizeof none);
    n->failed |= carrier_send(n->carrier, WIRE_RECORD, body, size) != 0;
    free(body);
    cover_release(&m->accepted);
    n->record_s = now_s(n);
    if (!fold)
        n->fresh = none;
}

static void begin_fold(struct node *n)
{
    send_record(n, true);
    n->lanes = (struct lanes){.n_sum = SIM_WORDS, .sum = n->fresh.sum};
    n->folding = true;
    n->failed |= carrier_fold_begin(n->carrier, &n->lanes) != 0;
}

static void give_back(struct node *n, const struct wire_message *message)
{
    struct cover back;
    uint32_t wanted;
    memcpy(&wanted, message->body, sizeof wanted);
    n->failed |= mimic_recall(&n->mimic, wanted, &back) != 0;
    n->failed |= carrier_send(n->carrier, WIRE_RETURN, back.range,
                              back.n * sizeof(struct range)) != 0;
    cover_release(&back);
}

static void handle(struct node *n, const struct wire_message *message)
{
    switch (message->head.kind) {
    case WIRE_START:
        n->begun_ns = clock_ns();
        n->started = true;
        break;
    case WIRE_GRANT:
        n->failed |=
            mimic_grant(&n->mimic, (const struct range *)message->body,
                        message->head.bytes / sizeof(struct range)) != 0;
        break;
    case WIRE_RECALL:
        give_back(n, message);
        break;
    case WIRE_FOLD:
        begin_fold(n);
        break;
    case WIRE_QUIT:
        n->quit = true;
        break;
    default:
        break;
    }
}

static void tell(struct node *n)
{
    if (!n->started || n->folding)
        return;
    if (n->mimic.accepted.n > 0 && now_s(n) >= n->record_s + RECORD_S)
        send_record(n, false);
    if (mimic_status_due(&n->mimic) <= now_s(n)) {
        const struct wire_status status = mimic_tell(&n->mimic);
        n->failed |=
            carrier_send(n->carrier, WIRE_STATUS, &status, sizeof status) != 0;
    }
}

static void step(struct node *n)
{
    struct wire_message message;
    if (n->started)
        n->failed |= mimic_advance(&n->mimic, now_s(n)) != 0;
    int got;
    while ((got = carrier_receive(n->carrier, &message)) > 0) {
        handle(n, &message);
        wire_message_release(&message);
    }
    n->failed |= got < 0;
    tell(n);
    if (n->folding && !n->folded)
        n->folded = carrier_fold_test(n->carrier) != 0;
}

/* Until something happens here, or messages should be looked for. */
static void rest(const struct node *n)
{
    double s = n->patience * (double)carrier_patience_ns(n->carrier) / 1e9;
    if (n->started && !n->folding) {
        s = fmin(s, mimic_next(&n->mimic) - now_s(n));
        s = fmin(s, mimic_status_due(&n->mimic) - now_s(n));
    }
    usleep((useconds_t)(fmax(s, 2e-6) * 1e6));
}

/* The node, and where it is also the root's. What the root sends goes on at
 * once: it and the bridge wait for descriptors. */
static int turn(struct node *n, struct sim_root *root)
{
    int moved;
    do {
        step(n);
        moved = root == NULL ? 0 : sim_root_step(root);
    } while (moved > 0);
    return moved;
}

static int live(struct node *n, struct sim_root *root)
{
    struct wire_hello hello = {.n_nodes = carrier_n_nodes(n->carrier),
                               .budget = n->mimic.n_executors,
                               .layout = wire_layout()};
    if (carrier_send(n->carrier, WIRE_HELLO, &hello, sizeof hello) != 0)
        return -1;
    while (!n->quit && !n->failed) {
        if (turn(n, root) != 0)
            return -1;
        rest(n);
    }
    const struct wire_done done = {.n_workers = n->mimic.n_executors,
                                   .slept_ns =
                                       (uint64_t)(n->mimic.waited_s * 1e9)};
    if (carrier_send(n->carrier, WIRE_DONE, &done, sizeof done) != 0)
        return -1;
    while (root != NULL && !root->ended) {
        if (turn(n, root) != 0)
            return -1;
        rest(n);
    }
    return n->failed ? -1 : 0;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    const uint32_t n_executors = (uint32_t)atoi(argv[1]);
    const struct costs costs = {
        .seed = (uint64_t)atoi(argv[4]), .mean_s = 1, .sigma = atof(argv[3])};
    struct link *end[2] = {NULL, NULL};
    struct ff_error error = {0};
    struct node n = {.patience = atof(argv[5])};
    if (link_create_pair(end) != 0 ||
        (n.carrier = carrier_create(end[0], &error)) == NULL) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    const uint32_t node = carrier_node(n.carrier);
    const uint32_t n_nodes = carrier_n_nodes(n.carrier);
    const uint32_t n_chunks = n_nodes * n_executors * (uint32_t)atoi(argv[2]);
    struct sim_root root = {0};
    int status = mimic_init(&n.mimic, n_executors, sim_slowness(node), &costs);
    if (status == 0 && node == 0)
        status = sim_root_init(&root, end[1], n_nodes, n_executors, n_chunks);
    if (status == 0)
        status = live(&n, node == 0 ? &root : NULL);
    if (status == 0 && node == 0)
        status = sim_root_report(&root, &costs);
    carrier_end(n.carrier, END_NS);
    mimic_release(&n.mimic);
    sim_root_release(&root);
    link_destroy(end[1]);
    return status == 0 ? 0 : 1;
}
