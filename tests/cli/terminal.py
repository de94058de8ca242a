# SPDX-License-Identifier: Apache-2.0
"""A terminal for tests: runs a program on it and knows what it would show.

Understands what fanfold writes: text in UTF-8, CR, LF, erase (K, J), cursor up
(A), colours (m). Everything else is an error. A character written beyond the
last column wraps, as on every terminal, and is counted. Resizing breaks long
lines anew (reflow: tmux, VTE and most others) or cuts them (xterm).
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

PATIENCE_S = 20


class Screen:
    def __init__(self, columns, rows, reflow):
        self.columns, self.rows, self.reflow = columns, rows, reflow
        self.lines, self.row, self.column = [""], 0, 0
        self.wrapped = 0
        self.rest = ""
        self.decode = codecs.getincrementaldecoder("utf-8")().decode

    def text(self):
        """What is on the screen, without blanks at the ends of lines."""
        return [line.rstrip() for line in self.lines]

    def put(self, c):
        if self.column == self.columns:
            self.wrapped += 1
            self.newline()
            self.column = 0
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + c + line[self.column + 1:]
        self.column += 1

    def newline(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def control(self, argument, letter):
        if letter == "K" and argument in ("", "0"):
            self.lines[self.row] = self.lines[self.row][:self.column]
        elif letter == "J" and argument in ("", "0"):
            self.lines[self.row] = self.lines[self.row][:self.column]
            del self.lines[self.row + 1:]
        elif letter == "A":
            top = max(0, len(self.lines) - self.rows)
            assert self.row - int(argument or 1) >= top, "up, off the screen"
            self.row -= int(argument or 1)
        else:
            assert letter == "m", f"unknown control {argument}{letter}"

    def feed(self, data):
        text = self.rest + self.decode(data)
        self.rest = ""
        while text:
            match = re.match(r"\x1b\[([0-9;]*)([A-Za-z])", text)
            if match:
                self.control(*match.groups())
                text = text[match.end():]
            elif text[0] == "\x1b" and len(text) < 16:
                self.rest = text
                return
            else:
                c, text = text[0], text[1:]
                if c == "\r":
                    self.column = 0
                elif c == "\n":
                    self.newline()
                else:
                    assert c >= " ", f"unknown control {c!r}"
                    self.put(c)

    def resize(self, columns, rows):
        lines, row, column = [], self.row, self.column
        for i, line in enumerate(self.lines):
            line = line.rstrip()
            if i == self.row:
                row, column = len(lines), self.column
            if not self.reflow:
                lines.append(line[:columns])
                continue
            parts = range(0, max(len(line), 1), columns)
            lines += [line[k:k + columns] for k in parts]
        self.lines, self.row = lines, row
        self.column = min(column, columns)
        self.columns, self.rows = columns, rows


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, argv, columns=80, rows=24, reflow=True, **environment):
        self.screen = Screen(columns, rows, reflow)
        self.raw = b""
        self.status = None
        size = struct.pack("HHHH", rows, columns, 0, 0)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execvpe(argv[0], argv, {**os.environ, **environment})

    def read(self, timeout):
        """True as long as the program may write more."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.raw += data
        self.screen.feed(data)
        return bool(data)

    def until(self, pattern):
        """Reads until the lines on the screen, as one text, match."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, "\n".join(self.screen.text()), re.M):
            assert time.monotonic() < end and self.read(0.05), \
                f"no {pattern!r} in {self.screen.text()}"

    def resize(self, columns, rows=24):
        self.screen.resize(columns, rows)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def redrawn(self):
        """Reads what is on its way, and one more drawing."""
        while select.select([self.fd], [], [], 0)[0]:
            self.read(0)
        n = len(self.raw)
        end = time.monotonic() + PATIENCE_S
        while self.raw.count(b"%", n) < 2 and time.monotonic() < end:
            self.read(0.05)
        while select.select([self.fd], [], [], 0.01)[0]:
            self.read(0)

    def worker(self, rank):
        """The process of a worker: a child of our only child's."""
        def children(pid):
            with open(f"/proc/{pid}/task/{pid}/children") as f:
                return f.read().split()
        for server in children(self.pid):
            for pid in children(server):
                with open(f"/proc/{pid}/comm") as f:
                    if f.read().strip() == f"fanfold-w{rank}":
                        return int(pid)
        raise AssertionError(f"no worker {rank}")

    def end(self):
        """Reads to the end; the exit status."""
        end = time.monotonic() + PATIENCE_S
        while self.read(0.1):
            assert time.monotonic() < end, "it does not end"
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
