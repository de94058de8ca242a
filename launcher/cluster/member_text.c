/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node prints, the kernels' lines and our own, goes to the root: only
 * the root prints. Our own stderr is replaced, so that whoever has something
 * to say need not know; descriptor 2 stays what MPI makes of it.
 *
 * Bytes are kept until member_text_send: a line may be printed while the
 * carrier is at work, which is not to be called again then.
 */
#include "member.h"

#include <stdlib.h>
#include <string.h>

#define ENOUGH_BYTES (1u << 20) /* waiting to be sent: kernels wait then */
#define UNSENT_BYTES (4u << 20) /* the same, in the carrier */

static ssize_t keep(void *cookie, const char *bytes, size_t n)
{
    struct member_text *t = cookie;
    if (t->room - t->n < n) {
        const size_t room = 2 * (t->n + n);
        char *more = realloc(t->bytes, room);
        if (more == NULL)
            return 0; /* an error of the stream */
        t->bytes = more;
        t->room = room;
    }
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
    return (ssize_t)n;
}

int member_text_open(struct member *m, struct ff_error *err)
{
    const cookie_io_functions_t functions = {.write = keep};
    for (uint32_t i = 0; i < 2; i++) {
        struct member_text *t = &m->text[i];
        t->stream = i + 1;
        t->file = fopencookie(t, "w", functions);
        if (t->file == NULL)
            return ff_error_errno(err, FF_LOST, "cannot speak to the root");
        setvbuf(t->file, NULL, i == 0 ? _IOLBF : _IONBF, BUFSIZ);
    }
    m->own_stderr = stderr;
    stderr = m->text[1].file;
    return 0;
}

void member_text_send(struct member *m)
{
    for (int i = 0; i < 2; i++) {
        struct member_text *t = &m->text[i];
        if (t->file != NULL)
            fflush(t->file);
        for (size_t at = 0, n; at < t->n; at += n) {
            n = t->n - at < WIRE_PIECE ? t->n - at : WIRE_PIECE;
            carrier_send2(m->carrier, WIRE_TEXT, &t->stream, sizeof t->stream,
                          t->bytes + at, n);
        }
        t->n = 0;
    }
}

bool member_can_print(const struct run *run)
{
    const struct member *m = run->member;
    return m->text[0].n + m->text[1].n < ENOUGH_BYTES
           && carrier_unsent(m->carrier) < UNSENT_BYTES;
}

void member_text_release(struct member *m)
{
    if (m->own_stderr != NULL)
        stderr = m->own_stderr;
    for (int i = 0; i < 2; i++) {
        if (m->text[i].file != NULL)
            fclose(m->text[i].file);
        free(m->text[i].bytes);
    }
}
