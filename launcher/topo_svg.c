/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as SVG: see topo.h. A frame a package, in it a band a NUMA node
 * with a cell a core; cores of one L3 cache stand on one tinted strip. */
#include "topo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PER_ROW 16
#define CELL_W 52
#define CELL_H 30
#define GAP 6
#define TITLE 24
#define LINE 20
#define MARGIN 24
#define WIDTH (2 * MARGIN + 4 * GAP + PER_ROW * (CELL_W + GAP))

static const char *const fill[] = {"#1f6f54", "#cfe6dc", "#ececec", "#ececec"};
static const char *const ink[] = {"#ffffff", "#1f4f3f", "#8a8a8a", "#8a8a8a"};

/* Text may have what XML gives a meaning. */
static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if ((unsigned char)*text >= ' ' && (unsigned char)*text < 0x7f)
            fputc(*text, out);
        else
            fputc('?', out);
}

static void text_at(FILE *out, int x, int y, const char *style,
                    const char *text)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" %s>", x, y, style);
    put_text(out, text);
    fputs("</text>\n", out);
}

static void box(FILE *out, int x, int y, int w, int h, const char *style)
{
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" %s/>\n", x,
            y, w, h, style);
}

static int n_rows(uint32_t n)
{
    return (int)((n + PER_ROW - 1) / PER_ROW);
}

static int group_height(uint32_t n)
{
    return TITLE + n_rows(n) * (CELL_H + GAP) + GAP;
}

static int x_of(uint32_t i)
{
    return MARGIN + 2 * GAP + (int)(i % PER_ROW) * (CELL_W + GAP);
}

static int y_of(int top, uint32_t i)
{
    return top + TITLE + (int)(i / PER_ROW) * (CELL_H + GAP);
}

/* Behind the cells of [begin, end), which share an L3 cache: a strip a row. */
static void draw_strip(FILE *out, int top, uint32_t begin, uint32_t end)
{
    for (uint32_t i = begin, k; i < end; i = k) {
        k = (i / PER_ROW + 1) * PER_ROW;
        k = k < end ? k : end;
        box(out, x_of(i) - 2, y_of(top, i) - 2,
            x_of(k - 1) - x_of(i) + CELL_W + 4, CELL_H + 4,
            "rx=\"4\" fill=\"#b9c7de\"");
    }
}

static void draw_cell(FILE *out, const struct topo *topo, uint32_t core,
                      int x, int y)
{
    const enum topo_state state = topo->core[core].state;
    const bool slow = topo->core[core].core.kind > 0;
    char label[40], style[160];
    topo_label(topo, core, label, sizeof label);
    snprintf(style, sizeof style,
             "rx=\"3\" fill=\"%s\" stroke=\"#5b6b66\" stroke-width=\"0.8\"%s",
             fill[state], slow ? " stroke-dasharray=\"3 2\"" : "");
    box(out, x, y, CELL_W, CELL_H, style);
    snprintf(style, sizeof style,
             "text-anchor=\"middle\" font-size=\"%d\" fill=\"%s\"",
             strlen(label) > 6 ? 9 : 12, ink[state]);
    text_at(out, x + CELL_W / 2, y + CELL_H / 2 + 4, style, label);
}

static void draw_group(FILE *out, const struct topo *topo, uint32_t begin,
                       uint32_t end, int top)
{
    char title[120];
    topo_group_title(topo, begin, title, sizeof title);
    text_at(out, MARGIN + 2 * GAP, top + 16, "font-size=\"13\" fill=\"#333\"",
            title);
    for (uint32_t i = begin, k; topo->machine->n_l3 > 0 && i < end; i = k) {
        for (k = i + 1; k < end && topo->core[k].core.l3
                                   == topo->core[i].core.l3; k++)
            continue;
        draw_strip(out, top, i - begin, k - begin);
    }
    for (uint32_t i = begin; i < end; i++)
        draw_cell(out, topo, i, x_of(i - begin), y_of(top, i - begin));
}

/* The height of the package that begins at core `begin`; *end of its cores. */
static int package_height(const struct topo *topo, uint32_t begin,
                          uint32_t *end)
{
    int height = GAP;
    uint32_t i = begin;
    do {
        const uint32_t next = topo_group_end(topo, i);
        height += group_height(next - i);
        i = next;
    } while (i < topo->n
             && topo->core[i].core.package == topo->core[begin].core.package);
    *end = i;
    return height;
}

static int draw_package(FILE *out, const struct topo *topo, uint32_t begin,
                        int top, uint32_t *end)
{
    const int height = package_height(topo, begin, end);
    int y = top + GAP / 2;
    box(out, MARGIN, top, WIDTH - 2 * MARGIN, height,
        "rx=\"8\" fill=\"#f7f8fa\" stroke=\"#9aa5b1\"");
    for (uint32_t i = begin; i < *end;) {
        const uint32_t next = topo_group_end(topo, i);
        draw_group(out, topo, i, next, y);
        y += group_height(next - i);
        i = next;
    }
    return top + height + 2 * GAP;
}

static int draw_legend(FILE *out, const struct topo *topo, int y)
{
    char legend[TOPO_TEXT], style[120];
    for (enum topo_state state = TOPO_USED; state <= TOPO_CPUSET; state++) {
        topo_legend(topo, state, legend);
        if (legend[0] == '\0')
            continue;
        snprintf(style, sizeof style,
                 "rx=\"3\" fill=\"%s\" stroke=\"#5b6b66\"", fill[state]);
        box(out, MARGIN, y, 20, 14, style);
        text_at(out, MARGIN + 28, y + 12, "font-size=\"12\" fill=\"#333\"",
                legend);
        y += LINE;
    }
    return y;
}

static int total_height(const struct topo *topo)
{
    char fact[TOPO_FACTS][TOPO_TEXT], legend[TOPO_TEXT];
    int height = 3 * MARGIN;
    topo_facts(topo, fact);
    for (size_t i = 0; i < TOPO_FACTS; i++)
        height += fact[i][0] != '\0' ? LINE : 0;
    for (enum topo_state state = TOPO_USED; state <= TOPO_CPUSET; state++) {
        topo_legend(topo, state, legend);
        height += legend[0] != '\0' ? LINE : 0;
    }
    for (uint32_t i = 0, end; i < topo->n; i = end)
        height += package_height(topo, i, &end) + 2 * GAP;
    return height;
}

void topo_svg(FILE *out, const struct topo *topo)
{
    char fact[TOPO_FACTS][TOPO_TEXT];
    const int height = total_height(topo);
    int y = MARGIN + 14;
    topo_facts(topo, fact);
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\">\n", WIDTH, height, WIDTH, height);
    box(out, 0, 0, WIDTH, height, "fill=\"#ffffff\"");
    for (size_t i = 0; i < 4; i++) {
        if (fact[i][0] == '\0')
            continue;
        text_at(out, MARGIN, y, i == 0 ? "font-size=\"17\" fill=\"#111\""
                                       : "font-size=\"13\" fill=\"#333\"",
                fact[i]);
        y += LINE;
    }
    for (uint32_t begin = 0, end; begin < topo->n; begin = end)
        y = draw_package(out, topo, begin, y, &end);
    y = draw_legend(out, topo, y) + 14;
    for (size_t i = 4; i < TOPO_FACTS; i++) {
        if (fact[i][0] == '\0')
            continue;
        text_at(out, MARGIN, y, "font-size=\"12\" fill=\"#333\"", fact[i]);
        y += LINE;
    }
    fputs("</svg>\n", out);
}
