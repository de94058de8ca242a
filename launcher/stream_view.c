/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of an input that grows: see stream_view.h. More is mapped than there
 * is, so that it is seldom mapped again. */
#include "stream_view.h"

#include <sys/mman.h>

#define ROOM_MIN ((size_t)1 << 24)

static int map(void **at, size_t *room, int fd, size_t bytes,
               struct ff_error *err)
{
    if (bytes <= *room)
        return 0;
    const size_t more = 2 * bytes > ROOM_MIN ? 2 * bytes : ROOM_MIN;
    void *now = mmap(NULL, more, PROT_READ, MAP_SHARED, fd, 0);
    if (now == MAP_FAILED)
        return ff_error_errno(err, FF_LOST, "cannot map the input");
    if (*at != NULL)
        munmap(*at, *room);
    *at = now;
    *room = more;
    return 0;
}

int stream_view_refresh(struct stream_view *view, const struct stream *stream,
                        struct items_input *in, struct ff_error *err)
{
    const struct input *input = stream->input;
    if (map(&view->text, &view->text_room, input->fd, stream->bytes, err) != 0
        || map(&view->index, &view->index_room, input->index.fd,
               input->index.bytes, err) != 0)
        return -1;
    const char *text = view->text;
    *in = (struct items_input){.lines = {
        .text = text, .end = text + stream->bytes, .before = view->index,
        .n_blocks = (stream->bytes + INPUT_BLOCK - 1) / INPUT_BLOCK,
        .n = stream->n_inputs, .ends_with = input->ends_with, .given = true}};
    return 0;
}

void stream_view_release(struct stream_view *view)
{
    if (view->text != NULL)
        munmap(view->text, view->text_room);
    if (view->index != NULL)
        munmap(view->index, view->index_room);
    *view = STREAM_VIEW_NONE;
}
