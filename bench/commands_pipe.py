# SPDX-License-Identifier: Apache-2.0
"""--pipe: a file, and a stream, in blocks through wc -l; beside GNU parallel,
split, and wc alone, which is the limit of one core."""
import os
import shutil

from table import Figure

LINE = b"%07d some text of a line that is about fifty bytes\n"
WC = ["wc", "-l"]


def write_lines(path, n_bytes):
    block = b"".join(LINE % i for i in range(20_000))
    with open(path, "wb") as f:
        for _ in range(n_bytes // len(block)):
            f.write(block)
    return os.path.getsize(path)


def cat_into(path, words):
    """As a shell has it: the words are ours, without blanks."""
    return ["sh", "-c", "cat %s | %s" % (path, " ".join(words))]


def file_peers(path, has_parallel):
    peers = [("split -n l/2 --filter: speed", 1,
              ["split", "-n", "l/2", "--filter", "wc -l", path]),
             ("wc -l alone: speed", None, [*WC, path])]
    if has_parallel:
        peers.append(("GNU parallel --pipepart -j2: speed", 1,
                      ["parallel", "--will-cite", "-j2", "--pipepart",
                       "--block", "10M", "-a", path, *WC]))
    return peers


def stream_peers(path, has_parallel):
    peers = [("cat | wc -l alone: speed", None, cat_into(path, WC))]
    if has_parallel:
        peers.append(("GNU parallel --pipe -j2: speed", 1,
                      cat_into(path, ["parallel", "--will-cite", "-j2",
                                      "--pipe", "--block", "10M", *WC])))
    return peers


def rows(fanfold, start_to_end, row, scratch, quick):
    """See Commands in commands.py."""
    has_parallel = shutil.which("parallel") is not None
    if not has_parallel:
        print("skipped: GNU parallel (not installed)")
    path = os.path.join(scratch, "pipe")
    size = write_lines(path, 200_000_000 if quick else 2_000_000_000)
    what = "%.1f GB in blocks of 10 MB through wc -l" % (size / 1e9)
    words = ["--pipe", "--block", "10M"]
    cases = [("a file", fanfold(*words, "-a", path, *WC),
              file_peers(path, has_parallel)),
             ("a stream", cat_into(path, fanfold(*words, *WC)),
              stream_peers(path, has_parallel))]
    found = []
    try:
        for kind, ours, peers in cases:
            times = start_to_end(3 if quick else 7,
                                 [ours] + [words for *_, words in peers])
            ours, *theirs = map(Figure, times)
            rate = Figure([size / 1e9 / t for t in ours.samples])
            found.append(row("%s, %s" % (what, kind), rate, (1, "GB/s"), "",
                             None, (1, "GB/s"), speedup=True))
            found += [row("the same", ours, (1e3, "ms"), name, figure,
                          (goal,) if goal else None, speedup=True)
                      for (name, goal, _), figure in zip(peers, theirs)]
    finally:
        os.unlink(path)
    return found
