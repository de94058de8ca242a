/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of advice: see advice.h. Each of these looks at what was measured
 * and writes a line when it is sure of a cause; the first one that does is the
 * advice. So what explains the others (a quota makes threads wait, and waiting
 * looks like long chunks) comes first. Nothing is guessed: memory bandwidth,
 * for example, leaves no trace in these figures.
 */
#include "advice.h"
#include "figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define POOR_EFFICIENCY 0.8
#define MIN_COMPUTE_NS 50000000u /* what is shorter proves nothing */
#define MIN_STARTUP_NS 50000000u
#define THROTTLED_SHARE 0.05     /* of the executors' time */
#define WAITED_SHARE 0.1         /* of the time in chunks */
#define ASLEEP_SHARE 0.5         /* of the time in chunks */
#define LONG_SHARE 0.5           /* of the run: a chunk */
#define LONG_FACTOR 2            /* over the mean: a chunk */
#define FEW_CHUNKS 4             /* for an executor */
#define GOOD_CHUNKS 16
#define MAX_MORE_WORKERS 8
#define SLEPT_SHARE 0.05         /* of the run: the launcher was stopped */

/* What the functions below look at. */
struct facts {
    const struct job *job;
    const struct outcome *o;
    struct worker_outcome sum;
    uint32_t executors, threads; /* threads: of all workers */
    uint32_t per_worker;         /* threads */
    uint32_t budget;             /* cores, of all nodes */
    const char *why;             /* of the machine, or of the first node */
    double total_ns;             /* executors x compute */
    double busy_ns, efficiency;
    double threads_busy_ns; /* the same of all threads: a team is one executor */
    uint64_t items;
};

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* ---- the start ----------------------------------------------------------- */

/* What the compiler took is told with the time. Reading the input and loading
 * shared data are work. */
static bool slow_start(char *out, const struct facts *f)
{
    char took[FIGURE_TEXT], all[FIGURE_TEXT];
    const struct outcome *o = f->o;
    if (o->startup_ns < MIN_STARTUP_NS || o->startup_ns <= o->compute_ns
        || 2 * o->compile_ns > o->startup_ns || f->executors == 1
        || o->spec.n_shared > 0 || f->job->arg_file != NULL)
        return false;
    snprintf(out, ADVICE_TEXT, "the start took %s of %s: the run is too short "
             "for %" PRIu32 " %s", figure_time(took, o->startup_ns),
             figure_time(all, o->wall_ns), f->executors,
             f->per_worker > 1 && f->executors == f->threads ? "threads"
                                                              : "workers");
    return true;
}

/* ---- the CPUs ------------------------------------------------------------ */

static bool throttled(char *out, const struct facts *f)
{
    char count[FIGURE_TEXT], took[FIGURE_TEXT];
    const struct cgroup_throttle *t = &f->o->throttle;
    if (t->count == 0 || share((double)t->ns, f->total_ns) < THROTTLED_SHARE)
        return false;
    snprintf(out, ADVICE_TEXT, "the CPU quota held the workers back %s times, "
             "for %s in all (%s)", figure_count(count, t->count),
             figure_time(took, t->ns), f->why);
    if (f->threads > f->budget)
        snprintf(out, ADVICE_TEXT, "%" PRIu32 " threads are more than the CPU "
                 "quota has room for: it held them back %s times, for %s in "
                 "all (%s)", f->threads, figure_count(count, t->count),
                 figure_time(took, t->ns), f->why);
    return true;
}

/* Ready to run, and did not: somebody else had the core. */
static bool crowded(char *out, const struct facts *f)
{
    char waited[FIGURE_TEXT], busy[FIGURE_TEXT];
    if (f->threads_busy_ns < MIN_COMPUTE_NS
        || share((double)f->sum.wait_ns, f->threads_busy_ns) < WAITED_SHARE)
        return false;
    figure_time(waited, f->sum.wait_ns);
    figure_time(busy, (uint64_t)f->threads_busy_ns);
    if (f->threads > f->budget)
        snprintf(out, ADVICE_TEXT, "%" PRIu32 " threads shared %" PRIu32
                 " core%s, and waited %s for their turn: %s%" PRIu32 " %s "
                 "enough", f->threads, f->budget,
                 f->budget == 1 ? "" : "s", waited,
                 f->per_worker == 1 ? "-n " : "", f->budget,
                 f->per_worker == 1 || f->budget == 1 ? "is" : "are");
    else
        snprintf(out, ADVICE_TEXT, "something else used the cores: the workers "
                 "waited %s for their turn, and were in chunks for %s",
                 waited, busy);
    return true;
}

/* ---- who had what -------------------------------------------------------- */

static bool pinned(char *out, const struct facts *f)
{
    const char *name = f->job->schedule == SCHEDULE_STATIC ? "static"
                       : f->job->schedule == SCHEDULE_CYCLIC ? "cyclic" : NULL;
    if (name == NULL)
        return false;
    snprintf(out, ADVICE_TEXT, "with --schedule=%s nobody takes over what "
             "others have left; --schedule=dynamic does", name);
    return true;
}

/* Of a chunk of several items, how few should be in one. */
static uint64_t smaller_chunk(const struct facts *f)
{
    const double fair_ns = f->busy_ns / (GOOD_CHUNKS * (double)f->executors);
    const double n = (double)f->o->grid.chunk_items * fair_ns
                     / (double)f->o->longest_ns;
    return n > 1 ? (uint64_t)n : 1;
}

static bool one_long_chunk(char *out, const struct facts *f)
{
    char took[FIGURE_TEXT], all[FIGURE_TEXT];
    const struct outcome *o = f->o;
    const double longest = (double)o->longest_ns;
    uint64_t begin, end;
    if (o->grid.n_chunks < 2
        || longest < LONG_SHARE * (double)o->compute_ns
        || longest * (double)f->sum.chunks < LONG_FACTOR * f->busy_ns)
        return false;
    grid_chunk(&o->grid, o->longest_chunk, &begin, &end);
    figure_time(took, o->longest_ns);
    figure_time(all, o->compute_ns);
    if (end - begin == 1)
        snprintf(out, ADVICE_TEXT, "item %" PRIu64 " alone took %s of %s: the "
                 "run cannot be faster than that, unless you divide it", begin,
                 took, all);
    else
        snprintf(out, ADVICE_TEXT, "chunk %" PRIu32 " (items %" PRIu64 " to %"
                 PRIu64 ") alone took %s of %s: --chunk %" PRIu64 " divides "
                 "it", o->longest_chunk, begin, end - 1, took, all,
                 smaller_chunk(f));
    return true;
}

static bool few_chunks(char *out, const struct facts *f)
{
    const struct grid *grid = &f->o->grid;
    char items[FIGURE_TEXT];
    uint64_t n = f->items / (GOOD_CHUNKS * (uint64_t)f->executors);
    if (f->executors == 1
        || grid->n_chunks >= FEW_CHUNKS * (uint64_t)f->executors)
        return false;
    n = n > 0 ? n : 1;
    if (grid->chunk_items > n)
        snprintf(out, ADVICE_TEXT, "%" PRIu32 " chunk%s keep%s %" PRIu32
                 " threads not busy to the end: --chunk %" PRIu64 " makes %"
                 PRIu64 " of them", grid->n_chunks,
                 grid->n_chunks == 1 ? "" : "s",
                 grid->n_chunks == 1 ? "s" : "", f->executors, n,
                 (f->items + n - 1) / n);
    else
        snprintf(out, ADVICE_TEXT, "%s item%s keep%s %" PRIu32 " threads not "
                 "busy to the end: divide the work into more of them",
                 figure_count(items, f->items), f->items == 1 ? "" : "s",
                 f->items == 1 ? "s" : "", f->executors);
    return true;
}

/* ---- the kernel ---------------------------------------------------------- */

/* In chunks, but neither running nor ready to run. */
static bool asleep(char *out, const struct facts *f)
{
    const double cpu = share((double)f->sum.cpu_ns, f->threads_busy_ns);
    uint32_t more = cpu > 1.0 / MAX_MORE_WORKERS ? (uint32_t)(1 / cpu)
                                                 : MAX_MORE_WORKERS;
    if (f->sum.wait_ns == 0 || cpu > 1 - ASLEEP_SHARE
        || f->threads > f->budget)
        return false;
    more = more < 2 ? 2 : more;
    if (f->o->grid.n_chunks < (uint64_t)more * f->executors)
        return false;
    snprintf(out, ADVICE_TEXT, "the kernel used a CPU in %.0f %% of its time, "
             "and waited for something (a pause, a file) in the rest: more "
             "workers than cores would be faster (-n %" PRIu64 " "
             "--oversubscribe)", 100 * cpu,
             (uint64_t)more * f->budget);
    return true;
}

/* Cores of all nodes. Ranks that share a node's cores count them once a
 * rank. */
static uint32_t budget_of(const struct machine *machine,
                          const struct plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        n += plan->nodes[i].budget;
    return plan->n_nodes > 0 ? n : machine->budget;
}

void advice_of(char out[ADVICE_TEXT], const struct job *job,
               const struct machine *machine, const struct plan *plan,
               const struct outcome *o)
{
    struct facts f = {.job = job, .o = o,
                      .sum = outcome_sum(o, plan),
                      .executors = outcome_executors(o, plan),
                      .threads = plan_executors(plan),
                      .per_worker = plan->threads,
                      .budget = budget_of(machine, plan),
                      .why = plan->n_nodes > 0 ? plan->nodes[0].budget_why
                                               : machine->why,
                      .efficiency = outcome_efficiency(o, plan),
                      .items = o->grid.last - o->grid.first};
    out[0] = '\0';
    if (!outcome_measured(o) || o->end == RUN_INTERRUPTED
        || o->spec.kind == FF_KERNEL_ONCE)
        return;
    f.total_ns = (double)o->compute_ns * f.executors;
    f.busy_ns = (double)f.sum.busy_ns;
    f.threads_busy_ns = f.busy_ns * f.threads / f.executors;
    if (slow_start(out, &f) || o->compute_ns < MIN_COMPUTE_NS)
        return;
    /* What a dead worker had in hand, or what nobody handed out while we were
     * stopped, or while another worker was started, looks as if others had had
     * the cores. */
    if (throttled(out, &f) || o->workers_died + o->workers_recycled > 0
        || share((double)o->slept_ns, (double)o->compute_ns) > SLEPT_SHARE
        || crowded(out, &f))
        return;
    if (f.efficiency < POOR_EFFICIENCY) {
        if (!pinned(out, &f) && !one_long_chunk(out, &f))
            few_chunks(out, &f);
        return;
    }
    asleep(out, &f);
}
