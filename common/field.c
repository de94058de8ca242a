/* SPDX-License-Identifier: Apache-2.0 */
/* Which number of a command is folded: see field.h. */
#include "field.h"
#include "fold_text.h"
#include "hash.h"
#include "nearest.h"
#include "split_regex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMN 1000000
#define SHOWN 64 /* bytes of a field, in an error */

static const char *const row_names[FIELD_N_ROWS] = {
    [FIELD_WALL] = "@wall", [FIELD_USER] = "@user", [FIELD_SYSTEM] = "@system",
    [FIELD_CPU] = "@cpu", [FIELD_RSS] = "@rss", [FIELD_EXIT] = "@exit",
    [FIELD_ATTEMPTS] = "@attempts"};

const char *field_row_named(const char *word)
{
    for (size_t i = 0; i < FIELD_N_ROWS; i++)
        if (strcmp(word, row_names[i] + 1) == 0)
            return row_names[i];
    return NULL;
}

/* ---- kinds --------------------------------------------------------------- */

static bool is_column(const char *text)
{
    text += *text == '-';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static int init_column(struct field *f, struct ff_error *err)
{
    const long column = strtol(f->text, NULL, 10);
    if (column == 0 || column < -MAX_COLUMN || column > MAX_COLUMN)
        return ff_error_set(err, FF_USAGE, "has no column %.*s: they are "
                            "counted from 1, and from the last one by -1",
                            SHOWN, f->text);
    f->kind = FIELD_COLUMN;
    f->column = (int)column;
    return 0;
}

static int init_row(struct field *f, struct ff_error *err)
{
    f->kind = FIELD_ROW;
    for (size_t i = 0; i < FIELD_N_ROWS; i++)
        if (strcmp(f->text, row_names[i]) == 0) {
            f->row = (enum field_row)i;
            return 0;
        }
    const char *near = nearest(f->text, f->n, row_names, FIELD_N_ROWS);
    if (near != NULL)
        return ff_error_set(err, FF_USAGE, "there is no '%.*s'; did you mean "
                            "'%s'?", SHOWN, f->text, near);
    return ff_error_set(err, FF_USAGE, "there is no '%.*s', but @wall, @user, "
                        "@system, @cpu, @rss, @exit and @attempts", SHOWN,
                        f->text);
}

static int regex_wrong(const struct field *f, int code, struct ff_error *err)
{
    char why[128];
    regerror(code, &f->regex, why, sizeof why);
    return ff_error_set(err, FF_USAGE, "'%.*s' is no regular expression: %s",
                        SHOWN, f->text, why);
}

static int init_regex(struct field *f, struct ff_error *err)
{
    if (f->n < 3 || f->text[f->n - 1] != '/')
        return ff_error_set(err, FF_USAGE, "'%.*s' does not end as it begins: "
                            "a regular expression stands between slashes, as "
                            "in '/took ([0-9.]+) s/'", SHOWN, f->text);
    char *inner = strndup(f->text + 1, f->n - 2);
    char *posix = inner != NULL ? split_regex_posix(inner) : NULL;
    const int code = posix != NULL ? regcomp(&f->regex, posix, REG_EXTENDED)
                                   : REG_ESPACE;
    free(posix);
    free(inner);
    if (code != 0)
        return regex_wrong(f, code, err);
    f->kind = FIELD_REGEX;
    const size_t groups = f->regex.re_nsub;
    if (groups == 1)
        return 0;
    field_release(f);
    return ff_error_set(err, FF_USAGE, "'%.*s' has %zu groups: the number is "
                        "what one pair of parentheses encloses", SHOWN,
                        f->text, groups);
}

static int init_key(struct field *f, struct ff_error *err)
{
    for (const char *p = f->text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' && *p != '\t')
            return ff_error_set(err, FF_USAGE, "has a control character in "
                                "the key");
    f->kind = FIELD_KEY;
    return 0;
}

int field_init(struct field *field, const char *text, struct ff_error *err)
{
    *field = (struct field){.text = text, .n = strlen(text)};
    if (*text == '\0')
        return 0;
    return is_column(text) ? init_column(field, err)
           : *text == '@'  ? init_row(field, err)
           : *text == '/'  ? init_regex(field, err) : init_key(field, err);
}

void field_release(struct field *field)
{
    if (field->kind == FIELD_REGEX)
        regfree(&field->regex);
    field->kind = FIELD_LAST;
}

/* ---- names --------------------------------------------------------------- */

/* Long ones are told apart by a hash. */
void field_name(const char *text, char name[SPEC_NAME])
{
    const size_t n = strlen(text);
    bool plain = n < SPEC_NAME;
    if (n == 0)
        text = "the last number printed";
    snprintf(name, SPEC_NAME, "%s", text);
    for (char *p = name; *p != '\0'; p++)
        if (*p < ' ' || *p > '~') {
            *p = '?';
            plain = false;
        }
    if (!plain)
        snprintf(name + (n < SPEC_NAME - 10 ? n : SPEC_NAME - 10), 10,
                 "~%08" PRIx32, (uint32_t)hash_bytes(text, n));
}

/* ---- what --fold asks for ------------------------------------------------ */

/* One line for people, whatever it quotes. */
static void refuse(const char *text, const struct ff_error *why,
                   struct ff_error *err)
{
    ff_error_set(err, why->status, "--fold %.300s: %.600s", text, why->text);
    for (char *p = err != NULL ? err->text : NULL; p != NULL && *p != '\0';
         p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = '?';
}

const char *field_of_fold(const char *text, struct ff_error *err)
{
    struct fold_text fold;
    struct field field = {.kind = FIELD_LAST};
    struct ff_error why;
    int rc = fold_text_parse(&fold, text, &why);
    const char *name = rc == 0 && fold.field != NULL ? fold.field : "";
    if (rc == 0 && strcmp(fold.op, FOLD_CONCAT) == 0)
        rc = ff_error_set(&why, FF_USAGE, "'" FOLD_CONCAT "' is for kernels: "
                          "what commands print is kept by --results");
    if (rc == 0 && fold_text_takes_arrays(&fold))
        rc = ff_error_set(&why, FF_USAGE, "'%s' is for functions of Python, "
                          "which return arrays", fold.op);
    if (rc == 0)
        rc = field_init(&field, name, &why);
    field_release(&field);
    if (rc == 0)
        return name;
    refuse(text, &why, err);
    return NULL;
}
