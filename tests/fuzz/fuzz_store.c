/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store gives back. The first byte says what follows.
 *
 *   i  the identity of a run: refused, or it is written as bytes that are read
 *      as the same
 *   s  what a kernel declares: changes of a right one, four bytes where and one
 *      that is put there; what is valid makes a partial that is valid
 *   f  the file: the same changes. It is refused as damaged, or each row that
 *      is read is as it was written
 */
#include "fuzz.h"
#include "op_operation.h"
#include "partial.h"
#include "run_identity.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- identity ------------------------------------------------------------- */

static void try_identity(const void *bytes, size_t n)
{
    struct identity id = IDENTITY_NONE, again = IDENTITY_NONE;
    void *first;
    size_t n_first;
    if (identity_decode(&id, bytes, n) != 0)
        return;
    for (size_t i = 0; i < id.n; i++)
        FUZZ_EXPECT(memchr(id.part[i].name, '\0', sizeof id.part[i].name)
                    && memchr(id.part[i].shown, '\0',
                              sizeof id.part[i].shown));
    FUZZ_EXPECT(identity_encode(&id, &first, &n_first) == 0);
    FUZZ_EXPECT(identity_decode(&again, first, n_first) == 0);
    FUZZ_EXPECT(again.n == id.n && identity_hash(&again) == identity_hash(&id));
    FUZZ_EXPECT(identity_compare(&id, &again, "r", NULL) == 0);
    identity_release(&id);
    identity_release(&again);
    free(first);
}

/* ---- spec ----------------------------------------------------------------- */

static uint32_t number(struct fuzz_input *in)
{
    uint32_t x = 0;
    for (int i = 0; i < 4; i++)
        x |= (uint32_t)fuzz_byte(in) << 8 * i;
    return x;
}

static void try_spec(struct fuzz_input *in)
{
    static const uint32_t op[] = {FF_OP_SUM, FF_OP_TOP, FF_OP_PRODUCT};
    struct spec *s = calloc(1, sizeof *s);
    FUZZ_EXPECT(s != NULL);
    for (uint32_t i = 0; i < 3; i++) {
        const char name[] = {(char)('a' + (int)i), '\0'};
        spec_add_result(s, name, op[i], spec_add_source(s, name, op[i]));
    }
    s->result[1].n = 4;
    while (in->n > 0) {
        const size_t at = number(in) % sizeof *s;
        ((unsigned char *)s)[at] = fuzz_byte(in);
    }
    if (spec_valid(s)) {
        struct partial_layout l;
        partial_layout_init(&l, s, 1);
        int64_t *words = calloc(l.n_words + 1, sizeof *words);
        FUZZ_EXPECT(words != NULL && l.n_words <= SPEC_MAX_WORDS);
        partial_init(&l, words);
        FUZZ_EXPECT(partial_valid(&l, words));
        FUZZ_EXPECT(spec_hash(s) == spec_hash(s));
        free(words);
    }
    free(s);
}

/* ---- the file ------------------------------------------------------------- */

enum { N_ROWS = 20 };
static char folder[] = "/tmp/fuzz-store-XXXXXX", path[64];
static unsigned char *whole;
static size_t n_whole;

static void drop(void)
{
    unlink(path);
    rmdir(folder);
}

static void row_of(int64_t i, struct store_value v[META_N], char key[32],
                   char value[64])
{
    snprintf(key, 32, "key%02d", (int)i);
    snprintf(value, 64, "%0*d", (int)i, (int)(i * i));
    v[META_KEY] = store_text(key);
    v[META_VALUE] = store_blob(value, strlen(value));
}

static void make_file(void)
{
    struct store_batch b = {0};
    struct store_value v[META_N];
    char key[32], value[64];
    struct ff_error err = {0};
    FUZZ_EXPECT(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/a.db", folder);
    atexit(drop);
    struct store *s = store_open(path, STORE_CREATE, &err);
    if (s == NULL)
        fprintf(stderr, "%s\n", err.text);
    FUZZ_EXPECT(s != NULL);
    for (int64_t i = 0; i < N_ROWS; i++) {
        row_of(i, v, key, value);
        store_batch_put(&b, STORE_META, v);
    }
    FUZZ_EXPECT(store_write(s, &b, &err) == 0 && store_close(s, &err) == 0);
    store_batch_release(&b);
    FILE *file = fopen(path, "re");
    struct stat st;
    FUZZ_EXPECT(file != NULL && fstat(fileno(file), &st) == 0);
    n_whole = (size_t)st.st_size;
    whole = malloc(n_whole);
    FUZZ_EXPECT(whole != NULL && fread(whole, 1, n_whole, file) == n_whole);
    fclose(file);
}

static int look(void *context, const struct store_value *v,
                struct ff_error *err)
{
    struct store_value is[META_N];
    char key[32], value[64], text[32] = "";
    (void)err;
    snprintf(text, sizeof text, "%.*s", (int)v[META_KEY].n,
             (const char *)v[META_KEY].bytes);
    if (strncmp(text, "key", 3) != 0)
        return 0; /* the store's own */
    const int64_t i = atoi(text + 3);
    FUZZ_EXPECT(i >= 0 && i < N_ROWS);
    row_of(i, is, key, value);
    FUZZ_EXPECT(strcmp(text, key) == 0);
    FUZZ_EXPECT(v[META_VALUE].n == is[META_VALUE].n
                && memcmp(v[META_VALUE].bytes, value, is[META_VALUE].n) == 0);
    ++*(int *)context;
    return 0;
}

static void try_file(struct fuzz_input *in)
{
    struct ff_error err = {0};
    int n = 0;
    if (whole == NULL)
        make_file();
    unsigned char *bytes = malloc(n_whole);
    FUZZ_EXPECT(bytes != NULL);
    memcpy(bytes, whole, n_whole);
    while (in->n > 0) {
        const size_t at = number(in) % n_whole;
        bytes[at] = fuzz_byte(in);
    }
    FILE *file = fopen(path, "we");
    FUZZ_EXPECT(file != NULL && fwrite(bytes, 1, n_whole, file) == n_whole);
    FUZZ_EXPECT(fclose(file) == 0);
    struct store *s = store_open(path, STORE_READ, &err);
    if (s == NULL)
        FUZZ_EXPECT(err.status != 0 && err.text[0] != '\0');
    else {
        if (store_each(s, STORE_META, NULL, NULL, 0, look, &n, &err) != 0)
            FUZZ_EXPECT(err.status != 0 && err.text[0] != '\0');
        else if (memcmp(bytes, whole, n_whole) == 0)
            FUZZ_EXPECT(n == N_ROWS);
        store_close(s, NULL);
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t kind = fuzz_byte(&in);
    if (kind == 's')
        try_spec(&in);
    else if (kind == 'f')
        try_file(&in);
    else if (kind == 'i') {
        size_t n;
        char *bytes = fuzz_rest(&in, &n);
        try_identity(bytes, n);
        free(bytes);
    }
    return 0;
}
