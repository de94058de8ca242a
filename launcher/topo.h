/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as `fanfold topo` shows it: all cores with what we make of each;
 * then as a picture in text, as SVG, as JSON. */
#ifndef FANFOLD_LAUNCHER_TOPO_H
#define FANFOLD_LAUNCHER_TOPO_H

#include "machine.h"

#include <stdio.h>

enum topo_state {
    TOPO_USED,     /* a run has a worker on it */
    TOPO_SPARE,    /* may be used, but the budget is smaller */
    TOPO_AFFINITY, /* not for us: affinity mask */
    TOPO_CPUSET    /* not for us: cpuset */
};

struct topo_core {
    struct core core;
    enum topo_state state;
};

struct topo {
    const struct machine *machine; /* read with detail */
    struct topo_core *core;        /* all of the node, in logical order */
    uint32_t n;
    uint32_t n_threads;            /* of each core; 0: not alike */
    uint32_t stride;               /* PUs of a core are first, first + stride
                                      and so on; 0: not alike */
};

int topo_init(struct topo *topo, const struct machine *machine,
              struct ff_error *err);
void topo_release(struct topo *topo);

/* The cores from `begin` on that share package and NUMA node: their end. */
uint32_t topo_group_end(const struct topo *topo, uint32_t begin);

/* "package 0, NUMA 1, 64 GB", "NUMA 1, 64 GB" when the package is that of the
 * group before. */
void topo_group_title(const struct topo *topo, uint32_t begin, char *out,
                      size_t size);

/* What stands in the cell of a core: its first PU, or all of them when the rest
 * does not follow from that. */
void topo_label(const struct topo *topo, uint32_t i, char *out, size_t size);

/* Lines without a line break. */
#define TOPO_FACTS 6
#define TOPO_TEXT 400
void topo_facts(const struct topo *topo, char fact[TOPO_FACTS][TOPO_TEXT]);

/* What a state means, "" when no core has it. */
void topo_legend(const struct topo *topo, enum topo_state state,
                 char out[TOPO_TEXT]);

/* So many columns, 40 to 80, 0: 80; and about 40 lines. */
void topo_picture(FILE *out, const struct topo *topo, bool utf8, int columns);
void topo_svg(FILE *out, const struct topo *topo);
int topo_json(const char *path, const struct topo *topo, struct ff_error *err);

#endif
