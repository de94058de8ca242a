/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a joblog says is done: see resume.h. Its commands become a table of
 * hashes (96 bits, so that no two are taken for each other), with how often each
 * ended well; then each item's command is made, as workers make it, and looked
 * up. So a long log costs 40 bytes a line.
 *
 * Of items with one command those count that have the number of a line: they may
 * differ in what is in no command line (FANFOLD_SEED). So there is a second table,
 * of commands with their numbers; only lines that are left after that are for
 * items that have moved.
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

#define SECOND_SEED UINT64_C(0x726573756d65)
#define AT_ONCE (UINT64_C(8) << 20) /* of the log, in memory */

/* A command that ended well. */
struct entry {
    uint64_t hash;
    uint32_t more;  /* of a second hash; 0: nothing is here */
    uint32_t lines; /* of the log, that no item has taken yet */
};

struct table {
    struct entry *entry;
    size_t room;      /* 5/4 of the lines, and more than there are */
};

struct log {
    const char *text;
    size_t n;
    size_t forgotten; /* bytes of it that are not in memory any more */
    struct table commands, numbered;
    uint64_t left;    /* lines that no item has taken yet */
};

/* ---- the log ------------------------------------------------------------- */

static int cannot_read(const char *path, struct ff_error *err)
{
    return ff_error_errno(err, FF_USAGE, "cannot read '%s' (--joblog, which "
                          "--resume reads)", path);
}

static int map(struct log *log, int fd, const char *path, struct ff_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return cannot_read(path, err);
    if (!S_ISREG(st.st_mode))
        return ff_error_set(err, FF_USAGE, "--resume: '%s' (--joblog) is no "
                            "file", path);
    if (st.st_size == 0)
        return 0;
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return cannot_read(path, err);
    log->text = at;
    log->n = (size_t)st.st_size;
    return 0;
}

static int open_log(struct log *log, const char *path, struct ff_error *err)
{
    if (trust_output(path, "--joblog", err) != 0)
        return -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : cannot_read(path, err);
    const int rc = map(log, fd, path, err);
    close(fd);
    return rc;
}

static void release(struct log *log)
{
    if (log->text != NULL)
        munmap((void *)log->text, log->n);
    free(log->commands.entry);
    free(log->numbered.entry);
}

/* What was read need not stay in memory. */
static void forget(struct log *log, size_t at)
{
    if (at - log->forgotten < AT_ONCE)
        return;
    const size_t n = (at - log->forgotten) / AT_ONCE * AT_ONCE;
    madvise((void *)(log->text + log->forgotten), n, MADV_DONTNEED);
    log->forgotten += n;
}

/* The next line that has its end. */
static bool next_line(struct log *log, size_t *at, struct span *line)
{
    forget(log, *at);
    const char *begin = log->text + *at;
    const char *end = *at < log->n ? memchr(begin, '\n', log->n - *at) : NULL;
    if (end == NULL)
        return false;
    *line = (struct span){begin, (size_t)(end - begin)};
    *at += line->n + 1;
    return true;
}

static struct entry key_of(struct span command)
{
    return (struct entry){
        .hash = hash_bytes(command.at, command.n),
        .more = (uint32_t)hash_seeded(command.at, command.n, SECOND_SEED) | 1};
}

/* With its number, from 1. */
static struct entry numbered(struct entry key, uint64_t number)
{
    key.hash = hash_seeded(&number, sizeof number, key.hash);
    return key;
}

/* Where the key is, or would be. */
static struct entry *find(const struct table *t, const struct entry *key)
{
    size_t i = key->hash % t->room;
    while (t->entry[i].more != 0
           && (t->entry[i].hash != key->hash || t->entry[i].more != key->more))
        i = i + 1 < t->room ? i + 1 : 0;
    return &t->entry[i];
}

static void add(const struct table *t, struct entry key)
{
    struct entry *e = find(t, &key);
    key.lines = e->lines + 1;
    *e = key;
}

/* Has the log one more line with this command, and, unless it is 0, with this
 * number? Then it has one less. */
static bool take(struct log *log, struct span command, uint64_t number)
{
    const struct entry key = key_of(command);
    const struct entry with_number = numbered(key, number);
    struct entry *e = find(&log->commands, &key);
    if (e->lines == 0
        || (number > 0 && find(&log->numbered, &with_number)->lines == 0))
        return false;
    e->lines--;
    log->left--;
    return true;
}

static int open_table(struct table *t, size_t n, struct ff_error *err)
{
    t->room = n + n / 4 + 16;
    t->entry = calloc(t->room, sizeof t->entry[0]);
    return t->entry != NULL ? 0 : ff_error_errno(err, FF_LOST, "cannot resume");
}

/* The number at the beginning of a line; 0: there is none. */
static uint64_t number_of(struct span line)
{
    uint64_t n = 0;
    for (size_t i = 0; i < line.n && i < 19; i++) {
        if (line.at[i] < '0' || line.at[i] > '9')
            break;
        n = 10 * n + (uint64_t)(line.at[i] - '0');
    }
    return n;
}

static int make_tables(struct log *log, struct ff_error *err)
{
    struct span line, command;
    size_t n = 0, at = 0;
    int exit, signal;
    while (next_line(log, &at, &line))
        n++;
    log->forgotten = 0;
    if (open_table(&log->commands, n, err) != 0
        || open_table(&log->numbered, n, err) != 0)
        return -1;
    for (at = 0; next_line(log, &at, &line);)
        if (joblog_read(line, &exit, &signal, &command) && exit == 0
            && signal == 0) {
            add(&log->commands, key_of(command));
            add(&log->numbered, numbered(key_of(command), number_of(line)));
            log->left++;
        }
    return 0;
}

/* ---- the items ----------------------------------------------------------- */

/* What an item's command is made with, kept from one to the next. */
struct maker {
    const struct work_file *work;
    bool shell;
    struct template *template;
    struct item item;
    struct expansion words;
    struct text line, command;
    const char *input; /* --pipe: mapped; else NULL */
    size_t input_bytes;
};

static int open_maker(struct maker *m, const struct work_file *work,
                      const struct input *input, struct ff_error *err)
{
    const struct work_head *head = work->work.head;
    *m = (struct maker){.work = work, .item = ITEM_EMPTY,
                        .shell = (head->flags & WORK_SHELL) != 0,
                        .words = EXPANSION_EMPTY};
    m->template = template_of_work(&work->items, err);
    if (m->template == NULL)
        return -1;
    if (head->stdin_from != WORK_STDIN_BLOCK || input->bytes == 0)
        return 0;
    void *at = mmap(NULL, (size_t)input->bytes, PROT_READ, MAP_SHARED,
                    input->fd, 0);
    if (at == MAP_FAILED)
        return ff_error_errno(err, FF_LOST, "cannot resume: cannot map '%s'",
                              input->name);
    m->input = at;
    m->input_bytes = (size_t)input->bytes;
    return 0;
}

static void release_maker(struct maker *m)
{
    if (m->input != NULL)
        munmap((void *)m->input, m->input_bytes);
    template_free(m->template);
    item_release(&m->item);
    expansion_release(&m->words);
    text_release(&m->line);
    text_release(&m->command);
}

static struct span block_of(const struct maker *m)
{
    const uint64_t at = m->item.block, n = m->item.block_bytes;
    if (m->input == NULL || at > m->input_bytes || n > m->input_bytes - at)
        return (struct span){"", 0};
    return (struct span){m->input + at, (size_t)n};
}

/* The item's command as a log has it: 1; 0: it has none; -1. */
static int make(struct maker *m, uint64_t item, struct ff_error *err)
{
    const struct template_place anywhere = {.total = m->work->n_items,
                                            .anywhere = true};
    text_clear(&m->line);
    text_clear(&m->command);
    if (items_get(&m->work->items, item, &m->item, err) != 0
        || template_expand(m->template, &m->item, &anywhere, &m->words, err)
               != 0)
        return err->status == FF_ITEMS_FAILED ? 0 : -1;
    if (template_line(&m->work->work, &m->item, m->words.argv, block_of(m),
                      &m->line) != 0
        || joblog_command(&m->command,
                          (struct span){m->line.at, m->line.n}, m->shell)
               != 0)
        return ff_error_errno(err, FF_LOST, "cannot resume");
    return 1;
}

/* Which chunks are done, a bit each. Only those that have the number of their
 * line, or any. */
static int look_up(struct maker *m, struct log *log, const struct grid *grid,
                   unsigned char *bits, bool by_number, struct ff_error *err)
{
    for (uint32_t c = 0; log->left > 0 && c < grid->n_chunks; c++) {
        uint64_t item, end; /* a chunk is one item */
        if ((bits[c / 8] >> c % 8 & 1) != 0)
            continue;
        grid_chunk(grid, c, &item, &end);
        const int rc = make(m, item, err);
        if (rc < 0)
            return -1;
        if (rc > 0
            && take(log, (struct span){m->command.at, m->command.n},
                    by_number ? item + 1 : 0))
            bits[c / 8] |= (unsigned char)(1u << c % 8);
    }
    return 0;
}

static int cover_bits(const unsigned char *bits, uint32_t n,
                      struct cover *done, struct ff_error *err)
{
    for (uint32_t c = 0; c < n; c++)
        if ((bits[c / 8] >> c % 8 & 1) != 0
            && cover_add(done, (struct range){c, c + 1}) != 0)
            return ff_error_errno(err, FF_LOST, "cannot resume");
    return 0;
}

static int look_all_up(struct maker *m, struct log *log,
                       const struct grid *grid, struct cover *done,
                       struct ff_error *err)
{
    unsigned char *bits = calloc(grid->n_chunks / 8 + 1, 1);
    if (bits == NULL)
        return ff_error_errno(err, FF_LOST, "cannot resume");
    int rc = look_up(m, log, grid, bits, true, err);
    if (rc == 0)
        rc = look_up(m, log, grid, bits, false, err);
    if (rc == 0)
        rc = cover_bits(bits, grid->n_chunks, done, err);
    free(bits);
    return rc;
}

int resume_find(const struct job *job, const struct work_file *work,
                const struct input *input, const struct grid *grid,
                struct cover *done, struct ff_error *err)
{
    struct log log = {.text = NULL};
    struct maker maker = {.template = NULL};
    if (grid->chunk_items > 1)
        return ff_error_set(err, FF_USAGE, "--resume goes by items: leave out "
                            "--chunk");
    int rc = open_log(&log, joblog_path(job->task.joblog), err);
    if (rc == 0 && log.n > 0)
        rc = make_tables(&log, err);
    if (rc == 0 && log.n > 0)
        rc = open_maker(&maker, work, input, err);
    if (rc == 0 && log.n > 0)
        rc = look_all_up(&maker, &log, grid, done, err);
    if (maker.template != NULL)
        release_maker(&maker);
    release(&log);
    return rc;
}
