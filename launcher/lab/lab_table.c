/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a table while they are measured: see lab_table.h. */
#include "lab_table.h"
#include "number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lab_measured_init(struct lab_measured *m, const struct lab_table *table)
{
    *m = (struct lab_measured){.table = table};
}

static void release_notes(struct lab_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++)
        free(notes->at[i]);
}

void lab_measured_release(struct lab_measured *m)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        free(m->row[i].label);
        for (size_t k = 0; k < LAB_MAX_COLUMNS; k++)
            free(m->row[i].cell[k].text);
    }
    free(m->row);
    release_notes(&m->shown);
    release_notes(&m->skipped);
}

const struct lab_row *lab_measured_find(const struct lab_measured *m,
                                        const char *label)
{
    for (size_t i = 0; i < m->n_rows; i++)
        if (strcmp(m->row[i].label, label) == 0)
            return &m->row[i];
    return NULL;
}

struct lab_row *lab_measured_row(struct lab_measured *m, const char *label)
{
    const struct lab_row *there = lab_measured_find(m, label);
    if (there != NULL)
        return &m->row[there - m->row];
    if (m->n_rows == LAB_MAX_ROWS)
        return NULL;
    if (m->n_rows == m->room) {
        const size_t room = 2 * m->room + 8;
        struct lab_row *more = realloc(m->row, room * sizeof *more);
        if (more == NULL)
            return NULL;
        m->row = more;
        m->room = room;
    }
    struct lab_row *row = &m->row[m->n_rows];
    *row = (struct lab_row){.label = strdup(label)};
    if (row->label == NULL)
        return NULL;
    m->n_rows++;
    return row;
}

int lab_measured_put(struct lab_measured *m, struct lab_row *row,
                     size_t column, double number, bool again)
{
    const struct lab_column *c = &m->table->column[column];
    struct lab_cell *cell = &row->cell[column];
    if (c->text) {
        char text[LAB_CELL];
        snprintf(text, sizeof text, "%.17g", number);
        return lab_measured_set(m, row, column, text, again);
    }
    if (!again || !cell->set
        || (c->largest ? number > cell->number : number < cell->number))
        cell->number = number;
    cell->set = true;
    return 0;
}

int lab_measured_set(struct lab_measured *m, struct lab_row *row,
                     size_t column, const char *text, bool again)
{
    struct lab_cell *cell = &row->cell[column];
    double number;
    if (!m->table->column[column].text)
        return number_f64(text, &number) != 0
               ? -1 : lab_measured_put(m, row, column, number, again);
    char *copy = strdup(text);
    if (copy == NULL)
        return -1;
    free(cell->text);
    cell->text = copy;
    cell->set = true;
    return 0;
}

/* ---- computed columns ---------------------------------------------------- */

/* The first row's that has one; NULL. */
static const struct lab_cell *first_of(const struct lab_measured *m,
                                       size_t column)
{
    for (size_t i = 0; i < m->n_rows; i++)
        if (m->row[i].cell[column].set)
            return &m->row[i].cell[column];
    return NULL;
}

static void compute(struct lab_measured *m, struct lab_row *row, size_t column)
{
    const struct lab_column *c = &m->table->column[column];
    const bool other = c->form == LAB_THIS_BY_OTHER
                       || c->form == LAB_OTHER_BY_THIS;
    const struct lab_cell *mine = &row->cell[c->from];
    const struct lab_cell *base = other ? &row->cell[c->other]
                                        : first_of(m, c->from);
    const bool inverse = c->form == LAB_FIRST_BY_THIS
                         || c->form == LAB_OTHER_BY_THIS;
    if (!mine->set || base == NULL || !base->set)
        return;
    const double over = inverse ? base->number : mine->number;
    const double under = inverse ? mine->number : base->number;
    if (under == 0)
        return;
    row->cell[column].number = over / under
                               * (c->form == LAB_PERCENT_FIRST ? 100 : 1);
    row->cell[column].set = true;
}

void lab_measured_compute(struct lab_measured *m)
{
    for (size_t k = 0; k < m->table->n_columns; k++)
        if (m->table->column[k].form != LAB_GIVEN)
            for (size_t i = 0; i < m->n_rows; i++)
                compute(m, &m->row[i], k);
}

/* ---- as text ------------------------------------------------------------- */

/* 1234567.5 is 1,234,567.5, as long as there is room. */
static void separate(char out[LAB_CELL])
{
    char *first = out + (*out == '-');
    size_t n = strspn(first, "0123456789");
    if (n < 5 || strlen(out) + n / 3 >= LAB_CELL)
        return;
    while (n > 3) {
        n -= 3;
        memmove(first + n + 1, first + n, strlen(first + n) + 1);
        first[n] = ',';
    }
}

const char *lab_number(char out[LAB_CELL], const struct lab_column *column,
                       double number)
{
    const double size = fabs(number);
    int digits = column->digits;
    if (!isfinite(number)) {
        snprintf(out, LAB_CELL, "%s", isnan(number) ? "nan"
                                      : number > 0 ? "inf" : "-inf");
    } else if (size >= 1e15 || (digits < 0 && size > 0 && size < 1e-6)) {
        snprintf(out, LAB_CELL, "%.3g", number);
    } else {
        if (digits < 0)
            digits = size == rint(size) ? 0
                     : size >= 100 ? 0
                     : size == 0 ? 0 : 2 - (int)floor(log10(size));
        snprintf(out, LAB_CELL, "%.*f", digits, number);
        separate(out);
    }
    return out;
}

const char *lab_cell_text(char out[LAB_CELL], const struct lab_column *column,
                          const struct lab_cell *cell)
{
    if (!cell->set)
        return "-";
    return column->text ? cell->text : lab_number(out, column, cell->number);
}

int lab_notes_add(struct lab_notes *notes, const char *line)
{
    for (size_t i = 0; i < notes->n; i++)
        if (strcmp(notes->at[i], line) == 0)
            return 0;
    if (notes->n == LAB_MAX_NOTES) {
        notes->more++;
        return 0;
    }
    notes->at[notes->n] = strdup(line);
    if (notes->at[notes->n] == NULL) {
        errno = ENOMEM;
        return -1;
    }
    notes->n++;
    return 0;
}
