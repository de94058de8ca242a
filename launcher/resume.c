/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a joblog says is done: see resume.h. Its commands become a table of
 * hashes, with how often each ended well; then each item's command is made, as
 * workers make it, and looked up.
 */
#include "resume.h"
#include "hash.h"
#include "joblog.h"
#include "template.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A command that ended well. */
struct entry {
    uint64_t hash;
    struct span command; /* in the log; at NULL: free */
    uint32_t left;       /* lines that no item has yet */
};

struct log {
    const char *text;
    size_t n;
    struct entry *entry;
    size_t room; /* a power of two, at least twice the lines */
};

/* ---- the log ------------------------------------------------------------- */

static int cannot_read(const char *path, struct ff_error *err)
{
    return ff_error_errno(err, FF_USAGE, "cannot read '%s' (--joblog, which "
                          "--resume reads)", path);
}

static int map(struct log *log, const char *path, struct ff_error *err)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : cannot_read(path, err);
    int rc = fstat(fd, &st) != 0 ? cannot_read(path, err) : 0;
    if (rc == 0 && !S_ISREG(st.st_mode))
        rc = ff_error_set(err, FF_USAGE, "--resume: '%s' (--joblog) is no "
                          "file", path);
    if (rc == 0 && st.st_size > 0) {
        void *at = mmap(NULL, (size_t)st.st_size, PROT_READ,
                        MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (at == MAP_FAILED) {
            rc = cannot_read(path, err);
        } else {
            log->text = at;
            log->n = (size_t)st.st_size;
        }
    }
    close(fd);
    return rc;
}

static void release(struct log *log)
{
    if (log->text != NULL)
        munmap((void *)log->text, log->n);
    free(log->entry);
}

/* The next line that has its end. */
static bool next_line(const struct log *log, size_t *at, struct span *line)
{
    const char *begin = log->text + *at;
    const char *end = *at < log->n ? memchr(begin, '\n', log->n - *at) : NULL;
    if (end == NULL)
        return false;
    *line = (struct span){begin, (size_t)(end - begin)};
    *at += line->n + 1;
    return true;
}

static struct entry *find(const struct log *log, struct span command)
{
    const uint64_t hash = hash_bytes(command.at, command.n);
    for (size_t i = hash & (log->room - 1);; i = (i + 1) & (log->room - 1)) {
        struct entry *e = &log->entry[i];
        if (e->command.at == NULL) {
            e->hash = hash;
            return e;
        }
        if (e->hash == hash && e->command.n == command.n
            && memcmp(e->command.at, command.at, command.n) == 0)
            return e;
    }
}

static int make_table(struct log *log, struct ff_error *err)
{
    struct span line, command;
    size_t n = 0, at = 0;
    int exit, signal;
    while (next_line(log, &at, &line))
        n++;
    for (log->room = 16; log->room < 2 * n;)
        log->room *= 2;
    log->entry = calloc(log->room, sizeof log->entry[0]);
    if (log->entry == NULL)
        return ff_error_errno(err, FF_LOST, "cannot resume");
    for (at = 0; next_line(log, &at, &line);) {
        if (!joblog_read(line, &exit, &signal, &command) || exit != 0
            || signal != 0)
            continue;
        struct entry *e = find(log, command);
        e->command = command;
        e->left++;
    }
    return 0;
}

/* ---- the items ----------------------------------------------------------- */

/* What an item's command is made with, kept from one to the next. */
struct maker {
    const struct work_file *work;
    struct template *template;
    struct item item;
    struct expansion words;
    struct text line, command;
};

static int open_maker(struct maker *m, const struct work_file *work,
                      struct ff_error *err)
{
    *m = (struct maker){.work = work, .item = ITEM_EMPTY,
                        .words = EXPANSION_EMPTY};
    m->template = template_of_work(&work->items, err);
    return m->template != NULL ? 0 : -1;
}

static void release_maker(struct maker *m)
{
    template_free(m->template);
    item_release(&m->item);
    expansion_release(&m->words);
    text_release(&m->line);
    text_release(&m->command);
}

/* The item's command as a log has it: 1; 0: it has none; -1. */
static int make(struct maker *m, uint64_t item, struct ff_error *err)
{
    text_clear(&m->line);
    text_clear(&m->command);
    if (items_get(&m->work->items, item, &m->item, err) != 0
        || template_expand(m->template, &m->item, NULL, &m->words, err) != 0)
        return err->status == FF_ITEMS_FAILED ? 0 : -1;
    const struct span block = {NULL, 0};
    if (template_line(&m->work->work, &m->item, m->words.argv, block, &m->line)
            != 0
        || joblog_command(&m->command,
                          (struct span){m->line.at, m->line.n},
                          (m->work->work.head->flags & WORK_SHELL) != 0) != 0)
        return ff_error_errno(err, FF_LOST, "cannot resume");
    return 1;
}

/* 1: done; it has one line of the log less for others. */
static int is_done(struct maker *m, const struct log *log, uint64_t item,
                   struct ff_error *err)
{
    const int rc = make(m, item, err);
    if (rc <= 0)
        return rc;
    struct entry *e = find(log, (struct span){m->command.at, m->command.n});
    if (e->command.at == NULL || e->left == 0)
        return 0;
    e->left--;
    return 1;
}

static int look_up(struct maker *m, const struct log *log,
                   const struct grid *grid, struct cover *done,
                   struct ff_error *err)
{
    for (uint32_t c = 0; c < grid->n_chunks; c++) {
        uint64_t item, end;
        int rc = 1;
        grid_chunk(grid, c, &item, &end);
        for (; rc > 0 && item < end; item++)
            rc = is_done(m, log, item, err);
        if (rc < 0)
            return -1;
        if (rc > 0 && cover_add(done, (struct range){c, c + 1}) != 0)
            return ff_error_errno(err, FF_LOST, "cannot resume");
    }
    return 0;
}

int resume_find(const struct job *job, const struct work_file *work,
                const struct grid *grid, struct cover *done,
                struct ff_error *err)
{
    struct log log = {.text = NULL};
    struct maker maker = {.template = NULL};
    if (grid->chunk_items > 1)
        return ff_error_set(err, FF_USAGE, "--resume goes by items: leave out "
                            "--chunk");
    const char *path = joblog_path(job->task.joblog);
    int rc = trust_output(path, "--joblog", err);
    if (rc == 0)
        rc = map(&log, path, err);
    if (rc == 0 && log.n > 0)
        rc = make_table(&log, err);
    if (rc == 0 && log.n > 0)
        rc = open_maker(&maker, work, err);
    if (rc == 0 && log.n > 0)
        rc = look_up(&maker, &log, grid, done, err);
    if (maker.template != NULL)
        release_maker(&maker);
    release(&log);
    return rc;
}
