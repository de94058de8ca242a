/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a YAML text, each with its line. libyaml is loaded when it is
 * first needed: a run without a job file does not pay for it. */
#ifndef FANFOLD_LAUNCHER_YAML_EVENTS_H
#define FANFOLD_LAUNCHER_YAML_EVENTS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>

enum yaml_kind {
    YAML_OTHER, /* begin or end of the stream, end of a document */
    YAML_DOCUMENT, YAML_SCALAR, YAML_LIST, YAML_LIST_END, YAML_MAPPING,
    YAML_MAPPING_END, YAML_END
};

struct yaml_event {
    enum yaml_kind kind;
    unsigned line;    /* from 1 on */
    bool plain;       /* of a scalar: without quotes */
    const char *text; /* of a scalar; until the next event */
    size_t n;
};

struct yaml;

/* Reads n bytes, which must outlive it; errors name the path. NULL with *err
 * (FF_LOST) without libyaml or memory. */
struct yaml *yaml_create(const char *path, const char *text, size_t n,
                         struct ff_error *err);

/* The next event. 0, or -1 with a usage error "PATH:LINE: ...": what is no
 * YAML, and also anchors, aliases and tags. After YAML_END there is none. */
int yaml_next(struct yaml *yaml, struct yaml_event *event,
              struct ff_error *err);
void yaml_destroy(struct yaml *yaml);

#endif
