# SPDX-License-Identifier: Apache-2.0
"""Quantiles, distinct values, bins, the top and samples; buckets by log()."""
from sums import NS, parse


def rows(text, row):
    """text: the output of bench/sketch; row: see run.py."""
    f = parse(text)
    by_log = "a bucket by log()"
    return [
        row("quantiles, a double in (0, 1]", f["quantiles"], NS, by_log,
            f["log"], (2, "ns")),
        row("the same, over 30 decades", f["quantiles_wide"], NS, by_log,
            f["log_wide"], (2, "ns")),
        row("the same, all equal", f["quantiles_equal"], NS, "", None,
            (2, "ns")),
        row("quantiles, an integer", f["quantiles_int"], NS, "", None),
        row("distinct, a double", f["distinct"], NS, "", None, (3, "ns")),
        row("distinct, an integer", f["distinct_int"], NS, "", None,
            (3, "ns")),
        row("a histogram of 50 bins, a double", f["bins"], NS, "", None),
        row("the same, bins of the same ratio", f["bins_log"], NS, "", None),
        row("the top 10, a double with its item", f["top"], NS, "", None,
            (2, "ns")),
        row("a sample of 1,000, a double with its item", f["sample"], NS, "",
            None),
        row("a merge of quantiles, over 30 decades", f["merge_quantiles"], NS,
            "", None),
        row("a merge of distinct", f["merge_distinct"], NS, "", None)]
