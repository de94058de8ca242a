/* SPDX-License-Identifier: Apache-2.0 */
/* When a run begins nothing more: by hand. */
#include "tap.h"
#include "walltime.h"

#define S UINT64_C(1000000000)

static void limits(void)
{
    struct walltime w = walltime_of_limit(5 * S, 60 * S, 3 * S);
    CU_ASSERT_EQUAL(w.end_ns, 65 * S);
    CU_ASSERT_EQUAL(w.kill_ns, 68 * S);
    CU_ASSERT_EQUAL(walltime_of_limit(5 * S, 0, S).end_ns, 0);
    w = walltime_of_limit(5 * S, S, UINT64_MAX);
    CU_ASSERT_EQUAL(w.kill_ns, UINT64_MAX);
    CU_ASSERT_EQUAL(walltime_of_limit(5 * S, UINT64_MAX, 1).end_ns, 0);
}

static void jobs(void)
{
    /* An hour is left: 10 s before. A minute: 6 s before. */
    struct walltime w = walltime_of_job("1003600", 1000000 * S, 7 * S);
    CU_ASSERT_EQUAL(w.end_ns, (7 + 3590) * S);
    CU_ASSERT_EQUAL(w.kill_ns, (7 + 3595) * S);
    w = walltime_of_job("1000060", 1000000 * S, 7 * S);
    CU_ASSERT_EQUAL(w.end_ns, (7 + 54) * S);
    /* Of a job that is over; what is no time. */
    CU_ASSERT_EQUAL(walltime_of_job("1000000", 1000000 * S, S).end_ns, 0);
    CU_ASSERT_EQUAL(walltime_of_job("99", 1000000 * S, S).end_ns, 0);
    CU_ASSERT_EQUAL(walltime_of_job("soon", 1000000 * S, S).end_ns, 0);
    CU_ASSERT_EQUAL(walltime_of_job("", 1000000 * S, S).end_ns, 0);
    CU_ASSERT_EQUAL(walltime_of_job("99999999999999999999999", 1, S).end_ns,
                    0);
    CU_ASSERT_EQUAL(walltime_of_job("18446744073709551615", 1, S).end_ns, 0);
    CU_ASSERT_EQUAL(walltime_of_job(NULL, 1, S).end_ns, 0);
}

static void stops(void)
{
    const struct walltime w = {.end_ns = 100 * S};
    CU_ASSERT_EQUAL(walltime_stop_ns(&w, 0), 100 * S);
    CU_ASSERT_EQUAL(walltime_stop_ns(&w, 8 * S), 91 * S);
    CU_ASSERT_EQUAL(walltime_stop_ns(&w, 1000 * S), 1); /* now */
    CU_ASSERT_EQUAL(walltime_stop_ns(&(struct walltime){0}, S), 0);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"a time limit has a grace", limits},
        {"a job's end is a time of our clock, and some before it", jobs},
        {"what would not end in time is not begun", stops},
    };
    return TAP_RUN(tests);
}
