/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as a picture in text: see topo.h.
 *
 * A box a package, a rule a NUMA node, a cell a core. Where that would be too
 * long, cores stand as ranges; then a NUMA node takes one line; in the end what
 * is like the node above is left out. */
#include "topo.h"
#include "cpulist.h"
#include "wrap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INNER 76     /* columns inside of a box, at most, */
#define MIN_INNER 36 /* and at least */
#define MOST_LINES 32 /* of the boxes */

enum mode { MODE_CELLS, MODE_RANGES, MODE_LINES, MODE_FOLDED };

struct pen {
    FILE *out;
    const struct topo *topo;
    const char *horizontal, *vertical;
    const char *corner[3][2]; /* top, rule, bottom; left, right */
    enum mode mode;
    char line[INNER + 1];
    size_t inner; /* columns inside of a box */
    size_t used;
};

static const char *const open_mark[] = {"[", "(", " ", " "};
static const char *const close_mark[] = {"]", ")", " ", " "};

/* ---- lines --------------------------------------------------------------- */

static void rule(struct pen *pen, int which, const char *title)
{
    const size_t most = pen->inner - 2;
    const size_t n = strlen(title) < most ? strlen(title) : most;
    fprintf(pen->out, "%s%s", pen->corner[which][0], pen->horizontal);
    if (n > 0)
        fprintf(pen->out, " %.*s ", (int)n, title);
    for (size_t i = n > 0 ? n + 2 : 0; i < pen->inner + 1; i++)
        fputs(pen->horizontal, pen->out);
    fprintf(pen->out, "%s\n", pen->corner[which][1]);
}

static void end_line(struct pen *pen)
{
    if (pen->used > 0)
        fprintf(pen->out, "%s %-*s %s\n", pen->vertical, (int)pen->inner,
                pen->line, pen->vertical);
    pen->used = 0;
    pen->line[0] = '\0';
}

/* Adds a word, on the next line when it has no room; `room`: that much should
 * still stand on the same line. */
static void add(struct pen *pen, const char *word, size_t room)
{
    const size_t n = strlen(word);
    if (pen->used + (room > n && room <= pen->inner ? room : n)
        > pen->inner)
        end_line(pen);
    if (pen->used + n > pen->inner)
        return;
    memcpy(pen->line + pen->used, word, n + 1);
    pen->used += n;
}

/* ---- cells --------------------------------------------------------------- */

static bool same_cache(const struct topo *topo, uint32_t i, uint32_t k)
{
    return topo->core[i].core.l3 == topo->core[k].core.l3;
}

static int label_width(const struct topo *topo)
{
    char label[40];
    size_t most = 0;
    for (uint32_t i = 0; i < topo->n; i++) {
        topo_label(topo, i, label, sizeof label);
        most = strlen(label) > most ? strlen(label) : most;
    }
    return (int)most;
}

static void draw_cell(struct pen *pen, uint32_t i, int width, size_t n_same)
{
    const struct topo *topo = pen->topo;
    char label[40], cell[64];
    topo_label(topo, i, label, sizeof label);
    snprintf(cell, sizeof cell, "%s%*s%s", open_mark[topo->core[i].state],
             width, label, close_mark[topo->core[i].state]);
    add(pen, cell, n_same * strlen(cell));
}

/* Cells of one cache stand together, with a gap before the next; when they
 * need several lines, these are of the same length. */
static void draw_cells(struct pen *pen, uint32_t begin, uint32_t end)
{
    const struct topo *topo = pen->topo;
    const int width = label_width(topo);
    const uint32_t most = width + 2 < (int)pen->inner
        ? (uint32_t)pen->inner / (uint32_t)(width + 2) : 1;
    for (uint32_t i = begin, k; i < end; i = k) {
        for (k = i + 1; k < end && same_cache(topo, i, k); k++)
            continue;
        const uint32_t lines = (k - i + most - 1) / most;
        const uint32_t per_line = (k - i + lines - 1) / lines;
        if (lines > 1)
            end_line(pen);
        else if (i > begin && pen->used > 0 && pen->used < pen->inner)
            add(pen, " ", 0);
        for (uint32_t c = i; c < k; c++) {
            if (c > i && (c - i) % per_line == 0)
                end_line(pen);
            draw_cell(pen, c, width, c == i ? per_line : 0);
        }
    }
    end_line(pen);
}

/* ---- ranges -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* All PUs of cores [begin, end) as a list in the marks of their state. */
static void draw_range(struct pen *pen, uint32_t begin, uint32_t end)
{
    const struct topo *topo = pen->topo;
    const enum topo_state state = topo->core[begin].state;
    size_t n = 0;
    for (uint32_t i = begin; i < end; i++)
        n += topo->core[i].core.n_pus;
    uint32_t *pu = calloc(n, sizeof pu[0]);
    char list[60], word[64];
    n = 0;
    for (uint32_t i = begin; pu != NULL && i < end; i++)
        for (uint32_t k = 0; k < topo->core[i].core.n_pus; k++)
            pu[n++] = topo->machine->pu[topo->core[i].core.first + k];
    if (pu != NULL) {
        qsort(pu, n, sizeof pu[0], compare);
        cpu_list_text(pu, n, list,
                      pen->inner - 2 < sizeof list ? pen->inner - 2
                                                   : sizeof list);
    }
    snprintf(word, sizeof word, "%s%s%s", open_mark[state],
             pu != NULL ? list : "?", close_mark[state]);
    if (pen->used > 0 && pen->used < pen->inner)
        add(pen, " ", 0);
    add(pen, word, 0);
    free(pu);
}

/* In short pictures caches are not told apart. */
static void draw_ranges(struct pen *pen, uint32_t begin, uint32_t end)
{
    const struct topo *topo = pen->topo;
    for (uint32_t i = begin, k; i < end; i = k) {
        for (k = i + 1; k < end
                        && topo->core[k].state == topo->core[i].state
                        && (pen->mode >= MODE_LINES
                            || same_cache(topo, i, k)); k++)
            continue;
        draw_range(pen, i, k);
    }
    end_line(pen);
}

/* ---- groups -------------------------------------------------------------- */

static bool same_package(const struct topo *topo, uint32_t i, uint32_t k)
{
    return topo->core[i].core.package == topo->core[k].core.package;
}

/* Cores of one kind at a time; machines that are not hybrid have one. */
static void draw_group(struct pen *pen, uint32_t begin, uint32_t end)
{
    const struct topo *topo = pen->topo;
    const uint32_t n_kinds = topo->machine->n_kinds;
    for (uint32_t i = begin, k; i < end; i = k) {
        const uint32_t kind = topo->core[i].core.kind;
        for (k = i + 1; k < end && topo->core[k].core.kind == kind; k++)
            continue;
        if (n_kinds > 1) {
            add(pen, kind == 0 ? "performance cores"
                     : kind == n_kinds - 1 ? "efficiency cores"
                                           : "cores in between", 0);
            end_line(pen);
        }
        if (pen->mode == MODE_CELLS)
            draw_cells(pen, i, k);
        else
            draw_ranges(pen, i, k);
    }
}

/* Do two groups have as many cores, each in the same state? */
static bool alike(const struct topo *topo, uint32_t a, uint32_t a_end,
                  uint32_t b, uint32_t b_end)
{
    if (a_end - a != b_end - b)
        return false;
    for (uint32_t i = 0; i < a_end - a; i++)
        if (topo->core[a + i].state != topo->core[b + i].state
            || topo->core[a + i].core.kind != topo->core[b + i].core.kind)
            return false;
    return true;
}

/* The end of the groups from `next` on that are like [begin, end); *n of them.
 */
static uint32_t skip_alike(const struct topo *topo, uint32_t begin,
                           uint32_t end, uint32_t *n)
{
    uint32_t next = end;
    for (*n = 0; next < topo->n; (*n)++) {
        const uint32_t next_end = topo_group_end(topo, next);
        if (!alike(topo, begin, end, next, next_end))
            break;
        next = next_end;
    }
    return next;
}

static void draw_folded(struct pen *pen, uint32_t end)
{
    const struct topo *topo = pen->topo;
    char text[INNER + 1];
    snprintf(text, sizeof text, "... and so to package %" PRIu32 ", ",
             topo->core[end - 1].core.package);
    add(pen, text, 0);
    snprintf(text, sizeof text, "NUMA %" PRIu32 ", CPU %" PRIu32,
             topo->core[end - 1].core.numa, topo->core[end - 1].core.pu);
    add(pen, text, 0);
    end_line(pen);
}

static void draw_boxes(struct pen *pen)
{
    const struct topo *topo = pen->topo;
    for (uint32_t begin = 0, end, next; begin < topo->n; begin = next) {
        char title[INNER - 4];
        uint32_t n_alike = 0;
        const bool box = begin == 0 || pen->mode == MODE_FOLDED
                         || !same_package(topo, begin - 1, begin);
        next = end = topo_group_end(topo, begin);
        if (pen->mode == MODE_FOLDED)
            next = skip_alike(topo, begin, end, &n_alike);
        topo_group_title(topo, begin, title, sizeof title);
        rule(pen, box ? 0 : 1, title);
        draw_group(pen, begin, end);
        if (n_alike > 0)
            draw_folded(pen, next);
        if (next == topo->n || pen->mode == MODE_FOLDED
            || !same_package(topo, begin, next))
            rule(pen, 2, "");
    }
}

static void draw_lines(struct pen *pen)
{
    const struct topo *topo = pen->topo;
    rule(pen, 0, "");
    for (uint32_t begin = 0, end; begin < topo->n; begin = end) {
        char title[INNER / 2], head[INNER / 2 + 3];
        end = topo_group_end(topo, begin);
        topo_group_title(topo, begin, title, sizeof title);
        snprintf(head, sizeof head, "%-25s ", title);
        add(pen, head, 0);
        draw_group(pen, begin, end);
    }
    rule(pen, 2, "");
}

/* The boxes as text, in the first form that is short enough. */
static char *boxes(const struct topo *topo, bool utf8, size_t inner)
{
    struct pen pen = {.topo = topo, .horizontal = "-", .vertical = "|",
                      .corner = {{"+", "+"}, {"+", "+"}, {"+", "+"}}};
    const struct pen fine = {
        .topo = topo, .horizontal = "\u2500", .vertical = "\u2502",
        .corner = {{"\u250c", "\u2510"}, {"\u251c", "\u2524"},
                   {"\u2514", "\u2518"}}};
    char *text = NULL;
    for (enum mode mode = MODE_CELLS; mode <= MODE_FOLDED; mode++) {
        size_t n, n_lines = 0;
        free(text);
        text = NULL;
        if (utf8)
            pen = fine;
        pen.out = open_memstream(&text, &n);
        pen.mode = mode;
        pen.inner = inner;
        if (pen.out == NULL)
            return NULL;
        if (mode == MODE_LINES)
            draw_lines(&pen);
        else
            draw_boxes(&pen);
        if (fclose(pen.out) != 0 || text == NULL)
            break;
        for (const char *p = text; *p != '\0'; p++)
            n_lines += *p == '\n';
        if (n_lines <= MOST_LINES)
            break;
    }
    return text;
}

void topo_picture(FILE *out, const struct topo *topo, bool utf8, int columns)
{
    const size_t inner = columns == 0 || columns >= INNER + 4 ? INNER
                         : columns < MIN_INNER + 4 ? MIN_INNER
                                                   : (size_t)columns - 4;
    char fact[TOPO_FACTS][TOPO_TEXT], legend[TOPO_TEXT];
    char *text = boxes(topo, utf8, inner);
    topo_facts(topo, fact);
    for (size_t i = 0; i < 4; i++)
        if (fact[i][0] != '\0')
            wrap_print(out, "%s\n", fact[i]);
    fputs(text != NULL ? text : "", out);
    free(text);
    for (enum topo_state state = TOPO_USED; state <= TOPO_CPUSET; state++) {
        topo_legend(topo, state, legend);
        if (legend[0] != '\0')
            wrap_print(out, "%sn%s %s\n", open_mark[state], close_mark[state],
                    legend);
    }
    for (size_t i = 4; i < TOPO_FACTS; i++)
        if (fact[i][0] != '\0')
            wrap_print(out, "%s\n", fact[i]);
    if (topo->machine->n_l3 > topo->machine->n_memory)
        wrap_print(out, "a gap: another L3 cache\n");
}
