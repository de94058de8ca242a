/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between nodes and their order: see parcels.h.
 *
 * The proof that arrivals_take neither mixes up nor gets stuck: the root's
 * messages that concern a node are one sequence. One for the node alone says
 * how many for all stand before it, one for all how many for the node alone
 * do; both numbers together are its place. So of the fronts of the two queues
 * at most one is the next, and when the next message has come it is a front,
 * because each way keeps its order.
 */
#include "parcels.h"

#include <stdlib.h>
#include <string.h>

struct parcel *parcel_create(size_t bytes)
{
    struct parcel *p = malloc(sizeof *p + bytes);
    if (p == NULL)
        return NULL;
    p->next = NULL;
    p->n_uses = 1;
    p->source = 0;
    p->bytes = bytes;
    return p;
}

void parcel_drop(struct parcel *p)
{
    if (p != NULL && --p->n_uses == 0)
        free(p);
}

/* With room for n_behind bytes behind the body. */
static struct parcel *pack(struct wire_head head, const void *body, size_t n,
                           const void *more, size_t n_more, size_t n_behind)
{
    struct parcel *p = parcel_create(sizeof head + n + n_more + n_behind);
    if (p == NULL)
        return NULL;
    head.magic = WIRE_MAGIC;
    head.bytes = n + n_more;
    memcpy(p->at, &head, sizeof head);
    if (n > 0)
        memcpy(p->at + sizeof head, body, n);
    if (n_more > 0)
        memcpy(p->at + sizeof head + n, more, n_more);
    return p;
}

struct parcel *parcel_pack(struct wire_head head, const void *body, size_t n,
                           const void *more, size_t n_more)
{
    return pack(head, body, n, more, n_more, 0);
}

static size_t behind(uint32_t node, uint32_t n_nodes)
{
    return node == WIRE_ALL ? n_nodes * sizeof(uint32_t) : 0;
}

bool parcel_open(const struct parcel *p, uint32_t n_nodes,
                 struct wire_head *head, const unsigned char **body)
{
    if (p->bytes < sizeof *head)
        return false;
    memcpy(head, p->at, sizeof *head);
    *body = p->at + sizeof *head;
    return head->magic == WIRE_MAGIC && head->bytes <= WIRE_MAX_BYTES
           && p->bytes == sizeof *head + head->bytes
                              + behind(head->node, n_nodes);
}

int departures_init(struct departures *d, uint32_t n_nodes)
{
    *d = (struct departures){.n_nodes = n_nodes};
    d->n_single = calloc(n_nodes, sizeof *d->n_single);
    return d->n_single != NULL ? 0 : -1;
}

void departures_release(struct departures *d)
{
    free(d->n_single);
    *d = (struct departures){.n_single = NULL};
}

struct parcel *departures_pack(struct departures *d,
                               const struct wire_message *m)
{
    struct wire_head head = m->head;
    const size_t n = behind(head.node, d->n_nodes);
    head.reserved = d->n_all;
    struct parcel *p = pack(head, m->body, head.bytes, NULL, 0, n);
    if (p == NULL)
        return NULL;
    if (n > 0) {
        memcpy(p->at + sizeof head + head.bytes, d->n_single, n);
        d->n_all++;
    } else {
        d->n_single[head.node]++;
    }
    return p;
}

static bool is_for_all(const struct parcel *p)
{
    struct wire_head head;
    memcpy(&head, p->at, sizeof head);
    return head.node == WIRE_ALL;
}

void arrivals_add(struct arrivals *a, struct parcel *p)
{
    const bool all = is_for_all(p);
    struct parcel **first = all ? &a->first_all : &a->first_single;
    struct parcel **last = all ? &a->last_all : &a->last_single;
    p->next = NULL;
    if (*first == NULL)
        *first = p;
    else
        (*last)->next = p;
    *last = p;
}

/* One for all: has all that was for this node alone before it been taken? */
static bool all_is_next(const struct arrivals *a)
{
    struct wire_head head;
    uint32_t n_single;
    if (a->first_all == NULL)
        return false;
    const unsigned char *at = a->first_all->at;
    memcpy(&head, at, sizeof head);
    memcpy(&n_single,
           at + sizeof head + head.bytes + a->node * sizeof n_single,
           sizeof n_single);
    return n_single == a->n_single;
}

static bool single_is_next(const struct arrivals *a)
{
    struct wire_head head;
    if (a->first_single == NULL)
        return false;
    memcpy(&head, a->first_single->at, sizeof head);
    return head.reserved == a->n_all;
}

/* A message's body is its receiver's, and aligned as malloc does. */
static int unpack(const struct parcel *p, struct wire_message *m)
{
    struct wire_head head;
    memcpy(&head, p->at, sizeof head);
    unsigned char *body = malloc(head.bytes + 1);
    if (body == NULL)
        return -1;
    memcpy(body, p->at + sizeof head, head.bytes);
    body[head.bytes] = '\0';
    head.reserved = 0;
    *m = (struct wire_message){.head = head, .body = body};
    return 1;
}

int arrivals_take(struct arrivals *a, struct wire_message *m)
{
    const bool all = all_is_next(a);
    if (!all && !single_is_next(a))
        return 0;
    struct parcel **first = all ? &a->first_all : &a->first_single;
    struct parcel *p = *first;
    if (unpack(p, m) < 0)
        return -1;
    *first = p->next;
    *(all ? &a->n_all : &a->n_single) += 1;
    parcel_drop(p);
    return 1;
}

static void drop_all(struct parcel *p)
{
    while (p != NULL) {
        struct parcel *next = p->next;
        parcel_drop(p);
        p = next;
    }
}

void arrivals_release(struct arrivals *a)
{
    drop_all(a->first_all);
    drop_all(a->first_single);
    *a = (struct arrivals){.node = a->node, .n_nodes = a->n_nodes};
}

/* The binomial tree: a node's parent is its number without the highest bit, so
 * its children have one bit more, above its own. */
static uint32_t n_bits(uint32_t node)
{
    return node == 0 ? 0 : 32 - (uint32_t)__builtin_clz(node);
}

uint32_t parcels_child(uint32_t node, uint32_t n_nodes, uint32_t i)
{
    const uint32_t bit = n_bits(node) + i;
    const uint64_t child = node + (UINT64_C(1) << (bit < 32 ? bit : 32));
    return child < n_nodes ? (uint32_t)child : WIRE_ALL;
}

uint32_t parcels_parent(uint32_t node)
{
    return node & ~(UINT32_C(1) << (n_bits(node) - 1));
}
