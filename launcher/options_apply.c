/* SPDX-License-Identifier: Apache-2.0 */
/* Settings are made, and what is wrong with one is told with the place where it
 * was asked for: see options.h. */
#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *option_origin(const struct option_setting *s, char out[256])
{
    char name[64];
    if (s->source == OPTION_FILE)
        snprintf(out, 256, "%s:%u", s->file, s->line);
    else if (s->source == OPTION_ENVIRONMENT)
        snprintf(out, 256, OPTION_VARIABLE "%s", option_variable(s->row, name));
    else
        snprintf(out, 256, "command line");
    return out;
}

const char *option_shown(const char *text, char out[OPTION_SHOWN])
{
    size_t n = 0;
    for (; text[n] != '\0' && n < (OPTION_SHOWN - 4); n++)
        out[n] = iscntrl((unsigned char)text[n]) ? '?' : text[n];
    strcpy(out + n, text[n] != '\0' ? "..." : "");
    return out;
}

static int wrong_value(const struct option_setting *s, const char *wrong,
                       struct ff_error *err)
{
    const struct option_row *row = s->row;
    char origin[256], letter[2], value[OPTION_SHOWN];
    const char *key = option_key(row, letter);
    option_shown(s->text, value);
    option_origin(s, origin);
    if (s->source == OPTION_FILE)
        return ff_error_set(err, FF_USAGE, "%s: %s: '%s' %s", origin, key,
                            value, wrong);
    if (s->source == OPTION_ENVIRONMENT)
        return ff_error_set(err, FF_USAGE, "environment variable '%s': '%s' "
                            "%s", origin, value, wrong);
    return ff_error_set(err, FF_USAGE, "option '%s%s': '%s' %s",
                        row->name != NULL ? "--" : "-",
                        row->name != NULL ? row->name : key, value, wrong);
}

static int apply_operand(const struct options *o,
                         const struct option_setting *s, void *into,
                         struct ff_error *err)
{
    struct ff_error cause = {0};
    char origin[256];
    if (o->operand(into, s->text, &cause) == 0)
        return 0;
    option_origin(s, origin);
    return ff_error_set(err, cause.status, "%s%s%.700s",
                        s->source == OPTION_FILE ? origin : "",
                        s->source == OPTION_FILE ? ": " : "", cause.text);
}

static int apply(const struct options *o, const struct option_setting *s,
                 void *into, struct ff_error *err)
{
    const char *wrong;
    if (s->row == NULL && o->operand == NULL)
        return ff_error_set(err, FF_USAGE, "'%s' is one word too many: '%s "
                            "--help' tells what is asked for", s->text,
                            o->command);
    if (s->row == NULL)
        return apply_operand(o, s, into, err);
    if (option_is_flag(s->row) && strcmp(s->text, "0") != 0
        && strcmp(s->text, "1") != 0)
        wrong = "is neither 1 nor 0";
    else
        wrong = s->row->set(into, s->text);
    return wrong == NULL ? 0 : wrong_value(s, wrong, err);
}

/* What is said twice must be right twice; only lists are replaced. */
static bool is_replaced_list(const struct option_list *list, size_t i)
{
    const struct option_row *row = list->at[i].row;
    return row != NULL && row->repeat == OPTION_LIST
           && !option_list_counts(list, i);
}

int options_apply(const struct options *o, const struct option_list *list,
                  void *into, struct ff_error *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (!is_replaced_list(list, i)
            && apply(o, &list->at[i], into, err) != 0)
            return -1;
    return 0;
}
