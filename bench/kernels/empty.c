/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing: what remains is fanfold's own. */
#include <fanfold.h>

FF_ITEMS(1000)

FF_KERNEL(ff, begin, end)
{
}
