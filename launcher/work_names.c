/* SPDX-License-Identifier: Apache-2.0 */
/* Names of columns: see work_names.h. */
#include "work_names.h"
#include "nearest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot get memory for the header");
}

static bool is_known(const struct work_names *names, struct span name)
{
    const char *at = names->text.at;
    for (uint32_t i = 0; i < names->n; i++, at += strlen(at) + 1)
        if (span_is(name, at))
            return true;
    return false;
}

static int add(struct work_names *names, struct span name, struct ff_error *err)
{
    if (memchr(name.at, '\0', name.n) != NULL)
        return ff_error_set(err, FF_USAGE, "--header: a name of a column has a "
                            "zero byte");
    if (names->n == WORK_MAX_COLUMNS)
        return ff_error_set(err, FF_USAGE, "--header: more than %d columns",
                            WORK_MAX_COLUMNS);
    if (name.n > 0 && is_known(names, name))
        return ff_error_set(err, FF_USAGE, "--header: two columns have the "
                            "name '%.*s'", (int)name.n, name.at);
    if (text_append_span(&names->text, name) != 0
        || text_append(&names->text, "", 1) != 0)
        return no_memory(err);
    names->n++;
    return 0;
}

/* One of the header, in which quotes may be doubled. */
static int add_quoted(struct work_names *names, struct span name,
                      struct ff_error *err)
{
    char *own = malloc(name.n);
    if (own == NULL)
        return no_memory(err);
    const size_t n = split_unquote(name, own);
    const int rc = add(names, (struct span){own, n}, err);
    free(own);
    return rc;
}

static int add_all(struct work_names *names, struct span header,
                   const struct splitter *splitter, struct ff_error *err)
{
    struct splitting splitting;
    struct span name;
    int rc;
    if (splitter == NULL)
        return add(names, header, err);
    split_begin(&splitting, header);
    while ((rc = split_next(splitter, &splitting, &name, err)) > 0)
        if ((splitting.quoted ? add_quoted : add)(names, name, err) != 0)
            return -1;
    return rc;
}

int work_names_add(struct work_names *names, bool numbers,
                   const struct text *header, const struct splitter *splitter,
                   uint32_t *n, struct ff_error *err)
{
    const uint32_t before = names->n;
    const struct span whole = {header->at != NULL ? header->at : "",
                               header->n};
    int rc = 0;
    if (numbers)
        rc = add(names, (struct span){"", 0}, err);
    else if (whole.n > 0)
        rc = add_all(names, whole, splitter, err);
    *n = names->n - before;
    return rc;
}

/* ---- what somebody meant ------------------------------------------------- */

/* The letters, digits and _ at the beginning, when a } or what says which part
 * of a path is meant comes next. */
static struct span identifier_at(const char *at)
{
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    const size_t part = strspn(at + n, "./");
    const bool whole = part <= 2 && at[n + part] == '}';
    return (struct span){at, whole && !isdigit((unsigned char)*at) ? n : 0};
}

/* It has a meaning of its own. */
static bool is_place(struct span name)
{
    return span_is(name, "rank") || span_is(name, "host")
           || span_is(name, "core");
}

static const char *near_name(const struct work_names *names, struct span said)
{
    const char *name[WORK_MAX_COLUMNS];
    const char *at = names->text.at;
    for (uint32_t i = 0; i < names->n; i++, at += strlen(at) + 1)
        name[i] = at;
    return nearest(said.at, said.n, name, names->n);
}

const char *work_names_misspelt(const struct work_names *names,
                                const char *word, struct span *said)
{
    const char *near = NULL;
    for (const char *p = strchr(word, '{'); p != NULL && near == NULL;
         p = strchr(p + 1, '{')) {
        *said = identifier_at(p + 1);
        if (said->n > 1 && (p == word || p[-1] != '$') && !is_place(*said)
            && !is_known(names, *said))
            near = near_name(names, *said);
    }
    return near;
}
