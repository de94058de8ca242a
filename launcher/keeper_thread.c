/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper_parts.h"
