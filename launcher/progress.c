/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The progress line: one line on standard error, written over itself. Plain
 * text and a carriage return, no colours: it works on any terminal.
 */
#include "figure.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INTERVAL_NS UINT64_C(100000000)
#define SMOOTH_S 3.0 /* the rate forgets what is older than about this */
#define DEFAULT_WIDTH 80
#define MAX_WIDTH 200

void progress_init(struct progress *p, bool on, uint64_t now_ns)
{
    *p = (struct progress){.on = on, .started_ns = now_ns, .last_ns = now_ns};
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

static void smooth_rate(struct progress *p, uint64_t now_ns, uint64_t items)
{
    const double s = (double)(now_ns - p->last_ns) * 1e-9;
    if (s <= 0 || items < p->last_items)
        return;
    const double rate = (double)(items - p->last_items) / s;
    const double weight = p->rate > 0 ? s / (s + SMOOTH_S) : 1;
    p->rate += weight * (rate - p->rate);
    p->last_ns = now_ns;
    p->last_items = items;
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
                        uint64_t items, uint64_t n_items, uint32_t alive,
                        uint32_t n_workers)
{
    char done[FIGURE_TEXT], rate[FIGURE_TEXT], left[FIGURE_TEXT];
    double percent = n_items > 0 ? 100.0 * (double)items / (double)n_items
                                 : 100;
    if (items < n_items && percent > 99.9) /* not 100.0 before all is done */
        percent = 99.9;
    snprintf(out, size, "%5.1f %%  %s items  %s/s  ETA %s  %u of %u workers",
             percent, figure_count(done, items), figure_si(rate, p->rate),
             format_left(left, (double)(n_items - items) / p->rate), alive,
             n_workers);
}

void progress_show(struct progress *p, uint64_t now_ns, uint64_t items,
                   uint64_t n_items, uint32_t alive, uint32_t n_workers,
                   bool forced)
{
    char line[MAX_WIDTH + 1], out[MAX_WIDTH + 16];
    const int columns = width();
    if (!p->on || columns < 1
        || (!forced && now_ns - p->last_ns < INTERVAL_NS))
        return;
    smooth_rate(p, now_ns, items);
    format_line(p, line, sizeof line, items, n_items, alive, n_workers);
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
