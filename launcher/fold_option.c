/* SPDX-License-Identifier: Apache-2.0 */
/* The option --fold: see fold_option.h. Whether a kernel has what it asks for
 * is known to workers alone. */
#include "fold_option.h"
#include "field.h"
#include "fold_text.h"
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

#define LIST_WORD "list"

/* ---- setting ------------------------------------------------------------- */

/* The last of a name counts. */
static void drop_same_name(struct job *job, const char *text)
{
    for (size_t i = job->n_folds; i-- > 0;)
        if (fold_text_same_name(job->fold[i], text))
            memmove(&job->fold[i], &job->fold[i + 1],
                    (--job->n_folds - i) * sizeof job->fold[0]);
}

const char *fold_option_set(void *into, const char *text)
{
    struct job *job = into;
    struct fold_text fold;
    if (strcmp(text, LIST_WORD) == 0) {
        job->list_operators = true;
        return NULL;
    }
    if (fold_text_parse(&fold, text, &job->wrong) != 0)
        return job->wrong.text;
    drop_same_name(job, text);
    if (job->n_folds == JOB_MAX_FOLDS)
        return "is one more than the 64 that can be given";
    job->fold[job->n_folds++] = text;
    return NULL;
}

static bool is_fold(const struct option_setting *s)
{
    return s->row != NULL && s->row->set == fold_option_set;
}

int fold_option_check(const struct option_list *settings,
                      struct ff_error *err)
{
    char origin[256];
    for (size_t i = 0; i < settings->n; i++)
        for (size_t k = 0; k < i; k++) {
            const struct option_setting *a = &settings->at[k];
            const struct option_setting *b = &settings->at[i];
            const int n = (int)fold_text_name_bytes(b->text);
            const char *field = strchr(b->text, ':');
            if (!is_fold(a) || !is_fold(b) || a->source != b->source
                || !fold_text_same_name(a->text, b->text))
                continue;
            return ff_error_set(err, FF_USAGE, "%s: --fold: '%.*s' is given "
                                "twice, '%.100s' and '%.100s': choose another "
                                "name, as in NAME=OP:%.*s",
                                option_origin(b, origin), n, b->text,
                                a->text, b->text, field != NULL ? 64 : n,
                                field != NULL ? field + 1 : b->text);
        }
    return 0;
}

int fold_option_check_command(const struct job *job, struct ff_error *err)
{
    for (size_t i = 0; i < job->n_folds; i++)
        if (field_of_fold(job->fold[i], err) == NULL)
            return -1;
    return 0;
}

bool fold_option_shows(const struct job *job)
{
    const struct task *t = &job->task;
    return job->n_folds == 0 || job->keep_order || t->group
           || t->output != WORK_GROUPED || t->tag || t->tagstring != NULL
           || job->tag_output || job->timestamp_output;
}

/* ---- the operators ------------------------------------------------------- */

/* One line of the list. */
struct line {
    const char *name;
    char values[64], gives[64];
    const char *params;
};

enum { MAX_LINES = 256 };

/* Adds a word to a list of them, once. */
static void add_word(char list[64], const char *word)
{
    const size_t n = strlen(list);
    if (strstr(list, word) == NULL)
        snprintf(list + n, 64 - n, "%s%s", n > 0 ? " " : "", word);
}

static void add_text(char list[64], const char *text)
{
    const size_t n = strlen(list);
    snprintf(list + n, 64 - n, "%s", text);
}

static void fill_line(struct line *l, const char *name)
{
    static const char *const kinds[] = {
        [VALUE_KIND_ONE] = "", [VALUE_KIND_ITEM] = ", items",
        [VALUE_KIND_PAIR] = ", pairs", [VALUE_KIND_DIRECT] = ""};
    const char *kind = "";
    const struct op *op;
    *l = (struct line){.name = name, .params = fold_usage(name)};
    for (size_t i = 0; (op = op_row(i)) != NULL; i++) {
        if (strcmp(op->name, name) != 0)
            continue;
        add_word(l->values, op->type);
        add_word(l->gives, op_gives(op));
        kind = kinds[op->kind];
        if (!fold_allows(op) && !fold_is_vector(op))
            l->params = "(only a kernel declares it)";
        if (fold_is_vector(op))
            kind = ", arrays";
    }
    if (strncmp(name, "array_", 6) == 0) {
        add_text(l->values, name + 6);
        add_text(l->gives, "file");
        kind = ", arrays";
    } else if (strcmp(name, FOLD_CONCAT) == 0) {
        add_text(l->values, "all");
        add_text(l->gives, "output");
    }
    if (strcmp(l->gives, l->values) == 0)
        snprintf(l->gives, sizeof l->gives, "same");
    add_text(l->values, kind);
}

static int wider(int width, const char *text)
{
    const int n = (int)strlen(text);
    return n > width ? n : width;
}

static void print_lines(FILE *out, const struct line *line, size_t n)
{
    int name = 0, values = 0, gives = 0;
    for (size_t i = 0; i < n; i++) {
        name = wider(name, line[i].name);
        values = wider(values, line[i].values);
        if (line[i].params[0] != '\0') /* else it stands last */
            gives = wider(gives, line[i].gives);
    }
    for (size_t i = 0; i < n; i++) {
        const struct line *l = &line[i];
        fprintf(out, "%-*s  %-*s  ", name, l->name, values, l->values);
        if (l->params[0] != '\0')
            fprintf(out, "%-*s  %s\n", gives, l->gives, l->params);
        else
            fprintf(out, "%s\n", l->gives);
    }
}

void fold_option_list(FILE *out)
{
    struct line line[MAX_LINES + 1] = {
        {"OPERATOR", "VALUES", "GIVES", "PARAMETERS [default]"}};
    size_t n = 1;
    const char *name;
    for (; n <= MAX_LINES && (name = fold_name(n - 1)) != NULL; n++)
        fill_line(&line[n], name);
    print_lines(out, line, n);
    fputs("\nfanfold run KERNEL --fold NAME=OPERATOR[,PARAM...][:VALUES]\n"
          "'fanfold run KERNEL --help' lists the values of a kernel. Items: "
          "also tells\nwhich item a value belongs to.\n"
          "Arrays: a Python function returns them, "
          "and each element is folded, or kept.\n"
          "\nfanfold run --fold NAME=OPERATOR[,PARAM...][:FIELD] -- COMMAND "
          "...\nFIELD is one of: nothing, for the last number that the command "
          "prints; a column\nof its last line, as 3 or -1; KEY, for KEY=NUMBER, "
          "KEY: NUMBER or JSON; /REGEX/\nwith one group; @wall @user @system "
          "@cpu @rss @exit @attempts.\n", out);
}

/* ---- values without an operator ------------------------------------------ */

/* (Those of a result that --fold has given others are not missed.) */
static bool is_used(const struct spec *spec, uint32_t source)
{
    for (uint32_t i = 0; i < spec->n_results; i++)
        if (spec->result[i].source == source
            || strcmp(spec->result[i].name, spec->source[source].name) == 0)
            return true;
    for (uint32_t i = 0; i < spec->n_outputs; i++)
        if (spec->output[i].source == source + 1)
            return true;
    return false;
}

void fold_option_tell_unused(const struct spec *spec)
{
    for (uint32_t i = 0; i < spec->n_sources; i++) {
        const char *name = spec->source[i].name;
        char line[3 * SPEC_NAME];
        if (is_used(spec, i))
            continue;
        snprintf(line, sizeof line, "'%s' is not folded: --fold %s=max, for "
                 "example", name, name);
        wrap_print(stderr, "fanfold: %s\n", line);
    }
}
