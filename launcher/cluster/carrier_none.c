/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The carrier of programs without MPI: it reaches nobody, and no run has one.
 * fanfold-mpi is linked with carrier.c instead: the library's object is
 * taken only when nothing before it has these functions.
 */
#include "carrier.h"

#include <errno.h>

struct carrier *carrier_create(struct link *stream, struct ff_error *err)
{
    (void)stream;
    ff_error_set(err, FF_LOST, "cannot start MPI: this program has none");
    return NULL;
}

uint32_t carrier_node(const struct carrier *c)
{
    (void)c;
    return 0;
}

uint32_t carrier_n_nodes(const struct carrier *c)
{
    (void)c;
    return 1;
}

uint32_t carrier_local(const struct carrier *c)
{
    (void)c;
    return 0;
}

uint32_t carrier_n_local(const struct carrier *c)
{
    (void)c;
    return 1;
}

int carrier_send(struct carrier *c, uint32_t kind, const void *body, size_t n)
{
    return carrier_send2(c, kind, body, n, NULL, 0);
}

int carrier_send2(struct carrier *c, uint32_t kind, const void *body, size_t n,
                  const void *more, size_t n_more)
{
    (void)c, (void)kind, (void)body, (void)n, (void)more, (void)n_more;
    errno = EPIPE;
    return -1;
}

size_t carrier_unsent(const struct carrier *c)
{
    (void)c;
    return 0;
}

int carrier_receive(struct carrier *c, struct wire_message *m)
{
    (void)c, (void)m;
    errno = EPIPE;
    return -1;
}

uint64_t carrier_patience_ns(const struct carrier *c)
{
    (void)c;
    return UINT64_MAX;
}

int carrier_in(const struct carrier *c)
{
    (void)c;
    return -1;
}

int carrier_fold_begin(struct carrier *c, struct lanes *lanes)
{
    (void)c, (void)lanes;
    errno = EPIPE;
    return -1;
}

int carrier_fold_test(struct carrier *c)
{
    (void)c;
    errno = EPIPE;
    return -1;
}

void carrier_end(struct carrier *c, uint64_t limit_ns)
{
    (void)c, (void)limit_ns;
}
