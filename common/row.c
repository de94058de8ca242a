/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of items to bytes and back: see row.h. A row is a head of fixed size and
 * its texts. They come from processes that start user code, so whatever
 * does not fit together is no row.
 */
#include "row.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x0a574f52u
#define MAX_SPAN (UINT32_C(32) << 20) /* no argument list is as long: exec(2)
                                         takes 6 MB of all, and quoting makes
                                         four bytes of one at most */
enum { TAG, COMMAND, REASON, RESULTS, INPUTS, N_SPANS };

struct row_head {
    uint32_t magic, bytes; /* of all of it */
    uint64_t item;
    int64_t start_ns;
    uint64_t wall_ns, user_ns, system_ns, max_rss_kb, sent;
    uint64_t n_stdout, n_stderr;
    uint32_t attempts, end;
    int32_t exit;
    uint32_t signal, rank, node;
    uint32_t n_span[N_SPANS];
};

static uint32_t cut(size_t n)
{
    return n < MAX_SPAN ? (uint32_t)n : MAX_SPAN;
}

size_t row_bytes(const struct row *row)
{
    return sizeof(struct row_head) + cut(row->tag.n) + cut(row->command.n)
           + cut(row->reason.n) + cut(row->results.n) + cut(row->inputs.n);
}

void row_encode(const struct row *row, char *out)
{
    const struct span span[N_SPANS] = {row->tag, row->command, row->reason,
                                       row->results, row->inputs};
    struct row_head h = {
        .magic = MAGIC, .bytes = (uint32_t)row_bytes(row), .item = row->item,
        .start_ns = row->start_ns, .wall_ns = row->wall_ns,
        .user_ns = row->user_ns, .system_ns = row->system_ns,
        .max_rss_kb = row->max_rss_kb, .sent = row->sent,
        .n_stdout = row->n_stdout, .n_stderr = row->n_stderr,
        .attempts = row->attempts, .end = row->end, .exit = row->exit,
        .signal = row->signal, .rank = row->rank, .node = row->node};
    for (int i = 0; i < N_SPANS; i++)
        h.n_span[i] = cut(span[i].n);
    memcpy(out, &h, sizeof h);
    out += sizeof h;
    for (int i = 0; i < N_SPANS; i++) {
        if (h.n_span[i] > 0)
            memcpy(out, span[i].at, h.n_span[i]);
        out += h.n_span[i];
    }
}

/* ---- back ---------------------------------------------------------------- */

/* What it says of its end must not contradict itself. */
static bool end_is_sound(const struct row_head *h)
{
    if (h->end >= ROW_CANCELLED || h->exit < -1 || h->exit > 255
        || h->signal >= NSIG || h->attempts == 0)
        return false;
    switch ((enum row_end)h->end) {
    case ROW_WELL:
    case ROW_NO_NUMBER:
        return h->exit == 0 && h->signal == 0;
    case ROW_EXITED:
        return h->exit > 0 && h->signal == 0;
    case ROW_SIGNALLED:
        return h->signal > 0;
    default:
        return true;
    }
}

static bool is_sound(const struct row_head *h)
{
    uint64_t n = sizeof *h;
    for (int i = 0; i < N_SPANS; i++) {
        if (h->n_span[i] > MAX_SPAN)
            return false;
        n += h->n_span[i];
    }
    return n == h->bytes && h->start_ns >= 0 && end_is_sound(h);
}

static struct span next(const char **p, uint32_t n)
{
    const struct span s = {*p, n};
    *p += n;
    return s;
}

long row_decode(const char *p, size_t n, struct row *row)
{
    struct row_head h;
    if (n < sizeof h)
        return 0;
    memcpy(&h, p, sizeof h);
    if (h.magic != MAGIC || !is_sound(&h))
        return -1;
    if (n < h.bytes)
        return 0;
    *row = (struct row){
        .item = h.item, .start_ns = h.start_ns, .wall_ns = h.wall_ns,
        .user_ns = h.user_ns, .system_ns = h.system_ns,
        .max_rss_kb = h.max_rss_kb, .sent = h.sent, .n_stdout = h.n_stdout,
        .n_stderr = h.n_stderr, .attempts = h.attempts, .end = h.end,
        .exit = h.exit, .signal = h.signal, .rank = h.rank, .node = h.node};
    p += sizeof h;
    row->tag = next(&p, h.n_span[TAG]);
    row->command = next(&p, h.n_span[COMMAND]);
    row->reason = next(&p, h.n_span[REASON]);
    row->results = next(&p, h.n_span[RESULTS]);
    row->inputs = next(&p, h.n_span[INPUTS]);
    return (long)h.bytes;
}

/* ---- for people ---------------------------------------------------------- */

/* "SIGSEGV (segmentation fault)" */
static void name_signal(uint32_t number, char out[96])
{
    const char *name = sigabbrev_np((int)number);
    const char *about = sigdescr_np((int)number);
    if (name == NULL || about == NULL)
        snprintf(out, 96, "signal %u", number);
    else
        snprintf(out, 96, "SIG%s (%c%s)", name,
                 tolower((unsigned char)about[0]), about + 1);
}

/* One line, whatever stands in it: a worker says so. */
static void say(char out[256], const char *what, struct span reason)
{
    const int n = snprintf(out, 256, "%s%s%.*s", what,
                           *what != '\0' && reason.n > 0 ? ": " : "",
                           (int)(reason.n < 250 ? reason.n : 250), reason.at);
    for (int i = 0; i < n && i < 255; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 127)
            out[i] = ' ';
}

void row_why(const struct row *row, char out[256])
{
    char name[96] = "";
    if (row->signal > 0)
        name_signal(row->signal, name);
    switch ((enum row_end)row->end) {
    case ROW_WELL:
        snprintf(out, 256, "exit status 0");
        break;
    case ROW_EXITED:
        snprintf(out, 256, "exit status %d", row->exit);
        break;
    case ROW_SIGNALLED:
        snprintf(out, 256, "killed by %s", name);
        break;
    case ROW_TIMED_OUT:
        snprintf(out, 256, "timed out after %.3g s", (double)row->wall_ns / 1e9);
        break;
    case ROW_NO_MEMORY:
        say(out, "out of memory (--memory)", row->reason);
        break;
    case ROW_NOT_FOUND:
        say(out, row->reason.n > 0 ? "" : "command not found", row->reason);
        break;
    case ROW_NOT_RUN:
        say(out, row->reason.n > 0 ? "" : "the command cannot be run",
            row->reason);
        break;
    case ROW_NO_NUMBER:
        say(out, row->reason.n > 0 ? "" : "no such number in what it printed",
            row->reason);
        break;
    case ROW_WRONG_ITEM:
        say(out, row->reason.n > 0 ? "" : "the item has no command",
            row->reason);
        break;
    case ROW_CANCELLED:
        snprintf(out, 256, "ended since the run ended");
        break;
    }
}

const char *row_end_name(enum row_end end)
{
    static const char *const name[] = {
        [ROW_WELL] = "well", [ROW_EXITED] = "exit",
        [ROW_SIGNALLED] = "signal", [ROW_TIMED_OUT] = "timeout",
        [ROW_NO_MEMORY] = "memory", [ROW_NOT_FOUND] = "not found",
        [ROW_NOT_RUN] = "not run", [ROW_NO_NUMBER] = "no number",
        [ROW_WRONG_ITEM] = "wrong item", [ROW_CANCELLED] = "cancelled"};
    return (size_t)end < sizeof name / sizeof name[0] ? name[end] : "?";
}
