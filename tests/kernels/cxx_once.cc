/* SPDX-License-Identifier: Apache-2.0 */
/* Called once a worker, in C++. */
#include <fanfold.h>

FF_COUNT(calls)

FF_ONCE(ff)
{
    ff_count(ff, calls, 1);
}
