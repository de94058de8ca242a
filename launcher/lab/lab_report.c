/* SPDX-License-Identifier: Apache-2.0 */
/* What a lab found, for people: see lab_report.h. Texts are measured in
 * characters: a label may be in any language. */
#include "lab_report.h"
#include "bar.h"
#include "complain.h"
#include "paragraph.h"
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_COLUMNS 80
#define MAX_COLUMNS 120 /* wider bars tell nothing more */
#define MIN_BAR 8
#define GAP 2

static int columns_of(FILE *out)
{
    int columns = DEFAULT_COLUMNS, rows;
    terminal_size(fileno(out), &columns, &rows);
    return columns < 20 ? 20 : columns > MAX_COLUMNS ? MAX_COLUMNS : columns;
}

static size_t width_of_text(FILE *out)
{
    const int columns = columns_of(out) - 1;
    return columns < PARAGRAPH_WIDTH ? (size_t)columns : PARAGRAPH_WIDTH;
}

void lab_report_paragraph(FILE *out, const char *heading, const char *text,
                          size_t indent)
{
    const size_t n_heading = strlen(heading);
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    char *copy = malloc(n_heading + n + 4);
    if (copy == NULL)
        return;
    sprintf(copy, "%s%s%.*s\n", heading, n_heading > 0 ? ": " : "", (int)n,
            text);
    const size_t first = strcspn(copy, " \n"); /* not indented */
    fwrite(copy, 1, first, out);
    paragraph_fold(out, copy + first + (copy[first] == ' '), first, indent,
                   width_of_text(out));
    free(copy);
}

/* ---- tables -------------------------------------------------------------- */

static int width_of(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static void print_cell(FILE *out, const char *text, int width, bool right)
{
    const int blanks = width - width_of(text);
    fprintf(out, "%*s", right && blanks > 0 ? blanks : 0, "");
    print_plain(out, text);
    fprintf(out, "%*s", !right && blanks > 0 ? blanks : 0, "");
}

static void heading_of(char out[LAB_CELL + 40], const struct lab_column *c)
{
    snprintf(out, LAB_CELL + 40, "%.40s%s%.20s", c->name,
             c->unit[0] != '\0' ? ", " : "", c->unit);
}

/* A table while it is printed. */
struct layout {
    FILE *out;
    const struct lab_measured *m;
    int label, width[LAB_MAX_COLUMNS]; /* columns of text */
    int bar;     /* columns of a whole bar; 0: there are none */
    bool below;  /* there is no room beside the table */
    double most; /* what a whole bar is */
    double base; /* logarithmic bars begin at this power of ten; else 0 */
};

/* A logarithmic scale begins below the smallest value, which has a bar too. */
static void find_scale(struct layout *l)
{
    const struct lab_table *t = l->m->table;
    double least = HUGE_VAL;
    for (size_t i = 0; i < l->m->n_rows; i++) {
        const struct lab_cell *c = &l->m->row[i].cell[t->bars];
        if (!c->set || !isfinite(c->number) || c->number <= 0)
            continue;
        l->most = fmax(l->most, c->number);
        least = fmin(least, c->number);
    }
    if (t->log_bars && l->most > 0)
        l->base = pow(10, ceil(log10(least)) - 1);
}

static void measure(struct layout *l)
{
    const struct lab_table *t = l->m->table;
    char text[LAB_CELL + 40], cell[LAB_CELL];
    l->label = width_of(t->rows);
    int all = 0;
    for (size_t i = 0; i < l->m->n_rows; i++) {
        const int n = width_of(l->m->row[i].label);
        l->label = n > l->label ? n : l->label;
    }
    for (size_t k = 0; k < t->n_columns; k++) {
        heading_of(text, &t->column[k]);
        l->width[k] = width_of(text);
        for (size_t i = 0; i < l->m->n_rows; i++) {
            const int n = width_of(lab_cell_text(cell, &t->column[k],
                                                 &l->m->row[i].cell[k]));
            l->width[k] = n > l->width[k] ? n : l->width[k];
        }
        all += l->width[k] + GAP;
    }
    if (t->bars != LAB_NONE)
        find_scale(l);
    l->bar = columns_of(l->out) - 1 - GAP - l->label - all - GAP;
    l->below = l->bar < MIN_BAR;
    if (l->below)
        l->bar += all;
    if (t->bars == LAB_NONE || l->bar < MIN_BAR || l->most <= 0)
        l->bar = 0;
}

static bool has_bar(const struct layout *l, const struct lab_row *row)
{
    const struct lab_cell *cell = &row->cell[l->m->table->bars];
    return cell->set && cell->number > 0;
}

static void print_bar(const struct layout *l, const struct lab_row *row)
{
    char bar[BAR_TEXT];
    const double x = row->cell[l->m->table->bars].number;
    if (!has_bar(l, row))
        return;
    bar_trim(bar, l->base > 0 ? log(x / l->base) / log(l->most / l->base)
                              : x / l->most, l->bar, terminal_utf8());
    if (bar[0] != '\0')
        fprintf(l->out, "%*s%s", GAP, "", bar);
}

/* Which column they are of, if there is room for it. */
static void print_bars_heading(const struct layout *l)
{
    const char *name = l->m->table->column[l->m->table->bars].name;
    char text[160];
    int n = snprintf(text, sizeof text, "bars: %.80s", name);
    if (l->base > 0 && width_of(text) + 24 <= l->bar)
        snprintf(text + n, sizeof text - (size_t)n, ", log scale from %g",
                 l->base);
    else if (l->base > 0)
        snprintf(text + n, sizeof text - (size_t)n, ", log");
    if (width_of(text) > l->bar)
        return;
    fprintf(l->out, "%*s", GAP, "");
    print_plain(l->out, text);
}

/* Of their column alone, each with its label. */
static void print_bars_below(const struct layout *l)
{
    char text[LAB_CELL + 40];
    heading_of(text, &l->m->table->column[l->m->table->bars]);
    fprintf(l->out, "\n%*s", GAP, "");
    print_cell(l->out, l->m->table->rows, l->label, false);
    fprintf(l->out, "%*s", GAP, "");
    print_cell(l->out, text, 0, false);
    if (l->base > 0)
        fprintf(l->out, ", log scale from %g", l->base);
    fputc('\n', l->out);
    for (size_t i = 0; i < l->m->n_rows; i++) {
        const struct lab_row *row = &l->m->row[i];
        const bool drawn = has_bar(l, row);
        fprintf(l->out, "%*s", GAP, "");
        print_cell(l->out, row->label, drawn ? l->label : 0, false);
        print_bar(l, row);
        fputc('\n', l->out);
    }
}

static void print_row(const struct layout *l, const struct lab_row *row)
{
    const struct lab_table *t = l->m->table;
    const bool beside = l->bar > 0 && !l->below && has_bar(l, row);
    char cell[LAB_CELL];
    fprintf(l->out, "%*s", GAP, "");
    print_cell(l->out, row->label, l->label, false);
    for (size_t k = 0; k < t->n_columns; k++) {
        const char *text = lab_cell_text(cell, &t->column[k], &row->cell[k]);
        const bool last = k + 1 == t->n_columns && !beside;
        fprintf(l->out, "%*s", GAP, "");
        print_cell(l->out, text, last && t->column[k].text ? 0 : l->width[k],
                   !t->column[k].text);
    }
    if (beside)
        print_bar(l, row);
    fputc('\n', l->out);
}

static void print_headings(const struct layout *l)
{
    const struct lab_table *t = l->m->table;
    const bool beside = l->bar > 0 && !l->below;
    char text[LAB_CELL + 40];
    fprintf(l->out, "%*s", GAP, "");
    print_cell(l->out, t->rows, l->label, false);
    for (size_t k = 0; k < t->n_columns; k++) {
        const bool last = k + 1 == t->n_columns && t->column[k].text
                          && !beside;
        heading_of(text, &t->column[k]);
        fprintf(l->out, "%*s", GAP, "");
        print_cell(l->out, text, last ? 0 : l->width[k], !t->column[k].text);
    }
    if (beside)
        print_bars_heading(l);
    fputc('\n', l->out);
}

static void print_notes(FILE *out, const char *before,
                        const struct lab_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        fprintf(out, "  %s", before);
        print_plain(out, notes->at[i]);
        fputc('\n', out);
    }
    if (notes->more > 0)
        fprintf(out, "  %sand %zu more\n", before, notes->more);
}

void lab_report_table(FILE *out, const struct lab_measured *m)
{
    struct layout l = {.out = out, .m = m};
    measure(&l);
    lab_report_paragraph(out, "", m->table->title, 0);
    if (m->n_rows > 0) {
        print_headings(&l);
        for (size_t i = 0; i < m->n_rows; i++)
            print_row(&l, &m->row[i]);
        if (l.bar > 0 && l.below)
            print_bars_below(&l);
    }
    print_notes(out, "| ", &m->shown);
    print_notes(out, "left out: ", &m->skipped);
    fputc('\n', out);
}

/* ---- claims -------------------------------------------------------------- */

static void print_claim(FILE *out, const struct lab_claim *claim,
                        const struct lab_verdict *v)
{
    char text[1200];
    if (v->visible)
        snprintf(text, sizeof text, "%.600s (%s)", claim->say, v->text);
    else if (v->measured)
        snprintf(text, sizeof text, "%.600s (measured %s, %s expected)",
                 claim->say, v->text, v->expected);
    else
        snprintf(text, sizeof text, "%.600s (%s)", claim->say, v->why);
    lab_report_paragraph(out, v->visible ? "seen here"
                                         : "not visible on this machine",
                         text, 2);
}

static void print_predictions(FILE *out, const struct lab_found_out *f)
{
    for (size_t i = 0; i < f->lab->n_claims; i++) {
        const struct lab_claim *claim = &f->lab->claim[i];
        const struct lab_verdict *v = &f->verdict[i];
        char said[LAB_CLAIM_TEXT], off[LAB_OFF] = "";
        if (!f->prediction[i].given)
            continue;
        lab_claim_figure(said, f->lab, claim, f->prediction[i].figure);
        lab_predict_off(off, f->prediction[i].figure, v->figure);
        lab_report_paragraph(out, "", claim->ask, 0);
        if (v->measured)
            fprintf(out, "  you said %s, measured %s: %s\n", said, v->text,
                    off);
        else
            fprintf(out, "  you said %s, %s\n", said, v->why);
    }
}

/* ---- what to try next ---------------------------------------------------- */

/* One of several. Lines that begin with a blank are commands: they stay whole,
 * so that they can be copied. */
static void print_bullet(FILE *out, const char *text)
{
    const char *bullet = "- ";
    for (size_t n; *text != '\0'; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        char *line = n > 0 ? strndup(text, n) : NULL;
        if (line == NULL)
            continue;
        fputs(bullet, out);
        if (*line == ' ')
            fprintf(out, "%s\n", line);
        else
            paragraph_fold(out, line, 2, 2, width_of_text(out));
        bullet = "  ";
        free(line);
    }
}

static void print_next(FILE *out, const struct lab *lab)
{
    bool commands = false;
    if (lab->n_next == 1) {
        lab_report_paragraph(out, "Next", lab->next[0], 0);
        return;
    }
    for (size_t i = 0; i < lab->n_next; i++)
        commands |= strstr(lab->next[i], "\n ") != NULL;
    fputs("Next:\n", out);
    for (size_t i = 0; i < lab->n_next; i++)
        print_bullet(out, lab->next[i]);
    if (!commands)
        return;
    fprintf(out, "\nThe files are in %s;", lab->folder);
    fputs(strlen(lab->folder) + 46 < width_of_text(out) ? " " : "\n", out);
    fputs("copy them to change them.\n", out);
}

/* ---- the end ------------------------------------------------------------- */

void lab_report_end(FILE *out, const struct lab_found_out *f)
{
    bool any = false;
    for (size_t i = 0; i < f->lab->n_claims; i++) {
        print_claim(out, &f->lab->claim[i], &f->verdict[i]);
        any |= f->prediction[i].given;
    }
    if (f->predicts && any) {
        fputc('\n', out);
        print_predictions(out, f);
    }
    fputc('\n', out);
    lab_report_paragraph(out, "Why", f->lab->why, 0);
    fputc('\n', out);
    print_next(out, f->lab);
}
