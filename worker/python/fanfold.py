# SPDX-License-Identifier: Apache-2.0
"""What a Python kernel imports: where it runs, what it declares, random
numbers of its item, outputs. fanfold-python(7) tells all of it."""

import sys

from _fanfold import (Failed, at, emit, fail, first, getrandbits, item, last,
                      log, node, random, rank, seed, size, text, thread,
                      threads, uniform)


class Usage(Exception):
    """Something is declared or asked for that cannot be; the text says all of
    it, so no traceback is shown."""


# What is declared while the file is imported; read by opening.py.

class _Declared:
    def __init__(self):
        self.kernels = []     # [_Kernel]
        self.parameters = {}  # name: (kind, default, about, file, line)
        self.outputs = {}     # name: (about, file, line)
        self.setup = None
        self.teardown = None
        self.given = {}       # --arg: name: text
        self.open = True      # the import has not ended
        self.file = self.shown = ""  # the kernel's: its path, as it was given
        self.source = None    # its text, as bytes


class _Kernel:
    def __init__(self, function, once, items, results):
        self.function = function
        self.once = once
        self.items = items
        self.results = results


_declared = _Declared()


def _where(depth=2):
    """File and line of the caller's caller."""
    frame = sys._getframe(depth)
    return frame.f_code.co_filename, frame.f_lineno


def _shown(file):
    """As the user wrote it, of the kernel's file."""
    return _declared.shown if file == _declared.file else file


def _usage(where, text):
    return Usage(f"{_shown(where[0])}:{where[1]}: {text}")


def _place(function, where):
    code = getattr(function, "__code__", None)
    return where if code is None else (code.co_filename, code.co_firstlineno)


def _check(what, name, taken, where):
    if not _declared.open:
        raise _usage(where, f"{what}() is for when the file is imported, not "
                            f"for later")
    if not isinstance(name, str) or not name.isascii() \
            or not name.isidentifier():
        raise _usage(where, f"{what}({name!r}): a name is made of letters, "
                            f"digits and _")
    if name in taken:
        other = taken[name]
        raise _usage(where, f"{what} '{name}' is declared twice, first at "
                            f"{_shown(other[-2])}:{other[-1]}")


# ---- decorators -------------------------------------------------------------

def _function(what, function, where):
    if not callable(function):
        hint = (f": write @fanfold.kernel(items={function!r})"
                if isinstance(function, int)
                else f": write @fanfold.kernel(NAME={function!r})"
                if isinstance(function, str) else "")
        raise _usage(where, f"@fanfold.{what} decorates a function, not "
                            f"{function!r}{hint if what == 'kernel' else ''}")
    return function


def _add(once, function, items, results, where):
    what = "once" if once else "kernel"
    _function(what, function, where)
    for name, fold in results.items():
        if not isinstance(fold, str):
            raise _usage(where, f"@fanfold.{what}({name}={fold!r}): a result "
                                f"is a text, as in {name}=\"sum\""
                                + ("; their number is items="
                                   if name in ("item", "n", "size", "range")
                                   else ""))
    for other in _declared.kernels:
        if other.function is function:
            raise _usage(_place(function, where),
                         f"'{function.__name__}' is decorated twice, with "
                         f"@fanfold.{'once' if other.once else 'kernel'} and "
                         f"@fanfold.{what}: it can be one kernel only")
    _declared.kernels.append(_Kernel(function, once, items, results))
    return function


def kernel(function=None, /, *, items=None, **results):
    """Declares a kernel: how many items there are (a number, or a function that
    tells it), and what becomes of the values that it returns, as --fold says it
    (total="sum:energy")."""
    where = _where()
    if function is not None:
        return _add(False, function, items, results, where)
    return lambda f: _add(False, f, items, results, where)


def once(function=None, /, **results):
    """Declares a kernel that each thread of each worker calls once, without
    arguments."""
    where = _where()
    if function is not None:
        return _add(True, function, None, results, where)
    return lambda f: _add(True, f, None, results, where)


def _life(what, function, where):
    _function(what, function, where)
    other = getattr(_declared, what)
    if other is not None:
        raise _usage(_place(function, where),
                     f"@fanfold.{what} decorates '{other.__name__}' already: "
                     f"call one from the other")
    setattr(_declared, what, function)
    return function


def setup(function):
    """Declares what each worker calls before its first item."""
    return _life("setup", function, _where())


def teardown(function):
    """Declares what each worker calls behind its last item."""
    return _life("teardown", function, _where())


# ---- parameters and outputs -------------------------------------------------

_TRUTH = {"1": True, "true": True, "yes": True, "on": True,
          "0": False, "false": False, "no": False, "off": False}


def _truth(text):
    return _TRUTH.get(text.lower())


# Which texts of --arg are a value of the kind; None: it is none.
_KINDS = {bool: ("true or false", _truth),
          int: ("an integer", _integer),
          float: ("a number", _real),
          str: ("a text", str)}


def param(name, default, about=""):
    """The value of --arg NAME=VALUE, of the default's type; else the
    default."""
    where = _where()
    _check("param", name, _declared.parameters, where)
    if type(default) not in _KINDS:
        raise _usage(where, f"param('{name}', {default!r}): the default is an "
                            f"int, float, bool or str")
    if type(default) is int and not -2**63 <= default < 2**63:
        raise _usage(where, f"param('{name}', {default}): an integer here is "
                            f"less than 2^63")
    _declared.parameters[name] = (type(default), default, str(about), *where)
    if name not in _declared.given:
        return default
    text = _declared.given[name]
    kind, read = _KINDS[type(default)]
    value = read(text)
    if value is None:
        raise Usage(f"--arg {name}={text}: '{text}' is not {kind} (declared at "
                    f"{_shown(where[0])}:{where[1]})")
    return value


def output(name, about=""):
    """Declares an output, a stream of bytes in the order of items; its name is
    what emit() takes."""
    where = _where()
    _check("output", name, _declared.outputs, where)
    _declared.outputs[name] = (str(about), *where)
    return name


# ---- random numbers ---------------------------------------------------------

def _random_class():
    """Random, made when it is first asked for: few files want what it takes to
    import the module random."""
    import math
    from random import Random as Base

    import _fanfold

    class Random(Base):
        """A random.Random over the random numbers of an item: of the one at
        hand, which begin anew with each, or always of this one."""

        def __new__(cls, item=None):
            return super().__new__(cls, 0)

        def __init__(self, item=None):
            self.gauss_next = None
            source = _fanfold if item is None else _fanfold.Stream(item)
            self.random = source.uniform
            self.getrandbits = source.getrandbits

        def gauss(self, mu=0.0, sigma=1.0):
            # The second number that the method gives would be kept for another
            # item.
            angle = self.random() * 2 * math.pi
            radius = math.sqrt(-2 * math.log(1 - self.random()))
            return mu + math.cos(angle) * radius * sigma

        def seed(self, *args, **kwargs):
            raise NotImplementedError(
                "fanfold.Random has the seed of the run (--seed)")

        def getstate(self):
            raise NotImplementedError(
                "fanfold.Random has no state: it depends on the item")

        def setstate(self, state):
            self.getstate()

    Random.__module__ = __name__
    Random.__qualname__ = "Random"
    return Random


def __getattr__(name):
    if name != "Random":
        raise AttributeError(f"module 'fanfold' has no attribute '{name}'")
    globals()[name] = _random_class()
    return globals()[name]
