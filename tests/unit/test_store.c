/* SPDX-License-Identifier: Apache-2.0 */
/* The store of a run: what was put in comes out, after deaths, beside a writer,
 * from a file that is damaged: the same rows, or none. */
#include "store.h"
#include "store_parts.h"
#include "store_row.h"
#include "stored_run.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static char folder[256];

static char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_event(struct store_batch *b, int64_t number, const char *text)
{
    const struct store_value row[EVENT_N] = {
        store_int(number), store_int(1), store_real(0.5 * (double)number),
        store_text("death"), store_text(text)};
    store_batch_put(b, STORE_EVENTS, row);
}

static struct store *open_or_say(const char *path, enum store_mode mode)
{
    struct ff_error err = {0};
    struct store *const s = store_open(path, mode, &err);
    if (s == NULL)
        tap_note("%d: %s", err.status, err.text);
    return s;
}

static void write_or_say(struct store *s, struct store_batch *b)
{
    struct ff_error err = {0};
    CU_ASSERT_EQUAL(store_write(s, b, &err), 0);
    if (err.status != 0)
        tap_note("%d: %s", err.status, err.text);
    store_batch_clear(b);
}

/* All values of all rows of a store, as text. */
struct dump {
    char text[8192];
    size_t n;
    enum store_table table;
};

static int dump_row(void *context, const struct store_value *value,
                    struct ff_error *err)
{
    struct dump *const d = context;
    (void)err;
    for (size_t i = 0; i < store_tables[d->table].n_columns; i++) {
        const struct store_value *const v = &value[i];
        const size_t room = sizeof d->text - d->n;
        const int n = snprintf(d->text + d->n, room, "%d %lld %a %.*s|",
                               (int)v->type, (long long)v->i, v->r,
                               (int)v->n, v->n > 0 ? (const char *)v->bytes
                                                   : "");
        d->n += (size_t)n < room ? (size_t)n : room;
    }
    return 0;
}

static int dump(struct store *s, struct dump *d, struct ff_error *err)
{
    d->n = 0;
    d->text[0] = '\0';
    for (d->table = 0; d->table < STORE_N_TABLES; d->table++)
        if (store_each(s, d->table, NULL, NULL, 0, dump_row, d, err) != 0)
            return -1;
    return 0;
}

/* ---- in and out ------------------------------------------------------------ */

/* A row whose every column has a value of its type, which tells where it is. */
static void put_all_types(struct store_batch *b)
{
    static const unsigned char bytes[] = {0, 1, 255, 0};
    for (enum store_table t = 0; t < STORE_N_TABLES; t++) {
        struct store_value row[STORE_MAX_COLUMNS];
        for (size_t i = 0; i < store_tables[t].n_columns; i++)
            switch (store_tables[t].column[i].type) {
            case STORE_INT:
                row[i] = store_int(i == 1 ? INT64_MIN : (int64_t)(100 * t + i));
                break;
            case STORE_REAL:
                row[i] = store_real(i % 2 ? 0x1.fffffffffffffp-3 : 1e300);
                break;
            case STORE_TEXT:
                row[i] = store_text("caf\xc3\xa9 \xff'\"");
                break;
            default:
                row[i] = store_blob(bytes, sizeof bytes);
            }
        store_batch_put(b, t, row);
    }
}

static int is_all_types(void *context, const struct store_value *value,
                        struct ff_error *err)
{
    const enum store_table t = *(const enum store_table *)context;
    (void)err;
    for (size_t i = 0; i < store_tables[t].n_columns; i++) {
        const struct store_value *const v = &value[i];
        CU_ASSERT_EQUAL(v->type, store_tables[t].column[i].type);
        if (v->type == STORE_INT)
            CU_ASSERT_EQUAL(v->i, i == 1 ? INT64_MIN : (int64_t)(100 * t + i));
        if (v->type == STORE_REAL)
            CU_ASSERT(v->r == (i % 2 ? 0x1.fffffffffffffp-3 : 1e300));
        if (v->type == STORE_TEXT)
            CU_ASSERT(v->n == 9 && memcmp(v->bytes, "caf\xc3\xa9 \xff'\"", 9)
                                       == 0);
        if (v->type == STORE_BLOB)
            CU_ASSERT(v->n == 4 && memcmp(v->bytes, "\0\1\377\0", 4) == 0);
    }
    return 0;
}

static void rows_come_out(void)
{
    struct store_batch b = {0};
    struct store *s = open_or_say(in_folder("types"), STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    put_all_types(&b);
    CU_ASSERT_FALSE(b.no_memory);
    write_or_say(s, &b);
    for (int round = 0; round < 2; round++) {
        struct ff_error err = {0};
        for (enum store_table t = 0; t < STORE_N_TABLES; t++) {
            CU_ASSERT_EQUAL(store_count(s, t, NULL, NULL, 0, &err), 1);
            CU_ASSERT_EQUAL(store_each(s, t, NULL, NULL, 0, is_all_types, &t,
                                       &err), 0);
        }
        CU_ASSERT_EQUAL(store_check(s, NULL, NULL, &err), 0);
        CU_ASSERT_EQUAL(store_close(s, &err), 0);
        CU_ASSERT_EQUAL(err.status, 0);
        s = open_or_say(in_folder("types"), STORE_READ);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    }
    store_close(s, NULL);
    store_batch_release(&b);
}

static int note_text(void *context, const struct store_value *value,
                     struct ff_error *err)
{
    (void)err;
    char *const text = context;
    snprintf(text + strlen(text), 64 - strlen(text), "%lld=%.*s ",
             (long long)value[EVENT_NUMBER].i, (int)value[EVENT_TEXT].n,
             (const char *)value[EVENT_TEXT].bytes);
    return value[EVENT_NUMBER].i == 7 ? 5 : 0;
}

static void rows_are_replaced(void)
{
    struct store_batch b = {0};
    char text[64] = "";
    struct store *const s = open_or_say(in_folder("replaced"), STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    put_event(&b, 3, "a");
    put_event(&b, -2, "b");
    put_event(&b, 3, "c");
    put_event(&b, 5, "d");
    const struct store_value key = store_int(5);
    store_batch_remove(&b, STORE_EVENTS, &key);
    write_or_say(s, &b);
    put_event(&b, 3, "e");
    put_event(&b, 7, "f");
    put_event(&b, 8, "g");
    write_or_say(s, &b);
    CU_ASSERT_EQUAL(store_each(s, STORE_EVENTS, NULL, NULL, 0, note_text, text,
                               NULL), 5);
    CU_ASSERT_STRING_EQUAL(text, "-2=b 3=e 7=f ");
    text[0] = '\0';
    const struct store_value from = store_int(3);
    CU_ASSERT_EQUAL(store_each(s, STORE_EVENTS, "number < ?1", &from, 1,
                               note_text, text, NULL), 0);
    CU_ASSERT_STRING_EQUAL(text, "-2=b ");
    store_batch_clear_table(&b, STORE_EVENTS);
    put_event(&b, 9, "h");
    write_or_say(s, &b);
    CU_ASSERT_EQUAL(store_count(s, STORE_EVENTS, NULL, NULL, 0, NULL), 1);
    store_close(s, NULL);
    store_batch_release(&b);
}

static void big_values(void)
{
    const size_t n = 20 << 20;
    unsigned char *const bytes = malloc(n);
    char *back;
    size_t n_back;
    struct store_batch b = {0};
    struct store *s = open_or_say(in_folder("big"), STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    const struct store_value row[] = {store_text("big"), store_blob(bytes, n)};
    store_batch_put(&b, STORE_META, row);
    write_or_say(s, &b);
    CU_ASSERT_EQUAL(store_close(s, NULL), 0);
    s = open_or_say(in_folder("big"), STORE_READ);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT_EQUAL_FATAL(store_meta(s, "big", &back, &n_back, NULL), 1);
    CU_ASSERT(n_back == n && memcmp(back, bytes, n) == 0 && back[n] == '\0');
    CU_ASSERT_EQUAL(store_meta(s, "bigger", &back, &n_back, NULL), 0);
    free(back);
    free(bytes);
    store_close(s, NULL);
    store_batch_release(&b);
}

/* The checksum as fanfold-store(5) has it, by hand. */
static void checksum_is_the_documented_one(void)
{
    static const unsigned char bytes[] = {
        STORE_FILES, STORE_TEXT, 1, 0, 0, 0, 0, 0, 0, 0, 'x',
        STORE_NULL,
        STORE_INT, 0xfe, 255, 255, 255, 255, 255, 255, 255,
        STORE_INT, 0, 1, 0, 0, 0, 0, 0, 0};
    struct store_bytes row = {NULL, 0, 0};
    const struct store_value value[FILE_N] = {
        store_text("x"), store_null(), store_int(-2), store_int(256)};
    CU_ASSERT_EQUAL_FATAL(store_row_encode(&row, STORE_FILES, value, FILE_N),
                          0);
    CU_ASSERT_EQUAL_FATAL(row.n, sizeof bytes);
    CU_ASSERT_EQUAL(memcmp(row.at, bytes, row.n), 0);
    CU_ASSERT_EQUAL(store_row_sum(row.at, row.n),
                    (int64_t)XXH3_64bits(bytes, sizeof bytes));
    free(row.at);
}

/* The tables in fanfold-store(5). */
static void manual_has_the_tables(void)
{
    static char page[65536];
    char path[512], sql[STORE_SQL_BYTES];
    const char *const top = getenv("top_srcdir");
    if (top == NULL) {
        tap_skip("no top_srcdir: run me with make check");
        return;
    }
    snprintf(path, sizeof path, "%s/docs/man/fanfold-store.5", top);
    FILE *const file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    const char *at = page;
    for (enum store_table t = 0; t < STORE_N_TABLES && at != NULL; t++) {
        store_table_sql(t, sql);
        at = strstr(at, sql);
        CU_ASSERT_PTR_NOT_NULL(at);
        if (at == NULL)
            tap_note("not in the manual, or not in its place: %s", sql);
    }
}

/* ---- others ---------------------------------------------------------------- */

static void is_held(void)
{
    struct ff_error err = {0};
    int ready[2], go[2], status;
    char c = 0, pid[32];
    CU_ASSERT_EQUAL_FATAL(pipe(ready) + pipe(go), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct store *const s = store_open(in_folder("held"), STORE_CREATE,
                                           NULL);
        close(go[1]);
        if (s == NULL || write(ready[1], "x", 1) != 1
            || read(go[0], &c, 1) < 0)
            _exit(1);
        _exit(store_close(s, NULL) != 0);
    }
    close(go[0]);
    CU_ASSERT_EQUAL(read(ready[0], &c, 1), 1);
    CU_ASSERT_PTR_NULL(store_open(in_folder("held"), STORE_WRITE, &err));
    CU_ASSERT_EQUAL(err.status, FF_HELD);
    snprintf(pid, sizeof pid, "process %d", (int)child);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, pid));
    CU_ASSERT_PTR_NULL(store_open(in_folder("held"), STORE_CREATE, &err));
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    close(go[1]);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    struct store *const s = open_or_say(in_folder("held"), STORE_WRITE);
    CU_ASSERT_PTR_NOT_NULL(s);
    store_close(s, NULL);
    close(ready[0]);
    close(ready[1]);
}

/* Row i of each batch has the number of the batch, so that a store of one moment
 * has the same number in all; checkpoints as often as there can be. */
#define WRITTEN_ROWS 200

static void write_for_ever(const char *path, int ready)
{
    struct store_batch b = {0};
    struct store *const s = store_open(path, STORE_CREATE, NULL);
    char text[400];
    if (s == NULL)
        _exit(1);
    for (int64_t n = 0;; n++) {
        memset(text, 'a' + (int)(n % 26), sizeof text - 1);
        text[sizeof text - 1] = '\0';
        for (int64_t i = 0; i < WRITTEN_ROWS; i++) {
            const struct store_value row[EVENT_N] = {
                store_int(i), store_int(n), store_null(), store_null(),
                store_text(text)};
            store_batch_put(&b, STORE_EVENTS, row);
        }
        if (store_write(s, &b, NULL) != 0)
            _exit(2);
        if (n % 3 == 2 && sqlite_checkpoint(s->db, false, NULL) != 0)
            _exit(3);
        store_batch_clear(&b);
        if (n == 0 && write(ready, "x", 1) != 1)
            _exit(4);
    }
}

struct moment {
    int64_t batch;
    int64_t n, others;
};

static int note_moment(void *context, const struct store_value *value,
                       struct ff_error *err)
{
    struct moment *const m = context;
    (void)err;
    if (m->n++ == 0)
        m->batch = value[EVENT_EPOCH].i;
    m->others += value[EVENT_EPOCH].i != m->batch;
    return 0;
}

static void is_read_while_written(void)
{
    struct ff_error err = {0};
    char path[512], c;
    int ready[2];
    int64_t before = -1, n_moments = 0;
    const int n_copies = getenv("FANFOLD_TEST_LONG") != NULL ? 1000 : 60;
    strcpy(path, in_folder("hot"));
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0)
        write_for_ever(path, ready[1]);
    close(ready[1]);
    CU_ASSERT_EQUAL_FATAL(read(ready[0], &c, 1), 1);
    for (int i = 0; i < n_copies && err.status == 0; i++) {
        struct moment m = {0};
        struct store *const s = store_open(path, STORE_READ, &err);
        if (s == NULL)
            break;
        CU_ASSERT_EQUAL(store_each(s, STORE_EVENTS, NULL, NULL, 0, note_moment,
                                   &m, &err), 0);
        CU_ASSERT_EQUAL(store_check(s, NULL, NULL, &err), 0);
        CU_ASSERT(m.n == WRITTEN_ROWS && m.others == 0 && m.batch >= before);
        n_moments += m.batch > before;
        before = m.batch;
        store_close(s, NULL);
    }
    tap_note("%lld different moments, the last after batch %lld",
             (long long)n_moments, (long long)before);
    CU_ASSERT_EQUAL(err.status, 0);
    if (err.status != 0)
        tap_note("%d: %s", err.status, err.text);
    CU_ASSERT(n_moments > 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);

    /* Its log is there; reading changes nothing. */
    struct stat was, is;
    char log[600];
    snprintf(log, sizeof log, "%s-wal", path);
    CU_ASSERT_EQUAL(stat(log, &was), 0);
    for (enum store_mode mode = STORE_READ;; mode = STORE_WRITE) {
        struct moment m = {0};
        struct store *const s = open_or_say(path, mode);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_EQUAL(store_check(s, NULL, NULL, &err), 0);
        CU_ASSERT_EQUAL(store_each(s, STORE_EVENTS, NULL, NULL, 0, note_moment,
                                   &m, &err), 0);
        CU_ASSERT(m.n == WRITTEN_ROWS && m.others == 0 && m.batch >= before);
        CU_ASSERT_EQUAL(store_close(s, NULL), 0);
        if (mode == STORE_WRITE)
            break;
        CU_ASSERT_EQUAL(stat(log, &is), 0);
        CU_ASSERT(is.st_size == was.st_size
                  && is.st_mtim.tv_nsec == was.st_mtim.tv_nsec);
    }
    CU_ASSERT_EQUAL(stat(log, &is) == 0 && is.st_size > 0, 0);
}

/* ---- damage ---------------------------------------------------------------- */

static unsigned char *image;
static size_t n_image;
static struct dump good;

static void make_image(void)
{
    struct store_batch b = {0};
    struct stat st;
    char path[512];
    strcpy(path, in_folder("image"));
    if (image != NULL)
        return;
    struct store *const s = open_or_say(path, STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    put_all_types(&b);
    for (int64_t i = 0; i < 30; i++)
        put_event(&b, i, "something that happened");
    write_or_say(s, &b);
    store_batch_release(&b);
    CU_ASSERT_EQUAL(dump(s, &good, NULL), 0);
    CU_ASSERT_EQUAL(store_close(s, NULL), 0);
    const int fd = open(path, O_RDONLY);
    CU_ASSERT_EQUAL_FATAL(fstat(fd, &st), 0);
    n_image = (size_t)st.st_size;
    image = malloc(n_image);
    CU_ASSERT_EQUAL_FATAL(read(fd, image, n_image), (ssize_t)n_image);
    close(fd);
}

/* The same rows, or damage that is told. */
static bool holds(const char *path, enum store_mode mode, size_t at)
{
    static struct dump d;
    struct ff_error err = {0};
    struct store *const s = store_open(path, mode, &err);
    bool rc = s != NULL && dump(s, &d, &err) == 0;
    if (rc)
        rc = strcmp(d.text, good.text) == 0;
    else
        rc = err.status == FF_DAMAGED;
    if (!rc)
        tap_note("byte %zu: %d %s", at, err.status, err.text);
    store_close(s, NULL);
    return rc;
}

static void write_image(const char *path, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CU_ASSERT_EQUAL(write(fd, image, n), (ssize_t)n);
    close(fd);
}

static size_t stride(void)
{
    return getenv("FANFOLD_TEST_LONG") != NULL ? 1 : 101;
}

static void bytes_are_flipped(void)
{
    char path[512];
    size_t n_bad = 0;
    make_image();
    strcpy(path, in_folder("flipped"));
    for (size_t i = 0; i < n_image && n_bad < 10;
         i += i < 200 ? 1 : stride()) {
        const unsigned char was = image[i];
        image[i] = (unsigned char)(i % 3 == 0 ? ~was : was ^ (1 << i % 8));
        write_image(path, n_image);
        n_bad += !holds(path, i % 2 ? STORE_WRITE : STORE_READ, i);
        image[i] = was;
    }
    CU_ASSERT_EQUAL(n_bad, 0);
}

static void file_is_cut(void)
{
    char path[512];
    size_t n_bad = 0;
    make_image();
    strcpy(path, in_folder("cut"));
    for (size_t n = 1; n < n_image && n_bad < 10; n += 5 * stride()) {
        write_image(path, n);
        n_bad += !holds(path, n % 2 ? STORE_WRITE : STORE_READ, n);
    }
    CU_ASSERT_EQUAL(n_bad, 0);
}

/* ---- full disks, other users ----------------------------------------------- */

static void disk_is_full(void)
{
    char mounted[512], path[600];
    unsigned char *const much = calloc(1, 1 << 20);
    struct store_batch b = {0};
    struct ff_error err = {0};
    strcpy(mounted, in_folder("small"));
    mkdir(mounted, 0700);
    if (mount("none", mounted, "tmpfs", 0, "size=512k,mode=700") != 0) {
        tap_skip("cannot mount a small tmpfs: %s", strerror(errno));
        free(much);
        return;
    }
    snprintf(path, sizeof path, "%s/store", mounted);
    struct store *s = open_or_say(path, STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL(s);
    if (s != NULL) {
        put_event(&b, 1, "kept");
        write_or_say(s, &b);
        const struct store_value row[] = {store_text("x"),
                                          store_blob(much, 1 << 20)};
        store_batch_put(&b, STORE_META, row);
        CU_ASSERT_EQUAL(store_write(s, &b, &err), -1);
        CU_ASSERT_EQUAL(err.status, FF_UNWRITTEN);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "No space left on device"));
        store_batch_clear(&b);
        put_event(&b, 2, "late");
        CU_ASSERT_EQUAL(store_write(s, &b, &err), -1);
        store_close(s, NULL);
        s = open_or_say(path, STORE_READ);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_EQUAL(store_count(s, STORE_EVENTS, NULL, NULL, 0, NULL), 1);
        CU_ASSERT_EQUAL(store_check(s, NULL, NULL, NULL), 0);
        store_close(s, NULL);
    }
    umount(mounted);
    store_batch_release(&b);
    free(much);
}

static void is_safe(void)
{
    char path[512], link[512];
    struct ff_error err = {0};
    struct stat st;
    strcpy(path, in_folder("safe"));
    strcpy(link, in_folder("link"));
    struct store *s = open_or_say(path, STORE_CREATE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
    store_close(s, NULL);
    CU_ASSERT_EQUAL(chmod(path, 0666), 0);
    CU_ASSERT_PTR_NULL(store_open(path, STORE_WRITE, &err));
    CU_ASSERT_EQUAL(err.status, FF_UNSAFE);
    CU_ASSERT_EQUAL(symlink("/nowhere/at/all", link), 0);
    CU_ASSERT_PTR_NULL(store_open(link, STORE_CREATE, &err));
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
    CU_ASSERT_PTR_NULL(store_open(in_folder("none"), STORE_WRITE, &err));
    CU_ASSERT_EQUAL(err.status, FF_USAGE);
}

/* On a network: a rollback journal, and none is left. */
static void has_a_journal(void)
{
    struct store_batch b = {0};
    struct stat st;
    char path[512], beside[600];
    strcpy(path, in_folder("remote"));
    struct store *s = store_open_as(path, STORE_CREATE, true, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    put_event(&b, 1, "x");
    write_or_say(s, &b);
    snprintf(beside, sizeof beside, "%s-wal", path);
    CU_ASSERT_NOT_EQUAL(stat(beside, &st), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct ff_error err = {0};
        struct store *const r = store_open(path, STORE_READ, &err);
        _exit(r != NULL ? 99 : err.status);
    }
    int status;
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(WEXITSTATUS(status), FF_HELD);
    CU_ASSERT_EQUAL(store_close(s, NULL), 0);
    for (enum store_mode mode = STORE_READ;; mode = STORE_WRITE) {
        s = store_open_as(path, mode, true, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_EQUAL(store_count(s, STORE_EVENTS, NULL, NULL, 0, NULL), 1);
        CU_ASSERT_EQUAL(store_close(s, NULL), 0);
        if (mode == STORE_WRITE)
            break;
    }
    store_batch_release(&b);
}

/* Who looks at what it has opened to write does not lose it to another: a file
 * that is closed takes all locks of the process with it. */
static void stays_ours(void)
{
    struct store_batch b = {0};
    struct store_value v[EPOCH_N] = {0};
    struct stored_run run;
    struct store *s = store_open(in_folder("ours"), STORE_CREATE, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    v[EPOCH_NUMBER] = store_int(1);
    v[EPOCH_STATUS] = store_text("running");
    store_batch_put(&b, STORE_EPOCHS, v);
    write_or_say(s, &b);
    CU_ASSERT_EQUAL(stored_run_read(&run, s, NULL), 0);
    CU_ASSERT_EQUAL(run.status, STORED_KILLED);
    stored_run_release(&run);
    const pid_t child = fork();
    if (child == 0) {
        struct ff_error err = {0};
        struct store *const w = store_open(store_path(s), STORE_WRITE, &err);
        _exit(w != NULL ? 99 : err.status);
    }
    int status;
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(WEXITSTATUS(status), FF_HELD);
    CU_ASSERT_EQUAL(store_close(s, NULL), 0);
    store_batch_release(&b);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"rows of all types come out as they went in", rows_come_out},
        {"rows replace others of the same key, go, and are asked for",
         rows_are_replaced},
        {"values of 20 MiB", big_values},
        {"the checksum is the documented one", checksum_is_the_documented_one},
        {"the manual has the tables, in their order", manual_has_the_tables},
        {"a second writer is refused, the first one named", is_held},
        {"to look at a run that was killed keeps its lock", stays_ours},
        {"a store is read while it is written and checkpointed: moments of it",
         is_read_while_written},
        {"bytes that have changed: the same rows, or damage",
         bytes_are_flipped},
        {"a file that is cut: the same rows, or damage", file_is_cut},
        {"a full disk: told, and what was there stays", disk_is_full},
        {"modes, links, files that are not there", is_safe},
        {"a rollback journal, as on a network", has_a_journal},
    };
    snprintf(folder, sizeof folder, "%s/test_store-XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 99;
    }
    const int rc = TAP_RUN(tests);
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    free(image);
    return system(command) != 0 ? 99 : rc;
}
