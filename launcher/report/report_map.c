/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --schedule-map: two pictures of text, a line for each executor. Who ran which
 * chunk, from the first chunk at the left to the last at the right; and who
 * was busy when.
 */
#include "figure.h"
#include "report.h"
#include "terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 80
#define MAX_COLUMNS 240
#define MIN_COLUMNS 20
#define MAX_ROWS 64

struct picture {
    FILE *out;
    const struct plan *plan;
    const struct outcome *o;
    int label;           /* columns of the names of executors */
    size_t n;            /* and of the strip beside them */
    double n_chunks;     /* that would fill the strip */
    double share[MAX_COLUMNS];
};

/* A sign for each worker. */
static char sign_of(uint32_t worker)
{
    static const char signs[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return signs[worker % (sizeof signs - 1)];
}

/* In a team the first thread stands for all. */
static uint32_t step(const struct picture *p)
{
    return spec_is_whole(&p->o->spec) && !map_is_of_nodes(p->o->map)
           ? p->plan->threads : 1;
}

static void name_of(const struct picture *p, uint32_t executor, char out[64])
{
    const uint32_t t = p->plan->threads;
    if (map_is_of_nodes(p->o->map))
        snprintf(out, 64, "%.24s", p->o->map->row[executor].node);
    else if (t == 1 || step(p) > 1)
        snprintf(out, 64, "worker %" PRIu32, executor / t);
    else
        snprintf(out, 64, "worker %" PRIu32 " thread %" PRIu32, executor / t,
                 executor % t);
}

/* Of a column of chunks: none of it, less than half, half or more. */
static void print_strip(const struct picture *p, const char *name, char sign)
{
    fprintf(p->out, "  %-*s  ", p->label, name);
    for (size_t i = 0; i < p->n; i++)
        fputc(p->share[i] <= 0 ? '.' : p->share[i] < 0.499 ? ':' : sign,
              p->out);
    fputc('\n', p->out);
}

static void print_failed(struct picture *p)
{
    struct cover failed = COVER_EMPTY;
    int rc = 0;
    for (size_t i = 0; i < p->o->n_failures && rc == 0; i++) {
        const uint32_t c = p->o->failure[i].chunk;
        rc = cover_add(&failed, (struct range){c, c + 1});
    }
    map_shares(&failed, p->n_chunks, p->share, p->n);
    for (size_t i = 0; i < p->n; i++)
        p->share[i] = p->share[i] > 0; /* one of many is seen as well */
    if (rc == 0)
        print_strip(p, "failed", 'x');
    cover_release(&failed);
}

static void print_chunks(struct picture *p, size_t columns)
{
    char text[FIGURE_TEXT], name[64];
    const uint32_t n = p->o->grid.n_chunks;
    const size_t wide = columns / (n > 0 ? n : 1);
    const uint32_t many = wide > 0 ? 1 : (uint32_t)((n - 1) / columns + 1);
    p->n = wide > 0 ? wide * n : (n - 1) / many + 1;
    p->n_chunks = wide > 0 ? n : (double)many * (double)p->n;
    fprintf(p->out, "who ran which of the %s chunk%s", figure_count(text, n),
            n == 1 ? "" : "s");
    if (wide > 1)
        fprintf(p->out, ", %zu columns each:\n", wide);
    else if (wide == 1)
        fprintf(p->out, ", a column each:\n");
    else
        fprintf(p->out, ", %s a column (: less than half of them):\n",
                figure_count(text, many));
    for (uint32_t i = 0, rows = 0; i < p->o->map->n_executors
                                   && rows < MAX_ROWS; i += step(p), rows++) {
        name_of(p, i, name);
        map_shares(&p->o->map->row[i].ran, p->n_chunks, p->share, p->n);
        print_strip(p, name, sign_of(map_is_of_nodes(p->o->map)
                                     ? i : i / p->plan->threads));
    }
    if (p->o->n_failures > 0)
        print_failed(p);
}

static void print_times(struct picture *p, size_t columns)
{
    char all[FIGURE_TEXT], column[FIGURE_TEXT], name[64];
    const struct map *map = p->o->map;
    p->n = columns;
    fprintf(p->out, "when%s, %s in all, %s a column (# busy, - partly):\n",
            map_is_of_nodes(map) ? " (the mean of a node's threads)" : "",
            figure_time(all, p->o->compute_ns),
            figure_time(column, p->o->compute_ns / columns));
    for (uint32_t i = 0, rows = 0; i < map->n_executors && rows < MAX_ROWS;
         i += step(p), rows++) {
        name_of(p, i, name);
        map_busy_shares(map, i, map->start_ns + p->o->compute_ns, p->share,
                        p->n);
        fprintf(p->out, "  %-*s  ", p->label, name);
        for (size_t k = 0; k < p->n; k++)
            fputc(p->share[k] >= 0.5 ? '#' : p->share[k] >= 0.05 ? '-' : '.',
                  p->out);
        fputc('\n', p->out);
    }
    if (map->n_executors / step(p) > MAX_ROWS)
        fprintf(p->out, "  and %" PRIu32 " more (--json FILE has all)\n",
                map->n_executors / step(p) - MAX_ROWS);
}

void report_map(FILE *out, const struct plan *plan, const struct outcome *o)
{
    struct picture p = {.out = out, .plan = plan, .o = o};
    char name[64];
    int columns = DEFAULT_COLUMNS, rows;
    if (o->map == NULL)
        return;
    terminal_size(STDERR_FILENO, &columns, &rows);
    for (uint32_t i = 0; i < o->map->n_executors; i += step(&p)) {
        name_of(&p, i, name);
        const int n = (int)strlen(name);
        p.label = n > p.label ? n : p.label;
    }
    columns -= p.label + 5;
    columns = columns < MIN_COLUMNS ? MIN_COLUMNS
              : columns > MAX_COLUMNS ? MAX_COLUMNS : columns;
    print_chunks(&p, (size_t)columns);
    print_times(&p, (size_t)columns);
}
