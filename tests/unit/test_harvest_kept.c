/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of a run that is kept, in a real store: what came out is there and does
 * not come again; what counted and had not come out does, whole; what came after
 * the last batch is as if it had not been.
 */
#include "harvest.h"
#include "ledger.h"
#include "row.h"
#include "store.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_SOURCES = 3, KEPT = 10 };
#define PRINTED (UINT64_C(9) << 20)

/* A run in which commands print; `out` and `err` are what we printed. */
struct scene {
    struct job job;
    struct grid grid;
    struct ordered ordered;
    struct harvest *harvest;
    int saved[2];
    FILE *file[2];
    struct ff_error error;
    struct store_batch batch;
};

static void begin(struct scene *s, uint64_t items, uint64_t chunk_items,
                  bool keep_order, bool retry, struct store *kept)
{
    memset(s, 0, sizeof *s);
    s->job.keep_order = keep_order;
    s->job.retry_failed = retry;
    s->job.keep_bytes = KEPT;
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
    if (kept != NULL)
        CU_ASSERT_EQUAL_FATAL(ordered_load(&s->ordered, kept, &s->error), 0);
    s->harvest = harvest_open(&s->job, NULL, NULL, &s->grid, &s->ordered, kept,
                              &s->error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->harvest);
    harvest_keep(s->harvest, &s->batch);
}

/* What was printed, as a text. */
static char *printed(struct scene *s, int i)
{
    static char text[2][PRINTED + 100];
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
    store_batch_release(&s->batch);
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

/* Item i, alone in a chunk or not, prints this; every seventh fails. */
static int text_of(uint64_t i, char out[32])
{
    return snprintf(out, 32, "item %llu says %llu\n", (unsigned long long)i,
                    (unsigned long long)(i * i));
}

static void send_chunk(struct scene *s, uint32_t source, uint32_t c)
{
    uint64_t begin, end;
    grid_chunk(&s->grid, c, &begin, &end);
    for (uint64_t i = begin; i < end; i++) {
        char text[32];
        struct row row = well(i, (uint64_t)text_of(i, text), 0);
        row.end = i % 7 == 3 ? ROW_EXITED : ROW_WELL;
        row.exit = i % 7 == 3;
        send(s, source, c, c + 1, ROW_STDOUT, text, strlen(text));
        send_row(s, source, c, c + 1, &row);
    }
    CU_ASSERT_EQUAL(ordered_commit(&s->ordered, source, &s->error), 0);
}

static char path[64];

static struct store *open_store(enum store_mode mode)
{
    struct ff_error err = {0};
    struct store *kept = store_open(path, mode, &err);
    if (kept == NULL)
        fprintf(stderr, "# %s\n", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    return kept;
}

static void save(struct scene *s, struct store *kept)
{
    CU_ASSERT_EQUAL(ordered_save(&s->ordered, &s->batch, &s->error), 0);
    CU_ASSERT_EQUAL(harvest_save(s->harvest, &s->batch, &s->error), 0);
    CU_ASSERT_EQUAL(store_write(kept, &s->batch, &s->error), 0);
    store_batch_clear(&s->batch);
}

static uint64_t count(struct store *kept, const char *where)
{
    struct ff_error err;
    return (uint64_t)store_count(kept, STORE_ITEMS, where, NULL, 0, &err);
}

/* The first KEPT bytes of each. */
static int check_item(void *context, const struct store_value *v,
                      struct ff_error *err)
{
    char text[32];
    uint64_t *n = context;
    (void)err;
    CU_ASSERT_EQUAL(v[ITEM_STDOUT_BYTES].i,
                    text_of((uint64_t)v[ITEM_NUMBER].i, text));
    CU_ASSERT_EQUAL(v[ITEM_STDOUT].n, KEPT);
    CU_ASSERT_EQUAL(memcmp(v[ITEM_STDOUT].bytes, text, KEPT), 0);
    ++*n;
    return 0;
}

static void finish(struct scene *s, uint64_t chunks, uint64_t well_items,
                   size_t failures)
{
    struct outcome o = {.chunks_done = chunks};
    CU_ASSERT_EQUAL(harvest_finish(s->harvest, &o, &s->error), 0);
    CU_ASSERT_EQUAL(o.items_done, well_items);
    CU_ASSERT_EQUAL(o.n_failures, failures);
    outcome_release(&o);
}

/* Items 0..6 in order, of which 2.. wait; then a death, and the rest. */
static void goes_on(uint64_t chunk_items)
{
    enum { N = 24 };
    const uint32_t n = N / (uint32_t)chunk_items;
    struct store *kept = open_store(STORE_CREATE);
    struct scene s;
    uint64_t seen = 0;
    begin(&s, N, chunk_items, true, false, NULL);
    send_chunk(&s, 0, 0);
    send_chunk(&s, 1, 2);
    send_chunk(&s, 2, 3);
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 1, &s.error), 0);
    save(&s, kept);
    CU_ASSERT_EQUAL(count(kept, NULL), chunk_items);
    send_chunk(&s, 0, 1); /* comes out, and is forgotten */
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 4, &s.error), 0);
    end(&s);

    begin(&s, N, chunk_items, true, false, kept);
    harvest_before(s.harvest, 3);
    for (uint32_t c = 1; c < n; c++)
        if (c != 2 && c != 3)
            send_chunk(&s, c % N_SOURCES, c);
    CU_ASSERT_EQUAL(harvest_write(s.harvest, n, &s.error), 0);
    char expected[N * 32] = "", text[32];
    for (uint64_t i = chunk_items; i < N; i++) {
        text_of(i, text);
        strcat(expected, text);
    }
    CU_ASSERT_STRING_EQUAL(printed(&s, 0), expected);
    save(&s, kept);
    CU_ASSERT_EQUAL(store_each(kept, STORE_ITEMS, NULL, NULL, 0, check_item,
                               &seen, &s.error), 0);
    CU_ASSERT_EQUAL(seen, N);
    CU_ASSERT_EQUAL(count(kept, STORE_ITEMS_FAILED), 3); /* 3, 10, 17 */
    CU_ASSERT_EQUAL(store_count(kept, STORE_PIECES, NULL, NULL, 0, &s.error),
                    0);
    finish(&s, n, N - 3, 3);
    end(&s);
    CU_ASSERT_EQUAL(store_close(kept, &s.error), 0);
    unlink(path);
}

static void goes_on_behind_the_last_batch(void)
{
    goes_on(1);
    goes_on(2);
    goes_on(4);
}

/* What has failed, whether it came out or waited, is run again. */
static void retries_what_failed(void)
{
    struct store *kept = open_store(STORE_CREATE);
    struct scene s;
    char text[4][32];
    begin(&s, 12, 1, true, false, NULL);
    for (uint32_t c = 0; c < 12; c++)
        if (c != 5)
            send_chunk(&s, 0, c);
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 5, &s.error), 0);
    save(&s, kept);
    end(&s);
    begin(&s, 12, 1, true, true, kept);
    const struct cover *again = harvest_again(s.harvest);
    CU_ASSERT_EQUAL(again->n_chunks, 2);
    CU_ASSERT(cover_contains(again, (struct range){3, 4}));
    CU_ASSERT(cover_contains(again, (struct range){10, 11}));
    CU_ASSERT_EQUAL(harvest_counts(s.harvest)->failed, 0);
    harvest_before(s.harvest, 9);
    send_chunk(&s, 0, 5);
    send_chunk(&s, 1, 10);
    send_chunk(&s, 2, 3);
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 12, &s.error), 0);
    const char *out = printed(&s, 0);
    for (int i = 0; i < 2; i++) {
        text_of(i == 0 ? 3 : 10, text[i]);
        const char *at = strstr(out, text[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        CU_ASSERT_PTR_NULL(strstr(at + 1, text[i])); /* once */
    }
    finish(&s, 12, 10, 2);
    end(&s);
    CU_ASSERT_EQUAL(store_close(kept, &s.error), 0);
    unlink(path);
}

/* A long one is half out, another of its chunk is: the first comes again, whole,
 * the other does not. */
static void half_an_item_comes_again(void)
{
    struct store *kept = open_store(STORE_CREATE);
    struct scene s;
    char *bytes = malloc(PRINTED);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t i = 0; i < PRINTED; i++)
        bytes[i] = (char)('a' + i % 23);
    begin(&s, 2, 2, false, false, NULL);
    const struct row first = well(0, 3, 0), second = well(1, PRINTED, 0);
    send(&s, 0, 0, 1, ROW_STDOUT, "hi\n", 3);
    send(&s, 0, 0, 1, ROW_STDOUT, bytes, PRINTED);
    send_row(&s, 0, 0, 1, &first);
    send_row(&s, 0, 0, 1, &second);
    CU_ASSERT_EQUAL(ordered_commit(&s.ordered, 0, &s.error), 0);
    CU_ASSERT_EQUAL(harvest_write(s.harvest, 1, &s.error), 0);
    CU_ASSERT(harvest_has_more(s.harvest));
    save(&s, kept);
    CU_ASSERT_EQUAL(count(kept, NULL), 1);
    end(&s);
    begin(&s, 2, 2, false, false, kept);
    harvest_before(s.harvest, 1);
    do {
        CU_ASSERT_EQUAL_FATAL(harvest_write(s.harvest, 1, &s.error), 0);
    } while (harvest_has_more(s.harvest));
    const char *out = printed(&s, 0);
    CU_ASSERT_EQUAL(strlen(out), PRINTED);
    CU_ASSERT_EQUAL(memcmp(out, bytes, PRINTED), 0);
    finish(&s, 1, 2, 0);
    end(&s);
    free(bytes);
    CU_ASSERT_EQUAL(store_close(kept, &s.error), 0);
    unlink(path);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"a run goes on behind its last batch", goes_on_behind_the_last_batch},
        {"what failed is run again", retries_what_failed},
        {"half an item comes again", half_an_item_comes_again}};
    snprintf(path, sizeof path, "/tmp/fanfold-items-%d.db", (int)getpid());
    unlink(path);
    return TAP_RUN(tests);
}
