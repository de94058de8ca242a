/* SPDX-License-Identifier: Apache-2.0 */
/* Messages between nodes: whichever way is faster, each node takes the root's
 * messages in the root's order; the tree reaches every node once. */
#include "parcels.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#define N_NODES 5
#define N_MESSAGES 2000

static uint32_t next(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

/* The root's messages number themselves: one node's way is in two queues, that
 * of messages for all and that of its own. */
struct way {
    struct parcel *parcel[N_MESSAGES];
    int n, at;
};

static struct wire_message letter(uint32_t node, uint32_t *number, size_t n)
{
    struct wire_message m = {
        .head = {.kind = WIRE_JOB, .node = node, .bytes = n + 4},
        .body = malloc(n + 4)};
    memset(m.body, (int)*number, n + 4);
    memcpy(m.body, number, 4);
    return m;
}

static void put(struct way *w, struct parcel *p)
{
    p->n_uses++;
    w->parcel[w->n++] = p;
}

/* All that can be taken has a higher number than what was taken before. */
static int take_all(struct arrivals *a, uint32_t *last)
{
    struct wire_message m;
    int n = 0, rc;
    while ((rc = arrivals_take(a, &m)) == 1) {
        uint32_t number;
        memcpy(&number, m.body, 4);
        CU_ASSERT(number > *last);
        CU_ASSERT_EQUAL(m.head.reserved, 0);
        CU_ASSERT_EQUAL(m.body[m.head.bytes], 0);
        CU_ASSERT(m.head.bytes == 4
                  || m.body[m.head.bytes - 1] == (unsigned char)number);
        *last = number;
        n++;
        wire_message_release(&m);
    }
    CU_ASSERT_EQUAL(rc, 0);
    return n;
}

static void keeps_order(void)
{
    static struct way all[N_NODES], single[N_NODES];
    struct departures d;
    uint32_t x = 17, number = 0, expected[N_NODES] = {0};
    /* The counts may wrap around. */
    CU_ASSERT_EQUAL(departures_init(&d, N_NODES), 0);
    d.n_all = UINT32_MAX - 100;
    d.n_single[2] = UINT32_MAX - 3;
    for (int i = 0; i < N_MESSAGES; i++) {
        const uint32_t to = next(&x) % (N_NODES + 1);
        number++;
        struct wire_message m = letter(to == N_NODES ? WIRE_ALL : to, &number,
                                       next(&x) % 50);
        struct parcel *p = departures_pack(&d, &m);
        wire_message_release(&m);
        for (uint32_t k = 0; k < N_NODES; k++) {
            expected[k] += to == k || to == N_NODES;
            if (to == N_NODES)
                put(&all[k], p);
        }
        if (to < N_NODES)
            put(&single[to], p);
        parcel_drop(p);
    }
    for (uint32_t k = 0; k < N_NODES; k++) {
        struct arrivals a = {.node = k, .n_nodes = N_NODES,
                             .n_all = UINT32_MAX - 100,
                             .n_single = k == 2 ? UINT32_MAX - 3 : 0};
        uint32_t last = 0, n = 0;
        while (all[k].at < all[k].n || single[k].at < single[k].n) {
            /* Now and then one way is much ahead. */
            struct way *w = next(&x) % 40 < 20 + 15 * (k % 2) ? &all[k]
                                                            : &single[k];
            if (w->at < w->n)
                arrivals_add(&a, w->parcel[w->at++]);
            n += (uint32_t)take_all(&a, &last);
        }
        CU_ASSERT_EQUAL(n, expected[k]);
        CU_ASSERT_PTR_NULL(a.first_all);
        CU_ASSERT_PTR_NULL(a.first_single);
        arrivals_release(&a);
    }
    departures_release(&d);
}

static void waits(void)
{
    struct departures d;
    uint32_t one = 1, two = 2, three = 3, last = 0;
    struct wire_message m[] = {letter(1, &one, 9), letter(WIRE_ALL, &two, 9),
                               letter(1, &three, 9)};
    struct parcel *p[3];
    struct arrivals a = {.node = 1, .n_nodes = 3};
    CU_ASSERT_EQUAL(departures_init(&d, 3), 0);
    for (int i = 0; i < 3; i++) {
        p[i] = departures_pack(&d, &m[i]);
        wire_message_release(&m[i]);
    }
    arrivals_add(&a, p[1]);
    CU_ASSERT_EQUAL(take_all(&a, &last), 0);
    arrivals_add(&a, p[0]);
    CU_ASSERT_EQUAL(take_all(&a, &last), 2);
    CU_ASSERT_EQUAL(take_all(&a, &last), 0);
    arrivals_add(&a, p[2]);
    CU_ASSERT_EQUAL(take_all(&a, &last), 1);
    departures_release(&d);
}

static void is_checked(void)
{
    const char body[] = "some text";
    struct wire_head head = {.kind = WIRE_TEXT, .node = 3}, out;
    const unsigned char *at;
    struct parcel *p = parcel_pack(head, body, 4, body + 4, 6);
    CU_ASSERT(parcel_open(p, 7, &out, &at));
    CU_ASSERT_EQUAL(out.kind, WIRE_TEXT);
    CU_ASSERT_EQUAL(out.node, 3);
    CU_ASSERT_EQUAL(out.bytes, sizeof body);
    CU_ASSERT_EQUAL(memcmp(at, body, sizeof body), 0);
    /* Too short for what its head says; no message at all. */
    p->bytes--;
    CU_ASSERT_FALSE(parcel_open(p, 7, &out, &at));
    p->bytes = sizeof head - 1;
    CU_ASSERT_FALSE(parcel_open(p, 7, &out, &at));
    p->bytes = sizeof head + sizeof body;
    p->at[0] ^= 1;
    CU_ASSERT_FALSE(parcel_open(p, 7, &out, &at));
    parcel_drop(p);
}

/* A binomial tree: nobody is further away than the bits of the highest number,
 * and nobody has more children. */
static void reaches_all(void)
{
    static unsigned char seen[1100];
    for (uint32_t n = 1; n < sizeof seen; n += n < 70 ? 1 : 103) {
        uint32_t bits = 0;
        memset(seen, 0, sizeof seen);
        while ((n - 1) >> bits != 0)
            bits++;
        for (uint32_t node = 0; node < n; node++) {
            uint32_t i = 0, child, depth = 0;
            for (; (child = parcels_child(node, n, i)) != WIRE_ALL; i++) {
                CU_ASSERT_FATAL(child < n);
                CU_ASSERT_EQUAL(parcels_parent(child), node);
                seen[child]++;
            }
            CU_ASSERT(i <= bits);
            for (uint32_t up = node; up != 0; up = parcels_parent(up))
                depth++;
            CU_ASSERT(depth <= bits);
        }
        CU_ASSERT_EQUAL(seen[0], 0);
        for (uint32_t node = 1; node < n; node++)
            CU_ASSERT_EQUAL(seen[node], 1);
    }
    CU_ASSERT_EQUAL(parcels_child(0x80000001u, 0xfffffff0u, 0), WIRE_ALL);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"one node takes messages in the root's order", keeps_order},
        {"one that is early waits", waits},
        {"what is no message is refused", is_checked},
        {"the tree reaches every node once", reaches_all},
    };
    return TAP_RUN(tests);
}
