/* SPDX-License-Identifier: Apache-2.0 */
/* Declares items and a result, and has no FF_KERNEL: no symbol to look up. */
#include <fanfold.h>

FF_ITEMS(1000)
FF_SUM(total)
