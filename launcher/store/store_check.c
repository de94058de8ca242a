/* SPDX-License-Identifier: Apache-2.0 */
/* All of a store, looked at: what SQLite can check, and each row. */
#include "store_parts.h"

#include <stdio.h>

#define MOST_FINDINGS "100"

struct check {
    void (*each)(void *context, const char *finding);
    void *context;
    struct ff_error *err;    /* the first */
    bool found;
};

static void note(struct check *c, const struct ff_error *finding)
{
    if (c->each != NULL)
        c->each(c->context, finding->text);
    if (!c->found && c->err != NULL)
        *c->err = *finding;
    c->found = true;
}

/* Its trees: one line a finding, "ok" when there is none. */
static int check_trees(struct store *s, struct check *c, struct ff_error *err)
{
    struct store_value line;
    struct sqlite_query *const q = sqlite_prepare(
        s->db, "PRAGMA integrity_check(" MOST_FINDINGS ")", err);
    int rc = q == NULL ? -1 : 1;
    while (rc > 0 && (rc = sqlite_step(q, err)) > 0) {
        struct ff_error finding;
        if (sqlite_column(q, 0, &line, err) != 0)
            rc = -1;
        else if (line.n != 2 || line.type != STORE_TEXT
                 || ((const char *)line.bytes)[0] != 'o') {
            ff_error_set(&finding, FF_DAMAGED, "the store '%s' is damaged: "
                         "%.*s", s->shown, (int)line.n,
                         (const char *)line.bytes);
            note(c, &finding);
        }
    }
    sqlite_finalize(q);
    return rc;
}

static int drop(void *context, const struct store_value *value,
                struct ff_error *err)
{
    (void)context;
    (void)value;
    (void)err;
    return 0;
}

int store_check(struct store *s,
                void (*each)(void *context, const char *finding),
                void *context, struct ff_error *err)
{
    struct ff_error finding = {0};
    struct check c = {each, context, err, false};
    if (check_trees(s, &c, &finding) != 0)
        note(&c, &finding);
    for (enum store_table t = 0; t < STORE_N_TABLES; t++)
        if (store_each(s, t, NULL, NULL, 0, drop, NULL, &finding) != 0)
            note(&c, &finding);
    return c.found ? -1 : 0;
}
