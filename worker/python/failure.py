# SPDX-License-Identifier: Apache-2.0
"""Exceptions as texts that fit into the room for a failure. Loaded when there
is the first one."""

import linecache
import os
import sys
import traceback

from fanfold import Failed, Usage, _declared, _shown

OURS = "<fanfold>"   # the file name of our own frames
FRAMES = 4000        # the innermost that are looked at
ENOUGH = 200         # bytes: for less, what led to an exception is not told
MESSAGE_END = " ...\n"


def show_source(file, source):
    """Makes the lines of the file known, whatever is there on this node."""
    from importlib.util import decode_source
    try:
        text = decode_source(source)
    except (SyntaxError, UnicodeError):
        return
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)


if _declared.source is not None:
    show_source(_declared.file, _declared.source)


def encode(text):
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace")


def cut(text, room):
    """The beginning of it that has so many bytes at most."""
    data = encode(text)
    if len(data) <= room:
        return data
    end = MESSAGE_END.encode()
    kept = data[:max(0, room - len(end))].decode("utf-8", "ignore")
    return kept.encode() + end


# ---- parts of a text --------------------------------------------------------

def interpreter(error):
    """The way out for what cannot be imported: which Python ran, and how it is
    chosen."""
    if "no known parent package" in str(error):
        return "the file belongs to no package, but its folder is on " \
               "sys.path: 'import NAME', not 'from . import NAME'\n"
    text = (f"Python is {sys.executable} ({sys.version.split()[0]}); --python, "
            f"VIRTUAL_ENV or CONDA_PREFIX choose another, --python-path adds "
            f"folders")
    if os.environ.get("PYTHONPATH"):
        text += "; PYTHONPATH is set, but is not read: --python-path " \
                "\"$PYTHONPATH\""
    return text + "\n"


def message(error):
    """The exception itself: one line, as a rule."""
    text = "".join(traceback.format_exception_only(type(error), error))
    if isinstance(error, SystemExit):
        text = text.rstrip("\n") + " (sys.exit() ends no worker: it is an " \
                                   "error)\n"
    if isinstance(error, EOFError) and "reading a line" in text \
            or type(error).__name__ == "BdbQuit":
        text += "A worker has no standard input; with --serial it is yours.\n"
    for part in getattr(error, "exceptions", ()):
        text += "  - " + "".join(
            traceback.format_exception_only(type(part), part)).rstrip() + "\n"
    if isinstance(error, ImportError):
        text += interpreter(error)
    return text


def frames(error):
    """The user's, the innermost last; each is one or more lines."""
    summary = traceback.extract_tb(error.__traceback__, limit=-FRAMES)
    return traceback.StackSummary.from_list(
        [f for f in summary if f.filename != OURS]).format()


def previous(error):
    """What led to it, and the words between the two."""
    if error.__cause__ is not None:
        return error.__cause__, "\nThe above exception was the direct cause " \
                                "of the following exception:\n\n"
    if error.__context__ is not None and not error.__suppress_context__:
        return error.__context__, "\nDuring handling of the above exception, " \
                                  "another exception occurred:\n\n"
    return None, ""


def one(error, room):
    """An exception with its frames. Those that are far out go first, then the
    end of the message."""
    head = b"Traceback (most recent call last):\n"
    lines = [encode(f) for f in frames(error)]
    last = cut(message(error), room * 2 // 3 if lines else room)
    left = room - len(last) - len(head)
    if not lines or left < 0:
        return last
    total = sum(map(len, lines))
    dropped = b""
    n = 0
    while lines and total + len(dropped) > left:
        total -= len(lines.pop(0))
        n += 1
        dropped = b"  ... %d more\n" % n
    return head + dropped + b"".join(lines) + last if lines else last


def chain(error):
    """It, and what led to it, the last one first, with the words behind."""
    seen = set()
    words = ""
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error, words
        error, words = previous(error)


def text_of(error, room):
    """All of it, in at most so many bytes; what led to it only where there is
    room."""
    if isinstance(error, (Failed, Usage)):
        return cut(str(error), room)
    text = b""
    for part, words in chain(error):
        left = room - len(text) - len(words)
        if text and left < ENOUGH:
            break
        text = one(part, left) + words.encode() + text
    return text.rstrip(b"\n")


# ---- while the file is opened -----------------------------------------------

def syntax(error):
    """FILE:LINE: what is wrong, the line, the caret."""
    lines = traceback.format_exception_only(type(error), error)
    source = "".join(line for line in lines[1:-1])
    where = f"{_shown(error.filename)}:{error.lineno}"
    return f"{where}: {type(error).__name__}: {error.msg}\n{source}"


def place(error):
    """FILE:LINE of the innermost frame that is the user's, "FILE:LINE: ", or
    nothing."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename != OURS and not frame.filename.startswith("<frozen"):
            return f"{_shown(frame.filename)}:{frame.lineno}: "
    return ""


def opening_text(error, name, room):
    """Why the kernel cannot be opened."""
    head = f"cannot open kernel '{name}': "
    if isinstance(error, Usage):
        return cut(str(error), room)
    if isinstance(error, SyntaxError) and error.filename is not None:
        return cut((head + syntax(error)).rstrip("\n"), room)
    if isinstance(error, ImportError):
        text = f"{head}{place(error)}{error}\n{interpreter(error)}"
        return cut(text.rstrip("\n"), room)
    told = one(error, room - len(encode(head)))
    return encode(head) + told.rstrip(b"\n")
