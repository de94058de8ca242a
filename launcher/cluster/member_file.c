/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the root sends a node. The object of the kernel, or its source
 * when that is Python, goes into our own cache (cache_copy.h). The input
 * becomes a file without a name, as one that comes through a pipe.
 */
#include "cache_copy.h"
#include "member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pieces come one behind the other, and none is beyond the end. */
static int check_piece(const struct wire_file *f, uint64_t so_far, size_t n,
                       const char *what, struct ff_error *err)
{
    if (f->offset == so_far && n <= f->bytes && f->offset <= f->bytes - n)
        return 0;
    return ff_error_set(err, FF_LOST, "%s came in pieces that do not fit",
                        what);
}

/* ---- the object ---------------------------------------------------------- */

static bool is_name(const char name[WIRE_HOST])
{
    return memchr(name, '\0', WIRE_HOST) != NULL && *name != '\0'
           && *name != '.' && strchr(name, '/') == NULL;
}

static int keep_object(struct member *m, const char *name,
                       struct ff_error *err)
{
    char dir[CACHE_PATH], hash[CACHE_HASH];
    if (cache_open(dir, err) != 0)
        return -1;
    cache_hash(hash, m->bytes, m->n_bytes);
    const int n = snprintf(m->object, sizeof m->object, "%s/%s", dir, name);
    if (n > 0 && (size_t)n < sizeof m->object
        && cache_copy_is(m->object, hash)) /* compiled here, by the root */
        return 0;
    return cache_copy(m->object, dir, name, m->bytes, m->n_bytes, err);
}

static int take_object(struct member *m, const struct wire_file *f,
                       const void *data, size_t n, struct ff_error *err)
{
    if (check_piece(f, m->n_bytes, n, "the kernel", err) != 0)
        return -1;
    if (!is_name(f->name) || f->bytes > WIRE_MAX_BYTES)
        return ff_error_set(err, FF_LOST, "the kernel that came has no name, "
                            "or no size");
    if (m->bytes == NULL && (m->bytes = malloc(f->bytes + 1)) == NULL)
        return ff_error_errno(err, FF_LOST, "cannot take the kernel in");
    if (m->n_bytes == 0)
        m->object_bytes = f->bytes;
    if (f->bytes != m->object_bytes)
        return ff_error_set(err, FF_LOST, "the kernel that came has two "
                            "sizes");
    if (n > 0)
        memcpy(m->bytes + m->n_bytes, data, n);
    m->n_bytes += n;
    return m->n_bytes < f->bytes ? 0 : keep_object(m, f->name, err);
}

/* ---- the work file -------------------------------------------------------- */

/* All of it is there: a file that nobody changes any more. */
static int keep_work(struct member *m, struct ff_error *err)
{
    if (work_file_take(&m->work, m->work_shm.fd, m->work_shm.bytes, err) != 0)
        return -1;
    m->work_shm.fd = -1; /* its own now */
    if (m->work.work.head->flags & WORK_COMMAND) {
        m->word[0] = m->job.kernel;
        m->job.task.word = (char *const *)m->word;
        m->job.task.n_words = 1; /* the rest is nobody's business here */
    }
    return 0;
}

static int take_work(struct member *m, const struct wire_file *f,
                     const void *data, size_t n, struct ff_error *err)
{
    if (check_piece(f, m->n_work, n, "the command", err) != 0
        || (m->work_shm.at == NULL
            && shm_create(&m->work_shm, f->bytes, SHM_READ_ONLY, err) != 0))
        return -1;
    if (f->bytes != m->work_shm.bytes)
        return ff_error_set(err, FF_LOST, "the command that came has two "
                            "sizes");
    if (n > 0)
        memcpy((char *)m->work_shm.at + f->offset, data, n);
    m->n_work += n;
    return m->n_work < f->bytes ? 0 : keep_work(m, err);
}

/* The source that is the input; NULL: none is. */
static const struct work_source *input_source(const struct member *m)
{
    const struct work_head *head = m->work.work.head;
    for (uint32_t i = 0; head != NULL && i < head->n_sources; i++)
        if (head->source[i].kind == WORK_INPUT
            || head->source[i].kind == WORK_BLOCKS)
            return &head->source[i];
    return NULL;
}

static bool has_work(const struct member *m)
{
    return !m->job.task.comes || m->work.work.head != NULL;
}

/* Known as soon as has_work. */
static bool wants_input(const struct member *m)
{
    return m->job.task.comes ? input_source(m) != NULL
                             : m->job.arg_file != NULL;
}

static bool wants_object(const struct member *m)
{
    const struct work_head *head = m->work.work.head;
    return head == NULL || (head->flags & WORK_COMMAND) == 0;
}

/* ---- the input ----------------------------------------------------------- */

static const char *input_path(const struct member *m)
{
    return m->job.task.comes ? "the input" : m->job.arg_file;
}

static int input_ends_with(const struct member *m)
{
    if (m->job.task.comes)
        return (int)(unsigned char)input_source(m)->ends_with;
    return m->job.null_ended ? 0 : '\n';
}

static int take_input(struct member *m, const struct wire_file *f,
                      const void *data, size_t n, struct ff_error *err)
{
    if (check_piece(f, m->n_input, n, "the input", err) != 0
        || (m->input.fd < 0
            && input_make(&m->input, input_path(m), input_ends_with(m),
                          f->bytes, err) != 0))
        return -1;
    m->n_input += n;
    return input_put(&m->input, f->offset, data, n, err);
}

static int take_index(struct member *m, const struct wire_file *f,
                      const void *data, size_t n, struct ff_error *err)
{
    const bool is_blocks = m->job.task.comes
                           && input_source(m)->kind == WORK_BLOCKS;
    if (m->input.fd < 0)
        return ff_error_set(err, FF_LOST, "an index came without an input");
    if (!input_has_index(&m->input)
        && input_make_index(&m->input, is_blocks, f->bytes, err) != 0)
        return -1;
    if (f->bytes != m->input.index.bytes)
        return ff_error_set(err, FF_LOST, "two indexes of the input came");
    if (check_piece(f, m->n_index, n, "the index of the input", err) != 0)
        return -1;
    if (n > 0)
        memcpy((char *)m->input.index.at + f->offset, data, n);
    m->n_index += n;
    return 0;
}

/* ---- all of them --------------------------------------------------------- */

bool member_has_files(const struct member *m)
{
    const struct input *in = &m->input;
    return m->has_job && has_work(m)
           && (m->object[0] != '\0' || !wants_object(m))
           && (!wants_input(m)
               || (in->fd >= 0 && input_has_index(in)
                   && m->n_input == in->bytes
                   && m->n_index == in->index.bytes));
}

int member_take_file(struct member *m, const struct wire_message *message,
                     struct ff_error *err)
{
    struct wire_file f;
    if (!m->has_job || message->head.bytes < sizeof f)
        return ff_error_set(err, FF_LOST, "a file came that nobody wants");
    memcpy(&f, message->body, sizeof f);
    const void *data = message->body + sizeof f;
    const size_t n = message->head.bytes - sizeof f;
    if (f.which == WIRE_OBJECT)
        return take_object(m, &f, data, n, err);
    if (f.which == WIRE_WORK && m->job.task.comes)
        return take_work(m, &f, data, n, err);
    if (has_work(m) && wants_input(m) && f.which == WIRE_INPUT)
        return take_input(m, &f, data, n, err);
    if (has_work(m) && wants_input(m) && f.which == WIRE_INPUT_INDEX)
        return take_index(m, &f, data, n, err);
    return ff_error_set(err, FF_LOST, "a file came that nobody wants");
}
