/* SPDX-License-Identifier: Apache-2.0 */
/* A claim of a lab file: see lab_reader.h. */
#include "lab_reader.h"
#include "lab_words.h"

#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

/* n bytes of a text, kept. */
static const char *part(const struct lab_reader *r, const char *text, size_t n)
{
    const char *kept = text_pool_keep(&r->lab->tree.pool, text, n, "", 0);
    if (kept == NULL)
        lab_reader_no_memory(r);
    return kept;
}

static int find_table(const struct lab_reader *r, unsigned line,
                      const char *name, size_t *out)
{
    const char *names[LAB_MAX_TABLES];
    char hint[160];
    *out = lab_find_table(r->lab, name);
    if (*out != LAB_NONE)
        return 0;
    for (size_t i = 0; i < r->lab->n_tables; i++)
        names[i] = r->lab->table[i].name;
    return lab_reader_wrong(r, line, "'%.60s' is no table%s", name,
                            lab_hint(hint, name, names, r->lab->n_tables));
}

/* Only {cores} can stand in the name of a row. */
static int check_row(const struct lab_reader *r, unsigned line,
                     const char *row)
{
    struct lab_piece p;
    while (lab_words_next(&row, NULL, &p))
        if (p.kind != LAB_NAME_OTHER && p.kind != LAB_NAME_CORES)
            return lab_reader_wrong(r, line, "{%s} cannot stand in a claim: "
                                    "only {cores} can", p.name);
    return 0;
}

/* table/row/column; a row may have slashes. */
static int read_figure(const struct lab_reader *r, const struct yaml_node *node,
                       const char *key, struct lab_figure *out)
{
    const char *text = NULL;
    if (lab_reader_text(r, node, key, LAB_NEEDED, &text) != 0)
        return -1;
    const unsigned line = yaml_tree_find(node, key)->line;
    const char *first = strchr(text, '/'), *last = strrchr(text, '/');
    if (first == NULL || last <= first + 1 || first == text
        || last[1] == '\0')
        return lab_reader_wrong(r, line, "'%s' is table/row/column, not "
                                "'%.60s'", key, text);
    const char *table = part(r, text, (size_t)(first - text));
    out->text = text;
    out->row = part(r, first + 1, (size_t)(last - first) - 1);
    if (table == NULL || out->row == NULL
        || find_table(r, line, table, &out->table) != 0
        || lab_reader_column(r, line, &r->lab->table[out->table], last + 1,
                             &out->column) != 0
        || check_row(r, line, out->row) != 0)
        return -1;
    if (r->lab->table[out->table].column[out->column].text)
        return lab_reader_wrong(r, line, "'%s': column '%.60s' has texts, not "
                                "numbers", key, last + 1);
    return 0;
}

/* table/column */
static int read_whole_column(const struct lab_reader *r,
                             const struct yaml_node *node, const char *text,
                             struct lab_claim *claim)
{
    const unsigned line = yaml_tree_find(node, "column")->line;
    const char *slash = strchr(text, '/');
    const char *is = NULL;
    if (slash == NULL)
        return lab_reader_wrong(r, line, "'column' of a claim is "
                                "table/column, not '%.60s'", text);
    const char *table = part(r, text, (size_t)(slash - text));
    claim->of.text = text;
    if (table == NULL || find_table(r, line, table, &claim->of.table) != 0
        || lab_reader_column(r, line, &r->lab->table[claim->of.table],
                             slash + 1, &claim->of.column) != 0
        || lab_reader_text(r, node, "is", LAB_NEEDED, &is) != 0)
        return -1;
    if (strcmp(is, "same") != 0 && strcmp(is, "different") != 0)
        return lab_reader_wrong(r, yaml_tree_find(node, "is")->line, "'is' is "
                                "same or different, not '%.60s'", is);
    claim->kind = strcmp(is, "same") == 0 ? LAB_CLAIM_SAME
                                          : LAB_CLAIM_DIFFERENT;
    return 0;
}

static int read_about_figure(const struct lab_reader *r,
                             const struct yaml_node *node,
                             struct lab_claim *claim)
{
    claim->is_ratio = yaml_tree_find(node, "to") != NULL;
    if (read_figure(r, node, "of", &claim->of) != 0
        || (claim->is_ratio && read_figure(r, node, "to", &claim->to) != 0)
        || lab_reader_number(r, node, "at_least", &claim->has_least,
                             &claim->least) != 0
        || lab_reader_number(r, node, "at_most", &claim->has_most,
                             &claim->most) != 0
        || lab_reader_text(r, node, "ask", LAB_OPTIONAL, &claim->ask) != 0)
        return -1;
    if (!claim->has_least && !claim->has_most)
        return lab_reader_wrong(r, node->line, "a claim needs 'at_least' or "
                                "'at_most'");
    if (claim->has_least && claim->has_most && claim->least > claim->most)
        return lab_reader_wrong(r, node->line, "'at_least' is more than "
                                "'at_most'");
    return 0;
}

int lab_file_claim(const struct lab_reader *r, const struct yaml_node *node,
                   struct lab_claim *claim)
{
    static const char *const of_figure[] = {"say", "of", "to", "at_least",
                                            "at_most", "ask", "needs"};
    static const char *const of_column[] = {"say", "column", "is", "needs"};
    const char *column = NULL;
    const bool whole = node->kind == YAML_MAPPING
                       && yaml_tree_find(node, "column") != NULL;
    *claim = (struct lab_claim){.kind = LAB_CLAIM_FIGURE};
    if ((whole ? lab_reader_keys(r, node, "a claim about a column", of_column,
                                 COUNT(of_column))
               : lab_reader_keys(r, node, "a claim", of_figure,
                                 COUNT(of_figure))) != 0
        || lab_reader_text(r, node, "say", LAB_NEEDED, &claim->say) != 0
        || lab_reader_text(r, node, "column", LAB_OPTIONAL, &column) != 0
        || lab_reader_needs(r, node, &claim->needs) != 0)
        return -1;
    return whole ? read_whole_column(r, node, column, claim)
                 : read_about_figure(r, node, claim);
}
