/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input that came while the run went on is not kept: who resumes the run gives
 * it again. What had come of it must be the same. Not all of it can be compared
 * (of what is settled the text was given back): it is its first bytes, and the
 * last ones of what had come, at the same place. So another file is found out,
 * and one in which something was put in or left out; not a byte in the middle
 * that became another.
 */
#include "hash.h"
#include "keeper_parts.h"
#include "run.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PART_BYTES 4096u

/* Of [at, at + PART_BYTES) of a file, up to `end`: 0 and *hash; -1 with errno. */
static int hash_part(int fd, uint64_t at, uint64_t end, uint64_t *hash)
{
    char part[PART_BYTES];
    const uint64_t left = end - at;
    const size_t want = left < sizeof part ? (size_t)left : sizeof part;
    size_t n = 0;
    while (n < want) {
        const ssize_t got = pread(fd, part + n, want - n, (off_t)(at + n));
        if (got <= 0)
            return -1;
        n += (size_t)got;
    }
    *hash = hash_bytes(part, n);
    return 0;
}

static uint64_t tail_at(uint64_t bytes)
{
    return bytes > PART_BYTES ? bytes - PART_BYTES : 0;
}

void keeper_put_input(struct run *run)
{
    struct keeper *k = run->keeper;
    const struct stream *s = run->supply.stream;
    struct store_value v[META_N];
    char text[80];
    uint64_t tail;
    if (s == NULL || s->bytes == 0
        || (s->bytes == k->input_bytes && s->ended == k->input_ended))
        return;
    const int fd = s->input->fd;
    if (hash_part(fd, tail_at(s->bytes), s->bytes, &tail) != 0
        || (k->input_bytes == 0
            && hash_part(fd, 0, s->bytes, &k->input_head) != 0))
        return; /* the run will say so */
    /* The head is that of so many bytes as had come first. */
    if (k->input_bytes == 0)
        k->input_head_bytes = s->bytes < PART_BYTES ? s->bytes : PART_BYTES;
    k->input_bytes = s->bytes;
    k->input_ended = s->ended;
    snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %016" PRIx64 " %016"
             PRIx64 " %d", s->bytes, k->input_head_bytes, k->input_head, tail,
             s->ended);
    v[META_KEY] = store_text("input");
    v[META_VALUE] = store_text(text);
    store_batch_put(&k->batch, STORE_META, v);
}

int keeper_check_input(struct run *run, struct ff_error *err)
{
    const struct input *input = run->input;
    uint64_t bytes, head_bytes, head, tail, is;
    char *text;
    size_t n;
    int ended;
    const int rc = store_meta(run->keeper->store, "input", &text, &n, err);
    if (rc <= 0)
        return rc;
    const int fields = sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNx64
                              " %" SCNx64 " %d", &bytes, &head_bytes, &head,
                              &tail, &ended);
    free(text);
    if (fields != 5 || head_bytes > bytes)
        return ff_error_set(err, FF_DAMAGED, "'%s' is damaged: what it says of "
                            "the input is nothing", run->keeper->path);
    if (input != NULL && input->name != NULL && input->bytes >= bytes
        && (!ended || input->bytes == bytes)
        && hash_part(input->fd, 0, head_bytes, &is) == 0 && is == head
        && hash_part(input->fd, tail_at(bytes), bytes, &is) == 0
        && is == tail)
        return 0;
    return ff_error_set(err, FF_CHANGED, "run %s cannot go on: its input was "
                        "another one (%" PRIu64 " bytes%s had been read): give "
                        "the same again", run->keeper->run_id, bytes,
                        ended ? ", all of it," : " of it");
}
