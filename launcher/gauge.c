/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the progress: see gauge.h. */
#include "gauge.h"
#include "figure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MIN_BAR 8
#define MAX_BAR 30
#define WORKER_BAR 12
#define BETWEEN 2 /* columns between two parts */
#define OLD_NS 1000000000u /* a chunk's age is told from here on */

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

/* ---- parts --------------------------------------------------------------- */

/* Appends as much as there is room for. */
static void append(char out[GAUGE_TEXT], const char *text)
{
    const size_t n = strlen(out);
    snprintf(out + n, GAUGE_TEXT - n, "%s", text);
}

static void append_coloured(char out[GAUGE_TEXT], const char *text,
                            const char *colour, const struct look *look)
{
    append(out, look->colours ? colour : "");
    append(out, text);
    append(out, look->colours ? PLAIN : "");
}

/* A bar with its ends: width columns and two more. */
static void append_bar(char out[GAUGE_TEXT], double share, int width,
                       const struct look *look)
{
    char bar[BAR_TEXT];
    bar_draw(bar, share, width, look->utf8);
    append(out, look->utf8 ? "\u2595" : "[");
    append_coloured(out, bar, GREEN, look);
    append(out, look->utf8 ? "\u258f" : "]");
}

static void cut(char *text, int columns)
{
    if (columns < (int)strlen(text))
        text[columns > 0 ? columns : 0] = '\0';
}

/* ---- the line of the run ------------------------------------------------- */

/* In the order of the line. */
enum part { PERCENT, BAR, ITEMS, FAILED, RATE, LEFT, WORKERS, N_PARTS };
static const enum part dispensable[] = {ITEMS, WORKERS, RATE, BAR, LEFT,
                                        FAILED};

/* Time left in whole seconds, which are enough of a guess. */
static const char *format_left(char out[FIGURE_TEXT], double s)
{
    if (!(s < 3e9)) /* not in this century */
        return "-";
    if (s < 59.5)
        snprintf(out, FIGURE_TEXT, "%.0f s", s);
    else
        figure_time(out, (uint64_t)(s + 0.5) * 1000000000u);
    return out;
}

/* Not 100 before all is done. */
static double percent_of(const struct gauge *g)
{
    const double percent = g->n_items > 0 ? 100.0 * (double)g->items
                                                / (double)g->n_items : 100;
    return g->items < g->n_items && percent > 99.9 ? 99.9 : percent;
}

/* Of commands "17/100", of which so many failed. */
static void fill_commands(char part[N_PARTS][64], const struct gauge *g)
{
    char done[FIGURE_TEXT], all[FIGURE_TEXT];
    part[FAILED][0] = '\0';
    if (!g->commands)
        return;
    if (g->n_items != GAUGE_UNKNOWN)
        snprintf(part[ITEMS], 64, "%s/%s", figure_count(done, g->items),
                 figure_count(all, g->n_items));
    if (g->failed > 0)
        snprintf(part[FAILED], 64, "%s failed", figure_count(done, g->failed));
}

static void fill_parts(char part[N_PARTS][64], const struct gauge *g)
{
    char text[FIGURE_TEXT];
    snprintf(part[PERCENT], 64, "%5.1f %%", percent_of(g));
    snprintf(part[BAR], 64, "%*s", MIN_BAR + 2, "");
    snprintf(part[ITEMS], 64, "%s item%s", figure_count(text, g->items),
             g->items == 1 ? "" : "s");
    fill_commands(part, g);
    snprintf(part[RATE], 64, "%s/s", figure_si(text, g->per_s));
    snprintf(part[LEFT], 64, "ETA %s", format_left(text, g->left_s));
    snprintf(part[WORKERS], 64, "%" PRIu32 " of %" PRIu32 " workers",
             g->alive, g->n_workers);
    if (g->n_nodes > 0)
        snprintf(part[WORKERS], 64, "%" PRIu32 " node%s, %" PRIu32 " of %"
                 PRIu32 " workers", g->n_nodes, g->n_nodes == 1 ? "" : "s",
                 g->alive, g->n_workers);
    if (g->n_items != GAUGE_UNKNOWN)
        return;
    /* How many there were is then what matters most. */
    snprintf(part[PERCENT], 64, "%.50s so far", part[ITEMS]);
    part[BAR][0] = part[ITEMS][0] = part[LEFT][0] = '\0';
}

static int length_of(char part[N_PARTS][64])
{
    int n = -BETWEEN;
    for (int i = 0; i < N_PARTS; i++)
        if (part[i][0] != '\0')
            n += (int)strlen(part[i]) + BETWEEN;
    return n;
}

void gauge_line(char out[GAUGE_TEXT], const struct gauge *g,
                const struct look *look)
{
    char part[N_PARTS][64];
    fill_parts(part, g);
    for (size_t i = 0; i < sizeof dispensable / sizeof dispensable[0]
                       && length_of(part) > look->columns; i++)
        part[dispensable[i]][0] = '\0';
    cut(part[PERCENT], look->columns);
    int bar = MIN_BAR + look->columns - length_of(part);
    bar = bar < MAX_BAR ? bar : MAX_BAR;
    out[0] = '\0';
    for (int i = 0; i < N_PARTS; i++) {
        if (part[i][0] == '\0')
            continue;
        append(out, out[0] != '\0' ? "  " : "");
        if (i == BAR)
            append_bar(out, percent_of(g) / 100, bar, look);
        else if (i == FAILED || (i == WORKERS && g->alive < g->n_workers))
            append_coloured(out, part[i], YELLOW, look);
        else
            append(out, part[i]);
    }
}

/* ---- workers ------------------------------------------------------------- */

static const char *const state_name[WATCH_STATES] = {
    "gone", "opening", "running", "idle", "stopped", "diagnosing"};
static const char state_letter[WATCH_STATES] = {'x', 'o', '#', '.', '!', '?'};

static int digits(uint32_t n)
{
    return snprintf(NULL, 0, "%" PRIu32, n);
}

/* "chunk 1,234 for 2.5 s", "3 of 4 threads, chunk 17 alone", "died twice" */
static void describe(char out[128], const struct watch *w, uint32_t deaths)
{
    char text[FIGURE_TEXT];
    int n = 0;
    if (w->state != WATCH_RUNNING) {
        n = snprintf(out, 128, "%s", state_name[w->state]);
    } else {
        if (w->threads > 1)
            n = snprintf(out, 128, "%" PRIu32 " of %" PRIu32 " threads, ",
                         w->n_running, w->threads);
        n += snprintf(out + n, 128 - (size_t)n, "chunk %s%s",
                      figure_count(text, w->chunk), w->alone ? " alone" : "");
        if (w->age_ns >= OLD_NS)
            n += snprintf(out + n, 128 - (size_t)n, " for %.0f s",
                          (double)w->age_ns * 1e-9);
    }
    if (deaths > 0)
        snprintf(out + n, 128 - (size_t)n, ", died %s time%s",
                 figure_count(text, deaths), deaths == 1 ? "" : "s");
}

void gauge_worker(char out[GAUGE_TEXT], const struct watch *w, uint32_t rank,
                  uint32_t n_workers, const char *cpus, uint32_t deaths,
                  const struct look *look)
{
    char text[128];
    const int rank_width = digits(n_workers - 1);
    const bool has_bar = look->columns >= rank_width + WORKER_BAR + 24;
    const bool has_cpus = look->columns >= rank_width + WORKER_BAR + 44;
    int left = look->columns - rank_width - BETWEEN;
    snprintf(out, GAUGE_TEXT, "%*" PRIu32 "  ", rank_width, rank);
    if (has_cpus) {
        snprintf(text, sizeof text, "cpu %-8.8s  ", cpus);
        append(out, text);
        left -= (int)strlen(text);
    }
    if (has_bar) {
        append_bar(out, w->busy, WORKER_BAR, look);
        append(out, "  ");
        left -= WORKER_BAR + 2 + BETWEEN;
    }
    describe(text, w, deaths);
    cut(text, left);
    if (w->state == WATCH_STOPPED || deaths > 0)
        append_coloured(out, text, YELLOW, look);
    else
        append(out, text);
}

void gauge_node(char out[GAUGE_TEXT], const struct gauge_node *n, int width,
                const struct look *look)
{
    char text[160], count[FIGURE_TEXT];
    int left = look->columns - width - BETWEEN;
    const bool has_bar = left >= WORKER_BAR + 24;
    snprintf(out, GAUGE_TEXT, "%-*.*s  ", width, width, n->name);
    if (has_bar) {
        append_bar(out, n->n_executors == 0 ? 0
                        : 1 - (double)n->n_idle / n->n_executors, WORKER_BAR,
                   look);
        append(out, "  ");
        left -= WORKER_BAR + 2 + BETWEEN;
    }
    int length = snprintf(text, sizeof text, "%" PRIu32 " of %" PRIu32
                          " workers, %s chunk%s", n->alive, n->n_workers,
                          figure_count(count, n->chunks),
                          n->chunks == 1 ? "" : "s");
    if (n->n_idle > 0)
        length += snprintf(text + length, sizeof text - (size_t)length,
                           ", %" PRIu32 " idle", n->n_idle);
    if (n->deaths > 0)
        snprintf(text + length, sizeof text - (size_t)length, ", died %s "
                 "time%s", figure_count(count, n->deaths),
                 n->deaths == 1 ? "" : "s");
    if (n->lost)
        snprintf(text, sizeof text, "lost");
    cut(text, left);
    if (n->lost || n->deaths > 0)
        append_coloured(out, text, YELLOW, look);
    else
        append(out, text);
}

void gauge_counts(char out[GAUGE_TEXT], const struct watch *w, uint32_t n,
                  const struct look *look)
{
    uint32_t count[WATCH_STATES] = {0};
    char text[GAUGE_MAX_COLUMNS + 64], number[FIGURE_TEXT];
    size_t length = 0;
    for (uint32_t i = 0; i < n; i++)
        count[w[i].state]++;
    text[0] = '\0';
    for (int s = 0; s < WATCH_STATES; s++)
        if (count[s] > 0)
            length += (size_t)snprintf(
                text + length, sizeof text - length, "%s%s %s (%c)",
                length > 0 ? ", " : "", figure_count(number, count[s]),
                state_name[s], state_letter[s]);
    cut(text, look->columns);
    snprintf(out, GAUGE_TEXT, "%s", text);
}

uint32_t gauge_letters(char out[GAUGE_TEXT], const struct watch *w, uint32_t n,
                       uint32_t first, const struct look *look)
{
    const int width = digits(n - 1);
    const int room = look->columns - width - BETWEEN;
    uint32_t i = first;
    if (room < 1) {
        out[0] = '\0';
        return n - first;
    }
    int length = snprintf(out, GAUGE_TEXT, "%*" PRIu32 "  ", width, first);
    for (; i < n && i < first + (uint32_t)room; i++)
        out[length++] = state_letter[w[i].state];
    out[length] = '\0';
    return i - first;
}
