/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The carrier of fanfold-mpi: see carrier.h. Stands between a node and the root;
 * what goes through MPI is mail.h's.
 *
 * Node 0 is the bridge: what comes from the others goes into the stream, what
 * comes out of the stream for them goes to them, for all along a tree
 * (parcels.h). When it has too much on its way it reads no more, until that has
 * gone; so a file of any size goes through with little memory. What goes up
 * never waits for what goes down, so the two cannot lock each other.
 */
#include "carrier.h"
#include "clock.h"
#include "mail.h"
#include "parallel.h"
#include "parcels.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define MUCH (16u << 20)     /* bytes on their way: no more for now */
#define MANY_UP 4            /* sends to node 0 at once */
#define SHORTEST_NS 50000u   /* between two looks */
#define LONGEST_NS 5000000u
#define FAILED_NS UINT64_C(2000000000) /* for MPI to end without a run */

/* Kinds of the carriers' own. */
enum { CARRIER_GONE = 1000,  /* the bridge: the root is gone */
       CARRIER_FIRST,        /* a node: MPI has started here */
       CARRIER_LAST };       /* a node: nothing more comes from me */

struct carrier {
    struct link *stream;     /* node 0 */
    struct mail *mail;
    struct mail_place at;
    bool broken;             /* what is lost cannot be made up for */
    bool gone;               /* the root */
    bool told;               /* and the others know */
    uint32_t n_begun;        /* node 0: nodes that sent CARRIER_FIRST, */
    uint32_t n_ended;        /* and CARRIER_LAST */
    uint64_t moved_ns;       /* something came or went last */
    struct departures departures; /* node 0 */
    struct arrivals arrivals;     /* the others */
    struct parcel *first_up, *last_up; /* the others: to node 0, not begun */
    size_t up_bytes;
    struct lanes *lanes;     /* being added; or NULL */
    unsigned char *sums;     /* node 0: of all nodes */
};

static bool is_bridge(const struct carrier *c)
{
    return c->at.node == 0;
}

static int fail(struct carrier *c, int cause)
{
    c->broken = true;
    errno = cause;
    return -1;
}

/* ---- sending ------------------------------------------------------------- */

/* What is for all, to those below us in the tree. */
static int pass_on(struct carrier *c, struct parcel *p)
{
    for (uint32_t i = 0;; i++) {
        const uint32_t child = parcels_child(c->at.node, c->at.n_nodes, i);
        if (child == WIRE_ALL)
            return 0;
        if (mail_send(c->mail, p, child) != 0)
            return -1;
    }
}

/* A message of the root for other nodes. */
static int depart(struct carrier *c, const struct wire_message *m)
{
    struct parcel *p = departures_pack(&c->departures, m);
    if (p == NULL)
        return fail(c, ENOMEM);
    const int rc = m->head.node == WIRE_ALL
                   ? pass_on(c, p) : mail_send(c->mail, p, m->head.node);
    parcel_drop(p);
    c->moved_ns = clock_ns();
    return rc == 0 ? 0 : fail(c, errno);
}

/* Begins as many sends to node 0 as may be on their way at once. */
static int begin_ups(struct carrier *c)
{
    while (c->first_up != NULL && mail_n_up(c->mail) < MANY_UP) {
        struct parcel *p = c->first_up;
        if (mail_send(c->mail, p, 0) != 0)
            return fail(c, errno);
        c->first_up = p->next;
        c->up_bytes -= p->bytes;
        parcel_drop(p);
    }
    return 0;
}

static int send_up(struct carrier *c, struct parcel *p)
{
    *(c->first_up == NULL ? &c->first_up : &c->last_up->next) = p;
    c->last_up = p;
    c->up_bytes += p->bytes;
    c->moved_ns = clock_ns();
    return begin_ups(c);
}

int carrier_send2(struct carrier *c, uint32_t kind, const void *body, size_t n,
                  const void *more, size_t n_more)
{
    if (is_bridge(c))
        return link_send2(c->stream, kind, 0, body, n, more, n_more);
    if (n + n_more > WIRE_MAX_BYTES) {
        errno = EMSGSIZE;
        return -1;
    }
    const struct wire_head head = {.kind = kind, .node = c->at.node};
    struct parcel *p = parcel_pack(head, body, n, more, n_more);
    return p != NULL ? send_up(c, p) : -1;
}

int carrier_send(struct carrier *c, uint32_t kind, const void *body, size_t n)
{
    return carrier_send2(c, kind, body, n, NULL, 0);
}

size_t carrier_unsent(const struct carrier *c)
{
    return is_bridge(c) ? link_unsent(c->stream)
                        : c->up_bytes + mail_sending(c->mail);
}

/* ---- receiving ----------------------------------------------------------- */

/* From a node, at the bridge. */
static int relay_up(struct carrier *c, const struct parcel *p)
{
    struct wire_head head;
    const unsigned char *body;
    if (!parcel_open(p, c->at.n_nodes, &head, &body)
        || head.node != p->source)
        return fail(c, EPROTO);
    if (head.kind == CARRIER_FIRST)
        c->n_begun++;
    else if (head.kind == CARRIER_LAST)
        c->n_ended++;
    else if (!c->gone
             && link_send(c->stream, head.kind, head.node, body,
                          head.bytes) != 0)
        c->gone = true;
    return 0;
}

/* From the root, at another node. */
static int arrive(struct carrier *c, struct parcel *p)
{
    struct wire_head head;
    const unsigned char *body;
    if (!parcel_open(p, c->at.n_nodes, &head, &body)
        || (head.node != c->at.node && head.node != WIRE_ALL))
        return fail(c, EPROTO);
    if (head.node == WIRE_ALL && pass_on(c, p) != 0)
        return fail(c, EIO);
    p->n_uses++;
    arrivals_add(&c->arrivals, p);
    return 0;
}

/* What was received must go on first. */
static bool is_full(const struct carrier *c)
{
    return (is_bridge(c) ? link_unsent(c->stream)
                         : mail_sending(c->mail)) > MUCH;
}

/* A look at all that MPI has. */
static void look(struct carrier *c)
{
    int n = c->at.n_nodes > 1;
    while (n > 0 && !c->broken) {
        struct parcel *p;
        n = mail_look(c->mail, !is_full(c));
        begin_ups(c);
        while ((p = mail_take(c->mail)) != NULL) {
            if (is_bridge(c))
                relay_up(c, p);
            else
                arrive(c, p);
            parcel_drop(p);
        }
        if (n > 0)
            c->moved_ns = clock_ns();
        if (mail_is_broken(c->mail))
            c->broken = true;
    }
}

/* Open MPI can crash in MPI_Init when a message comes before it has ended
 * there (4.1, its tcp), though MPI_Init had ended here. So the bridge sends
 * nothing before it has heard everybody. */
static bool all_have_begun(const struct carrier *c)
{
    return c->n_begun == c->at.n_nodes - 1;
}

/* The root is gone: so the others hear it from us. */
static int lose_root(struct carrier *c)
{
    const int cause = errno;
    const struct wire_message m = {.head = {.kind = CARRIER_GONE,
                                            .node = WIRE_ALL}};
    if (!c->told && c->at.n_nodes > 1 && !c->broken && all_have_begun(c)) {
        depart(c, &m);
        look(c);
    }
    c->gone = true;
    c->told = true;
    errno = cause;
    return -1;
}

static int receive_at_bridge(struct carrier *c, struct wire_message *m)
{
    if (c->gone || link_flush(c->stream) != 0)
        return lose_root(c);
    while (mail_sending(c->mail) <= MUCH && !c->broken
           && all_have_begun(c)) {
        const int rc = link_receive(c->stream, m);
        if (rc <= 0)
            return rc < 0 ? lose_root(c) : 0;
        const uint32_t node = m->head.node;
        c->moved_ns = clock_ns();
        if (node == WIRE_ALL && c->at.n_nodes > 1)
            depart(c, m);
        if (node == 0 || node == WIRE_ALL)
            return 1;
        if (node < c->at.n_nodes)
            depart(c, m);
        wire_message_release(m);
    }
    return c->broken ? fail(c, EIO) : 0;
}

static int receive_at_node(struct carrier *c, struct wire_message *m)
{
    const int rc = c->gone ? 0 : arrivals_take(&c->arrivals, m);
    if (rc < 0)
        return fail(c, ENOMEM);
    if (rc > 0 && m->head.kind == CARRIER_GONE) {
        wire_message_release(m);
        c->gone = true;
    }
    if (c->gone || (rc == 0 && c->broken)) {
        errno = EPIPE;
        return -1;
    }
    return rc;
}

int carrier_receive(struct carrier *c, struct wire_message *m)
{
    look(c);
    return is_bridge(c) ? receive_at_bridge(c, m) : receive_at_node(c, m);
}

/* Half of how long nothing has moved, within bounds: a message waits half as
 * long again as the silence before it, and whoever waits for long looks 200
 * times a second, which is some tenths of a percent of a core. */
uint64_t carrier_patience_ns(const struct carrier *c)
{
    const uint64_t idle = clock_ns() - c->moved_ns;
    if (is_bridge(c) && link_unsent(c->stream) > 0)
        return SHORTEST_NS;
    if (c->at.n_nodes == 1)
        return LONGEST_NS;
    if (mail_sending(c->mail) > 0 || mail_receiving(c->mail) > 0
        || idle < 2 * SHORTEST_NS)
        return SHORTEST_NS;
    return idle / 2 < LONGEST_NS ? idle / 2 : LONGEST_NS;
}

int carrier_in(const struct carrier *c)
{
    return is_bridge(c) ? link_in(c->stream) : -1;
}

/* ---- the fold ------------------------------------------------------------ */

static size_t lanes_bytes(const struct lanes *l)
{
    return ((size_t)l->n_sum + l->n_max) * sizeof(int64_t) + l->n_bytes;
}

int carrier_fold_begin(struct carrier *c, struct lanes *lanes)
{
    c->sums = is_bridge(c) ? malloc(lanes_bytes(lanes) + 1) : NULL;
    if (is_bridge(c) && c->sums == NULL)
        return fail(c, ENOMEM);
    if (mail_add(c->mail, lanes, c->sums) != 0)
        return fail(c, errno);
    c->lanes = lanes;
    c->moved_ns = clock_ns();
    return 0;
}

/* Of all nodes, to where node 0 has its own, and to the root. */
static int tell_sums(struct carrier *c)
{
    const struct lanes *l = c->lanes;
    const size_t n_sum = l->n_sum * sizeof *l->sum;
    const size_t n_max = l->n_max * sizeof *l->max;
    if (n_sum > 0)
        memcpy(l->sum, c->sums, n_sum);
    if (n_max > 0)
        memcpy(l->max, c->sums + n_sum, n_max);
    if (l->n_bytes > 0)
        memcpy(l->bytes, c->sums + n_sum + n_max, l->n_bytes);
    return link_send(c->stream, WIRE_LANES, 0, c->sums, lanes_bytes(l));
}

int carrier_fold_test(struct carrier *c)
{
    if (c->lanes == NULL) {
        errno = EINVAL;
        return -1;
    }
    int rc = mail_test(c->mail);
    if (rc == 0)
        return 0;
    if (rc > 0 && is_bridge(c) && tell_sums(c) != 0)
        rc = -1;
    free(c->sums);
    c->sums = NULL;
    c->lanes = NULL;
    c->moved_ns = clock_ns();
    return rc;
}

/* ---- begin and end ------------------------------------------------------- */

static void destroy(struct carrier *c)
{
    link_destroy(c->stream);
    mail_destroy(c->mail);
    departures_release(&c->departures);
    arrivals_release(&c->arrivals);
    while (c->first_up != NULL) {
        struct parcel *p = c->first_up;
        c->first_up = p->next;
        parcel_drop(p);
    }
    free(c->sums);
    free(c);
}

/* Started by another MPI than ours, each process believes to be alone. */
static int check_starter(const struct carrier *c, const struct parallel *p,
                         struct ff_error *err)
{
    if (p->size <= 1 || c->at.n_nodes > 1)
        return 0;
    return ff_error_set(err, FF_LOST, "cannot run as one of %u processes: "
                        "they were started by %s, but this fanfold was built "
                        "with %s, which finds only one; start it with %s, or "
                        "'fanfold run --host ...'", (unsigned)p->size,
                        parallel_name(p), mail_library(), mail_starter());
}

static int prepare(struct carrier *c, struct ff_error *err)
{
    struct parallel p;
    parallel_read(&p); /* before MPI writes there as well */
    c->mail = mail_create(&c->at, err);
    if (c->mail == NULL || check_starter(c, &p, err) != 0)
        return -1;
    c->arrivals = (struct arrivals){.node = c->at.node,
                                    .n_nodes = c->at.n_nodes};
    if (departures_init(&c->departures, c->at.n_nodes) != 0)
        return ff_error_set(err, FF_LOST, "cannot start MPI: no memory");
    if (is_bridge(c) && c->stream == NULL)
        return ff_error_set(err, FF_LOST, "cannot reach the root of the run: "
                            "node 0 was given no way to it");
    if (!is_bridge(c)) {
        link_destroy(c->stream);
        c->stream = NULL;
    }
    c->moved_ns = clock_ns();
    return 0;
}

static int say_begun(struct carrier *c, struct ff_error *err)
{
    return carrier_send(c, CARRIER_FIRST, NULL, 0) == 0
           ? 0 : ff_error_set(err, FF_LOST, "cannot reach node 0 by MPI");
}

struct carrier *carrier_create(struct link *stream, struct ff_error *err)
{
    struct carrier *c = calloc(1, sizeof *c);
    if (c == NULL) {
        ff_error_set(err, FF_LOST, "cannot start MPI: no memory");
        return NULL;
    }
    c->stream = stream;
    if (prepare(c, err) != 0
        || (!is_bridge(c) && say_begun(c, err) != 0)) {
        c->stream = NULL;
        if (c->mail != NULL)
            mail_finish(c->mail, FAILED_NS);
        destroy(c);
        return NULL;
    }
    return c;
}

uint32_t carrier_node(const struct carrier *c)
{
    return c->at.node;
}

uint32_t carrier_n_nodes(const struct carrier *c)
{
    return c->at.n_nodes;
}

uint32_t carrier_local(const struct carrier *c)
{
    return c->at.local;
}

uint32_t carrier_n_local(const struct carrier *c)
{
    return c->at.n_local;
}

/* Sleeps until something may have moved. */
static void nap(const struct carrier *c)
{
    const struct timespec t = {.tv_nsec = (long)carrier_patience_ns(c)};
    if (is_bridge(c) && link_unsent(c->stream) > 0) {
        struct pollfd on = {.fd = link_out(c->stream), .events = POLLOUT};
        ppoll(&on, 1, &t, NULL);
    } else {
        nanosleep(&t, NULL);
    }
}

/* Has all that we have gone, and at the bridge all that the others had? */
static bool all_has_gone(struct carrier *c)
{
    look(c);
    if (!is_bridge(c))
        return c->first_up == NULL && mail_n_sends(c->mail) == 0;
    if (!c->gone && link_flush(c->stream) != 0)
        c->gone = true;
    return mail_n_sends(c->mail) == 0 && c->n_ended == c->at.n_nodes - 1
           && (c->gone || link_unsent(c->stream) == 0);
}

/* All are here: then MPI_Finalize finds nobody to wait for. */
static bool meet(struct carrier *c, uint64_t end_ns)
{
    int rc = mail_meet(c->mail);
    c->moved_ns = clock_ns();
    while (rc == 0 && (rc = mail_test(c->mail)) == 0 && clock_ns() < end_ns)
        nap(c);
    return rc > 0;
}

void carrier_end(struct carrier *c, uint64_t limit_ns)
{
    const uint64_t now = clock_ns();
    const uint64_t end_ns = limit_ns < UINT64_MAX - now ? now + limit_ns
                                                        : UINT64_MAX;
    if (c == NULL)
        return;
    if (!is_bridge(c))
        carrier_send(c, CARRIER_LAST, NULL, 0);
    bool gone = false;
    while (!c->broken && !(gone = all_has_gone(c)) && clock_ns() < end_ns)
        nap(c);
    /* Without the others, MPI is left as it is: its starter sees to them. */
    if (gone && meet(c, end_ns)) {
        const uint64_t at = clock_ns();
        mail_finish(c->mail, end_ns == UINT64_MAX ? end_ns
                             : end_ns > at ? end_ns - at : 1);
    }
    destroy(c);
}
