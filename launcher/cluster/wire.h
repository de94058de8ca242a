/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the root and the nodes of a cluster tell each other.
 *
 *   root   the process that the user started: it grants chunks, keeps what is
 *          accepted (gather.h), writes outputs and reports. `fanfold`.
 *   node   a launcher with its crew, one a rank of MPI. `fanfold-mpi`.
 *   bridge node 0, which moves messages between the root's stream and MPI.
 *
 *        root                    bridge and node 0              node k
 *   (fanfold, no MPI) ==stream== (fanfold-mpi) ----- MPI ----- (fanfold-mpi)
 *
 * How a run goes, in the order of messages:
 *
 *   node  HELLO    who I am, what my machine has
 *   root  JOB      options; FILE: the object, the input; PLACE: your workers
 *   node  PLANNED  where they are; OPENED: what the kernel declares
 *   root  START    the grid; GRANT: chunks
 *   node  STATUS   what is left (the root grants more in time)
 *         RECORD   what is accepted here since the last one, every second:
 *                  once the root has it no loss of a node can lose it
 *         FAILED   a chunk failed for good
 *   root  RECALL   give some back; node RETURN: these
 *   root  STOP     no new chunks; TERM: commands end
 *   root  FOLD     all is settled: node RECORD with what is no lane; then
 *                  MPI_Ireduce of lanes, which the bridge sends as LANES
 *   root  QUIT     node DONE: its workers have left, this is what they did
 *
 * Messages between two ends keep their order. All ends are the same build
 * (HELLO is compared), so bodies are C structures as they are in memory.
 */
#ifndef FANFOLD_LAUNCHER_WIRE_H
#define FANFOLD_LAUNCHER_WIRE_H

#include "cover.h"
#include "error.h"
#include "fingerprint.h"
#include "grid.h"
#include "ledger.h"

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX_BYTES (UINT64_C(1) << 30) /* of a body */
#define WIRE_PIECE (1u << 20)              /* of a file, an output */
#define WIRE_ALL UINT32_MAX                /* for all nodes */
#define WIRE_HOST 256

enum wire_kind {
    /* From a node; wire_head.node says which. */
    WIRE_HELLO = 1, /* struct wire_hello */
    WIRE_PLANNED,   /* struct wire_planned, struct place[n_workers * threads],
                       uint32_t cpu[n_cpus] */
    WIRE_OPENED,    /* struct wire_opened; of node 0 also the struct spec */
    WIRE_STATUS,    /* struct wire_status; also the node's heartbeat */
    WIRE_RECORD,    /* a message as gather_record takes it: RECORD_OUTPUT,
                       RECORD_ROWS, RECORD_NODE (ledger.h) */
    WIRE_FAILED,    /* struct wire_failed, struct frame[n_frames]; the same
                       chunk again when more is known of it */
    WIRE_RETURN,    /* struct range[]: not begun, no longer the node's */
    WIRE_TEXT,      /* uint32_t stream (1 or 2), then bytes to print there */
    WIRE_ERROR,     /* struct ff_error: the run cannot go on */
    WIRE_LANES,     /* after FOLD, by the bridge: int64_t sum[], int64_t max[],
                       uint8_t bytes[] over all nodes (partial.h) */
    WIRE_DONE,      /* struct wire_done, struct worker_outcome[n_workers] */
    WIRE_BYE,       /* uint32_t enum wire_bye: it leaves before the end */
    /* From the root to a node, or to all. */
    WIRE_JOB = 64,  /* uint32_t n, then n texts, each ended by a zero byte:
                       the settings as words of a command line */
    WIRE_FILE,      /* struct wire_file, then its bytes */
    WIRE_PLACE,     /* struct wire_place, then uint32_t rank[n_workers] */
    WIRE_START,     /* struct wire_start; to a node without workers, which
                       opens no kernel, also the struct spec */
    WIRE_GRANT,     /* struct range[]; where executors have chunks of their own
                       from the start, all of these in one */
    WIRE_RECALL,    /* uint32_t: about so many chunks back; a RETURN follows,
                       which may be empty */
    WIRE_STOP,      /* no new chunks */
    WIRE_TERM,      /* commands that run are told to end */
    WIRE_KILL,      /* nor the old ones */
    WIRE_FOLD,      /* nothing: see above */
    WIRE_QUIT,      /* nothing: workers leave, then the node */
    WIRE_BEAT       /* nothing: the root lives */
};

/* In front of each message, on the stream and through MPI. */
struct wire_head {
    uint32_t magic;     /* WIRE_MAGIC */
    uint32_t kind;      /* enum wire_kind */
    uint32_t node;      /* from or to which; WIRE_ALL */
    uint32_t reserved;
    uint64_t bytes;     /* of the body */
};
#define WIRE_MAGIC 0x46464c44u

/* One that was received; the body is the receiver's to free. */
struct wire_message {
    struct wire_head head;
    unsigned char *body; /* aligned as malloc does; a zero byte behind it */
};

struct wire_hello {
    char version[32];   /* PACKAGE_VERSION */
    uint64_t layout;    /* WIRE_LAYOUT: of structures that are sent */
    uint32_t n_nodes;
    uint32_t local, n_local; /* which of the nodes on this host, of how many */
    int32_t pid;
    uint32_t budget;    /* cores that it may use */
    uint32_t hwthreads; /* the same in hardware threads: the job, which says
                           what counts, comes later */
    uint32_t n_cores;   /* of the machine */
    uint32_t limited;   /* struct machine's */
    char why[256];
    char unit[16];      /* "core", "hwthread" */
    char host[WIRE_HOST];
};

struct wire_planned {
    uint32_t n_workers, threads, n_cpus;
    uint32_t bind_to;   /* enum bind_to */
    uint32_t bound;
    char why[320], how[200], warning[400];
};

struct wire_opened {
    uint64_t spec_hash;
    struct fingerprint fingerprint;
    uint32_t has_spec, reserved;
};

struct wire_status {
    uint64_t granted;     /* chunks that came in GRANT so far */
    uint64_t left;        /* of these, not begun */
    uint64_t accepted;    /* chunks that the node has accepted so far */
    uint64_t failed;      /* and that failed for good */
    uint64_t items_done;
    uint64_t busy_ns;     /* inside the kernel, all executors */
    uint64_t ran;         /* chunks run to their end, for the rate */
    uint64_t longest_ns;
    uint64_t ended_ns;    /* the longest chunk that has ended */
    uint32_t longest_chunk;
    uint32_t n_executors; /* alive, or to be started when there are chunks */
    uint32_t n_idle;      /* of these, with nothing to do */
    uint32_t settled;     /* 1: nothing is running or in flight here: all that
                             was granted is accepted, failed or returned (or,
                             when stopping, will not be run), outputs are sent,
                             failures are diagnosed */
    uint32_t workers_died, workers_recycled;
    uint32_t phase;       /* enum phase */
    uint64_t chunks_retried;
};

struct wire_failed {
    uint32_t chunk, attempts;
    uint64_t item, item_end;
    uint32_t has_item;
    uint32_t n_stacks;    /* threads of the backtrace */
    uint32_t fatal;       /* it killed its worker each time */
    uint32_t n_reason;    /* bytes; then the stacks follow */
    char reason[FAIL_TEXT];
};

/* One thread of a backtrace; then its frames, with names. */
struct wire_stack {
    uint32_t whose, thread, left_out;
    uint32_t n_frames;
};

enum wire_bye { WIRE_BYE_TERMINATED, /* by a signal from outside */
                WIRE_BYE_ORPHANED,   /* its parent or the root is gone */
                WIRE_BYE_ERROR };

enum wire_which { WIRE_OBJECT, WIRE_INPUT, WIRE_INPUT_INDEX,
                  WIRE_WORK /* common/work.h; ahead of the input */ };

struct wire_file {
    uint32_t which;      /* enum wire_which */
    uint32_t reserved;
    uint64_t bytes, offset; /* of the whole file; of this piece */
    char name[WIRE_HOST]; /* OBJECT: of the file, without a folder */
};

struct wire_place {
    uint32_t n_workers;  /* of this node; may be 0 */
    uint32_t size;       /* of all nodes */
    uint32_t n_executors; /* of all nodes */
    uint32_t threads;    /* of a worker */
    uint64_t run;        /* whose leases are ours (lease.h) */
};

struct wire_start {
    struct grid grid;
    uint64_t spec_hash;  /* what all must have declared */
    uint32_t schedule;   /* enum schedule */
    uint32_t reserved;
};

/* `fold` in struct record_node (ledger.h) */

struct wire_done {
    uint32_t n_workers, workers_died;
    uint64_t chunks_retried, slept_ns;
    uint64_t longest_ns;
    uint32_t longest_chunk, workers_recycled;
    uint64_t throttle_count, throttle_ns;
    char fingerprint_differs[FINGERPRINT_DIFFERS];
};

/* A number that differs between builds whose structures differ. */
uint64_t wire_layout(void);

void wire_message_release(struct wire_message *m);

/* The body as ranges inside the grid, ascending and disjoint: how many, or -1
 * when it is something else. */
long wire_ranges(const struct wire_message *m, uint32_t n_chunks,
                 const struct range **range);

#endif
