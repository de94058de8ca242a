/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress: one line, or that and one a worker, written over themselves.
 *
 * The cursor always waits at the beginning of the first line. So a terminal
 * that becomes narrower, and breaks the lines, leaves it there, and all that is
 * ours is from the cursor on: it can be removed without knowing how it broke.
 *
 * Items come in bursts, when chunks are long. So the rate is known only where
 * items come: it is the ratio of two sums, items and the time that they took
 * (the first ones since the start), in which the past fades at the same pace.
 * Between two arrivals the time left counts down.
 */
#include "progress.h"
#include "gauge.h"
#include "terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_NS UINT64_C(100000000)
/* Between lines that stay: the first, and never more. */
#define LOG_NS UINT64_C(1000000000)
#define LOG_MAX_NS UINT64_C(60000000000)
/* The rate forgets what is older than about this, or this share of the run. */
#define SMOOTH_S 3.0
#define SMOOTH_SHARE 0.25

#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

int progress_init(struct progress *p, enum progress_mode mode,
                  const struct plan *plan, uint64_t now_ns,
                  struct ff_error *err)
{
    const bool log = !terminal_rewrites(STDERR_FILENO);
    *p = (struct progress){.mode = mode, .log = log, .started_ns = now_ns,
                           .interval_ns = log ? LOG_NS : INTERVAL_NS,
                           .shown_ns = now_ns, .change_ns = now_ns,
                           .plan = plan};
    if (mode != PROGRESS_WORKERS || log)
        return 0;
    p->watch = calloc(plan->n_workers, sizeof p->watch[0]);
    return p->watch != NULL ? 0
           : ff_error_errno(err, FF_LOST, "cannot show the progress");
}

void progress_release(struct progress *p)
{
    free(p->watch);
    p->watch = NULL;
}

/* ---- rate ---------------------------------------------------------------- */

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) * 1e-9 : 0;
}

/* Takes note of items that have come. */
static void note(struct progress *p, uint64_t now_ns, uint64_t items)
{
    const double s = seconds(p->change_ns, now_ns);
    const double share = SMOOTH_SHARE * seconds(p->started_ns, now_ns);
    if (s <= 0 || items <= p->items)
        return;
    const double kept = exp(-s / (share > SMOOTH_S ? share : SMOOTH_S));
    p->recent_items = kept * p->recent_items + (double)(items - p->items);
    p->recent_s = kept * p->recent_s + s;
    p->longest_s = s > p->longest_s ? s : p->longest_s;
    p->change_ns = now_ns;
    p->items = items;
}

/* Items a second, and the seconds left. Nothing came for longer than ever:
 * that lowers the rate. */
static double estimate(const struct progress *p, uint64_t now_ns,
                       uint64_t n_items, double *left_s)
{
    const double since = seconds(p->change_ns, now_ns);
    const double late = since > p->longest_s ? since - p->longest_s : 0;
    *left_s = INFINITY;
    if (p->recent_items <= 0)
        return 0;
    const double rate = p->recent_items / (p->recent_s + late);
    const double left = (double)(n_items - p->items) / rate - (since - late);
    *left_s = left > 0 ? left : 0;
    return rate;
}

/* ---- lines --------------------------------------------------------------- */

/* What is to be shown, as it is written to the terminal. */
struct screen {
    FILE *out;
    int n_lines, max_lines;
    struct look look;
};

static void add_line(struct screen *s, const char *line)
{
    fprintf(s->out, "%s%s" CLEAR_LINE, s->n_lines > 0 ? "\r\n" : "", line);
    s->n_lines++;
}

/* One line a worker. */
static void add_workers(struct screen *s, const struct progress *p,
                        const struct worker_outcome *past)
{
    const uint32_t n = p->plan->n_workers;
    char line[GAUGE_TEXT], cpus[16];
    for (uint32_t i = 0; i < n; i++) {
        plan_cpus(p->plan, i, cpus, sizeof cpus);
        gauge_worker(line, &p->watch[i], i, n, cpus, past[i].deaths, &s->look);
        add_line(s, line);
    }
}

/* Too many for that: how many are in which state, and, if they fit, a letter
 * a worker. */
static void add_folded(struct screen *s, const struct progress *p)
{
    const uint32_t n = p->plan->n_workers;
    char line[GAUGE_TEXT];
    uint32_t n_lines = 0;
    gauge_counts(line, p->watch, n, &s->look);
    add_line(s, line);
    for (uint32_t i = 0; i < n; n_lines++)
        i += gauge_letters(line, p->watch, n, i, &s->look);
    if (n_lines > (uint32_t)(s->max_lines - s->n_lines))
        return;
    for (uint32_t i = 0; i < n;) {
        i += gauge_letters(line, p->watch, n, i, &s->look);
        add_line(s, line);
    }
}

/* One line a node, as many as there is room for. */
static void add_nodes(struct screen *s, const struct progress *p)
{
    char line[GAUGE_TEXT];
    size_t width = 0;
    const uint32_t room = (uint32_t)(s->max_lines - s->n_lines);
    const uint32_t n = p->n_nodes <= room ? p->n_nodes : room - 1;
    for (uint32_t i = 0; i < n; i++) {
        const size_t length = strlen(p->node[i].name);
        width = length > width ? length : width;
    }
    for (uint32_t i = 0; i < n; i++) {
        gauge_node(line, &p->node[i], (int)width, &s->look);
        add_line(s, line);
    }
    if (n == p->n_nodes)
        return;
    snprintf(line, sizeof line, "and %u more node%s", p->n_nodes - n,
             p->n_nodes - n == 1 ? "" : "s");
    line[s->look.columns < GAUGE_MAX_COLUMNS ? s->look.columns
                                             : GAUGE_MAX_COLUMNS] = '\0';
    add_line(s, line);
}

static void add_lines(struct screen *s, const struct progress *p,
                      const struct gauge *g, const struct worker_outcome *past)
{
    char line[GAUGE_TEXT];
    gauge_line(line, g, &s->look);
    add_line(s, line);
    if (p->watch == NULL || s->max_lines < 2)
        return;
    if (p->n_nodes > 0)
        add_nodes(s, p);
    else if (p->plan->n_workers <= (uint32_t)(s->max_lines - 1))
        add_workers(s, p, past);
    else
        add_folded(s, p);
}

/* A terminal that is slow or gone is no reason to stop. */
static void put(const char *text, size_t n)
{
    const ssize_t written = write(STDERR_FILENO, text, n);
    (void)written;
}

static void draw(struct progress *p, const struct gauge *g,
                 const struct worker_outcome *past)
{
    int columns = 80, rows = 24;
    char *text = NULL;
    size_t n = 0;
    terminal_size(STDERR_FILENO, &columns, &rows);
    columns = columns < GAUGE_MAX_COLUMNS ? columns : GAUGE_MAX_COLUMNS;
    struct screen s = {.out = open_memstream(&text, &n),
                       .max_lines = rows - 1,
                       .look = {.columns = columns - 1,
                                .utf8 = terminal_utf8(),
                                .colours = terminal_colours(STDERR_FILENO)}};
    if (s.out == NULL)
        return;
    fputs(columns != p->columns ? "\r" CLEAR_BELOW : "\r", s.out);
    add_lines(&s, p, g, past);
    if (s.n_lines < p->n_lines)
        fputs(CLEAR_BELOW, s.out);
    if (s.n_lines > 1)
        fprintf(s.out, "\033[%dA", s.n_lines - 1);
    fputc('\r', s.out);
    if (fclose(s.out) == 0 && text != NULL)
        put(text, n);
    free(text);
    p->n_lines = s.n_lines;
    p->columns = columns;
}

/* A line that stays. */
static void log_line(struct progress *p, const struct gauge *g)
{
    const struct look look = {.columns = 79, .utf8 = terminal_utf8()};
    char line[GAUGE_TEXT + 1];
    gauge_line(line, g, &look);
    strcat(line, "\n");
    put(line, strlen(line));
    p->interval_ns = 2 * p->interval_ns < LOG_MAX_NS ? 2 * p->interval_ns
                                                     : LOG_MAX_NS;
}

/* Is a kernel in the middle of a line, on this terminal? */
static bool is_occupied(const struct crew *crew)
{
    const bool both = isatty(STDOUT_FILENO) == 1;
    for (uint32_t rank = 0; rank < crew->n_workers; rank++) {
        const struct slot *s = &crew->slot[rank];
        if (s->live && (s->err->middle || (both && s->out->middle)))
            return true;
    }
    return false;
}

/* Is it time for it? Then its figures. */
static bool take_figures(struct progress *p, uint64_t now_ns, uint64_t items,
                         struct gauge *g)
{
    if (!progress_is_due(p, now_ns))
        return false;
    note(p, now_ns, items);
    p->shown_ns = now_ns;
    g->items = p->items;
    g->commands = p->commands;
    g->failed = p->failed;
    g->per_s = estimate(p, now_ns, g->n_items, &g->left_s);
    return true;
}

static void show(struct progress *p, const struct gauge *g,
                 const struct worker_outcome *past)
{
    if (p->log)
        log_line(p, g);
    else
        draw(p, g, past);
}

void progress_show(struct progress *p, uint64_t now_ns, uint64_t items,
                   uint64_t n_items, const struct crew *crew,
                   const struct worker_outcome *past)
{
    struct gauge g = {.n_items = n_items, .n_workers = crew->n_workers};
    if (!take_figures(p, now_ns, items, &g) || is_occupied(crew))
        return;
    for (uint32_t rank = 0; rank < crew->n_workers; rank++) {
        g.alive += crew->slot[rank].live;
        if (p->watch != NULL)
            watch_worker(&p->watch[rank], crew, rank,
                         p->team ? 1 : crew->threads, now_ns);
    }
    show(p, &g, past);
}

bool progress_is_due(const struct progress *p, uint64_t now_ns)
{
    return p->mode != PROGRESS_NONE && now_ns - p->shown_ns >= p->interval_ns;
}

void progress_show_nodes(struct progress *p, uint64_t now_ns, uint64_t items,
                         uint64_t n_items, const struct gauge_node *node,
                         uint32_t n_nodes)
{
    struct gauge g = {.n_items = n_items, .n_nodes = n_nodes};
    if (!take_figures(p, now_ns, items, &g))
        return;
    for (uint32_t i = 0; i < n_nodes; i++) {
        g.alive += node[i].alive;
        g.n_workers += node[i].n_workers;
    }
    p->node = node;
    p->n_nodes = n_nodes;
    show(p, &g, NULL);
    p->node = NULL;
}

void progress_clear(struct progress *p)
{
    static const char text[] = "\r" CLEAR_BELOW;
    if (p->n_lines > 0)
        put(text, sizeof text - 1);
    p->n_lines = 0;
}
