/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lab files: see lab_file.h. The file is read into a tree first; what is a
 * claim's or a bar's column is then known whatever comes first in it. Steps and
 * claims are read by lab_file_step.c and lab_file_claim.c.
 */
#include "lab_file.h"
#include "lab_reader.h"
#include "text_file.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])

/* ---- columns ------------------------------------------------------------- */

/* "first/this": one of them is `this`. */
static int read_form(const struct lab_reader *r, const struct yaml_node *node,
                     const struct lab_table *table, struct lab_column *c,
                     const char *as)
{
    const unsigned line = yaml_tree_find(node, "as")->line;
    const char *slash = strchr(as, '/');
    if (strcmp(as, "first/this") == 0)
        c->form = LAB_FIRST_BY_THIS;
    else if (strcmp(as, "this/first") == 0)
        c->form = LAB_THIS_BY_FIRST;
    else if (strcmp(as, "%first") == 0)
        c->form = LAB_PERCENT_FIRST;
    else if (strncmp(as, "this/", 5) == 0)
        c->form = LAB_THIS_BY_OTHER;
    else if (slash != NULL && strcmp(slash, "/this") == 0)
        c->form = LAB_OTHER_BY_THIS;
    else
        return lab_reader_wrong(r, line, "'as' is first/this, this/first, "
                                "%%first, this/COLUMN or COLUMN/this, not "
                                "'%.60s'", as);
    if (c->form == LAB_THIS_BY_OTHER)
        return lab_reader_column(r, line, table, as + 5, &c->other);
    if (c->form != LAB_OTHER_BY_THIS)
        return 0;
    for (c->other = 0; c->other < table->n_columns; c->other++)
        if (strncmp(table->column[c->other].name, as, (size_t)(slash - as))
                == 0
            && table->column[c->other].name[slash - as] == '\0')
            return 0;
    return lab_reader_wrong(r, line, "'%.60s': no such column before this one",
                            as);
}

/* Both are numbers that are there before this one. */
static int read_source(const struct lab_reader *r,
                       const struct yaml_node *node,
                       const struct lab_table *table, struct lab_column *c)
{
    const char *from = NULL, *as = NULL;
    if (lab_reader_text(r, node, "from", LAB_OPTIONAL, &from) != 0
        || lab_reader_text(r, node, "as", LAB_OPTIONAL, &as) != 0)
        return -1;
    if (from == NULL && as == NULL)
        return 0;
    if (from == NULL || as == NULL || c->text)
        return lab_reader_wrong(r, node->line, "'from' and 'as' belong "
                                "together, and make numbers");
    if (lab_reader_column(r, yaml_tree_find(node, "from")->line, table, from,
                          &c->from) != 0
        || read_form(r, node, table, c, as) != 0)
        return -1;
    if (table->column[c->from].text || table->column[c->other].text)
        return lab_reader_wrong(r, node->line, "a column of texts cannot be "
                                "computed with");
    return 0;
}

static int read_column(const struct lab_reader *r,
                       const struct yaml_node *node, struct lab_table *table)
{
    static const char *const keys[] = {"name", "unit", "digits", "text",
                                       "from", "as", "best"};
    struct lab_column c = {.unit = "", .digits = -1};
    const char *best = "smallest";
    if (lab_reader_keys(r, node, "a column", keys, COUNT(keys)) != 0
        || lab_reader_text(r, node, "name", LAB_NEEDED, &c.name) != 0
        || lab_reader_text(r, node, "unit", LAB_OPTIONAL, &c.unit) != 0
        || lab_reader_whole(r, node, "digits", 0, 15, &c.digits) != 0
        || lab_reader_yes(r, node, "text", &c.text) != 0
        || lab_reader_text(r, node, "best", LAB_OPTIONAL, &best) != 0)
        return -1;
    if (strpbrk(c.name, "/{}\n") != NULL || strcmp(c.name, "row") == 0)
        return lab_reader_wrong(r, node->line, "a column cannot be named "
                                "'%.60s'", c.name);
    if (lab_find_column(table, c.name) != LAB_NONE)
        return lab_reader_wrong(r, node->line, "two columns are named "
                                "'%.60s'", c.name);
    c.largest = strcmp(best, "largest") == 0;
    if (!c.largest && strcmp(best, "smallest") != 0)
        return lab_reader_wrong(r, yaml_tree_find(node, "best")->line,
                                "'best' of a column is smallest or largest, "
                                "not '%.60s'", best);
    if (read_source(r, node, table, &c) != 0)
        return -1;
    table->column[table->n_columns++] = c;
    return 0;
}

/* ---- tables -------------------------------------------------------------- */

/* The list under a key, which is not empty and has at most so many. */
static int find_list(const struct lab_reader *r, const struct yaml_node *node,
                     const char *key, size_t most,
                     const struct yaml_node **out)
{
    const struct yaml_node *v = yaml_tree_find(node, key);
    if (v == NULL)
        return lab_reader_wrong(r, node->line, "'%s' is missing here", key);
    if (v->kind != YAML_LIST || v->first == NULL)
        return lab_reader_wrong(r, v->line, "'%s' is a list", key);
    if (yaml_tree_count(v) > most)
        return lab_reader_wrong(r, v->line, "'%s' has more than %zu entries",
                                key, most);
    *out = v->first;
    return 0;
}

/* Of the bars. */
static int read_scale(const struct lab_reader *r, const struct yaml_node *node,
                      struct lab_table *table)
{
    const char *scale = NULL;
    if (lab_reader_text(r, node, "scale", LAB_OPTIONAL, &scale) != 0)
        return -1;
    if (scale == NULL)
        return 0;
    const unsigned line = yaml_tree_find(node, "scale")->line;
    table->log_bars = strcmp(scale, "log") == 0;
    if (!table->log_bars && strcmp(scale, "linear") != 0)
        return lab_reader_wrong(r, line, "'scale' is linear or log, not "
                                "'%.60s'", scale);
    if (table->bars == LAB_NONE)
        return lab_reader_wrong(r, line, "'scale' is that of 'bars', which "
                                "is missing");
    return 0;
}

static int read_columns(const struct lab_reader *r,
                        const struct yaml_node *node, struct lab_table *table)
{
    const struct yaml_node *v;
    const char *bars = NULL;
    if (find_list(r, node, "columns", LAB_MAX_COLUMNS, &v) != 0)
        return -1;
    for (; v != NULL; v = v->next)
        if (read_column(r, v, table) != 0)
            return -1;
    table->bars = LAB_NONE;
    if (lab_reader_text(r, node, "bars", LAB_OPTIONAL, &bars) != 0)
        return -1;
    if (bars == NULL)
        return 0;
    const unsigned line = yaml_tree_find(node, "bars")->line;
    if (lab_reader_column(r, line, table, bars, &table->bars) != 0)
        return -1;
    if (table->column[table->bars].text)
        return lab_reader_wrong(r, line, "bars: column '%.60s' has texts",
                                bars);
    return 0;
}

static int read_steps(const struct lab_reader *r, const struct yaml_node *node,
                      struct lab_table *table)
{
    const struct yaml_node *v;
    if (find_list(r, node, "steps", LAB_MAX_STEPS, &v) != 0)
        return -1;
    table->step = calloc(LAB_MAX_STEPS, sizeof *table->step);
    if (table->step == NULL)
        return lab_reader_no_memory(r);
    for (; v != NULL; v = v->next)
        if (lab_file_step(r, v, table, &table->step[table->n_steps++]) != 0)
            return -1;
    return 0;
}

static int read_table(const struct lab_reader *r, const struct yaml_node *node)
{
    static const char *const keys[] = {"table", "title", "rows", "columns",
                                       "bars", "scale", "steps"};
    struct lab *lab = r->lab;
    struct lab_table *table = &lab->table[lab->n_tables];
    if (lab_reader_keys(r, node, "a table", keys, COUNT(keys)) != 0
        || lab_reader_text(r, node, "table", LAB_NEEDED, &table->name) != 0
        || lab_reader_text(r, node, "title", LAB_NEEDED, &table->title) != 0
        || lab_reader_text(r, node, "rows", LAB_NEEDED, &table->rows) != 0)
        return -1;
    if (strpbrk(table->name, "/{}\n") != NULL)
        return lab_reader_wrong(r, node->line, "a table cannot be named "
                                "'%.60s'", table->name);
    if (lab_find_table(lab, table->name) != LAB_NONE)
        return lab_reader_wrong(r, node->line, "two tables are named '%.60s'",
                                table->name);
    lab->n_tables++;
    if (read_columns(r, node, table) != 0 || read_scale(r, node, table) != 0)
        return -1;
    return read_steps(r, node, table);
}

/* ---- the lab ------------------------------------------------------------- */

/* "race" of labs/race.yaml */
static bool is_named(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(name);
    return strncmp(base, name, n) == 0
           && (strcmp(base + n, ".yaml") == 0 || strcmp(base + n, ".yml") == 0);
}

static int read_texts(const struct lab_reader *r, const struct yaml_node *root)
{
    struct lab *lab = r->lab;
    if (lab_reader_text(r, root, "lab", LAB_NEEDED, &lab->name) != 0
        || lab_reader_text(r, root, "about", LAB_NEEDED, &lab->about) != 0
        || lab_reader_text(r, root, "question", LAB_NEEDED, &lab->question)
               != 0
        || lab_reader_text(r, root, "why", LAB_NEEDED, &lab->why) != 0
        || lab_reader_texts(r, root, "next", lab->next, LAB_MAX_NEXT,
                            &lab->n_next) != 0)
        return -1;
    if (lab->n_next == 0)
        return lab_reader_wrong(r, root->line, "'next' is missing here");
    if (!is_named(r->path, lab->name))
        return lab_reader_wrong(r, yaml_tree_find(root, "lab")->line, "the "
                                "lab is named as its file is, not '%.60s'",
                                lab->name);
    return 0;
}

static int read_lab(const struct lab_reader *r)
{
    static const char *const keys[] = {"lab", "about", "question", "tables",
                                       "claims", "why", "next"};
    const struct yaml_node *root = r->lab->tree.root, *v;
    if (lab_reader_keys(r, root, "a lab", keys, COUNT(keys)) != 0
        || read_texts(r, root) != 0
        || find_list(r, root, "tables", LAB_MAX_TABLES, &v) != 0)
        return -1;
    for (; v != NULL; v = v->next)
        if (read_table(r, v) != 0)
            return -1;
    if (find_list(r, root, "claims", LAB_MAX_CLAIMS, &v) != 0)
        return -1;
    for (; v != NULL; v = v->next)
        if (lab_file_claim(r, v, &r->lab->claim[r->lab->n_claims++]) != 0)
            return -1;
    return 0;
}

static int set_paths(struct lab *lab, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *whole = realpath(path, NULL); /* commands run elsewhere */
    lab->path = strdup(path);
    if (whole != NULL)
        slash = strrchr(whole, '/');
    lab->folder = whole != NULL ? strndup(whole, (size_t)(slash - whole))
                  : slash != NULL ? strndup(path, (size_t)(slash - path))
                                  : strdup(".");
    free(whole);
    return lab->path != NULL && lab->folder != NULL ? 0 : -1;
}

struct lab *lab_file_parse(const char *path, const char *text, size_t n,
                           bool files, struct ff_error *err)
{
    struct lab *lab = calloc(1, sizeof *lab);
    const struct lab_reader r = {.lab = lab, .path = path, .files = files,
                                 .err = err};
    if (lab == NULL || set_paths(lab, path) != 0) {
        lab_reader_no_memory(&r);
        goto fail;
    }
    if (yaml_tree_read(&lab->tree, lab->path, text, n, err) == 0
        && read_lab(&r) == 0)
        return lab;
fail:
    lab_destroy(lab);
    return NULL;
}

struct lab *lab_file_read(const char *path, struct ff_error *err)
{
    size_t n;
    char *text = text_file_read(path, "lab", &n, err);
    if (text == NULL)
        return NULL;
    struct lab *lab = lab_file_parse(path, text, n, true, err);
    free(text);
    return lab;
}
