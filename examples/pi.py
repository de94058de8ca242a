# SPDX-License-Identifier: Apache-2.0
"""The area under 4/(1 + x^2) from 0 to 1, which is pi, in ten million strips. A
chunk adds up its own; "sum" adds the chunks, exactly."""
import fanfold


@fanfold.kernel(items=10_000_000, pi="sum")
def strips(begin, end) -> float:
    h = 1 / (fanfold.last() - fanfold.first())
    return h * sum(4 / (1 + ((i + 0.5) * h) ** 2) for i in range(begin, end))
