/* SPDX-License-Identifier: Apache-2.0 */
/* Output that waits: see held.h. */
#include "held.h"
#include "fdio.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HELD_BYTES 65536u

static int open_file(void)
{
    const char *folder = getenv("TMPDIR");
    const int fd = open(folder != NULL && *folder != '\0' ? folder : "/tmp",
                        O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    return fd >= 0 ? fd : memfd_create("fanfold-held", MFD_CLOEXEC);
}

static int write_out(struct held *h, struct ff_error *err)
{
    if (h->file == 0)
        h->file = open_file() + 1;
    if (h->file == 0 || fd_write_all(h->file - 1, h->memory, h->n) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot keep what a command "
                              "printed (is there room in TMPDIR?)");
    h->in_file += h->n;
    h->n = 0;
    return 0;
}

int held_add(struct held *h, const char *data, size_t n, struct ff_error *err)
{
    if (h->memory == NULL)
        h->memory = malloc(HELD_BYTES);
    if (h->memory == NULL)
        return ff_error_errno(err, FF_LOST, "cannot get memory for output");
    while (n > 0) {
        const size_t room = HELD_BYTES - h->n, part = n < room ? n : room;
        memcpy(h->memory + h->n, data, part);
        h->n += part;
        data += part;
        n -= part;
        if (h->n == HELD_BYTES && write_out(h, err) != 0)
            return -1;
    }
    return 0;
}

int held_take(struct held *h,
              void (*take)(void *arg, const char *data, size_t n), void *arg,
              struct ff_error *err)
{
    if (h->in_file > 0 && write_out(h, err) != 0)
        return -1;
    for (uint64_t at = 0; at < h->in_file;) {
        const uint64_t left = h->in_file - at;
        const size_t n = left < HELD_BYTES ? left : HELD_BYTES;
        if (fd_read_at(h->file - 1, h->memory, n, at) != 0)
            return ff_error_errno(err, FF_UNWRITTEN, "cannot read back what a "
                                  "command printed");
        take(arg, h->memory, n);
        at += n;
    }
    if (h->n > 0)
        take(arg, h->memory, h->n);
    held_drop(h);
    return 0;
}

void held_drop(struct held *h)
{
    h->n = 0;
    if (h->in_file == 0)
        return;
    h->in_file = 0;
    if (ftruncate(h->file - 1, 0) != 0 || lseek(h->file - 1, 0, SEEK_SET) != 0) {
        /* Our own file, open for writing: cannot fail. */
    }
}

void held_release(struct held *h)
{
    free(h->memory);
    if (h->file > 0)
        close(h->file - 1);
    *h = (struct held){0};
}
