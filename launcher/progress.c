/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress line: one line on standard error, written over itself. Plain
 * text and a carriage return, no colours: it works on any terminal.
 *
 * Items come in bursts, when chunks are long. So the rate is known only where
 * items come: it is the ratio of two sums, items and the time that they took
 * (the first ones since the start), in which the past fades at the same pace.
 * Between two arrivals the time left counts down.
 */
#include "figure.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INTERVAL_NS UINT64_C(100000000)
/* The rate forgets what is older than about this, or this share of the run. */
#define SMOOTH_S 3.0
#define SMOOTH_SHARE 0.25
#define DEFAULT_WIDTH 80
#define MAX_WIDTH 200

void progress_init(struct progress *p, bool on, uint64_t now_ns)
{
    *p = (struct progress){.on = on, .started_ns = now_ns, .shown_ns = now_ns,
                            .change_ns = now_ns};
}

/* Columns that can be written without a line break. */
static int width(void)
{
    struct winsize size;
    int n = DEFAULT_WIDTH;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        n = size.ws_col;
    return (n < MAX_WIDTH ? n : MAX_WIDTH) - 1;
}

/* A terminal that is slow or gone is no reason to stop. */
static void put(const char *text)
{
    const ssize_t n = write(STDERR_FILENO, text, strlen(text));
    (void)n;
}

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

static void format_line(const struct progress *p, char *out, size_t size,
                        uint64_t now_ns, uint64_t n_items, uint32_t alive,
                        uint32_t n_workers)
{
    const uint64_t items = p->items;
    double left_s;
    const double per_s = estimate(p, now_ns, n_items, &left_s);
    char done[FIGURE_TEXT], rate[FIGURE_TEXT], left[FIGURE_TEXT];
    double percent = n_items > 0 ? 100.0 * (double)items / (double)n_items
                                 : 100;
    if (items < n_items && percent > 99.9) /* not 100.0 before all is done */
        percent = 99.9;
    snprintf(out, size, "%5.1f %%  %s item%s  %s/s  ETA %s  "
             "%u of %u workers",
             percent, figure_count(done, items), items == 1 ? "" : "s",
             figure_si(rate, per_s), format_left(left, left_s), alive,
             n_workers);
}

void progress_show(struct progress *p, uint64_t now_ns, uint64_t items,
                   uint64_t n_items, uint32_t alive, uint32_t n_workers,
                   bool forced)
{
    char line[MAX_WIDTH + 1], out[MAX_WIDTH + 16];
    const int columns = width();
    if (!p->on || columns < 1
        || (!forced && now_ns - p->shown_ns < INTERVAL_NS))
        return;
    note(p, now_ns, items);
    p->shown_ns = now_ns;
    format_line(p, line, sizeof line, now_ns, n_items, alive, n_workers);
    snprintf(out, sizeof out, "\r%-*.*s", columns, columns, line);
    put(out);
    p->shown = true;
}

void progress_clear(struct progress *p)
{
    char out[MAX_WIDTH + 16];
    if (!p->shown)
        return;
    snprintf(out, sizeof out, "\r%*s\r", width(), "");
    put(out);
    p->shown = false;
}
