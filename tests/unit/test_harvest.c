/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items out of what comes to count: what each printed stays together, in
 * whatever order chunks come, and in their order with --keep-order; workers
 * that lie about it are found out. Standard output and error are files here.
 */
#include "harvest.h"
#include "label.h"
#include "ledger.h"
#include "row.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_CHUNKS = 64, N_SOURCES = 3 };

/* A run in which commands print; `out` and `err` are what we printed. */
struct scene {
    struct job job;
    struct grid grid;
    struct ordered ordered;
    struct harvest *harvest;
    int saved[2];
    FILE *file[2];
    struct ff_error error;
};

static void begin(struct scene *s, uint64_t items, uint64_t chunk_items,
                  bool keep_order)
{
    memset(s, 0, sizeof *s);
    s->job.keep_order = keep_order;
    CU_ASSERT_EQUAL_FATAL(grid_init(&s->grid, 0, items, chunk_items, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(ordered_init(&s->ordered, ROW_N_OUTPUTS, N_SOURCES,
                                       s->grid.n_chunks, 1u << 16, NULL), 0);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        s->file[i] = tmpfile();
        CU_ASSERT_PTR_NOT_NULL_FATAL(s->file[i]);
        s->saved[i] = dup(1 + i);
        dup2(fileno(s->file[i]), 1 + i);
    }
    s->harvest = harvest_open(&s->job, NULL, NULL, &s->grid, &s->ordered, NULL, &s->error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->harvest);
}

/* What was printed, as a text. */
static char *printed(struct scene *s, int i)
{
    static char text[2][1u << 20];
    rewind(s->file[i]);
    const size_t n = fread(text[i], 1, sizeof text[i] - 1, s->file[i]);
    text[i][n] = '\0';
    return text[i];
}

static void end(struct scene *s)
{
    harvest_free(s->harvest);
    for (int i = 0; i < 2; i++) {
        dup2(s->saved[i], 1 + i);
        close(s->saved[i]);
        fclose(s->file[i]);
    }
    ordered_release(&s->ordered);
}

static void send(struct scene *s, uint32_t source, uint32_t lo, uint32_t hi,
                 uint32_t output, const void *bytes, size_t n)
{
    struct output_segment segment = {lo, hi, output, 0, n};
    if (n == 0)
        return;
    char *body = malloc(sizeof segment + n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(body);
    memcpy(body, &segment, sizeof segment);
    memcpy(body + sizeof segment, bytes, n);
    CU_ASSERT_EQUAL(ordered_take(&s->ordered, source, body,
                                 sizeof segment + n, 1, &s->error), 0);
    free(body);
}

static void send_row(struct scene *s, uint32_t source, uint32_t lo,
                     uint32_t hi, const struct row *row)
{
    char bytes[1024];
    CU_ASSERT_FATAL(row_bytes(row) <= sizeof bytes);
    row_encode(row, bytes);
    send(s, source, lo, hi, ROW_OUTPUT, bytes, row_bytes(row));
}

static struct row well(uint64_t item, uint64_t n_stdout, uint64_t n_stderr)
{
    return (struct row){.item = item, .attempts = 1, .end = ROW_WELL,
                        .n_stdout = n_stdout, .n_stderr = n_stderr};
}

/* An item of a chunk of its own, which prints these. */
static void item(struct scene *s, uint32_t source, uint32_t i, const char *out,
                 const char *err)
{
    const struct row row = well(i, strlen(out), strlen(err));
    send(s, source, i, i + 1, ROW_STDOUT, out, strlen(out));
    send(s, source, i, i + 1, ROW_STDERR, err, strlen(err));
    send_row(s, source, i, i + 1, &row);
    CU_ASSERT_EQUAL(ordered_commit(&s->ordered, source, &s->error), 0);
}

static int finish(struct scene *s, uint64_t chunks)
{
    struct outcome o = {.chunks_done = chunks};
    const int rc = harvest_finish(s->harvest, &o, &s->error);
    outcome_release(&o);
    return rc;
}

static void prints_items_as_they_come(void)
{
    struct scene s;
    begin(&s, 4, 1, false);
    item(&s, 0, 2, "c1\nc2\n", "");
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 0, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), "c1\nc2\n");
    item(&s, 1, 0, "a", "ea\n");
    item(&s, 0, 3, "", "");
    item(&s, 2, 1, "b\n", "eb");
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 4, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), "c1\nc2\nab\n");
    CU_ASSERT_STRING_EQUAL(printed(&s, 1), "ea\neb");
    CU_ASSERT_EQUAL(harvest_counts(s.harvest)->well, 4);
    CU_ASSERT_EQUAL(finish(&s, 4), 0);
    end(&s);
}

static void keeps_the_order(void)
{
    struct scene s;
    begin(&s, 4, 1, true);
    item(&s, 0, 2, "c", "");
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 0, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), "");
    item(&s, 0, 0, "a", "");
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 1, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), "a");
    item(&s, 1, 1, "b", "");
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 3, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), "abc");
    end(&s);
}

/* Both on one descriptor: as on a terminal. */
static void keeps_both_streams_in_one_order(void)
{
    struct scene s;
    begin(&s, 3, 1, false);
    harvest_free(s.harvest);
    dup2(1, 2);
    s.harvest = harvest_open(&s.job, NULL, NULL, &s.grid, &s.ordered, NULL, &s.error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s.harvest);
    item(&s, 0, 0, "o0", "e0");
    item(&s, 0, 1, "", "e1");
    item(&s, 0, 2, "o2", "");
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 3, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), "o0e0e1o2");
    end(&s);
}

/* Several chunks in one segment, several items in a chunk, rows cut anywhere. */
static void takes_runs_of_chunks(void)
{
    struct scene s;
    char rows[4096], out[256] = "";
    size_t n = 0;
    begin(&s, 20, 2, false); /* items 6 .. 13 are chunks 3 .. 6 */
    for (uint64_t i = 6; i < 14; i++) {
        char text[16];
        const int length = snprintf(text, sizeof text, "i%d\n", (int)i);
        const struct row row = well(i, i % 3 == 0 ? 0 : (uint64_t)length, 0);
        if (i % 3 != 0)
            strcat(out, text);
        row_encode(&row, rows + n);
        n += row_bytes(&row);
    }
    send(&s, 1, 3, 4, ROW_STDOUT, out, 2);
    send(&s, 1, 3, 7, ROW_STDOUT, out + 2, strlen(out) - 2);
    for (size_t i = 0; i < n; i += 37)
        send(&s, 1, 3, i < 40 ? 4 : 7, ROW_OUTPUT, rows + i,
             n - i < 37 ? n - i : 37);
    CU_ASSERT_EQUAL(ordered_commit(&s.ordered, 1, &s.error), 0);
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 0, &s.error), 0);
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), out);
    CU_ASSERT_EQUAL(harvest_counts(s.harvest)->rows, 8);
    CU_ASSERT_EQUAL(finish(&s, 4), 0);
    end(&s);
}

/* ---- what cannot be ------------------------------------------------------ */

static int write_now(struct scene *s)
{
    CU_ASSERT_EQUAL(ordered_commit(&s->ordered, 0, &s->error), 0);
    return harvest_write(s->harvest, s->grid.n_chunks, &s->error);
}

static void refuses_rows_of_other_items(void)
{
    static const uint64_t wrong[] = {0, 5, 9, 10, UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct scene s;
        const struct row row = well(wrong[i], 0, 0);
        begin(&s, 10, 2, false);
        send_row(&s, 0, 2, 3, &row); /* chunk 2 has 4 and 5 */
        CU_ASSERT_EQUAL(write_now(&s), -1);
        CU_ASSERT_EQUAL(s.error.status, FF_LOST);
        end(&s);
    }
}

static void refuses_what_is_not_complete(void)
{
    struct scene s;
    struct row row = well(4, 0, 0);
    begin(&s, 10, 2, false);
    send_row(&s, 0, 2, 3, &row);
    CU_ASSERT_EQUAL(write_now(&s), -1); /* where is item 5? */
    end(&s);
    begin(&s, 10, 1, false);
    send(&s, 0, 2, 3, ROW_OUTPUT, "ROW", 3);
    CU_ASSERT_EQUAL(write_now(&s), -1);
    end(&s);
    begin(&s, 10, 1, false);
    row = well(3, 0, 0);
    send_row(&s, 0, 3, 4, &row);
    CU_ASSERT_EQUAL(write_now(&s), 0);
    CU_ASSERT_EQUAL(finish(&s, 2), -1); /* two chunks count, one has a row */
    end(&s);
}

static void refuses_twice_the_same(void)
{
    struct scene s;
    const struct row row = well(3, 0, 0);
    begin(&s, 10, 1, false);
    send_row(&s, 0, 3, 4, &row);
    send_row(&s, 0, 3, 4, &row);
    CU_ASSERT_EQUAL(write_now(&s), -1);
    end(&s);
}

static void refuses_wrong_counts_of_bytes(void)
{
    struct scene s;
    struct row row = well(3, 5, 0);
    begin(&s, 10, 1, false); /* more than there is */
    send(&s, 0, 3, 4, ROW_STDOUT, "abcd", 4);
    send_row(&s, 0, 3, 4, &row);
    CU_ASSERT_EQUAL(write_now(&s), -1);
    end(&s);
    begin(&s, 10, 1, false); /* more than its own */
    item(&s, 1, 5, "abcd", "");
    send_row(&s, 0, 3, 4, &row);
    CU_ASSERT_EQUAL(write_now(&s), -1);
    end(&s);
    begin(&s, 10, 1, false); /* less, and nothing follows */
    send(&s, 0, 3, 4, ROW_STDOUT, "abcdef", 6);
    send_row(&s, 0, 3, 4, &row);
    CU_ASSERT_EQUAL(write_now(&s), 0);
    CU_ASSERT_EQUAL(finish(&s, 1), -1);
    end(&s);
    begin(&s, 10, 1, false); /* less, and another item follows */
    send(&s, 0, 3, 4, ROW_STDOUT, "abcdef", 6);
    send_row(&s, 0, 3, 4, &row);
    item(&s, 1, 5, "abcd", "");
    CU_ASSERT_EQUAL(write_now(&s), -1);
    end(&s);
}

/* ---- a reader ------------------------------------------------------------ */

static void waits_for_a_reader(void)
{
    static char big[200000], back[sizeof big];
    struct scene s;
    int fd[2];
    size_t got = 0;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)('a' + i % 26);
    big[sizeof big - 1] = '\0';
    begin(&s, 2, 1, false);
    harvest_free(s.harvest);
    CU_ASSERT_EQUAL_FATAL(pipe(fd), 0);
    dup2(fd[1], 1);
    close(fd[1]);
    s.harvest = harvest_open(&s.job, NULL, NULL, &s.grid, &s.ordered, NULL, &s.error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s.harvest);
    item(&s, 0, 0, big, "");
    do {
        CU_ASSERT_EQUAL(harvest_write(s.harvest, 2, &s.error), 0);
        const ssize_t n = read(fd[0], back + got, sizeof back - got);
        CU_ASSERT_FATAL(n > 0);
        got += (size_t)n;
    } while (harvest_is_blocked(s.harvest));
    for (ssize_t n; got < sizeof big - 1; got += (size_t)n) {
        n = read(fd[0], back + got, sizeof back - got);
        CU_ASSERT_FATAL(n > 0);
    }
    CU_ASSERT(memcmp(big, back, sizeof big - 1) == 0);
    CU_ASSERT_EQUAL(s.ordered.hold.bytes, 0);
    close(fd[0]);
    end(&s);
}

/* ---- failures ------------------------------------------------------------ */

static void counts_and_lists_failures(void)
{
    struct scene s;
    struct outcome o = {.chunks_done = 3};
    begin(&s, 5, 1, false);
    struct row row = {.item = 4, .attempts = 2, .end = ROW_EXITED, .exit = 3,
                      .inputs = {"a b\0c\0", 6}};
    send_row(&s, 0, 4, 5, &row);
    row = (struct row){.item = 1, .attempts = 1, .end = ROW_NOT_FOUND,
                       .exit = 127};
    send_row(&s, 0, 1, 2, &row);
    row = well(2, 0, 0);
    send_row(&s, 0, 2, 3, &row);
    CU_ASSERT_EQUAL(write_now(&s), 0);
    const struct harvest_counts *n = harvest_counts(s.harvest);
    CU_ASSERT(n->rows == 3 && n->well == 1 && n->failed == 2);
    CU_ASSERT(n->not_found == 1 && n->retried == 1);
    CU_ASSERT_EQUAL(harvest_finish(s.harvest, &o, &s.error), 0);
    CU_ASSERT_EQUAL_FATAL(o.n_failures, 2);
    CU_ASSERT(o.failure[0].item == 1 && o.failure[1].item == 4);
    CU_ASSERT_STRING_EQUAL(o.failure[1].text, "a b c");
    CU_ASSERT_STRING_EQUAL(o.failure[1].reason, "exit status 3");
    CU_ASSERT(o.failure[1].exit == 3 && o.failure[1].attempts == 2);
    CU_ASSERT_EQUAL(o.items_done, 1);
    outcome_release(&o);
    end(&s);
}

/* ---- labels -------------------------------------------------------------- */

/* GNU parallel --tag: `printf 'a\nb'` of item 1 gives "1\ta\n1\tb", without a
 * newline at the end; a line with a zero byte is a line. */
static void labels_lines(void)
{
    static const char in[] = "a\n\nb\0c\nd", want[] = "1\ta\n1\t\n1\tb\0c\n1\td";
    for (size_t room = 1; room < 30; room++) {
        struct label l;
        char out[64];
        size_t n = 0;
        label_begin(&l, "1\t", 2);
        for (size_t at = 0, taken; at < sizeof in - 1; at += taken) {
            const size_t left = sizeof in - 1 - at;
            n += label_copy(&l, out + n, room, in + at,
                            room % 3 + 1 < left ? room % 3 + 1 : left,
                            &taken);
            CU_ASSERT_FATAL(n <= sizeof want - 1);
        }
        CU_ASSERT_EQUAL(n, sizeof want - 1);
        CU_ASSERT(memcmp(out, want, n) == 0);
    }
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"prints items as they come", prints_items_as_they_come},
        {"keeps the order", keeps_the_order},
        {"keeps both streams in one order", keeps_both_streams_in_one_order},
        {"takes runs of chunks", takes_runs_of_chunks},
        {"refuses rows of other items", refuses_rows_of_other_items},
        {"refuses what is not complete", refuses_what_is_not_complete},
        {"refuses twice the same", refuses_twice_the_same},
        {"refuses wrong counts of bytes", refuses_wrong_counts_of_bytes},
        {"waits for a reader", waits_for_a_reader},
        {"counts and lists failures", counts_and_lists_failures},
        {"labels lines", labels_lines},
    };
    return TAP_RUN(tests);
}
