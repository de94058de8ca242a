/* SPDX-License-Identifier: Apache-2.0 */
/* A step of a lab file: see lab_reader.h. What can be known before anything
 * runs is checked here: names in braces, files, expressions. */
#include "lab_reader.h"
#include "lab_words.h"
#include "nearest_file.h"
#include "number.h"
#include "shell_words.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PLUS 8 /* in an expression of show */

#define COUNT(a) (sizeof (a) / sizeof (a)[0])
#define MAX_BEST 100

/* ---- for ----------------------------------------------------------------- */

static int read_variables(const struct lab_reader *r,
                          const struct yaml_node *node, struct lab_step *step)
{
    const struct yaml_node *list = yaml_tree_find(node, "for");
    if (list == NULL)
        return 0;
    if (list->kind != YAML_MAPPING || list->first == NULL)
        return lab_reader_wrong(r, list->line, "write 'for: {n: [1, 2, "
                                "cores]}'");
    for (const struct yaml_node *v = list->first; v != NULL; v = v->next) {
        if (step->n_variables == COUNT(step->variable))
            return lab_reader_wrong(r, v->line, "'for' has two variables at "
                                    "most");
        struct lab_variable *variable = &step->variable[step->n_variables];
        if (lab_words_cores(v->key, 1) > 0 || strpbrk(v->key, "{}.") != NULL)
            return lab_reader_wrong(r, v->key_line, "a variable cannot be "
                                    "named '%.60s'", v->key);
        if (lab_reader_texts(r, list, v->key, variable->value, LAB_MAX_VALUES,
                             &variable->n_values) != 0)
            return -1;
        variable->name = v->key;
        step->n_variables++;
    }
    return 0;
}

/* ---- names in braces ----------------------------------------------------- */

static int unknown_name(const struct lab_reader *r, unsigned line,
                        const struct lab_step *step, const char *name)
{
    const char *names[8] = {"cores", "lab", "fanfold", "python", "mpirun"};
    char hint[160];
    size_t n = 5;
    for (size_t i = 0; i < step->n_variables; i++)
        names[n++] = step->variable[i].name;
    lab_hint(hint, name, names, n);
    return lab_reader_wrong(r, line, "{%s} is not known%s", name,
                            hint[0] != '\0' ? hint : ": it is no variable of "
                            "'for', no program NAME.c or NAME.py, and no word "
                            "of fanfold-lab(5)");
}

static bool is_source(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".py") == 0);
}

/* The file of the lab's folder; n bytes. */
static int check_file(const struct lab_reader *r, unsigned line,
                      const char *name, size_t n)
{
    char path[PATH_MAX], near[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%.*s", r->lab->folder,
                                (int)n, name);
    if (!r->files || access(path, R_OK) == 0)
        return 0;
    if (length < PATH_MAX && nearest_file(path, is_source, near))
        return lab_reader_wrong(r, line, "'%.200s' is not there; did you mean "
                                "'%.200s'?", path, strrchr(near, '/') + 1);
    return lab_reader_wrong(r, line, "'%.400s' is not there", path);
}

/* {lab}/FILE.c, {lab}/FILE.py:FUNCTION */
static int check_path(const struct lab_reader *r, unsigned line,
                      const char *rest)
{
    char name[256];
    const size_t n = strcspn(rest + (*rest == '/'), ":{");
    if (*rest != '/' || n >= sizeof name)
        return 0;
    snprintf(name, sizeof name, "%.*s", (int)n, rest + 1);
    return is_source(name) ? check_file(r, line, name, n) : 0;
}

static int check_word(const struct lab_reader *r, unsigned line,
                      const struct lab_step *step, const char *word)
{
    const char *at = word;
    struct lab_piece p;
    while (lab_words_next(&at, step, &p)) {
        const bool alone = p.kind == LAB_NAME_PY || p.kind == LAB_NAME_MPIRUN;
        if (p.kind == LAB_NAME_UNKNOWN)
            return unknown_name(r, line, step, p.name);
        if (alone && (p.before != word || p.n_before > 0 || *at != '\0'))
            return lab_reader_wrong(r, line, "{%s} is a word of its own (a "
                                    "file is {lab}/%s)", p.name, p.name);
        if ((p.kind == LAB_NAME_C || p.kind == LAB_NAME_PY)
            && check_file(r, line, p.name, strlen(p.name)) != 0)
            return -1;
        if (p.kind == LAB_NAME_LAB && check_path(r, line, at) != 0)
            return -1;
    }
    return 0;
}

/* In labels: variables and cores only. */
static int check_label(const struct lab_reader *r, unsigned line,
                       const struct lab_step *step, const char *label)
{
    struct lab_piece p;
    while (lab_words_next(&label, step, &p))
        if (p.kind != LAB_NAME_OTHER && p.kind != LAB_NAME_VARIABLE
            && p.kind != LAB_NAME_CORES)
            return unknown_name(r, line, step, p.name);
    return 0;
}

/* ---- run ----------------------------------------------------------------- */

/* A text is taken apart as in a shell; there is no way to have one, so that
 * hint of shell_words.c is left out. */
static int split_words(const struct lab_reader *r, const struct yaml_node *v,
                       struct lab_step *step)
{
    struct word_list words = {NULL, 0, 0};
    char *text = text_pool_keep(&r->lab->tree.pool, v->text, strlen(v->text),
                                "", 0);
    if (text == NULL)
        return lab_reader_no_memory(r);
    const char *wrong = shell_words_split(text, &words);
    int rc = 0;
    if (wrong != NULL)
        rc = lab_reader_wrong(r, v->line, "run: %.*s",
                              (int)(strstr(wrong, ", or add") != NULL
                                    ? strstr(wrong, ", or add") - wrong
                                    : (long)strlen(wrong)), wrong);
    else if (words.n > LAB_MAX_WORDS)
        rc = lab_reader_wrong(r, v->line, "run: more than %d words",
                              LAB_MAX_WORDS);
    for (size_t i = 0; rc == 0 && i < words.n; i++)
        step->word[step->n_words++] = words.at[i];
    free(words.at);
    return rc;
}

static int read_run(const struct lab_reader *r, const struct yaml_node *node,
                    struct lab_step *step)
{
    const struct yaml_node *v = yaml_tree_find(node, "run");
    const char *word[LAB_MAX_WORDS];
    if (v == NULL)
        return lab_reader_wrong(r, node->line, "'run' is missing here");
    if (v->kind == YAML_SCALAR) {
        if (split_words(r, v, step) != 0)
            return -1;
    } else {
        if (lab_reader_texts(r, node, "run", word, LAB_MAX_WORDS,
                             &step->n_words) != 0)
            return -1;
        for (size_t i = 0; i < step->n_words; i++)
            step->word[i] = (char *)(uintptr_t)word[i];
    }
    if (step->n_words == 0)
        return lab_reader_wrong(r, v->line, "run: there is no command");
    for (size_t i = 0; i < step->n_words; i++)
        if (check_word(r, v->line, step, step->word[i]) != 0)
            return -1;
    return 0;
}

/* ---- take ---------------------------------------------------------------- */

static bool is_of_process(const char *path)
{
    return strcmp(path, "wall") == 0 || strcmp(path, "cpu") == 0
           || strcmp(path, "maxrss") == 0 || strcmp(path, "exit") == 0;
}

static bool is_fanfold_run(const struct lab_step *step)
{
    return step->n_words > 2 && strcmp(step->word[0], "{fanfold}") == 0
           && strcmp(step->word[1], "run") == 0;
}

static int add_take(const struct lab_reader *r, unsigned line,
                    const struct lab_table *table, const char *column,
                    const char *path, struct lab_step *step)
{
    struct lab_take *take = &step->take[step->n_takes];
    if (step->n_takes == LAB_MAX_COLUMNS)
        return lab_reader_wrong(r, line, "more is taken than there are "
                                "columns");
    if (lab_reader_column(r, line, table, column, &take->column) != 0)
        return -1;
    if (table->column[take->column].form != LAB_GIVEN)
        return lab_reader_wrong(r, line, "column '%.60s' is computed", column);
    take->path = path;
    step->n_takes++;
    if (is_of_process(path))
        return 0;
    step->wants_json = true;
    if (!is_fanfold_run(step))
        return lab_reader_wrong(r, line, "take: wall, cpu, maxrss and exit "
                                "are of any command, '%.60s' only of "
                                "'{fanfold} run'", path);
    return 0;
}

/* One path for `column`, or a mapping of columns to paths. */
static int read_takes(const struct lab_reader *r, const struct yaml_node *node,
                      const struct lab_table *table, struct lab_step *step)
{
    const struct yaml_node *v = yaml_tree_find(node, "take");
    const char *column = NULL, *path = NULL;
    if (lab_reader_text(r, node, "column", LAB_OPTIONAL, &column) != 0)
        return -1;
    if (v == NULL || v->kind != YAML_MAPPING) {
        if (lab_reader_text(r, node, "take", LAB_OPTIONAL, &path) != 0)
            return -1;
        if ((path == NULL) != (column == NULL))
            return lab_reader_wrong(r, node->line, "'take' and 'column' "
                                    "belong together");
        return path == NULL ? 0
               : add_take(r, v->line, table, column, path, step);
    }
    if (column != NULL)
        return lab_reader_wrong(r, v->line, "'take' names the columns, and "
                                "'column' another one");
    for (const struct yaml_node *t = v->first; t != NULL; t = t->next)
        if (lab_reader_text(r, v, t->key, LAB_NEEDED, &path) != 0
            || add_take(r, t->line, table, t->key, path, step) != 0)
            return -1;
    return 0;
}

static int read_row(const struct lab_reader *r, const struct yaml_node *node,
                    const struct lab_table *table, struct lab_step *step)
{
    if (lab_reader_text(r, node, "row", LAB_OPTIONAL, &step->row) != 0
        || read_takes(r, node, table, step) != 0)
        return -1;
    if ((step->row == NULL) != (step->n_takes == 0))
        return lab_reader_wrong(r, node->line, "'row' and 'take' belong "
                                "together: a step without them prints its "
                                "rows itself");
    return step->row == NULL ? 0
           : check_label(r, yaml_tree_find(node, "row")->line, step,
                         step->row);
}

/* ---- the rest ------------------------------------------------------------ */

static int read_status(const struct lab_reader *r,
                       const struct yaml_node *node, struct lab_step *step)
{
    const char *text[LAB_MAX_FEW];
    uint64_t n;
    if (lab_reader_texts(r, node, "status", text, LAB_MAX_FEW,
                         &step->n_status) != 0)
        return -1;
    for (size_t i = 0; i < step->n_status; i++) {
        if (number_u64(text[i], &n) != 0 || n > 255)
            return lab_reader_wrong(r, yaml_tree_find(node, "status")->line,
                                    "'status' is a number from 0 to 255, not "
                                    "'%.60s'", text[i]);
        step->status[i] = (int)n;
    }
    if (step->n_status == 0)
        step->n_status = 1; /* 0 */
    return 0;
}

/* regcomp copies what is repeated: of nested counts, (a{9,99}){9,99}, and of
 * a row of +, a++++, a small expression costs gigabytes. What is wrong with it;
 * NULL: nothing. */
static const char *too_costly(const char *expression)
{
    uint32_t n = 0;
    for (const char *p = expression; *p != '\0'; p++)
        n += *p == '+';
    return strchr(expression, '{') != NULL ? "there are no counts in braces"
           : n > MAX_PLUS ? "more than 8 +" : NULL;
}

static int read_show(const struct lab_reader *r, const struct yaml_node *node,
                     struct lab_step *step)
{
    char why[100];
    regex_t re;
    if (lab_reader_texts(r, node, "show", step->show, LAB_MAX_FEW,
                         &step->n_show) != 0)
        return -1;
    for (size_t i = 0; i < step->n_show; i++) {
        const char *costly = too_costly(step->show[i]);
        if (costly != NULL)
            return lab_reader_wrong(r, yaml_tree_find(node, "show")->line,
                                    "show: %s: '%.200s'", costly,
                                    step->show[i]);
        const int rc = regcomp(&re, step->show[i], REG_EXTENDED | REG_NOSUB);
        if (rc == 0) {
            regfree(&re);
            continue;
        }
        regerror(rc, &re, why, sizeof why);
        return lab_reader_wrong(r, yaml_tree_find(node, "show")->line,
                                "show: '%.200s': %s", step->show[i], why);
    }
    return 0;
}

static int read_building(const struct lab_reader *r,
                         const struct yaml_node *node, struct lab_step *step)
{
    const char *with = NULL, *timeout = NULL;
    if (lab_reader_texts(r, node, "cc", step->flag, LAB_MAX_FEW,
                         &step->n_flags) != 0
        || lab_reader_text(r, node, "with", LAB_OPTIONAL, &with) != 0
        || lab_reader_text(r, node, "timeout", LAB_OPTIONAL, &timeout) != 0)
        return -1;
    if (with != NULL && strcmp(with, "mpicc") != 0 && strcmp(with, "cc") != 0)
        return lab_reader_wrong(r, yaml_tree_find(node, "with")->line,
                                "'with' is cc or mpicc, not '%.60s'", with);
    step->mpicc = with != NULL && strcmp(with, "mpicc") == 0;
    if (timeout != NULL && (number_duration_ns(timeout, &step->timeout_ns) != 0
                            || step->timeout_ns == 0))
        return lab_reader_wrong(r, yaml_tree_find(node, "timeout")->line,
                                "'timeout' is a duration such as 5 or 500ms, "
                                "not '%.60s'", timeout);
    return 0;
}

int lab_file_step(const struct lab_reader *r, const struct yaml_node *node,
                  const struct lab_table *table, struct lab_step *step)
{
    static const char *const keys[] = {"run", "for", "row", "column", "take",
                                       "best", "status", "show", "needs",
                                       "cc", "with", "timeout"};
    int best = 1;
    *step = (struct lab_step){.line = node->line};
    if (lab_reader_keys(r, node, "a step", keys, COUNT(keys)) != 0
        || read_variables(r, node, step) != 0 || read_run(r, node, step) != 0
        || read_row(r, node, table, step) != 0
        || lab_reader_whole(r, node, "best", 1, MAX_BEST, &best) != 0
        || read_status(r, node, step) != 0 || read_show(r, node, step) != 0
        || lab_reader_needs(r, node, &step->needs) != 0
        || read_building(r, node, step) != 0)
        return -1;
    step->best = (unsigned)best;
    return 0;
}
