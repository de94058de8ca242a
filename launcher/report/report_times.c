/* SPDX-License-Identifier: Apache-2.0 */
/* What a run did and how long it took, for people: the work, the time and how
 * it was spent, deaths, advice, and with --verbose each worker. */
#include "advice.h"
#include "complain.h"
#include "figure.h"
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MIN_COMPUTE_NS 10000000 /* ratios of less say nothing */
#define MAX_HOST 24             /* columns of a name */
#define MAX_WORKERS 256         /* shown, of a cluster */

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_work(FILE *notes, const struct plan *plan,
                       const struct outcome *o)
{
    char items[FIGURE_TEXT], chunks[FIGURE_TEXT], size[FIGURE_TEXT];
    const uint64_t n = o->grid.last - o->grid.first;
    if (o->spec.kind == FF_KERNEL_ONCE) {
        fprintf(notes, "%s call%s, one by each thread; %s\n",
                figure_count(items, n), plural(n), plan->why);
        return;
    }
    fprintf(notes, "%s item%s in %s chunk%s of %s; ", figure_count(items, n),
            plural(n), figure_count(chunks, o->grid.n_chunks),
            plural(o->grid.n_chunks), figure_count(size, o->grid.chunk_items));
    if (o->items_before > 0 && !o->is_command)
        fprintf(notes, "%s done before; ", figure_count(items,
                                                        o->items_before));
    fprintf(notes, "%s\n", plan->why);
}

static void print_rate(FILE *notes, double per_s)
{
    char rate[FIGURE_TEXT];
    figure_si(rate, per_s);
    fprintf(notes, ", %s item%s/s", rate, strcmp(rate, "1") == 0 ? "" : "s");
}

static bool tells(const struct outcome *o)
{
    return outcome_measured(o) && o->compute_ns >= MIN_COMPUTE_NS;
}

static void print_total(FILE *notes, const struct plan *plan,
                        const struct outcome *o)
{
    char time[FIGURE_TEXT];
    const double efficiency = tells(o) ? outcome_efficiency(o, plan) : NAN;
    const double imbalance = tells(o) ? outcome_imbalance(o, plan) : NAN;
    fprintf(notes, "%s", figure_time(time, o->wall_ns));
    if (!o->serial)
        fprintf(notes, " (startup %s", figure_time(time, o->startup_ns));
    if (!o->serial && o->compile_ns > 0)
        fprintf(notes, ", %s of it compiling", figure_time(time,
                                                           o->compile_ns));
    if (!o->serial)
        fputc(')', notes);
    if (o->compute_ns > 0 && o->items_done > o->items_before)
        print_rate(notes, (double)(o->items_done - o->items_before) * 1e9
                              / (double)o->compute_ns);
    if (!isnan(efficiency))
        fprintf(notes, ", efficiency %.1f %%", 100 * efficiency);
    if (!isnan(imbalance) && plan->n_workers > 1)
        fprintf(notes, ", imbalance %.1f %%", 100 * imbalance);
    fputc('\n', notes);
}

/* How the time of all executors together was spent, while there were chunks:
 * "compute 1.2 s x 4: in chunks 4.7 s, idle 98.1 ms, publishing 1.2 ms; CPU
 * 4.6 s". Nodes that were cut off could not tell the last two. */
static void print_split(FILE *notes, const struct plan *plan,
                        const struct outcome *o)
{
    char compute[FIGURE_TEXT], busy[FIGURE_TEXT], idle[FIGURE_TEXT];
    char publish[FIGURE_TEXT], cpu[FIGURE_TEXT];
    const struct worker_outcome sum = outcome_sum(o, plan);
    if (!tells(o))
        return;
    fprintf(notes, "compute %s x %" PRIu32 ": in chunks %s, idle %s",
            figure_time(compute, o->compute_ns), outcome_executors(o, plan),
            figure_time(busy, sum.busy_ns),
            figure_time(idle, outcome_idle_ns(o, plan)));
    if (sum.cpu_ns > 0)
        fprintf(notes, ", publishing %s; CPU %s",
                figure_time(publish, sum.publish_ns),
                figure_time(cpu, sum.cpu_ns));
    fputc('\n', notes);
}

static void print_recycled(FILE *notes, const struct outcome *o)
{
    char n[FIGURE_TEXT];
    if (o->workers_recycled > 0)
        fprintf(notes, "%s worker%s replaced (--recycle)\n",
                figure_count(n, o->workers_recycled),
                o->workers_recycled == 1 ? " was" : "s were");
}

static void print_deaths(FILE *notes, const struct outcome *o)
{
    char died[FIGURE_TEXT], again[FIGURE_TEXT];
    figure_count(died, o->workers_died);
    figure_count(again, o->chunks_retried);
    if (o->workers_died > 0)
        fprintf(notes, "%s worker%s died", died, plural(o->workers_died));
    if (o->workers_died > 0 && o->chunks_retried > 0)
        fprintf(notes, ", %s chunk%s run again", again,
                plural(o->chunks_retried));
    if (o->workers_died > 0)
        fputc('\n', notes);
    else if (o->chunks_retried > 0 && o->end != RUN_INTERRUPTED)
        fprintf(notes, "%s chunk%s run again\n", again,
                plural(o->chunks_retried));
}

/* How wide the column of host names must be; 0: there is none. */
static int host_width(const struct plan *plan)
{
    size_t width = sizeof "host" - 1;
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const size_t n = strlen(plan->nodes[i].host);
        width = n > width ? n : width;
    }
    return plan->n_nodes == 0 ? 0
           : (int)(width < MAX_HOST ? width : MAX_HOST);
}

static void print_workers(FILE *notes, const struct plan *plan,
                          const struct outcome *o)
{
    const int width = host_width(plan), gap = width > 0 ? 2 : 0;
    fprintf(notes, "%6s  %-*s%*s%-8s %9s %9s %9s %9s %7s %7s %6s\n",
            "worker", width, width > 0 ? "host" : "", gap, "", "cpu",
            "chunks", "busy s", "publish s", "cpu s", "steals", "RSS MB",
            "deaths");
    const uint32_t n = plan->n_nodes > 0 && plan->n_workers > MAX_WORKERS
                       ? MAX_WORKERS : plan->n_workers;
    for (uint32_t w = 0; w < n; w++) {
        const struct worker_outcome *x = &o->worker[w];
        char cpus[32];
        plan_cpus(plan, w, cpus, sizeof cpus);
        fprintf(notes,
                "%6" PRIu32 "  %-*.*s%*s%-8s %9" PRIu64 " %9.3f %9.3f %9.3f "
                "%7" PRIu64 " %7.1f %6" PRIu32 "\n",
                w, width, width, width > 0 ? plan_host(plan, w) : "", gap, "",
                cpus, x->chunks, (double)x->busy_ns * 1e-9,
                (double)x->publish_ns * 1e-9, (double)x->cpu_ns * 1e-9,
                x->steals, (double)x->max_rss_kb / 1024, x->deaths);
    }
    if (n < plan->n_workers)
        fprintf(notes, "and %" PRIu32 " more workers (--json FILE has all)\n",
                plan->n_workers - n);
}

/* What a node's workers did together. */
static struct worker_outcome sum_of_node(const struct plan *plan,
                                         const struct outcome *o,
                                         uint32_t node)
{
    struct worker_outcome sum = {0};
    for (uint32_t w = 0; w < plan->n_workers; w++) {
        const struct worker_outcome *x = &o->worker[w];
        if (plan->worker[w].node != node)
            continue;
        sum.chunks += x->chunks;
        sum.busy_ns += x->busy_ns;
        sum.cpu_ns += x->cpu_ns;
        sum.deaths += x->deaths;
    }
    return sum;
}

/* Executors of a node; of a team the first stands for all. */
static uint32_t takers_of_node(const struct plan_node *node,
                               const struct outcome *o)
{
    return node->n_workers
           * (spec_is_whole(&o->spec) ? 1 : node->threads);
}

static void print_nodes(FILE *notes, const struct plan *plan,
                        const struct outcome *o)
{
    const int width = host_width(plan);
    fprintf(notes, "%6s  %-*s  %8s %7s %9s %9s %9s %6s %6s\n", "node", width,
            "host", "workers", "threads", "chunks", "busy s", "cpu s",
            "busy %", "deaths");
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *node = &plan->nodes[i];
        const struct worker_outcome sum = sum_of_node(plan, o, i);
        const double all = (double)o->compute_ns * takers_of_node(node, o);
        char busy[16] = "-";
        if (all > 0 && tells(o))
            snprintf(busy, sizeof busy, "%.1f",
                     100 * fmin(1, (double)sum.busy_ns / all));
        fprintf(notes, "%6" PRIu32 "  %-*.*s  %8" PRIu32 " %7" PRIu32
                " %9" PRIu64 " %9.3f %9.3f %6s %6" PRIu32 "\n",
                i, width, width, node->host, node->n_workers, node->threads,
                sum.chunks, (double)sum.busy_ns * 1e-9,
                (double)sum.cpu_ns * 1e-9, busy, sum.deaths);
    }
}

/* "2 of 3 nodes lost: b (killed by SIGKILL), c (no sign of life for 30 s)". */
static void print_lost(FILE *notes, const struct outcome *o)
{
    if (o->nodes_lost == 0)
        return;
    fprintf(notes, "%" PRIu32 " of %" PRIu32 " node%s lost: ", o->nodes_lost,
            o->n_nodes, plural(o->n_nodes));
    for (uint32_t i = 0; i < o->nodes_lost; i++) {
        fputs(i > 0 ? ", " : "", notes);
        print_plain(notes, o->lost[i].host);
        if (o->lost[i].why[0] == '\0')
            continue;
        fputs(" (", notes);
        print_plain(notes, o->lost[i].why);
        fputc(')', notes);
    }
    fputc('\n', notes);
}

static void print_verified(FILE *notes, const struct job *job,
                           const struct outcome *o)
{
    char some[FIGURE_TEXT], all[FIGURE_TEXT];
    if (job->verify > 0)
        fprintf(notes, "%s of %s chunk%s run twice, with the same bits "
                "(--verify)\n", figure_count(some, o->chunks_verified),
                figure_count(all, o->grid.n_chunks), plural(o->grid.n_chunks));
}

void report_times(FILE *notes, const struct job *job,
                  const struct machine *machine, const struct plan *plan,
                  const struct outcome *o)
{
    char advice[ADVICE_TEXT];
    if (o->remembered != NULL)
        snprintf(advice, sizeof advice, "%s", o->remembered->advice);
    else
        advice_of(advice, job, machine, plan, o);
    if (!job->quiet) {
        print_work(notes, plan, o);
        print_total(notes, plan, o);
        print_split(notes, plan, o);
        print_lost(notes, o);
        print_recycled(notes, o);
    print_deaths(notes, o);
        print_verified(notes, job, o);
    }
    if (!job->quiet && advice[0] != '\0')
        fprintf(notes, "advice: %s\n", advice);
    if (job->verbose && outcome_measured(o) && plan->n_nodes > 0)
        print_nodes(notes, plan, o);
    if (job->verbose && outcome_measured(o))
        print_workers(notes, plan, o);
}
