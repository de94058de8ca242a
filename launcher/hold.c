/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that must wait: see hold.h. */
#include "hold.h"
#include "fdio.h"
#include "scratch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hold_init(struct hold *hold, uint32_t block_bytes, uint64_t memory_bytes)
{
    *hold = (struct hold){
        .block_bytes = block_bytes, .file = -1, .in_scratch = HOLD_NO_BLOCK,
        .max_in_memory = (uint32_t)(memory_bytes / block_bytes)};
}

void hold_release(struct hold *hold)
{
    for (uint32_t i = 0; i < hold->n_blocks; i++)
        free(hold->block[i].data);
    free(hold->block);
    free(hold->free_block);
    free(hold->free_place);
    free(hold->scratch);
    if (hold->file >= 0)
        close(hold->file);
    *hold = (struct hold){.file = -1};
}

static int no_memory(struct ff_error *err)
{
    return ff_error_errno(err, FF_LOST, "cannot keep what was emitted");
}

/* ---- the file ------------------------------------------------------------ */

static int cannot_spill(struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot keep what was emitted "
                          "and must wait for its turn, in '%s' (TMPDIR)",
                          scratch_folder());
}

static int open_file(struct hold *hold, struct ff_error *err)
{
    hold->file = scratch_file();
    return hold->file >= 0 ? 0 : cannot_spill(err);
}

static int write_at(int fd, const char *data, size_t n, off_t at)
{
    while (n > 0) {
        const ssize_t done = pwrite(fd, data, n, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        data += done;
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

static off_t place_at(const struct hold *hold, uint32_t place)
{
    return (off_t)place * hold->block_bytes;
}

static int spill(struct hold *hold, struct hold_block *b, struct ff_error *err)
{
    if (hold->file < 0 && open_file(hold, err) != 0)
        return -1;
    const uint32_t place = hold->n_free_places > 0
                           ? hold->free_place[hold->n_free_places - 1]
                           : hold->n_places;
    if (write_at(hold->file, b->data, b->used, place_at(hold, place)) != 0)
        return cannot_spill(err);
    if (hold->n_free_places > 0)
        hold->n_free_places--;
    else
        hold->n_places++;
    free(b->data);
    b->data = NULL;
    b->place = place;
    hold->n_in_memory--;
    return 0;
}

/* A place that cannot be noted is lost, not more. */
static void free_place(struct hold *hold, uint32_t place)
{
    if (fallocate(hold->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  place_at(hold, place), hold->block_bytes) != 0) {
        /* It stays as large as it is; the place is used again. */
    }
    if (hold->n_free_places == hold->free_places_room) {
        const uint32_t room = hold->free_places_room > 0
                              ? 2 * hold->free_places_room : 64;
        uint32_t *more = realloc(hold->free_place, room * sizeof *more);
        if (more == NULL)
            return;
        hold->free_place = more;
        hold->free_places_room = room;
    }
    hold->free_place[hold->n_free_places++] = place;
}

/* ---- blocks -------------------------------------------------------------- */

static int make_room(struct hold *hold)
{
    if (hold->n_blocks < hold->blocks_room)
        return 0;
    const uint32_t room = hold->blocks_room > 0 ? 2 * hold->blocks_room : 64;
    struct hold_block *more = realloc(hold->block, room * sizeof *more);
    if (more == NULL)
        return -1;
    hold->block = more;
    uint32_t *numbers = realloc(hold->free_block, room * sizeof *numbers);
    if (numbers == NULL)
        return -1;
    hold->free_block = numbers;
    hold->blocks_room = room;
    return 0;
}

static uint32_t open_block(struct hold *hold)
{
    char *data = malloc(hold->block_bytes);
    if (data == NULL || make_room(hold) != 0) {
        free(data);
        return HOLD_NO_BLOCK;
    }
    const uint32_t i = hold->n_free > 0 ? hold->free_block[--hold->n_free]
                                        : hold->n_blocks++;
    hold->block[i] = (struct hold_block){.data = data, .open = true};
    return i;
}

static void free_block(struct hold *hold, uint32_t i)
{
    struct hold_block *b = &hold->block[i];
    if (b->data == NULL)
        free_place(hold, b->place);
    else
        hold->n_in_memory--;
    if (hold->in_scratch == i)
        hold->in_scratch = HOLD_NO_BLOCK;
    free(b->data);
    *b = (struct hold_block){.data = NULL};
    hold->free_block[hold->n_free++] = i;
}

/* No more is appended. */
static int close_block(struct hold *hold, uint32_t i, struct ff_error *err)
{
    struct hold_block *b = &hold->block[i];
    b->open = false;
    hold->n_in_memory++;
    if (b->live == 0)
        free_block(hold, i);
    else if (hold->n_in_memory > hold->max_in_memory)
        return spill(hold, b, err);
    return 0;
}

int hold_append(struct hold *hold, uint32_t *open, const void *data, size_t n,
                struct held *held, struct ff_error *err)
{
    if (*open != HOLD_NO_BLOCK
        && hold->block[*open].used == hold->block_bytes) {
        const uint32_t full = *open;
        *open = HOLD_NO_BLOCK;
        if (close_block(hold, full, err) != 0)
            return -1;
    }
    if (*open == HOLD_NO_BLOCK && (*open = open_block(hold)) == HOLD_NO_BLOCK)
        return no_memory(err);
    struct hold_block *b = &hold->block[*open];
    const uint32_t room = hold->block_bytes - b->used;
    const uint32_t part = n < room ? (uint32_t)n : room;
    memcpy(b->data + b->used, data, part);
    *held = (struct held){*open, b->used, part};
    b->used += part;
    b->live += part;
    hold->bytes += part;
    return 0;
}

/* Reads n bytes of a block that is in the file into `scratch`, from `at` on. */
static int read_back(struct hold *hold, uint32_t block, uint32_t at, uint32_t n,
                     struct ff_error *err)
{
    const struct hold_block *b = &hold->block[block];
    if (hold->scratch == NULL
        && (hold->scratch = malloc(hold->block_bytes)) == NULL)
        return no_memory(err);
    hold->in_scratch = HOLD_NO_BLOCK;
    if (fd_read_at(hold->file, hold->scratch, n,
                   place_at(hold, b->place) + at) == 0)
        return 0;
    return ff_error_errno(err, FF_UNWRITTEN, "cannot read back what was "
                          "emitted, in '%s' (TMPDIR)", scratch_folder());
}

const char *hold_bytes(struct hold *hold, struct held held,
                       struct ff_error *err)
{
    const struct hold_block *b = &hold->block[held.block];
    if (b->data != NULL)
        return b->data + held.at;
    if (hold->in_scratch != held.block) {
        if (read_back(hold, held.block, 0, b->used, err) != 0)
            return NULL;
        hold->in_scratch = held.block;
    }
    return hold->scratch + held.at;
}

const char *hold_bytes_alone(struct hold *hold, struct held held,
                             struct ff_error *err)
{
    const struct hold_block *b = &hold->block[held.block];
    if (b->data != NULL || hold->in_scratch == held.block)
        return hold_bytes(hold, held, err);
    return read_back(hold, held.block, held.at, held.n, err) == 0
           ? hold->scratch : NULL;
}

void hold_give_back(struct hold *hold, uint32_t block, uint32_t n)
{
    struct hold_block *b = &hold->block[block];
    b->live -= n;
    hold->bytes -= n;
    if (b->live > 0)
        return;
    if (b->open)
        b->used = 0; /* nobody has anything in it */
    else
        free_block(hold, block);
}
