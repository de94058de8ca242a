/* SPDX-License-Identifier: Apache-2.0 */
/* A team that meets `turns` times in each of its chunks, and does nothing. */
#include <fanfold.h>

FF_INT(turns, 0)
FF_ITEMS(1)
FF_COUNT(chunks)

FF_TEAM(ff, begin, end)
{
    for (int64_t i = 0; i < turns; i++)
        ff_barrier(ff);
    if (ff->thread == 0)
        ff_count(ff, chunks, end - begin);
}
