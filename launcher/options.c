/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options from one table: see options.h. Words are read by the rules of
 * getopt_long, which prints its errors itself, and not where the way out is.
 */
#include "options.h"
#include "nearest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ROWS 256
#define SHOWN_BYTES (OPTION_SHOWN - 4)

static const struct option_row help_row = {
    .name = "help", .letter = 'h', .help = "Show this help", .passing = true};

/* ---- the table ----------------------------------------------------------- */

static const struct option_row *find_letter(const struct options *o, char c)
{
    for (size_t i = 0; i < o->n_rows; i++)
        if (o->row[i].letter == c)
            return &o->row[i];
    return c == help_row.letter ? &help_row : NULL;
}

const char *option_key(const struct option_row *row, char out[2])
{
    out[0] = row->letter;
    out[1] = '\0';
    return row->key != NULL ? row->key : row->name != NULL ? row->name : out;
}

const struct option_row *options_find_key(const struct options *o,
                                          const char *key)
{
    char letter[2];
    for (size_t i = 0; i < o->n_rows; i++)
        if (strcmp(option_key(&o->row[i], letter), key) == 0)
            return &o->row[i];
    return NULL;
}

/* A name of a row; NULL: it has none. */
typedef const char *name_of(const struct option_row *row, char out[64]);

/* The name of a row, or `more`, that is nearest to a word, in `out`; NULL: none
 * is near. */
static const char *find_nearest(const struct options *o, name_of *of,
                                const char *more, const char *word, size_t n,
                                char out[64])
{
    char text[MAX_ROWS][64];
    const char *names[MAX_ROWS + 1];
    size_t n_names = 0;
    assert(o->n_rows <= MAX_ROWS);
    for (size_t i = 0; i < o->n_rows; i++) {
        names[n_names] = of(&o->row[i], text[i]);
        n_names += names[n_names] != NULL;
    }
    if (more != NULL)
        names[n_names++] = more;
    const char *near = nearest(word, n, names, n_names);
    if (near == NULL)
        return NULL;
    snprintf(out, 64, "%s", near);
    return out;
}

static const char *long_name(const struct option_row *row, char out[64])
{
    (void)out;
    return row->name;
}

static const char *key_name(const struct option_row *row, char out[64])
{
    return option_key(row, out);
}

/* Without FANFOLD_OPT_. */
const char *option_variable(const struct option_row *row, char out[64])
{
    const char letter[2] = {row->letter, '\0'};
    snprintf(out, 64, "%s", row->name != NULL ? row->name : letter);
    for (char *p = out; *p != '\0'; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    return out;
}

static bool has_name(const struct options *o, const char *name, size_t n)
{
    for (size_t i = 0; i < o->n_rows; i++)
        if (o->row[i].name != NULL && strlen(o->row[i].name) == n
            && memcmp(o->row[i].name, name, n) == 0)
            return true;
    return false;
}

/* What parallel, xargs, mpirun and srun call otherwise. */
static const char *const foreign[][2] = {
    {"-n", " j jobs workers worker procs processes ntasks cores cpus P "
           "max-procs "},
    {"--ppn", " npernode ntasks-per-node tasks-per-node "},
    {"--ppn, or --max-args", " N "},
    {"--host", " w nodelist hostname S sshlogin "},
    {"--hostfile", " slf sshloginfile "},
    {"--max-args", " L max-lines max-replace-args X m xargs "},
    {"--verbose", " v t trace "},
    {"--quiet", " q silent "},
    {"--null", " d delimiter "},
    {"--colsep", " C "},
    {"--range", " array "},
    {"--threads", " c cpus-per-task "},
    {"--memory", " mem-per-cpu "},
    {"--wdir", " workdir chdir cwd "},
    {"--results", " outputasfiles "},
    {"--pipe", " pipepart pipe-part "},
    {"--retries", " retry "},
    {"--resume", " resume-failed retry-failed "},
    {"--halt", " halt-on-error "},
    {":::+ between two sources", " link xapply "}};

/* Our option for what other programs call so, with its dashes; or NULL. */
static const char *translate(const struct options *o, const char *word,
                             size_t n)
{
    char key[32];
    snprintf(key, sizeof key, " %.*s ", n < 24 ? (int)n : 24, word);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const char *ours = foreign[i][0] + strspn(foreign[i][0], "-:+");
        const size_t length = strcspn(ours, ", ");
        if (strstr(foreign[i][1], key) != NULL
            && (length == 1 ? find_letter(o, *ours) != NULL
                : *foreign[i][0] == ':' ? o->begins_rest != NULL
                                      : has_name(o, ours, length)))
            return foreign[i][0];
    }
    return NULL;
}

const char *options_nearest_key(const struct options *o, const char *word,
                                size_t n, char out[64])
{
    const char *ours = translate(o, word, n);
    if (ours != NULL)
        return strcpy(out, ours + strspn(ours, "-"));
    return find_nearest(o, key_name, o->operand_key, word, n, out);
}

/* ---- words --------------------------------------------------------------- */

static int unknown_long(const struct options *o, const char *word, size_t n,
                        struct ff_error *err)
{
    char name[64], meant[80] = "";
    const char *ours = translate(o, word, n);
    const int shown = n < SHOWN_BYTES ? (int)n : SHOWN_BYTES;
    if (n == 7 && memcmp(word, "version", n) == 0)
        snprintf(meant, sizeof meant, "fanfold --version");
    else if (ours != NULL)
        snprintf(meant, sizeof meant, "%s", ours);
    else if (find_nearest(o, long_name, help_row.name, word, n, name) != NULL)
        snprintf(meant, sizeof meant, "--%s", name);
    if (meant[0] == '\0')
        return ff_error_set(err, FF_USAGE, "unknown option '--%.*s': '%s "
                            "--help' lists all", shown, word, o->command);
    return ff_error_set(err, FF_USAGE, "unknown option '--%.*s': did you mean "
                        "'%s'? ('%s --help' lists all)", shown, word, meant,
                        o->command);
}

static int ambiguous(const char *word, size_t n, const char *a, const char *b,
                     struct ff_error *err)
{
    return ff_error_set(err, FF_USAGE,
                        "option '--%.*s' can be '--%s' or '--%s': write it "
                        "in full", (int)n, word, a, b);
}

/* How a long name fits the word: NULL not, else the name; *whole: exactly. */
static const char *match(const struct option_row *row, const char *word,
                         size_t n, bool *whole)
{
    const char *const names[] = {row->name, row->alias};
    const char *found = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (names[i] == NULL || n == 0 || strncmp(names[i], word, n) != 0)
            continue;
        *whole = names[i][n] == '\0';
        if (*whole)
            return names[i];
        found = found != NULL ? found : names[i];
    }
    return found;
}

/* The row of a long option's name, which may be cut short, and the whole name.
 * A single letter is that letter's option. */
static int find_long(const struct options *o, const char *word, size_t n,
                     const struct option_row **out, const char **whole_name,
                     struct ff_error *err)
{
    const char *found = NULL, *other = NULL;
    if (n == 1 && find_letter(o, *word) != NULL) {
        *out = find_letter(o, *word);
        *whole_name = word;
        return 0;
    }
    for (size_t i = 0; i <= o->n_rows; i++) {
        const struct option_row *row = i < o->n_rows ? &o->row[i] : &help_row;
        bool whole = false;
        const char *name = match(row, word, n, &whole);
        if (name == NULL)
            continue;
        if (found == NULL || whole) {
            *out = row;
            *whole_name = name;
        }
        if (whole)
            return 0;
        if (found == NULL)
            found = name;
        else if (other == NULL)
            other = name;
    }
    return found == NULL ? unknown_long(o, word, n, err)
           : other != NULL ? ambiguous(word, n, found, other, err) : 0;
}

/* The words of a command line, one after the other. */
struct words {
    const struct options *o;
    int argc;
    char *const *argv;
    int next;
    struct option_list *list;
};

static int add_word(const struct words *w, const struct option_row *row,
                    const char *text, struct ff_error *err)
{
    if (row == &help_row) {
        w->list->help = true;
        return 0;
    }
    return option_list_add(w->list, (struct option_setting){
        .row = row, .text = text, .source = OPTION_COMMAND_LINE}, err);
}

/* In the place of a file's name. (One that begins so is given as ./-x.) */
static bool is_another_option(const struct options *o,
                              const struct option_row *row, const char *word)
{
    const size_t n = strlen(row->value);
    if (word[0] != '-' || n < 4 || strcmp(row->value + n - 4, "FILE") != 0)
        return false;
    if (word[1] == '-')
        return word[2] == '\0'
               || has_name(o, word + 2, strcspn(word + 2, "="));
    return word[1] != '\0' && word[2] == '\0' && find_letter(o, word[1]) != NULL;
}

/* The value of an option is the next word. */
static int take_value(struct words *w, const struct option_row *row,
                      const char *dashes, const char *name,
                      struct ff_error *err)
{
    if (w->next == w->argc)
        return ff_error_set(err, FF_USAGE, "option '%s%s' needs a value: "
                            "%s%s %s", dashes, name, dashes, name, row->value);
    if (is_another_option(w->o, row, w->argv[w->next]))
        return ff_error_set(err, FF_USAGE, "option '%s%s' needs a value: "
                            "%s%s %s, and '%s' is another option%s", dashes,
                            name, dashes, name, row->value, w->argv[w->next],
                            strcmp(name, "csv") == 0
                                ? "; columns of the input are read by "
                                  "--csv-input" : "");
    return add_word(w, row, w->argv[w->next++], err);
}

/* The one word that a flag may have behind it, which says nothing more. */
static bool is_said_by(const struct option_row *row, const char *word)
{
    return option_is_flag(row) && row->words != NULL
           && strcmp(word, row->words) == 0;
}

static int take_flag(struct words *w, const struct option_row *row,
                     struct ff_error *err)
{
    if (w->next < w->argc && is_said_by(row, w->argv[w->next]))
        w->next++;
    return add_word(w, row, "1", err);
}

/* Is the next word one of those that the value can be? */
static bool next_is_value(const struct words *w, const struct option_row *row)
{
    const char *next = w->next < w->argc ? w->argv[w->next] : "";
    const size_t n = strlen(next);
    for (const char *p = row->words; n > 0 && p != NULL; p = strchr(p, '|')) {
        p += *p == '|';
        if (strncmp(p, next, n) == 0 && (p[n] == '|' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* "--name", "--name=value" or "--name" "value". */
static int read_long(struct words *w, const char *word, struct ff_error *err)
{
    const char *equals = strchr(word, '=');
    const size_t n = equals ? (size_t)(equals - word) : strlen(word);
    const struct option_row *row = NULL;
    const char *name = NULL;
    if (find_long(w->o, word, n, &row, &name, err) != 0)
        return -1;
    if (equals != NULL && is_said_by(row, equals + 1))
        return add_word(w, row, "1", err);
    if (equals != NULL && option_is_flag(row))
        return ff_error_set(err, FF_USAGE, "option '--%s' takes no value",
                            name);
    if (equals != NULL)
        return add_word(w, row, equals + 1, err);
    if (row->bare != NULL && !next_is_value(w, row))
        return add_word(w, row, row->bare, err);
    return option_is_flag(row) ? take_flag(w, row, err)
                               : take_value(w, row, "--", name, err);
}

static int unknown_letter(const struct options *o, const char *word,
                          const char *at, struct ff_error *err)
{
    const char *ours = translate(o, at, 1);
    if (ours == NULL)
        return ff_error_set(err, FF_USAGE, "unknown option '-%.*s': '%s "
                            "--help' lists all", SHOWN_BYTES, word,
                            o->command);
    return ff_error_set(err, FF_USAGE, "unknown option '-%c': did you mean "
                        "'%s'? ('%s --help' lists all)", *at, ours,
                        o->command);
}

/* "-abc", "-nVALUE" or "-n" "VALUE"; "-host" is mpirun's for "--host". */
static int read_letters(struct words *w, const char *word,
                        struct ff_error *err)
{
    const struct option_row *head = find_letter(w->o, *word);
    if (word[1] != '\0' && (head == NULL || option_is_flag(head))
        && has_name(w->o, word, strlen(word)))
        return ff_error_set(err, FF_USAGE, "unknown option '-%s': did you "
                            "mean '--%s'? ('%s --help' lists all)", word,
                            word, w->o->command);
    for (const char *p = word; *p != '\0'; p++) {
        const struct option_row *row = find_letter(w->o, *p);
        const char letter[2] = {*p, '\0'};
        if (row == NULL)
            return unknown_letter(w->o, word, p, err);
        if (!option_is_flag(row))
            return p[1] != '\0' ? add_word(w, row, p + 1, err)
                                : take_value(w, row, "-", letter, err);
        if (add_word(w, row, "1", err) != 0)
            return -1;
    }
    return 0;
}

static int read_word(struct words *w, bool *only_operands,
                     struct ff_error *err)
{
    const char *word = w->argv[w->next++];
    if (*only_operands || word[0] != '-' || word[1] == '\0') {
        if (w->o->begins_rest == NULL
            || !w->o->begins_rest(word, *only_operands))
            return add_word(w, NULL, word, err);
        w->list->rest = w->next - 1;
        w->next = w->argc;
        return 0;
    }
    if (strcmp(word, "--") == 0) {
        *only_operands = true;
        return 0;
    }
    if (strcmp(word, "-np") == 0 && find_letter(w->o, 'n') != NULL)
        word = "-n";
    return word[1] == '-' ? read_long(w, word + 2, err)
                          : read_letters(w, word + 1, err);
}

int options_read_words(const struct options *o, int argc, char *const *argv,
                       struct option_list *list, struct ff_error *err)
{
    struct words w = {o, argc, argv, 1, list};
    bool only_operands = false;
    while (w.next < w.argc)
        if (read_word(&w, &only_operands, err) != 0 && !list->help)
            return -1;
    return 0;
}

/* ---- environment --------------------------------------------------------- */

int options_read_environment(const struct options *o,
                             struct option_list *list, struct ff_error *err)
{
    for (size_t i = 0; i < o->n_rows; i++) {
        char name[64], variable[sizeof OPTION_VARIABLE + 64];
        option_variable(&o->row[i], name);
        snprintf(variable, sizeof variable, OPTION_VARIABLE "%s", name);
        const char *text = getenv(variable);
        if (text == NULL || *text == '\0')
            continue;
        if (option_list_add(list, (struct option_setting){
                .row = &o->row[i], .text = text,
                .source = OPTION_ENVIRONMENT}, err) != 0)
            return -1;
    }
    return 0;
}

static bool is_variable(const struct options *o, const char *name, size_t n)
{
    char known[64];
    for (size_t i = 0; i < o->n_rows; i++) {
        option_variable(&o->row[i], known);
        if (strlen(known) == n && memcmp(known, name, n) == 0)
            return true;
    }
    return false;
}

void options_unknown(const struct options *o, char *out, size_t size)
{
    const size_t prefix = sizeof OPTION_VARIABLE - 1;
    char near[64];
    out[0] = '\0';
    for (char **e = environ; *e != NULL && out[0] == '\0'; e++) {
        const size_t n = strcspn(*e, "=");
        const int shown = n < 64 ? (int)n : 64;
        if (strncmp(*e, OPTION_VARIABLE, prefix) != 0 || (*e)[n] != '='
            || (*e)[n + 1] == '\0'
            || is_variable(o, *e + prefix, n - prefix))
            continue;
        if (find_nearest(o, option_variable, NULL, *e + prefix, n - prefix,
                         near) != NULL)
            snprintf(out, size, "environment variable '%.*s' is no option: "
                     "did you mean '" OPTION_VARIABLE "%s'?", shown, *e, near);
        else
            snprintf(out, size, "environment variable '%.*s' is no option: "
                     "'%s --help' lists all", shown, *e, o->command);
    }
}

int options_environment(const struct options *o, void *into,
                        struct ff_error *err)
{
    struct option_list list = OPTION_LIST_EMPTY;
    int rc = options_read_environment(o, &list, err);
    if (rc == 0)
        rc = options_apply(o, &list, into, err);
    option_list_release(&list);
    return rc;
}

int options_command_line(const struct options *o, int argc, char *const *argv,
                         void *into, struct ff_error *err)
{
    struct option_list list = OPTION_LIST_EMPTY;
    int rc = options_read_words(o, argc, argv, &list, err);
    if (rc == 0 && list.help) {
        options_help(o, stdout);
        exit(fflush(stdout) == 0 ? FF_DONE : FF_UNWRITTEN);
    }
    if (rc == 0)
        rc = options_apply(o, &list, into, err);
    option_list_release(&list);
    return rc;
}
