/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options from one table: see options.h.
 *
 * argp parses and writes the help, but prints its errors itself, and not
 * where the way out is. So each command line is read once before argp sees
 * it, by the rules of getopt_long: what passes here is no error to argp.
 */
#include "options.h"
#include "nearest.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ROWS 64
#define FIRST_LONG_KEY 256 /* above all letters */
#define VARIABLE "FANFOLD_OPT_"

static const struct option_row help_row = {
    "help", 'h', NULL, -1, "Show this help", NULL};

/* ---- the table ----------------------------------------------------------- */

static const struct option_row *find_letter(const struct options *o, char c)
{
    for (size_t i = 0; i < o->n_rows; i++)
        if (o->row[i].letter == c)
            return &o->row[i];
    return c == help_row.letter ? &help_row : NULL;
}

/* The long name that is nearest to a word; NULL: none is near. */
static const char *nearest_name(const struct options *o, const char *word,
                                size_t n)
{
    const char *name[MAX_ROWS + 1];
    size_t n_names = 0;
    for (size_t i = 0; i < o->n_rows && n_names < MAX_ROWS; i++)
        if (o->row[i].name != NULL)
            name[n_names++] = o->row[i].name;
    name[n_names++] = help_row.name;
    return nearest(word, n, name, n_names);
}

static int unknown_long(const struct options *o, const char *word, size_t n,
                        struct ff_error *err)
{
    const char *near = nearest_name(o, word, n);
    char meant[64] = "";
    if (n == 1 && find_letter(o, *word) != NULL)
        snprintf(meant, sizeof meant, "-%c", *word);
    else if (n == 7 && memcmp(word, "version", n) == 0)
        snprintf(meant, sizeof meant, "fanfold --version");
    else if (near != NULL)
        snprintf(meant, sizeof meant, "--%s", near);
    if (meant[0] == '\0')
        return ff_error_set(err, FF_USAGE, "unknown option '--%.*s': '%s "
                            "--help' lists all", (int)n, word, o->command);
    return ff_error_set(err, FF_USAGE, "unknown option '--%.*s': did you mean "
                        "'%s'? ('%s --help' lists all)", (int)n, word, meant,
                        o->command);
}

static int ambiguous(const char *word, size_t n, const char *a, const char *b,
                     struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE,
                        "option '--%.*s' can be '--%s' or '--%s': write it "
                        "in full", (int)n, word, a, b);
}

/* The row of a long option's name, which may be cut short. */
static int find_long(const struct options *o, const char *word, size_t n,
                     const struct option_row **out, struct ff_error *err)
{
    const struct option_row *found = NULL;
    const struct option_row *letter = n == 1 ? find_letter(o, *word) : NULL;
    if (letter != NULL && letter->name == NULL) /* meant -n, not --null */
        return unknown_long(o, word, n, err);
    for (size_t i = 0; i <= o->n_rows; i++) {
        const struct option_row *row = i < o->n_rows ? &o->row[i] : &help_row;
        if (row->name == NULL || n == 0 || strncmp(row->name, word, n) != 0)
            continue;
        if (row->name[n] == '\0') {
            *out = row;
            return 0;
        }
        if (found != NULL)
            return ambiguous(word, n, found->name, row->name, err);
        found = row;
    }
    if (found == NULL)
        return unknown_long(o, word, n, err);
    *out = found;
    return 0;
}

/* ---- reading before argp ------------------------------------------------- */

static int no_value(const struct option_row *row, const char *dashes,
                    const char *name, struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE,
                        "option '%s%s' needs a value: %s%s %s", dashes, name,
                        dashes, name, row->value);
}

/* Checks "--name" or "--name=value"; *takes_next: its value is the next
 * word. */
static int check_long(const struct options *o, const char *word,
                      bool *takes_next, const struct option_row **row,
                      struct ff_error *err)
{
    const char *equals = strchr(word, '=');
    const size_t n = equals ? (size_t)(equals - word) : strlen(word);
    if (find_long(o, word, n, row, err) != 0)
        return -1;
    if (equals != NULL && (*row)->value == NULL)
        return ff_error_set(err, FF_USAGE, "option '--%s' takes no value",
                            (*row)->name);
    *takes_next = equals == NULL && (*row)->value != NULL;
    return 0;
}

/* Checks "-abc" or "-nVALUE". */
static int check_letters(const struct options *o, const char *word,
                         bool *takes_next, const struct option_row **row,
                         struct ff_error *err)
{
    for (const char *p = word + 1; *p != '\0'; p++) {
        *row = find_letter(o, *p);
        if (*row == NULL)
            return ff_error_set(err, FF_USAGE,
                                "unknown option '%s': '%s --help' lists all",
                                word, o->command);
        if (*row == &help_row)
            return 0;
        if ((*row)->value != NULL) {
            *takes_next = p[1] == '\0';
            return 0;
        }
    }
    return 0;
}

/* Checks the word at argv[i]; *used: how many words it is. */
static int check_option(const struct options *o, int argc, char **argv, int i,
                        int *used, bool *help, struct ff_error *err)
{
    static char n_option[] = "-n";
    const struct option_row *row = NULL;
    bool takes_next = false;
    char letter[2] = "";
    int rc;

    if (strcmp(argv[i], "-np") == 0 || strcmp(argv[i], "--np") == 0)
        argv[i] = n_option;
    const bool is_long = argv[i][1] == '-';
    rc = is_long ? check_long(o, argv[i] + 2, &takes_next, &row, err)
                 : check_letters(o, argv[i], &takes_next, &row, err);
    if (rc != 0)
        return -1;
    *help = *help || row == &help_row;
    *used = takes_next ? 2 : 1;
    if (!takes_next || i + 1 < argc)
        return 0;
    letter[0] = row->letter;
    return no_value(row, is_long ? "--" : "-", is_long ? row->name : letter,
                    err);
}

/* Is this command line one that argp takes without a word? */
static int check(const struct options *o, int argc, char **argv, bool *help,
                 struct ff_error *err)
{
    for (int i = 1, used; i < argc; i += used) {
        used = 1;
        if (strcmp(argv[i], "--") == 0)
            return 0;
        if (argv[i][0] != '-' || argv[i][1] == '\0')
            continue;
        if (check_option(o, argc, argv, i, &used, help, err) != 0)
            return -1;
        if (*help)
            return 0;
    }
    return 0;
}

/* ---- argp ---------------------------------------------------------------- */

struct parse {
    const struct options *o;
    void *into;
    struct ff_error *err;
};

static int row_key(const struct options *o, const struct option_row *row)
{
    return row->letter != 0 ? row->letter
                            : FIRST_LONG_KEY + (int)(row - o->row);
}

static int set_row(const struct parse *p, const struct option_row *row,
                   const char *text)
{
    const char letter[2] = {row->letter, '\0'};
    const char *wrong = row->set(p->into, text);
    if (wrong == NULL)
        return 0;
    return ff_error_set(p->err, FF_USAGE, "option '%s%s': '%s' %s",
                        row->name ? "--" : "-", row->name ? row->name : letter,
                        text, wrong);
}

static error_t parse_key(int key, char *arg, struct argp_state *state)
{
    const struct parse *p = state->input;
    if (key == ARGP_KEY_ARG)
        return p->o->operand(p->into, arg, p->err) == 0 ? 0 : EINVAL;
    for (size_t i = 0; i < p->o->n_rows; i++) {
        const struct option_row *row = &p->o->row[i];
        if (key == row_key(p->o, row))
            return set_row(p, row, arg ? arg : "1") == 0 ? 0 : EINVAL;
    }
    return ARGP_ERR_UNKNOWN;
}

/* The table as argp wants it: each group's heading and rows, and the end. */
static void fill(const struct options *o, struct argp_option *out)
{
    size_t n = 0;
    for (size_t i = 0; i < o->n_headings; i++)
        if (o->headings[i] != NULL)
            out[n++] = (struct argp_option){.doc = o->headings[i],
                                            .group = (int)i + 1};
    for (size_t i = 0; i < o->n_rows && n < 2 * MAX_ROWS - 2; i++)
        out[n++] = (struct argp_option){
            .name = o->row[i].name, .key = row_key(o, &o->row[i]),
            .arg = o->row[i].value, .doc = o->row[i].help,
            .flags = o->headings[o->row[i].group - 1] ? 0 : OPTION_HIDDEN,
            .group = o->row[i].group};
    out[n++] = (struct argp_option){
        .name = help_row.name, .key = help_row.letter, .doc = help_row.help,
        .group = help_row.group};
    out[n] = (struct argp_option){0};
}

_Noreturn static void show_help(const struct options *o,
                                const struct argp *argp)
{
    char *name = strdup(o->command);
    if (name != NULL)
        argp_help(argp, stdout, ARGP_HELP_SHORT_USAGE | ARGP_HELP_DOC
                  | ARGP_HELP_LONG, name);
    free(name);
    exit(fflush(stdout) == 0 && !ferror(stdout) ? FF_DONE : FF_UNWRITTEN);
}

int options_command_line(const struct options *o, int argc, char **argv,
                         void *into, struct ff_error *err)
{
    struct argp_option table[2 * MAX_ROWS];
    struct parse parse = {o, into, err};
    char doc[4096];
    struct argp argp = {table, parse_key, o->operands, doc, NULL, NULL, NULL};
    bool help = false;

    /* argp prints what stands behind a vertical tab after the options. */
    snprintf(doc, sizeof doc, "%s\v%s", o->about, o->after);
    fill(o, table);
    if (check(o, argc, argv, &help, err) != 0)
        return -1;
    if (help)
        show_help(o, &argp);
    if (err != NULL)
        err->status = 0;
    const error_t rc =
        argp_parse(&argp, argc, argv,
                   ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, NULL, &parse);
    if (rc == 0)
        return 0;
    if (err != NULL && err->status != 0)
        return -1;
    errno = rc;
    return ff_error_errno(err, FF_USAGE, "cannot read the command line");
}

/* ---- environment --------------------------------------------------------- */

static void variable_name(const struct option_row *row, char out[64])
{
    const char letter[2] = {row->letter, '\0'};
    snprintf(out, 64, VARIABLE "%s", row->name ? row->name : letter);
    for (char *p = out; *p != '\0'; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

static bool is_variable(const struct options *o, const char *name, size_t n)
{
    char known[64];
    for (size_t i = 0; i < o->n_rows; i++) {
        variable_name(&o->row[i], known);
        if (strlen(known) == n && memcmp(known, name, n) == 0)
            return true;
    }
    return false;
}

/* Says of a variable that it is no option's, and whose it may be. */
static void not_known(const struct options *o, const char *name, size_t n,
                      char *out, size_t size)
{
    char known[MAX_ROWS][64];
    const char *names[MAX_ROWS];
    for (size_t i = 0; i < o->n_rows && i < MAX_ROWS; i++) {
        variable_name(&o->row[i], known[i]);
        names[i] = known[i] + sizeof VARIABLE - 1;
    }
    const char *near = nearest(name + sizeof VARIABLE - 1,
                               n - (sizeof VARIABLE - 1), names, o->n_rows);
    const int length = n < 64 ? (int)n : 64;
    if (near != NULL)
        snprintf(out, size, "environment variable '%.*s' is no option: did "
                 "you mean '%s%s'?", length, name, VARIABLE, near);
    else
        snprintf(out, size, "environment variable '%.*s' is no option: '%s "
                 "--help' lists all", length, name, o->command);
}

void options_unknown(const struct options *o, char *out, size_t size)
{
    out[0] = '\0';
    for (char **e = environ; *e != NULL && out[0] == '\0'; e++) {
        const size_t n = strcspn(*e, "=");
        if (strncmp(*e, VARIABLE, sizeof VARIABLE - 1) == 0
            && (*e)[n] == '=' && (*e)[n + 1] != '\0'
            && !is_variable(o, *e, n))
            not_known(o, *e, n, out, size);
    }
}

int options_environment(const struct options *o, void *into,
                        struct ff_error *err)
{
    for (size_t i = 0; i < o->n_rows; i++) {
        const struct option_row *row = &o->row[i];
        char name[64];
        variable_name(row, name);
        const char *text = getenv(name);
        if (text == NULL || *text == '\0')
            continue;
        const bool flag = row->value == NULL;
        const char *wrong =
            flag && strcmp(text, "0") != 0 && strcmp(text, "1") != 0
                ? "is neither 1 nor 0" : row->set(into, text);
        if (wrong != NULL)
            return ff_error_set(err, FF_USAGE,
                                "environment variable '%s': '%s' %s", name,
                                text, wrong);
    }
    return 0;
}
