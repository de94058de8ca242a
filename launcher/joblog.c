/* SPDX-License-Identifier: Apache-2.0 */
/* --joblog: see joblog.h. */
#include "joblog.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\t"
                           "Exitval\tSignal\tCommand\n";

const char *joblog_path(const char *path)
{
    return path[0] == '+' && path[1] != '\0' ? path + 1 : path;
}

/* ---- the file ------------------------------------------------------------ */

static int cannot_write(const struct joblog *log, struct ff_error *err)
{
    return ff_error_errno(err, FF_UNWRITTEN, "cannot write '%s' (--joblog)",
                          log->path);
}

static int write_all(const struct joblog *log, const char *p, size_t n,
                     struct ff_error *err)
{
    while (n > 0) {
        const ssize_t done = write(log->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return cannot_write(log, err);
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

static int open_path(const char *path)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_NOFOLLOW, 0666);
    if (fd < 0 && errno == ELOOP && trust_link(path))
        fd = open(path, flags, 0666);
    return fd;
}

/* Behind what is there: a line that was cut off is ended, so that it stays none
 * of any command: what is left of "echo 12" could be another item's. */
static int go_on(const struct joblog *log, off_t size, struct ff_error *err)
{
    static const char end[] = "\t# cut off\n";
    char last = '\n';
    if (pread(log->fd, &last, 1, size - 1) < 0)
        return cannot_write(log, err);
    return last == '\n' ? 0 : write_all(log, end, sizeof end - 1, err);
}

static int cut(const struct joblog *log, off_t size, uint64_t kept,
               struct ff_error *err)
{
    if ((uint64_t)size < kept)
        return ff_error_set(err, FF_CHANGED, "'%s' (--joblog) is shorter than "
                            "the run left it: put it back, or start a new run",
                            log->path);
    return ftruncate(log->fd, (off_t)kept) == 0 ? 0 : cannot_write(log, err);
}

static int begin(const struct joblog *log, bool append, const uint64_t *kept,
                 struct ff_error *err)
{
    struct stat st;
    if (fstat(log->fd, &st) != 0)
        return cannot_write(log, err);
    const bool is_file = S_ISREG(st.st_mode);
    if (is_file && kept != NULL && !append)
        return cut(log, st.st_size, *kept, err);
    if (is_file && append && st.st_size > 0)
        return go_on(log, st.st_size, err);
    if (is_file && ftruncate(log->fd, 0) != 0)
        return cannot_write(log, err);
    return write_all(log, head, sizeof head - 1, err);
}

int joblog_open(struct joblog *log, const char *path, bool append,
                const uint64_t *kept, bool shell, const struct plan *plan,
                struct ff_error *err)
{
    append = append || joblog_path(path) != path;
    *log = (struct joblog){.fd = -1, .path = joblog_path(path), .plan = plan,
                           .shell = shell};
    if (strcmp(path, "-") == 0)
        return ff_error_set(err, FF_USAGE, "--joblog -: it needs a file");
    if (trust_output(log->path, "--joblog", err) != 0)
        return -1;
    log->fd = open_path(log->path);
    if (log->fd < 0)
        return ff_error_errno(err, FF_USAGE, "cannot write '%s' (--joblog)",
                              log->path);
    return begin(log, append, kept, err);
}

int joblog_write(struct joblog *log, struct ff_error *err)
{
    const char *p = log->lines.at;
    const char *end = p + log->lines.n;
    while (p < end) {
        const char *next = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
        if (write_all(log, p, (size_t)(next - p), err) != 0)
            return -1;
        p = next;
    }
    text_clear(&log->lines);
    return 0;
}

int joblog_close(struct joblog *log, struct ff_error *err)
{
    const int fd = log->fd;
    log->fd = -1;
    text_release(&log->lines);
    if (fd < 0 || close(fd) == 0 || errno == EINTR)
        return 0;
    return cannot_write(log, err);
}

/* ---- a line -------------------------------------------------------------- */

int joblog_command(struct text *line, struct span command, bool shell)
{
    while (command.n > 0) {
        const char *end = memchr(command.at, '\n', command.n);
        const size_t n = end != NULL ? (size_t)(end - command.at) : command.n;
        if (text_append(line, command.at, n) != 0
            || (end != NULL && shell && text_append(line, "\0", 1) != 0)
            || (end != NULL && !shell
                && text_append_string(line, "'$'\\n''") != 0))
            return -1;
        command.at += n + (end != NULL);
        command.n -= n + (end != NULL);
    }
    return 0;
}

static const char *host_of(const struct plan *plan, const struct row *row)
{
    return plan != NULL && row->node < plan->n_nodes
               ? plan->nodes[row->node].host : ":";
}

static int exit_of(const struct row *row)
{
    if (row->end == ROW_TIMED_OUT)
        return -1;
    if (row->exit > 0)
        return row->exit;
    return row_is_well(row) || row->signal > 0 ? 0 : -1;
}

void joblog_columns(const struct row *row, const struct plan *plan,
                    char column[JOBLOG_N_COLUMNS][JOBLOG_COLUMN])
{
    const size_t n = JOBLOG_COLUMN;
    snprintf(column[0], n, "%" PRIu64, row->item + 1);
    snprintf(column[1], n, "%s", host_of(plan, row));
    snprintf(column[2], n, "%.3f", (double)row->start_ns / 1e9);
    snprintf(column[3], n, "%10.3f", (double)row->wall_ns / 1e9);
    snprintf(column[4], n, "%" PRIu64, row->sent);
    snprintf(column[5], n, "%" PRIu64, row->n_stdout);
    snprintf(column[6], n, "%d", exit_of(row));
    snprintf(column[7], n, "%" PRIu32, row->signal);
}

static int add(struct joblog *log, const struct row *row)
{
    char column[JOBLOG_N_COLUMNS][JOBLOG_COLUMN];
    joblog_columns(row, log->plan, column);
    for (int i = 0; i < JOBLOG_N_COLUMNS; i++)
        if (text_append_string(&log->lines, column[i]) != 0
            || text_append(&log->lines, "\t", 1) != 0)
            return -1;
    if (joblog_command(&log->lines, row->command, log->shell) != 0)
        return -1;
    return text_append(&log->lines, "\n", 1);
}

int joblog_add(struct joblog *log, const struct row *row)
{
    const size_t before = log->lines.n;
    if (add(log, row) == 0)
        return 0;
    log->lines.n = before;
    return -1;
}

/* ---- back ---------------------------------------------------------------- */

static bool read_int(struct span text, int *value)
{
    char digits[16], *end;
    if (text.n == 0 || text.n >= sizeof digits)
        return false;
    memcpy(digits, text.at, text.n);
    digits[text.n] = '\0';
    *value = (int)strtol(digits, &end, 10);
    return *end == '\0';
}

bool joblog_read(struct span line, int *exit, int *signal,
                 struct span *command)
{
    struct span column[JOBLOG_N_COLUMNS];
    for (int i = 0; i < JOBLOG_N_COLUMNS; i++) {
        const char *tab = line.n > 0 ? memchr(line.at, '\t', line.n) : NULL;
        if (tab == NULL)
            return false;
        column[i] = (struct span){line.at, (size_t)(tab - line.at)};
        line.n -= column[i].n + 1;
        line.at = tab + 1;
    }
    *command = line;
    return read_int(column[6], exit) && read_int(column[7], signal);
}
