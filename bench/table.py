# SPDX-License-Identifier: Apache-2.0
"""Medians with their spread, and aligned tables of them (Markdown)."""
import statistics


class Figure:
    """Samples of one quantity. What a table says of it is the median and, in
    brackets, the quartiles."""

    def __init__(self, samples):
        self.samples = list(samples)
        self.median = statistics.median(self.samples)

    def quartiles(self):
        if len(self.samples) < 3:
            return min(self.samples), max(self.samples)
        low, _, high = statistics.quantiles(self.samples, n=4,
                                            method="inclusive")
        return low, high

    def text(self, scale, unit):
        low, high = self.quartiles()
        return "%s %s (%s..%s)" % (digits(self.median * scale), unit,
                                  digits(low * scale), digits(high * scale))


def digits(x):
    """Three digits, never an exponent."""
    if x >= 100:
        return "%.0f" % x
    if x >= 10:
        return "%.1f" % x
    return "%.2f" % x if x >= 1 else "%.3f" % x


def slope(x, y):
    """Of the straight line through the points, by least squares."""
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    up = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
    return up / sum((a - mean_x) ** 2 for a in x)


def table(head, rows):
    """Lines of a Markdown table whose columns stand below each other."""
    cells = [head] + [[str(c) for c in row] for row in rows]
    width = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, width)) + " |"
             for row in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in width) + "|")
    return lines
