/* SPDX-License-Identifier: Apache-2.0 */
/* A job file while it is read: see job_reader.h. */
#include "job_reader.h"

#include <string.h>

int job_reader_next(struct job_reader *r)
{
    return yaml_next(r->yaml, &r->event, r->err);
}

int job_reader_wrong(const struct job_reader *r, unsigned line,
                     const char *before, const char *subject,
                     const char *after)
{
    char shown[OPTION_SHOWN];
    return ff_error_set(r->err, FF_USAGE, "%s:%u: %s%s%s%s%s", r->path,
                        line, before, *before != '\0' ? " '" : "'",
                        option_shown(subject, shown),
                        *after != '\0' ? "' " : "'", after);
}

int job_reader_no_memory(const struct job_reader *r)
{
    return ff_error_errno(r->err, FF_LOST, "cannot read '%s'", r->path);
}

char *job_reader_text(struct job_reader *r, const char *before,
                      size_t n_before)
{
    const struct yaml_event *e = &r->event;
    if (memchr(e->text, '\0', e->n) != NULL) {
        job_reader_wrong(r, e->line, "", e->text, "has a zero byte in it");
        return NULL;
    }
    char *text = text_pool_keep(r->pool, before, n_before, e->text, e->n);
    if (text == NULL)
        job_reader_no_memory(r);
    return text;
}

bool job_reader_is_null(const struct yaml_event *e)
{
    return e->plain
           && (e->n == 0 || strcmp(e->text, "~") == 0
               || strcmp(e->text, "null") == 0);
}

bool job_reader_is_word(const struct yaml_event *e, const char *word)
{
    return e->n == strlen(word) && memcmp(e->text, word, e->n) == 0;
}
