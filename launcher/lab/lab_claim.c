/* SPDX-License-Identifier: Apache-2.0 */
/* Do the claims hold here? See lab_claim.h. What was left out, or has no row
 * here (a claim about 4 threads, on 2 cores), is not measured: no mistake. */
#include "lab_claim.h"
#include "lab_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct lab_column *column_of(const struct lab *lab,
                                          const struct lab_figure *f)
{
    return &lab->table[f->table].column[f->column];
}

void lab_claim_figure(char out[LAB_CLAIM_TEXT], const struct lab *lab,
                      const struct lab_claim *claim, double figure)
{
    static const struct lab_column ratio = {.unit = "times", .digits = -1};
    const struct lab_column *c = claim->is_ratio ? &ratio
                                                 : column_of(lab, &claim->of);
    char number[LAB_CELL];
    snprintf(out, LAB_CLAIM_TEXT, "%s%s%.40s", lab_number(number, c, figure),
             c->unit[0] != '\0' ? " " : "", c->unit);
}

/* ---- figures ------------------------------------------------------------- */

/* max, min, first or last of the column; false: the word is none of these, or
 * there is no value. */
static bool find_extreme(const struct lab_measured *m, const char *word,
                         size_t column, double *out)
{
    const bool most = strcmp(word, "max") == 0;
    const bool least = strcmp(word, "min") == 0;
    const bool first = strcmp(word, "first") == 0;
    bool found = false;
    if (!most && !least && !first && strcmp(word, "last") != 0)
        return false;
    for (size_t i = 0; i < m->n_rows; i++) {
        const struct lab_cell *cell = &m->row[i].cell[column];
        if (!cell->set || (found && first))
            continue;
        if (!found || (!most && !least) || (most && cell->number > *out)
            || (least && cell->number < *out))
            *out = cell->number;
        found = true;
    }
    return found;
}

static bool find_figure(const struct lab_measured *all,
                        const struct lab_figure *f, uint32_t cores,
                        double *out, char *why, size_t size)
{
    const struct lab_measured *m = &all[f->table];
    struct text label = TEXT_EMPTY;
    bool found = false;
    if (lab_words_fill(f->row, NULL, NULL, cores, &label) == 0) {
        const struct lab_row *row = lab_measured_find(m, label.at);
        if (row == NULL) {
            found = find_extreme(m, label.at, f->column, out);
        } else if (row->cell[f->column].set) {
            *out = row->cell[f->column].number;
            found = true;
        }
    }
    text_release(&label);
    if (!found && m->skipped.n > 0)
        snprintf(why, size, "not measured: %.200s", m->skipped.at[0]);
    else if (!found)
        snprintf(why, size, "not measured: there is no %.100s", f->text);
    return found;
}

static void tell_expected(const struct lab *lab, const struct lab_claim *claim,
                          struct lab_verdict *v)
{
    char least[LAB_CLAIM_TEXT], most[LAB_CLAIM_TEXT];
    lab_claim_figure(least, lab, claim, claim->least);
    lab_claim_figure(most, lab, claim, claim->most);
    if (claim->has_least && claim->has_most)
        snprintf(v->expected, sizeof v->expected, "%.50s to %.50s", least,
                 most);
    else
        snprintf(v->expected, sizeof v->expected, "%.60s or %s",
                 claim->has_least ? least : most,
                 claim->has_least ? "more" : "less");
}

/* Without a unit it needs its column's name: "lost 0". */
static void tell_measured(const struct lab *lab, const struct lab_claim *claim,
                          struct lab_verdict *v)
{
    char figure[LAB_CLAIM_TEXT];
    const struct lab_column *c = column_of(lab, &claim->of);
    const bool named = !claim->is_ratio && c->unit[0] == '\0';
    lab_claim_figure(figure, lab, claim, v->figure);
    snprintf(v->text, sizeof v->text, "%.40s%s%.70s", named ? c->name : "",
             named ? " " : "", figure);
}

static void check_figure(const struct lab *lab, const struct lab_claim *claim,
                         const struct lab_measured *m, uint32_t cores,
                         struct lab_verdict *v)
{
    double to = 1;
    tell_expected(lab, claim, v);
    if (!find_figure(m, &claim->of, cores, &v->figure, v->why, sizeof v->why)
        || (claim->is_ratio
            && !find_figure(m, &claim->to, cores, &to, v->why,
                            sizeof v->why)))
        return;
    if (claim->is_ratio && to == 0) {
        snprintf(v->why, sizeof v->why, "not measured: %.100s is 0",
                 claim->to.text);
        return;
    }
    v->figure /= to;
    v->measured = true;
    v->visible = (!claim->has_least || v->figure >= claim->least)
                 && (!claim->has_most || v->figure <= claim->most);
    tell_measured(lab, claim, v);
}

/* ---- columns ------------------------------------------------------------- */

static bool same_cell(const struct lab_cell *a, const struct lab_cell *b,
                      bool text)
{
    return text ? strcmp(a->text, b->text) == 0 : a->number == b->number;
}

static void check_column(const struct lab *lab, const struct lab_claim *claim,
                         const struct lab_measured *all,
                         struct lab_verdict *v)
{
    const struct lab_measured *m = &all[claim->of.table];
    const size_t k = claim->of.column;
    const bool text = column_of(lab, &claim->of)->text;
    const bool same = claim->kind == LAB_CLAIM_SAME;
    for (size_t i = 0; i < m->n_rows; i++) {
        bool is_new = m->row[i].cell[k].set;
        v->n_values += is_new;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = !m->row[j].cell[k].set
                     || !same_cell(&m->row[i].cell[k], &m->row[j].cell[k],
                                   text);
        v->n_different += is_new;
    }
    snprintf(v->expected, sizeof v->expected, "%s", same ? "one value in all "
             "rows" : "different values");
    if (v->n_values < 2) {
        snprintf(v->why, sizeof v->why, "not measured: %.200s",
                 m->skipped.n > 0 ? m->skipped.at[0]
                                  : "fewer than two rows have a value");
        return;
    }
    v->measured = true;
    v->visible = same ? v->n_different == 1 : v->n_different > 1;
    snprintf(v->text, sizeof v->text, "%zu different value%s in %zu rows",
             v->n_different, v->n_different == 1 ? "" : "s", v->n_values);
    if (v->n_different == 1)
        snprintf(v->text, sizeof v->text, "one value in %zu rows",
                 v->n_values);
}

int lab_claim_check(struct lab_site *site, const struct lab *lab,
                    const struct lab_claim *claim,
                    const struct lab_measured *m, struct lab_verdict *out,
                    struct ff_error *err)
{
    char why[280];
    *out = (struct lab_verdict){.visible = false};
    const int missing = lab_site_check(site, &claim->needs, why, sizeof why,
                                       err);
    if (missing < 0)
        return -1;
    if (claim->kind == LAB_CLAIM_FIGURE)
        check_figure(lab, claim, m, site->cores, out);
    else
        check_column(lab, claim, m, out);
    if (missing > 0) {
        out->visible = out->measured = false;
        snprintf(out->why, sizeof out->why, "%s", why);
    }
    return 0;
}
