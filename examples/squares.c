/* SPDX-License-Identifier: Apache-2.0 */
/* The first exercise of a course: as many workers as cores, each squares the
 * numbers 0 to 99 with a pause. -n 4 makes four processes, -n 1 --threads 4
 * four threads of one process. What is emitted comes in the order of ranks:
 * so the last one's "End main" comes when all have ended. */
#include <fanfold.h>
#include <unistd.h>

FF_REAL(pause_s, 0.01)
FF_SUM_INT(squares)
FF_OUTPUT(text)

FF_ONCE(ff)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < 100; i++) {
        sum += i * i;
        usleep((useconds_t)(pause_s * 1e6));
    }
    ff_sum_int(ff, squares, sum);
    ff_emitf(ff, text, "worker %u thread %u: %lld\n", ff->rank, ff->thread,
             (long long)sum);
    if (ff->rank == ff->size - 1 && ff->thread == ff->threads - 1)
        ff_emitf(ff, text, "End main\n");
}
