/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parcels through MPI: see mail.h. The one user of mpi.h.
 *
 * A send is an MPI_Isend, whose parcel is dropped when it has gone. What comes
 * is looked for (MPI_Iprobe), received (MPI_Irecv) and kept until it is whole
 * and all before it from the same sender are. A node that freezes leaves parcels
 * that never become whole, and must not keep out those of others: what comes
 * slowly does not count for long, and a sender has few on their way (carrier.c). Only the most plain parts of MPI
 * are used, on MPI_COMM_WORLD: those that every MPI, and a simulator, has. A
 * call that blocks would burn the core that a worker has.
 *
 * MPI_Abort is never called: how a run ends is not for MPI to say.
 */
#include "clock.h"
#include "mail.h"

#include <errno.h>
#include <mpi.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#if defined OPEN_MPI
#define LIBRARY "Open MPI"
#define STARTER "'mpirun' of Open MPI"
#elif defined MPICH_VERSION
#define LIBRARY "MPICH"
#define STARTER "'mpiexec' of MPICH"
#else
#define LIBRARY "another MPI"
#define STARTER "that one's 'mpiexec'"
#endif

#define TAG 1
#define MAX_RECEIVES 256
#define MANY 16           /* receives begun lately: no more for now */
#define MUCH (32u << 20)  /* or of so many bytes */
#define LATELY_NS UINT64_C(500000000)

/* On their way, in no order. */
struct sends {
    MPI_Request *request;
    struct parcel **parcel;
    uint32_t *to;
    int *index;         /* for MPI_Testsome */
    MPI_Status *status;
    int n, room;
    int n_up;           /* of these to node 0 */
    size_t bytes;
};

/* In the order in which they were begun. */
struct receives {
    MPI_Request request[MAX_RECEIVES]; /* MPI_REQUEST_NULL: it is whole */
    struct parcel *parcel[MAX_RECEIVES];
    uint64_t began_ns[MAX_RECEIVES];
    int n;
    size_t bytes;
};

struct mail {
    bool broken;
    struct sends sends;
    struct receives receives;
    MPI_Request all[3]; /* what all nodes do together */
    uint8_t *flipped;   /* a sum that is (see flip); of node 0 */
    uint32_t n_flipped;
};

static int fail(struct mail *mail, int cause)
{
    mail->broken = true;
    errno = cause;
    return -1;
}

static int mpi(struct mail *mail, int rc)
{
    return rc == MPI_SUCCESS ? 0 : fail(mail, EIO);
}

/* ---- sending ------------------------------------------------------------- */

static bool grow(void **at, size_t n, size_t size)
{
    void *more = realloc(*at, n * size);
    if (more != NULL)
        *at = more;
    return more != NULL;
}

static int grow_sends(struct sends *s)
{
    const int room = s->room > 0 ? 2 * s->room : 64;
    const size_t n = (size_t)room;
    void *request = s->request, *parcel = s->parcel, *to = s->to,
         *index = s->index, *status = s->status;
    const bool all = grow(&request, n, sizeof *s->request)
                     && grow(&parcel, n, sizeof *s->parcel)
                     && grow(&to, n, sizeof *s->to)
                     && grow(&index, n, sizeof *s->index)
                     && grow(&status, n, sizeof *s->status);
    s->request = request;
    s->parcel = parcel;
    s->to = to;
    s->index = index;
    s->status = status;
    s->room = all ? room : s->room;
    return all ? 0 : -1;
}

int mail_send(struct mail *mail, struct parcel *p, uint32_t to)
{
    struct sends *s = &mail->sends;
    if (mail->broken)
        return fail(mail, EPIPE);
    if (s->n == s->room && grow_sends(s) != 0)
        return fail(mail, ENOMEM);
    if (mpi(mail, MPI_Isend(p->at, (int)p->bytes, MPI_BYTE, (int)to, TAG,
                            MPI_COMM_WORLD, &s->request[s->n])) != 0)
        return -1;
    p->n_uses++;
    s->to[s->n] = to;
    s->parcel[s->n++] = p;
    s->n_up += to == 0;
    s->bytes += p->bytes;
    return 0;
}

/* Drops what has gone: how many. */
static int end_sends(struct mail *mail)
{
    struct sends *s = &mail->sends;
    int n = 0, kept = 0;
    if (s->n == 0
        || mpi(mail, MPI_Testsome(s->n, s->request, &n, s->index,
                                  s->status)) != 0
        || n == MPI_UNDEFINED || n == 0)
        return 0;
    for (int i = 0; i < n; i++) {
        struct parcel **p = &s->parcel[s->index[i]];
        s->bytes -= (*p)->bytes;
        s->n_up -= s->to[s->index[i]] == 0;
        parcel_drop(*p);
        *p = NULL;
    }
    for (int i = 0; i < s->n; i++) {
        if (s->parcel[i] == NULL)
            continue;
        s->request[kept] = s->request[i];
        s->to[kept] = s->to[i];
        s->parcel[kept++] = s->parcel[i];
    }
    s->n = kept;
    return n;
}

size_t mail_n_sends(const struct mail *mail)
{
    return (size_t)mail->sends.n;
}

size_t mail_n_up(const struct mail *mail)
{
    return (size_t)mail->sends.n_up;
}

size_t mail_sending(const struct mail *mail)
{
    return mail->sends.bytes;
}

/* ---- receiving ----------------------------------------------------------- */

static int begin_receive(struct mail *mail, MPI_Status *from)
{
    struct receives *r = &mail->receives;
    int n;
    if (mpi(mail, MPI_Get_count(from, MPI_BYTE, &n)) != 0)
        return -1;
    struct parcel *p = n >= 0 ? parcel_create((size_t)n) : NULL;
    if (p == NULL)
        return fail(mail, ENOMEM);
    p->source = (uint32_t)from->MPI_SOURCE;
    if (mpi(mail, MPI_Irecv(p->at, n, MPI_BYTE, from->MPI_SOURCE, TAG,
                            MPI_COMM_WORLD, &r->request[r->n])) != 0) {
        parcel_drop(p);
        return -1;
    }
    r->began_ns[r->n] = clock_ns();
    r->parcel[r->n++] = p;
    r->bytes += p->bytes;
    return 0;
}

/* For one more. */
static bool has_room(const struct receives *r)
{
    const uint64_t now = r->n > 0 ? clock_ns() : 0;
    size_t bytes = 0;
    int n = 0;
    for (int i = 0; i < r->n; i++) {
        if (now - r->began_ns[i] > LATELY_NS)
            continue;
        bytes += r->parcel[i]->bytes;
        n++;
    }
    return r->n < MAX_RECEIVES && n < MANY && bytes < MUCH;
}

/* Begins to receive what is there: how many. An MPI_Iprobe that finds nothing
 * may fetch what the next one finds, so it is asked twice. */
static int begin_receives(struct mail *mail)
{
    int n = 0, misses = 0;
    while (misses < 2 && has_room(&mail->receives) && !mail->broken) {
        int is_there = 0;
        MPI_Status status;
        if (mpi(mail, MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD,
                                 &is_there, &status)) != 0)
            return n;
        if (!is_there)
            misses++;
        else if (begin_receive(mail, &status) == 0)
            n++;
    }
    return n;
}

/* Those that are whole have MPI_REQUEST_NULL from now on: how many became so. */
static int test_receives(struct mail *mail)
{
    struct receives *r = &mail->receives;
    int n = 0, index[MAX_RECEIVES];
    MPI_Status status[MAX_RECEIVES];
    if (r->n == 0
        || mpi(mail, MPI_Testsome(r->n, r->request, &n, index, status)) != 0
        || n == MPI_UNDEFINED)
        return 0;
    return n;
}

/* Was one before it, of the same sender, begun and is still here? */
static bool must_wait(const struct receives *r, int i)
{
    for (int j = 0; j < i; j++)
        if (r->parcel[j]->source == r->parcel[i]->source)
            return true;
    return false;
}

struct parcel *mail_take(struct mail *mail)
{
    struct receives *r = &mail->receives;
    for (int i = 0; i < r->n; i++) {
        struct parcel *p = r->parcel[i];
        if (r->request[i] != MPI_REQUEST_NULL || must_wait(r, i))
            continue;
        r->n--;
        for (int j = i; j < r->n; j++) {
            r->request[j] = r->request[j + 1];
            r->began_ns[j] = r->began_ns[j + 1];
            r->parcel[j] = r->parcel[j + 1];
        }
        r->bytes -= p->bytes;
        return p;
    }
    return NULL;
}

size_t mail_receiving(const struct mail *mail)
{
    return mail->receives.bytes;
}

int mail_look(struct mail *mail, bool receives)
{
    int n = end_sends(mail);
    if (receives)
        n += begin_receives(mail);
    return n + test_receives(mail);
}

bool mail_is_broken(const struct mail *mail)
{
    return mail->broken;
}

/* ---- all together -------------------------------------------------------- */

/* One that has nothing to add is none. */
static int add(struct mail *mail, const void *from, void *to, uint32_t n,
               MPI_Datatype type, MPI_Op op, MPI_Request *request)
{
    *request = MPI_REQUEST_NULL;
    return n == 0 ? 0
           : mpi(mail, MPI_Ireduce(from, to, (int)n, type, op, 0,
                                   MPI_COMM_WORLD, request));
}

/* MPICH 4.0 and Open MPI 4.1 take the maximum of some unsigned types as if they
 * were signed; both projects know. So what is added here is signed, in the same
 * order. */
static void flip(uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        bytes[i] ^= 0x80;
}

int mail_add(struct mail *mail, struct lanes *lanes, void *sums)
{
    int64_t *sum = sums;
    int64_t *max = sum != NULL ? sum + lanes->n_sum : NULL;
    uint8_t *bytes = max != NULL ? (uint8_t *)(max + lanes->n_max) : NULL;
    if (mail->broken)
        return fail(mail, EPIPE);
    if (add(mail, lanes->sum, sum, lanes->n_sum, MPI_INT64_T, MPI_SUM,
            &mail->all[0]) != 0
        || add(mail, lanes->max, max, lanes->n_max, MPI_INT64_T, MPI_MAX,
               &mail->all[1]) != 0)
        return -1;
    flip(lanes->bytes, lanes->n_bytes);
    mail->flipped = bytes;
    mail->n_flipped = bytes != NULL ? lanes->n_bytes : 0;
    return add(mail, lanes->bytes, bytes, lanes->n_bytes, MPI_INT8_T, MPI_MAX,
               &mail->all[2]);
}

int mail_meet(struct mail *mail)
{
    if (mail->broken)
        return fail(mail, EPIPE);
    return mpi(mail, MPI_Ibarrier(MPI_COMM_WORLD, &mail->all[0]));
}

int mail_test(struct mail *mail)
{
    int n_done = 0;
    for (int i = 0; i < 3; i++) {
        int is_done = 0;
        MPI_Status status;
        if (mail->broken)
            return fail(mail, EPIPE);
        if (mpi(mail, MPI_Test(&mail->all[i], &is_done, &status)) != 0)
            return -1;
        n_done += is_done != 0;
    }
    if (n_done < 3)
        return 0;
    flip(mail->flipped, mail->n_flipped);
    mail->n_flipped = 0;
    return 1;
}

/* ---- begin and end ------------------------------------------------------- */

const char *mail_library(void)
{
    return LIBRARY;
}

const char *mail_starter(void)
{
    return STARTER;
}

static int find_local(struct mail *mail, struct mail_place *place)
{
    MPI_Comm local;
    int rank, size;
    if (mpi(mail, MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED,
                                      (int)place->node, MPI_INFO_NULL,
                                      &local)) != 0
        || mpi(mail, MPI_Comm_rank(local, &rank)) != 0
        || mpi(mail, MPI_Comm_size(local, &size)) != 0
        || mpi(mail, MPI_Comm_free(&local)) != 0)
        return -1;
    place->local = (uint32_t)rank;
    place->n_local = (uint32_t)size;
    return 0;
}

static int find_place(struct mail *mail, struct mail_place *place)
{
    int rank, size;
    if (mpi(mail, MPI_Comm_set_errhandler(MPI_COMM_WORLD,
                                          MPI_ERRORS_RETURN)) != 0
        || mpi(mail, MPI_Comm_rank(MPI_COMM_WORLD, &rank)) != 0
        || mpi(mail, MPI_Comm_size(MPI_COMM_WORLD, &size)) != 0)
        return -1;
    *place = (struct mail_place){.node = (uint32_t)rank,
                                 .n_nodes = (uint32_t)size, .n_local = 1};
    return size > 1 ? find_local(mail, place) : 0;
}

struct mail *mail_create(struct mail_place *place, struct ff_error *err)
{
    struct mail *mail = calloc(1, sizeof *mail);
    if (mail == NULL) {
        ff_error_set(err, FF_LOST, "cannot start MPI: no memory");
        return NULL;
    }
    for (int i = 0; i < 3; i++)
        mail->all[i] = MPI_REQUEST_NULL;
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS
        || find_place(mail, place) != 0) {
        ff_error_set(err, FF_LOST, "cannot start MPI");
        mail_destroy(mail);
        return NULL;
    }
    return mail;
}

static void out_of_time(int number)
{
    (void)number;
    _exit(0);
}

void mail_finish(struct mail *mail, uint64_t limit_ns)
{
    const uint64_t us = limit_ns / 1000 + 1;
    const struct itimerval after = {
        .it_value = {.tv_sec = (time_t)(us / 1000000),
                     .tv_usec = (suseconds_t)(us % 1000000)}};
    const struct itimerval never = {.it_value = {.tv_sec = 0}};
    if (mail->broken)
        return;
    if (limit_ns != UINT64_MAX) {
        signal(SIGALRM, out_of_time);
        setitimer(ITIMER_REAL, &after, NULL);
    }
    MPI_Finalize();
    if (limit_ns != UINT64_MAX)
        setitimer(ITIMER_REAL, &never, NULL);
}

void mail_destroy(struct mail *mail)
{
    if (mail == NULL)
        return;
    for (int i = 0; i < mail->sends.n; i++)
        parcel_drop(mail->sends.parcel[i]);
    for (int i = 0; i < mail->receives.n; i++)
        parcel_drop(mail->receives.parcel[i]);
    free(mail->sends.request);
    free(mail->sends.parcel);
    free(mail->sends.to);
    free(mail->sends.index);
    free(mail->sends.status);
    free(mail);
}
