/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a simulated cluster: see sim_root.h. */
#include "sim_root.h"

#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void sim_lanes_add(struct sim_lanes *lanes, const struct cover *cover)
{
    for (size_t i = 0; i < cover->n; i++)
        for (uint32_t c = cover->range[i].lo; c < cover->range[i].hi; c++) {
            lanes->sum[0] += (int64_t)c + 1;
            lanes->sum[1] += ((int64_t)c + 1) * ((int64_t)c + 1);
        }
}

double sim_slowness(uint32_t node)
{
    return node % 10 == 9 ? 2 : 1;
}

int sim_root_init(struct sim_root *r, struct link *link, uint32_t n_nodes,
                  uint32_t n_executors, uint32_t n_chunks)
{
    *r = (struct sim_root){.link = link,
                           .n_nodes = n_nodes,
                           .n_executors = n_executors,
                           .n_chunks = n_chunks};
    return grants_init(&r->grants, n_nodes, n_chunks, NULL);
}

void sim_root_release(struct sim_root *r)
{
    grants_release(&r->grants);
    cover_release(&r->settled);
}

static int tell(struct sim_root *r, uint32_t kind, uint32_t node,
                const void *body, size_t n)
{
    r->n_out += !r->folding;
    r->n_kind[kind] += !r->folding;
    return link_send(r->link, kind, node, body, n);
}

static int settle(struct sim_root *r, uint32_t node,
                  const struct wire_message *m)
{
    struct record_node head;
    memcpy(&head, m->body, sizeof head);
    const struct range *range = (const struct range *)(m->body + sizeof head);
    const struct sim_lanes *lanes =
        (const struct sim_lanes *)(range + head.head.n_ranges);
    for (uint32_t i = 0; i < head.head.n_ranges; i++) {
        r->wrong |= cover_meets(&r->settled, range[i]) ||
                    !cover_contains(&r->grants.node[node].with, range[i]);
        if (cover_add(&r->settled, range[i]) != 0 ||
            grants_settled(&r->grants, node, range[i]) != 0)
            return -1;
    }
    for (size_t i = 0; i < SIM_WORDS; i++)
        r->total.sum[i] += lanes->sum[i];
    r->n_folded += head.fold;
    return 0;
}

static int start(struct sim_root *r)
{
    const struct wire_start begin = {.grid = {.last = r->n_chunks,
                                              .chunk_items = 1,
                                              .n_chunks = r->n_chunks}};
    r->started = true;
    r->begun_ns = clock_ns();
    if (tell(r, WIRE_START, WIRE_ALL, &begin, sizeof begin) != 0)
        return -1;
    for (uint32_t i = 0; i < r->n_nodes; i++)
        grants_node_here(&r->grants, i, r->n_executors);
    return 0;
}

static int hear(struct sim_root *r, const struct wire_message *m)
{
    const uint32_t node = m->head.node;
    r->n_in += !r->folding;
    r->n_kind[m->head.kind % 128] += !r->folding;
    switch (m->head.kind) {
    case WIRE_HELLO:
        return ++r->n_hello == r->n_nodes ? start(r) : 0;
    case WIRE_STATUS:
        grants_status(&r->grants, node, (const struct wire_status *)m->body);
        return 0;
    case WIRE_RECORD:
        return settle(r, node, m);
    case WIRE_RETURN:
        return grants_returned(&r->grants, node, (const struct range *)m->body,
                               m->head.bytes / sizeof(struct range));
    case WIRE_LANES:
        for (size_t i = 0; i < SIM_WORDS; i++)
            r->total.sum[i] += ((const int64_t *)m->body)[i];
        r->has_lanes = true;
        return 0;
    case WIRE_DONE:
        r->waited_s +=
            (double)((const struct wire_done *)m->body)->slept_ns / 1e9;
        r->ended = ++r->n_done == r->n_nodes;
        return 0;
    default:
        return -1;
    }
}

static int grant(struct sim_root *r)
{
    struct grant next;
    for (;;) {
        if (grants_next(&r->grants, clock_ns(), &next) != 0)
            return -1;
        if (next.what == GRANT_NOTHING)
            break;
        if (next.what == GRANT_CHUNKS &&
            tell(r, WIRE_GRANT, next.node, &next.range, sizeof next.range) != 0)
            return -1;
        if (next.what == GRANT_RECALL &&
            tell(r, WIRE_RECALL, next.node, &next.n, sizeof next.n) != 0)
            return -1;
    }
    if (r->dry_ns == 0 && r->grants.pool.n_chunks == 0)
        r->dry_ns = clock_ns();
    return 0;
}

static int advance(struct sim_root *r)
{
    if (!r->started || (!r->folding && grant(r) != 0))
        return r->started ? -1 : 0;
    if (!r->folding && grants_done(&r->grants)) {
        r->folding = true;
        r->ended_ns = clock_ns();
        return tell(r, WIRE_FOLD, WIRE_ALL, NULL, 0);
    }
    if (r->has_lanes && r->n_folded == r->n_nodes && !r->quit) {
        r->quit = true;
        return tell(r, WIRE_QUIT, WIRE_ALL, NULL, 0);
    }
    return 0;
}

/* Of the simulating process: the plain function, not the simulator's. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    (clock_gettime)(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int sim_root_step(struct sim_root *r)
{
    struct wire_message m;
    const uint64_t begun_ns = cpu_ns();
    int got, status = 0, moved = 0;
    while (status == 0 && (got = link_receive(r->link, &m)) > 0) {
        status = hear(r, &m);
        moved = 1;
        wire_message_release(&m);
        if (status == 0)
            status = advance(r);
    }
    r->cpu_ns += cpu_ns() - begun_ns;
    return status == 0 ? moved : -1;
}

/* When would one queue, without any delay, have ended: executors take the next
 * chunk when they have none. The best that is possible for whoever does not
 * know costs and speeds. A heap of the times at which executors are free. */
static double one_queue_s(const struct sim_root *r, const struct costs *costs)
{
    struct free_at {
        double s, slowness;
    };
    const uint32_t n = r->n_nodes * r->n_executors;
    struct free_at *heap = calloc(n, sizeof *heap);
    if (heap == NULL)
        return NAN;
    for (uint32_t i = 0; i < n; i++)
        heap[i].slowness = sim_slowness(i % r->n_nodes);
    double end_s = 0;
    for (uint32_t c = 0; c < r->n_chunks; c++) {
        struct free_at top = heap[0];
        top.s += top.slowness * costs_of(costs, c);
        end_s = fmax(end_s, top.s);
        uint32_t i = 0;
        for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
            if (child + 1 < n && heap[child + 1].s < heap[child].s)
                child++;
            if (heap[child].s >= top.s)
                break;
            heap[i] = heap[child];
        }
        heap[i] = top;
    }
    free(heap);
    return end_s;
}

static bool exact(const struct sim_root *r)
{
    const int64_t n = r->n_chunks;
    const int64_t squares = (int64_t)((__int128)n * (n + 1) * (2 * n + 1) / 6);
    return !r->wrong && cover_complete(&r->settled, r->n_chunks) &&
           r->total.sum[0] == n * (n + 1) / 2 && r->total.sum[1] == squares;
}

int sim_root_report(const struct sim_root *r, const struct costs *costs)
{
    double capacity = 0, longest;
    for (uint32_t i = 0; i < r->n_nodes; i++)
        capacity += r->n_executors / sim_slowness(i);
    const double ideal_s = costs_sum(costs, r->n_chunks, &longest) / capacity;
    const double makespan_s = (double)(r->ended_ns - r->begun_ns) / 1e9;
    const double messages = (double)(r->n_in + r->n_out) / r->n_nodes;
    printf(
        "nodes=%u cores=%u items=%u makespan=%.3f ideal=%.3f queue=%.3f "
        "longest=%.2f messages=%.1f per_10ms=%.4f status=%.1f grant=%.1f "
        "recall=%.1f record=%.1f dry=%.3f waited=%.5f root_us=%.2f exact=%d\n",
        r->n_nodes, r->n_nodes * r->n_executors, r->n_chunks, makespan_s,
        ideal_s, one_queue_s(r, costs), longest, messages,
        messages / makespan_s / 100,
        (double)r->n_kind[WIRE_STATUS] / r->n_nodes,
        (double)r->n_kind[WIRE_GRANT] / r->n_nodes,
        (double)r->n_kind[WIRE_RECALL] / r->n_nodes,
        (double)r->n_kind[WIRE_RECORD] / r->n_nodes,
        (double)(r->dry_ns - r->begun_ns) / 1e9,
        r->waited_s / makespan_s / r->n_nodes / r->n_executors,
        (double)r->cpu_ns / 1e3 / (double)(r->n_in + r->n_out), exact(r));
    return exact(r) ? 0 : -1;
}
