/* SPDX-License-Identifier: Apache-2.0 */
/* Loading, setup, teardown: see life.h. */
#include "life.h"
#include "fpenv.h"

#include <stdio.h>

static void begin(struct executor *e)
{
    e->failed = false;
    outlet_mute(&e->outlet);
    stage_begin(&e->stage, NO_CHUNK, 0, 0);
    fpenv_restore();
}

/* What came of it; `what` names the call. Nothing that was folded stays. */
static int end(struct executor *e, const char *what, struct ff_error *err)
{
    uint32_t source;
    const bool folded = stage_used(&e->stage, &source);
    fpenv_restore();
    const bool emitted = outlet_unmute(&e->outlet);
    stage_discard(&e->stage);
    if (folded)
        return ff_error_set(err, FF_USAGE, "%s folds into '%s': only the "
                            "kernel may, as nothing else is counted exactly "
                            "once", what,
                            e->stage.layout->source_name[source]);
    if (emitted)
        return ff_error_set(err, FF_USAGE, "%s emits: only the kernel may, as "
                            "nothing else has a place in the order of items",
                            what);
    if (e->failed)
        return ff_error_set(err, FF_USAGE, "%s failed: %s", what,
                            e->fail_text);
    return 0;
}

int life_load(const struct kernel *kernel, const struct spec *spec,
              struct shared *shared, struct executor *e, struct ff_error *err)
{
    char what[SPEC_NAME + 16];
    e->ff.shared = shared->at; /* those above are there already */
    for (uint32_t i = 0; i < spec->n_shared; i++) {
        const struct spec_shared *s = &spec->shared[i];
        begin(e);
        kernel->load[i](&e->ff, shared->memory + spec_shared_offset(spec, i),
                        s->bytes);
        snprintf(what, sizeof what, "FF_SHARED(%s)", s->name);
        if (end(e, what, err) != 0)
            return -1;
    }
    return shared_protect(shared, err);
}

static int call(void (*function)(struct ff *ff), const char *what,
                struct executor *e, struct ff_error *err)
{
    if (function == NULL)
        return 0;
    begin(e);
    function(&e->ff);
    return end(e, what, err);
}

int life_setup(const struct kernel *kernel, struct executor *e,
               struct ff_error *err)
{
    return call(kernel->setup, kernel->setup_is, e, err);
}

int life_teardown(const struct kernel *kernel, struct executor *e,
                  struct ff_error *err)
{
    return call(kernel->teardown, kernel->teardown_is, e, err);
}
