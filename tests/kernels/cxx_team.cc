/* SPDX-License-Identifier: Apache-2.0 */
/* All that a team can call, in C++: each item is counted by one thread. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_COUNT(items)
FF_MIN(all)

FF_TEAM(ff, begin, end)
{
    uint64_t lo, hi;
    ff_team_share(ff, begin, end, &lo, &hi);
    const double half = 0.5 * static_cast<double>(hi - lo);
    struct ff_loop loop = ff_loop(ff, begin, end, 1);
    while (ff_next(ff, &loop, &lo, &hi))
        ff_count(ff, items, hi - lo);
    ff_barrier(ff);
    if (ff_team_sum(ff, &half, 1) * 2 != static_cast<double>(end - begin)
        || ff_team_min(ff, ff->thread) != 0
        || ff_team_max(ff, ff->thread) != ff->threads - 1)
        ff_fail(ff, begin, "the team does not agree");
    const int64_t n = ff_team_sum_int(ff, 1);
    if (ff_single(ff))
        ff_min(ff, all, static_cast<double>(n));
}
