/* SPDX-License-Identifier: Apache-2.0 */
/* Output that waits: whatever size its pieces have, it comes back as it was. */
#include "held.h"
#include "tap.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MOST 300000u /* several times what is kept in memory */

static char made[MOST], back[MOST];
static size_t n_back;

static void take(void *arg, const char *data, size_t n)
{
    (void)arg;
    CU_ASSERT_FATAL(n_back + n <= MOST);
    memcpy(back + n_back, data, n);
    n_back += n;
}

/* No two parts of it are the same. */
static void make(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < MOST; i++) {
        x = x * 1664525u + 1013904223u;
        made[i] = (char)(x >> 24);
    }
}

/* So many bytes, by pieces of such a size; twice, into the same. */
static void round_trip(struct held *h, size_t n, size_t piece)
{
    struct ff_error err = {0};
    for (int turn = 0; turn < 2; turn++) {
        n_back = 0;
        for (size_t at = 0; at < n; at += piece)
            CU_ASSERT_EQUAL(held_add(h, made + at,
                                     n - at < piece ? n - at : piece, &err),
                            0);
        CU_ASSERT_EQUAL(held_take(h, take, NULL, &err), 0);
        CU_ASSERT_EQUAL(n_back, n);
        CU_ASSERT_EQUAL(memcmp(made, back, n), 0);
    }
}

static void test_comes_back(void)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, MOST};
    static const size_t pieces[] = {1000, 65536, MOST};
    struct held h = {0};
    make();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++)
            round_trip(&h, sizes[i], pieces[k]);
    held_release(&h);
}

static void test_is_dropped(void)
{
    static const size_t sizes[] = {10, MOST};
    struct ff_error err = {0};
    struct held h = {0};
    make();
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(held_add(&h, made, sizes[i], &err), 0);
        held_drop(&h);
        round_trip(&h, 70000, 999);
    }
    held_release(&h);
}

static void test_no_room_is_said(void)
{
    struct ff_error err = {0};
    struct held h = {0};
    /* A full disk: nothing can be written there. */
    CU_ASSERT_EQUAL(held_add(&h, made, 1, &err), 0);
    FILE *full = fopen("/dev/full", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(full);
    h.file = fileno(full) + 1;
    CU_ASSERT_EQUAL(held_add(&h, made, MOST, &err), -1);
    CU_ASSERT_EQUAL(err.status, FF_UNWRITTEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "TMPDIR"));
    h.file = 0;
    fclose(full);
    held_release(&h);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"what was kept comes back", test_comes_back},
        {"or is dropped", test_is_dropped},
        {"no room is said", test_no_room_is_said},
    };
    return TAP_RUN(tests);
}
