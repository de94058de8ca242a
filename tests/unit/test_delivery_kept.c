/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs and arrays of a run that is kept and gone on with, in real files and a
 * real store: chunks that come to count in any order, batches at any moment, deaths
 * at any moment after which all that no batch has is forgotten. In the end files
 * have what anybody can work out, each byte once.
 */
#include "delivery.h"
#include "kept_file.h"
#include "ledger.h"
#include "tap.h"

#include <dirent.h>
#include <fanfold.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N_CHUNKS = 120, N_SOURCES = 3, N_OUTPUTS = 2, CHUNK = 3,
       N_ITEMS = N_CHUNKS * CHUNK - 1 };

static char folder[256];
static char path[N_OUTPUTS + 2][PATH_MAX]; /* outputs, the array, the store */
static char option[N_OUTPUTS + 1][PATH_MAX + 16];
static struct job job;
static struct spec spec;
static struct grid grid;

static uint64_t state = 1;

/* Marsaglia's xorshift64: any stream will do. */
static uint32_t draw(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

static size_t length_of(uint32_t c, uint32_t output)
{
    const uint32_t h = (c * 2654435761u) ^ output * 40503u;
    return h % 5 == 0 ? 0 : h % 17 == 7 ? h % 90000 : h % 300;
}

static unsigned char byte_of(uint32_t c, uint32_t output, size_t i)
{
    return (unsigned char)(c * 7 + output * 31 + i * 13);
}

static void set_up(void)
{
    static const char *const name[] = {"first", "second", "rows", "store"};
    snprintf(folder, sizeof folder, "%s/fanfold-kept-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    for (int i = 0; i < N_OUTPUTS + 2; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", folder, name[i]);
    job = (struct job){.quiet = true, .n_outputs = N_OUTPUTS + 1};
    for (int i = 0; i < N_OUTPUTS + 1; i++) {
        snprintf(option[i], sizeof option[i], "%s=%s", name[i], path[i]);
        job.output[i] = option[i];
    }
    spec = (struct spec){.n_outputs = N_OUTPUTS, .n_arrays = 1};
    for (int i = 0; i < N_OUTPUTS; i++)
        strcpy(spec.output[i].name, name[i]);
    strcpy(spec.array[0].name, "rows");
    spec.array[0].type = FF_TYPE_I64;
    spec.array[0].columns = 1;
    CU_ASSERT_FATAL(grid_init(&grid, 0, N_ITEMS, CHUNK, NULL) == 0);
}

/* How many files there are, without a log of the store; they may be removed. */
static int n_files(bool are_removed)
{
    struct dirent *entry;
    DIR *d = opendir(folder);
    int n = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    while ((entry = readdir(d)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0
            || strcmp(entry->d_name, "..") == 0)
            continue;
        n += strncmp(entry->d_name, "store-", 6) != 0;
        if (are_removed)
            unlinkat(dirfd(d), entry->d_name, 0);
    }
    closedir(d);
    return n;
}

static void tear_down(void)
{
    n_files(true);
    rmdir(folder);
}

/* ---- a run ----------------------------------------------------------------- */

struct board {
    struct delivery d;
    struct store *store;
    struct cover settled, kept, todo;
};

static uint32_t frontier(const struct board *b)
{
    return cover_first_missing(&b->settled, 0);
}

static void copy_cover(struct cover *to, const struct cover *from)
{
    cover_release(to);
    for (size_t i = 0; i < from->n; i++)
        cover_add(to, from->range[i]);
}

static void begin(struct board *b, bool goes_on)
{
    struct ff_error err = {0};
    if (b->store == NULL)
        b->store = store_open(path[N_OUTPUTS + 1],
                              goes_on ? STORE_WRITE : STORE_CREATE, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->store);
    const int rc = delivery_open(&b->d, &job, &spec, &grid, N_SOURCES,
                                 goes_on ? b->store : NULL, &err);
    if (rc != 0)
        tap_note("%s", err.text);
    CU_ASSERT_FATAL(rc == 0);
    for (uint32_t i = 0; i < N_OUTPUTS; i++) {
        struct stat st;
        CU_ASSERT_EQUAL(stat(path[i], &st), 0);
        CU_ASSERT_EQUAL((uint64_t)st.st_size, b->d.sink[i].bytes);
    }
    cover_release(&b->todo);
    cover_add_missing(&b->todo, (struct range){0, N_CHUNKS}, &b->settled,
                      NULL);
}

static void save(struct board *b)
{
    struct store_batch batch = {0};
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(delivery_save(&b->d, frontier(b), &batch, &err), 0);
    CU_ASSERT_EQUAL(store_write(b->store, &batch, &err), 0);
    store_batch_release(&batch);
    copy_cover(&b->kept, &b->settled);
}

/* All that no batch has is forgotten, but for what is in files. */
static void die(struct board *b)
{
    delivery_release(&b->d);
    CU_ASSERT_EQUAL(store_close(b->store, NULL), 0);
    b->store = NULL;
    copy_cover(&b->settled, &b->kept);
    begin(b, true);
}

static void emit(struct board *b, uint32_t source, uint32_t c)
{
    for (uint32_t output = 0; output < N_OUTPUTS; output++) {
        const size_t n = length_of(c, output);
        const struct output_segment s = {c, c + 1, output, 0, n};
        unsigned char *m = malloc(sizeof s + n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        memcpy(m, &s, sizeof s);
        for (size_t i = 0; i < n; i++)
            m[sizeof s + i] = byte_of(c, output, i);
        if (n > 0)
            CU_ASSERT_EQUAL(ordered_take(&b->d.ordered, source, m,
                                         sizeof s + n, 1, NULL), 0);
        free(m);
    }
}

/* Items know their row. */
static void write_rows(const struct board *b, uint32_t c, int64_t add)
{
    const struct array_file *file = &b->d.array[0];
    uint64_t first, end;
    grid_chunk(&grid, c, &first, &end);
    for (; first < end; first++) {
        const int64_t value = (int64_t)(first * first) + add;
        CU_ASSERT_EQUAL(pwrite(file->fd, &value, sizeof value,
                               (off_t)(file->data_at + first * sizeof value)),
                        sizeof value);
    }
}

static void run_some(struct board *b)
{
    const uint32_t source = draw(N_SOURCES);
    struct range r, rest;
    if (!cover_take(&b->todo, 1 + draw(6), &r))
        return;
    /* From anywhere: what is below goes back. */
    if (draw(2) == 0 && cover_take(&b->todo, N_CHUNKS, &rest)) {
        cover_add(&b->todo, r);
        r = (struct range){rest.hi - 1, rest.hi};
        if (rest.lo < r.lo)
            cover_add(&b->todo, (struct range){rest.lo, r.lo});
    }
    const bool counts = draw(6) != 0;
    for (uint32_t c = r.lo; c < r.hi; c++) {
        emit(b, source, c);
        write_rows(b, c, counts ? 0 : 1); /* a dead one has written anything */
    }
    if (!counts) {
        ordered_drop(&b->d.ordered, source);
        cover_add(&b->todo, r);
        return;
    }
    CU_ASSERT_EQUAL(ordered_commit(&b->d.ordered, source, NULL), 0);
    cover_add(&b->settled, r);
}

/* Also a part of a piece, as a file system with little room would. */
static void write_some(struct board *b)
{
    const uint32_t output = draw(N_OUTPUTS);
    const char *data;
    size_t n;
    if (ordered_next(&b->d.ordered, output, frontier(b), &data, &n, NULL)
        <= 0)
        return;
    const size_t part = draw(2) == 0 ? n : 1 + draw((uint32_t)n);
    CU_ASSERT_EQUAL(sink_write(&b->d.sink[output], data, part, NULL),
                    (long)part);
    ordered_written(&b->d.ordered, output, part);
}

/* ---- in the end -------------------------------------------------------------- */

static unsigned char *read_file(const char *from, size_t *n)
{
    struct stat st;
    const int fd = open(from, O_RDONLY);
    CU_ASSERT_FATAL(fd >= 0 && fstat(fd, &st) == 0);
    unsigned char *all = malloc((size_t)st.st_size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    CU_ASSERT_EQUAL(read(fd, all, (size_t)st.st_size), st.st_size);
    close(fd);
    *n = (size_t)st.st_size;
    return all;
}

static void check_output(uint32_t output)
{
    size_t n, at = 0;
    unsigned char *has = read_file(path[output], &n);
    bool right = true;
    for (uint32_t c = 0; c < N_CHUNKS; c++)
        for (size_t i = 0; i < length_of(c, output); i++, at++)
            right = right && at < n && has[at] == byte_of(c, output, i);
    CU_ASSERT_TRUE(right);
    CU_ASSERT_EQUAL(at, n);
    free(has);
}

static void check_array(void)
{
    size_t n;
    unsigned char *has = read_file(path[N_OUTPUTS], &n);
    CU_ASSERT_EQUAL_FATAL(n % 64, (N_ITEMS * 8) % 64);
    const size_t data_at = n - N_ITEMS * 8;
    for (int64_t i = 0; i < N_ITEMS; i++) {
        int64_t value;
        memcpy(&value, has + data_at + i * 8, 8);
        if (value != i * i) {
            CU_ASSERT_EQUAL(value, i * i);
            break;
        }
    }
    free(has);
}

static void end(struct board *b, enum delivery_end how)
{
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(delivery_write(&b->d, frontier(b), &err), 0);
    CU_ASSERT_EQUAL(delivery_finish(&b->d, &b->settled, how, &err), 0);
    save(b);
    if (how == DELIVERY_DONE_KEPT)
        CU_ASSERT_EQUAL(kept_file_remove_named(b->store, &err), 0);
    delivery_release(&b->d);
}

static void clear(struct board *b)
{
    CU_ASSERT_EQUAL(store_close(b->store, NULL), 0);
    cover_release(&b->settled);
    cover_release(&b->kept);
    cover_release(&b->todo);
    n_files(true);
    *b = (struct board){0};
}

static void play(uint64_t seed, uint32_t deaths)
{
    struct board b = {0};
    bool is_saved = false;
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    begin(&b, false);
    while (frontier(&b) < N_CHUNKS || deaths > 0) {
        const uint32_t what = draw(100);
        if (what < 40) {
            run_some(&b);
        } else if (what < 80) {
            write_some(&b);
        } else if (what < 90) {
            save(&b);
            is_saved = true;
        } else if (what < 96 && deaths > 0 && is_saved) {
            deaths--;
            die(&b);
        }
    }
    CU_ASSERT_EQUAL(store_count(b.store, STORE_FILES, NULL, NULL, 0, NULL),
                    is_saved ? 3 : 0);
    end(&b, DELIVERY_DONE_KEPT);
    for (uint32_t i = 0; i < N_OUTPUTS; i++)
        check_output(i);
    check_array();
    CU_ASSERT_EQUAL(store_count(b.store, STORE_PIECES, NULL, NULL, 0, NULL),
                    0);
    CU_ASSERT_EQUAL(store_close(b.store, NULL), 0);
    b.store = NULL;
    CU_ASSERT_EQUAL(n_files(false), N_OUTPUTS + 2);
    b.store = store_open(path[N_OUTPUTS + 1], STORE_WRITE, NULL);
    clear(&b);
}

static void is_gone_on_with_after_any_death(void)
{
    set_up();
    for (unsigned seed = 0; seed < (tap_long() ? 300u : 5u); seed++)
        play(seed, seed % 8);
    tear_down();
}

/* ---- an end that is none ----------------------------------------------------- */

static void goes_on_after_an_end(void)
{
    struct board b = {0};
    set_up();
    begin(&b, false);
    for (int i = 0; i < 20; i++)
        run_some(&b);
    end(&b, DELIVERY_LEFT);
    CU_ASSERT_EQUAL(access(path[N_OUTPUTS], F_OK), -1);
    copy_cover(&b.settled, &b.kept);
    begin(&b, true);
    while (frontier(&b) < N_CHUNKS)
        run_some(&b);
    /* Named, but we die before the store knows. */
    save(&b);
    CU_ASSERT_EQUAL(delivery_write(&b.d, frontier(&b), NULL), 0);
    CU_ASSERT_EQUAL(delivery_finish(&b.d, &b.settled, DELIVERY_DONE_KEPT,
                                    NULL), 0);
    CU_ASSERT_EQUAL(access(path[N_OUTPUTS], F_OK), 0);
    die(&b);
    end(&b, DELIVERY_DONE_KEPT);
    check_output(0);
    check_array();
    CU_ASSERT_EQUAL(n_files(false), N_OUTPUTS + 2);
    /* Of one that has ended the array itself is gone on with. */
    begin(&b, true);
    write_rows(&b, 5, 0);
    end(&b, DELIVERY_DONE_KEPT);
    check_array();
    clear(&b);
    tear_down();
}

/* ---- files that are not what was left ---------------------------------------- */

static void is_refused(struct board *b, const char *what)
{
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(delivery_open(&b->d, &job, &spec, &grid, N_SOURCES,
                                  b->store, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_CHANGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, what));
    if (strstr(err.text, what) == NULL)
        tap_note("%s", err.text);
    delivery_release(&b->d);
}

static void what_is_changed_is_refused(void)
{
    struct board b = {0};
    struct kept_file hidden;
    char other[PATH_MAX + 8];
    set_up();
    begin(&b, false);
    while (frontier(&b) < N_CHUNKS)
        run_some(&b);
    end(&b, DELIVERY_LEFT);
    struct stat st;
    CU_ASSERT_FATAL(stat(path[0], &st) == 0 && st.st_size > 10);
    CU_ASSERT_EQUAL(truncate(path[0], st.st_size - 1), 0);
    is_refused(&b, path[0]);
    CU_ASSERT_EQUAL(truncate(path[0], st.st_size + 5), 0);
    snprintf(other, sizeof other, "%s.away", path[0]);
    CU_ASSERT_EQUAL(rename(path[0], other), 0);
    is_refused(&b, "is gone");
    CU_ASSERT_EQUAL(access(path[0], F_OK), -1);
    CU_ASSERT_EQUAL(rename(other, path[0]), 0);

    CU_ASSERT_EQUAL(kept_file_find(b.store, "array ", "rows", &hidden, NULL),
                    1);
    CU_ASSERT_TRUE(array_file_is_hidden(hidden.path));
    snprintf(other, sizeof other, "%s.away", path[0]);
    CU_ASSERT_EQUAL(rename(hidden.path, other), 0);
    is_refused(&b, "is gone");
    CU_ASSERT_EQUAL(symlink(other, hidden.path), 0);
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(delivery_open(&b.d, &job, &spec, &grid, N_SOURCES, b.store,
                                  &err), -1);
    delivery_release(&b.d);
    unlink(hidden.path);
    CU_ASSERT_EQUAL(rename(other, hidden.path), 0);
    CU_ASSERT_EQUAL(stat(hidden.path, &st), 0);
    CU_ASSERT_EQUAL(truncate(hidden.path, st.st_size - 8), 0);
    is_refused(&b, "another array");
    CU_ASSERT_EQUAL(truncate(hidden.path, st.st_size), 0);
    snprintf(option[0], sizeof option[0], "first=%s.else", path[0]);
    is_refused(&b, "would go to");
    clear(&b);
    tear_down();
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"is gone on with after any death", is_gone_on_with_after_any_death},
        {"goes on after an end", goes_on_after_an_end},
        {"what is changed is refused", what_is_changed_is_refused},
    };
    return TAP_RUN(tests);
}
