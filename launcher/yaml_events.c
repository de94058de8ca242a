/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one reader of libyaml: see yaml_events.h. Only its event parser is used:
 * it builds nothing, so what a text can cost is bounded by its length.
 */
#include "yaml_events.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define LIBRARY "libyaml-0.so.2"

/* Those of its functions that we call. */
struct library {
    int (*initialize)(yaml_parser_t *);
    void (*set_input)(yaml_parser_t *, const unsigned char *, size_t);
    int (*parse)(yaml_parser_t *, yaml_event_t *);
    void (*release_event)(yaml_event_t *);
    void (*release)(yaml_parser_t *);
};

struct yaml {
    struct library library;
    void *handle;
    const char *path;
    yaml_parser_t parser;
    yaml_event_t event;
};

static int load(struct yaml *y, struct ff_error *err)
{
    struct library *l = &y->library;
    const struct { const char *name; void *at; } symbols[] = {
        {"yaml_parser_initialize", &l->initialize},
        {"yaml_parser_set_input_string", &l->set_input},
        {"yaml_parser_parse", &l->parse},
        {"yaml_event_delete", &l->release_event},
        {"yaml_parser_delete", &l->release}};
    y->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        void *symbol = y->handle ? dlsym(y->handle, symbols[i].name) : NULL;
        if (symbol == NULL)
            return ff_error_set(err, FF_LOST, "cannot read '%s' without "
                                "libyaml (%s)", y->path, dlerror());
        memcpy(symbols[i].at, &symbol, sizeof symbol);
    }
    return 0;
}

struct yaml *yaml_create(const char *path, const char *text, size_t n,
                         struct ff_error *err)
{
    struct yaml *y = calloc(1, sizeof *y);
    if (y == NULL) {
        ff_error_errno(err, FF_LOST, "cannot read '%s'", path);
        return NULL;
    }
    y->path = path;
    if (load(y, err) != 0)
        goto fail;
    if (!y->library.initialize(&y->parser)) {
        errno = ENOMEM;
        ff_error_errno(err, FF_LOST, "cannot read '%s'", path);
        goto fail;
    }
    y->library.set_input(&y->parser, (const unsigned char *)text, n);
    return y;
fail:
    if (y->handle != NULL)
        dlclose(y->handle);
    free(y);
    return NULL;
}

void yaml_destroy(struct yaml *y)
{
    if (y == NULL)
        return;
    y->library.release_event(&y->event);
    y->library.release(&y->parser);
    dlclose(y->handle);
    free(y);
}

/* Where, and what. A quote without an end, or a key without a colon, is wrong
 * where it begins; only then does the context tell more than the place. */
static int no_yaml(const struct yaml *y, struct ff_error *err)
{
    const yaml_parser_t *p = &y->parser;
    const size_t line = p->problem_mark.line + 1;
    const char *problem = p->problem != NULL ? p->problem : "no memory";
    if (strstr(problem, "cannot start any token") != NULL)
        problem = "a tab or a special character where a key or a value should "
                  "begin: indent by blanks, and put the value into quotes";
    if (strstr(problem, "mapping values are not allowed") != NULL)
        problem = "a ':' where a value goes on: put the value into quotes, or "
                  "indent its key as the others";
    if (strstr(problem, "did not find expected key") != NULL)
        problem = "no 'key: value' as the lines before: put a value that "
                  "begins with '{', '[' or a quote into quotes as a whole, or "
                  "indent as before";
    if (p->context != NULL && p->context_mark.line + 1 < line
        && (strstr(p->context, "quoted scalar") != NULL
            || strstr(p->context, "simple key") != NULL))
        return ff_error_set(err, FF_USAGE, "%s:%zu: not YAML: %s, %s in line "
                            "%zu", y->path, p->context_mark.line + 1,
                            p->context, problem, line);
    return ff_error_set(err, FF_USAGE, "%s:%zu: not YAML: %s", y->path, line,
                        problem);
}

static enum yaml_kind kind_of(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT: return YAML_DOCUMENT;
    case YAML_SCALAR_EVENT: return YAML_SCALAR;
    case YAML_SEQUENCE_START_EVENT: return YAML_LIST;
    case YAML_SEQUENCE_END_EVENT: return YAML_LIST_END;
    case YAML_MAPPING_START_EVENT: return YAML_MAPPING;
    case YAML_MAPPING_END_EVENT: return YAML_MAPPING_END;
    case YAML_STREAM_END_EVENT: return YAML_END;
    default: return YAML_OTHER;
    }
}

/* What our files have no use for, and a bomb is made of. */
static const char *special(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return "aliases (*name)";
    case YAML_SCALAR_EVENT:
        return e->data.scalar.anchor != NULL ? "anchors (&name)"
               : e->data.scalar.tag != NULL ? "tags (!type)" : NULL;
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.anchor != NULL ? "anchors (&name)"
               : e->data.sequence_start.tag != NULL ? "tags (!type)" : NULL;
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.anchor != NULL ? "anchors (&name)"
               : e->data.mapping_start.tag != NULL ? "tags (!type)" : NULL;
    default:
        return NULL;
    }
}

int yaml_next(struct yaml *y, struct yaml_event *event, struct ff_error *err)
{
    yaml_event_t *const e = &y->event;
    y->library.release_event(e);
    memset(e, 0, sizeof *e);
    if (!y->library.parse(&y->parser, e))
        return no_yaml(y, err);
    *event = (struct yaml_event){
        .kind = kind_of(e), .line = (unsigned)e->start_mark.line + 1};
    const char *what = special(e);
    if (what != NULL)
        return ff_error_set(err, FF_USAGE, "%s:%u: %s are not read here: put "
                            "a text with special characters into quotes",
                            y->path, event->line, what);
    if (event->kind == YAML_SCALAR) {
        event->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        event->text = (const char *)e->data.scalar.value;
        event->n = e->data.scalar.length;
    }
    return 0;
}
