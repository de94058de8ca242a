/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of an input that grows (stream.h), as the launcher itself reads
 * them. */
#ifndef FANFOLD_LAUNCHER_STREAM_VIEW_H
#define FANFOLD_LAUNCHER_STREAM_VIEW_H

#include "error.h"
#include "items.h"
#include "stream.h"

#include <stddef.h>

struct stream_view {
    void *text, *index;
    size_t text_room, index_room; /* mapped */
};
#define STREAM_VIEW_NONE ((struct stream_view){.text = NULL})

/* All lines that are complete now: *in is for items_set_input. Spans of before
 * are void. FF_LOST. */
int stream_view_refresh(struct stream_view *view, const struct stream *stream,
                        struct items_input *in, struct ff_error *err);
void stream_view_release(struct stream_view *view);

#endif
