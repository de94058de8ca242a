# SPDX-License-Identifier: Apache-2.0
"""Imports the file of a kernel, finds the function and how it is called. What
the plug-in gets is a dict; what is wrong is an exception (failure.py)."""

import atexit
import os
import sys

from fanfold import Usage, _declared, _shown

GENERATOR, COROUTINE, ASYNC_GENERATOR, VARARGS = 0x20, 0x80, 0x200, 0x04
ITEM, CHUNK, TEXT, ONCE = range(4)       # enum python_calling
MOST = 64                                # PYTHON_MAX_PARAMETERS
TYPES = {"int": 1, "float": 2, "str": 3}  # enum python_argument; else 0
KINDS = {bool: "i", int: "i", float: "d", str: "s"}  # of parameters


# ---- the surroundings -------------------------------------------------------

def restore_environ(theirs):
    """The interpreter was started with our variables; what the kernel sees are
    the user's, as the process has them (a list of b"PYTHON...=...")."""
    user = dict(entry.split(b"=", 1) for entry in theirs)
    for name in [n for n in os.environb if n.startswith(b"PYTHON")]:
        if name not in user:
            del os.environb[name]
    for name, value in user.items():
        os.environb[name] = value


def leave_interrupts():
    """Whoever imports the module signal first gets a handler of SIGINT with
    it; but Ctrl-C ends a run, not a call."""
    import _signal
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def set_surroundings(request):
    restore_environ(request["environ"])
    leave_interrupts()
    folders = [f for f in request["path"].split(":") if f]
    sys.path[:0] = [os.path.dirname(request["file"]),
                    *map(os.path.abspath, folders)]
    sys.argv = [request["file"]]
    if sys.stdout is not None:
        sys.stdout.reconfigure(line_buffering=True)


def module_name(file):
    """The file's stem, where that can be imported and is nobody else's."""
    stem = os.path.splitext(os.path.basename(file))[0]
    if stem.isidentifier() and stem not in sys.modules \
            and stem not in sys.stdlib_module_names:
        return stem
    return "fanfold_" + "".join(c if c.isalnum() else "_" for c in stem)


class Loader:
    """Of the kernel's file: what shows source lines asks it for the text."""

    def __init__(self, source):
        self.source = source

    def get_source(self, _name):
        from importlib.util import decode_source
        return decode_source(self.source)


def import_file(request):
    name = module_name(request["file"])
    module = type(sys)(name)
    module.__file__ = request["file"]
    module.__loader__ = Loader(request["source"])
    sys.modules[name] = module
    code = compile(request["source"], request["file"], "exec",
                   dont_inherit=True)
    try:
        exec(code, module.__dict__)
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()  # it belongs to no item
    return module


# ---- arguments --------------------------------------------------------------

def take_arguments(texts):
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Usage(f"--arg {text}: write NAME=VALUE")
        _declared.given[name] = value


def check_arguments():
    names = list(_declared.parameters)
    for name in _declared.given:
        if name in names:
            continue
        if not names:
            raise Usage(f"--arg {name}: the kernel has no parameters (it "
                        f"declares none with fanfold.param)")
        near = nearest(name, names)
        raise Usage(f"--arg {name}: the kernel has no such parameter; "
                    + (f"did you mean '{near}'?" if near
                       else "it has " + ", ".join(names)))


def nearest(name, names):
    import difflib
    return next(iter(difflib.get_close_matches(name, names, 1)), None)


# ---- which function ---------------------------------------------------------

def unwrapped(function):
    seen = set()
    while hasattr(function, "__wrapped__") and id(function) not in seen:
        seen.add(id(function))
        function = function.__wrapped__
    return function


def line_of(function):
    """Where it begins; of an object that is called, its __call__."""
    for what in (unwrapped(function), type(function).__call__):
        code = getattr(what, "__code__", None)
        if code is not None:
            return code.co_firstlineno
    return 1


def place(function, request):
    code = getattr(unwrapped(function), "__code__", None)
    if code is None:
        return request["shown"]
    return f"{_shown(code.co_filename)}:{code.co_firstlineno}"


def functions_of(module):
    """{name: function} that the file defines, in their order."""
    return {name: f for name, f in vars(module).items()
            if callable(f) and not isinstance(f, type)
            and not name.startswith("_")
            and getattr(f, "__module__", None) == module.__name__}


def listed(functions):
    if not functions:
        return "it defines none"
    some = list(functions.items())[:10]
    return "it has " + ", ".join(f"{name} (line {line_of(f)})"
                                 for name, f in some) \
        + (", ..." if len(some) < len(functions) else "")


def named(module, request):
    name = request["function"]
    function = owner = module
    for part in name.split("."):
        owner, function = function, getattr(function, part, None)
        if function is None:
            break
    if function is None:
        functions = functions_of(module)
        near = nearest(name, functions)
        raise Usage(f"{request['shown']}: there is no function '{name}'; "
                    + (f"did you mean '{near}' (line "
                       f"{line_of(functions[near])})?" if near
                       else listed(functions)))
    if not callable(function):
        raise Usage(f"{request['shown']}: '{name}' is no function: it is "
                    f"{function!r:.60}; {listed(functions_of(module))}")
    if isinstance(owner, type) and parameters(function)[0][:1] == ["self"]:
        raise Usage(f"{place(function, request)}: '{name}' is a method of an "
                    f"object: make one in the file, thing = {owner.__name__}"
                    f"(), and name {request['shown']}:thing"
                    + (f".{part}" if part != "__call__" else ""))
    return function


def decorated(module, request):
    """Those of the file itself, or else those that it imports."""
    there = {id(unwrapped(f)) for f in vars(module).values()}
    kernels = [k for k in _declared.kernels
               if id(unwrapped(k.function)) in there]
    own = [k for k in kernels
           if getattr(k.function, "__module__", None) == module.__name__]
    kernels = own or kernels
    shown = request["shown"]
    if not kernels:
        functions = functions_of(module)
        example = next(iter(functions), "function")
        raise Usage(f"{shown}: which function? None is decorated with "
                    f"@fanfold.kernel: name one, as in {shown}:{example} "
                    f"({listed(functions)})")
    if len(kernels) > 1:
        names = [k.function.__name__ for k in kernels]
        raise Usage(f"{shown}: several functions are decorated: "
                    + ", ".join(f"{k.function.__name__} (line "
                                f"{line_of(k.function)})" for k in kernels)
                    + f"; name one, as in {shown}:{names[0]}")
    return kernels[0].function


def kernel_of(function):
    """What its decorator says, or None."""
    for kernel in _declared.kernels:
        if unwrapped(kernel.function) is unwrapped(function):
            return kernel
    return None


# ---- how it is called -------------------------------------------------------

def kind_of(function):
    """What it is when it cannot be a kernel, or None."""
    flags = getattr(getattr(unwrapped(function), "__code__", None),
                    "co_flags", 0)
    return ("a coroutine (async def)" if flags & COROUTINE
            else "a generator (it has yield)"
            if flags & (GENERATOR | ASYNC_GENERATOR) else None)


def check_kind(function, where):
    kind = kind_of(function)
    if kind is not None:
        raise Usage(f"{where}: '{function.__name__}' is {kind}: a kernel "
                    f"returns its value; several go out by fanfold.emit() or "
                    f"as a list")


def plain_parameters(function):
    code = function.__code__
    n = code.co_argcount
    names = code.co_varnames
    wanted = n - len(function.__defaults__ or ())
    needed = [name for name in names[n:n + code.co_kwonlyargcount]
              if name not in (function.__kwdefaults__ or {})]
    return (list(names[:n]), wanted, bool(code.co_flags & VARARGS), needed)


def any_parameters(function):
    import inspect
    P = inspect.Parameter
    try:
        found = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):      # of C: it takes one, we suppose
        return ["item"], 1, False, []
    by_place = [p for p in found
                if p.kind in (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)]
    return ([p.name for p in by_place],
            sum(p.default is P.empty for p in by_place),
            any(p.kind is P.VAR_POSITIONAL for p in found),
            [p.name for p in found
             if p.kind is P.KEYWORD_ONLY and p.default is P.empty])


def annotations(function):
    try:
        return getattr(unwrapped(function), "__annotations__", None) or {}
    except Exception:                    # of names that are not there
        return {}


def type_name(annotation):
    """"int" of int and of "int"."""
    return annotation if isinstance(annotation, str) \
        else getattr(annotation, "__name__", None)


def parameters(function):
    """Names by place, how many must be given, *args?, keywords that must be
    given."""
    plain = type(function) is type(unwrapped) \
        and not hasattr(function, "__wrapped__")
    return plain_parameters(function) if plain else any_parameters(function)


def calling(function, once, texts, where):
    """(enum python_calling, names of parameters)."""
    names, wanted, more, needed = parameters(function)
    called = f"{where}: '{getattr(function, '__name__', function)}'"
    if needed:
        raise Usage(f"{called} wants {needed[0]}= by its name, which nobody "
                    f"gives: make it a parameter with a default")
    if once:
        if wanted:
            raise Usage(f"{called} is called once by each thread, without "
                        f"arguments: it has {wanted} "
                        f"parameter{'s' * (wanted != 1)}")
        return ONCE, []
    if not names and not more:
        raise Usage(f"{called} has no parameters: it is called with "
                    + ("the text of each item" if texts
                       else "each item's number, or with (begin, end)"))
    n = wanted or 1
    if texts:
        if n > MOST:
            raise Usage(f"{called} has {n} parameters: {MOST} are allowed")
        return TEXT, names[:n] or ["item"]
    if n > 2:
        raise Usage(f"{called} has {n} parameters: it is called with each "
                    f"item's number, or with (begin, end)")
    return (ITEM if n == 1 else CHUNK), names[:n] or ["item"]


def count_items(items, function, where):
    """items=, a number or what a function says."""
    said = items() if callable(items) else items
    wrong = f"{where}: items={said!r:.60} of '{function.__name__}'"
    if isinstance(said, float):
        raise Usage(f"{wrong}: a number of items is an int, as in "
                    f"items=int(1e6)")
    if isinstance(said, bool) or not hasattr(type(said), "__index__"):
        raise Usage(f"{wrong}: a number of items is an int, or a function that "
                    f"returns one")
    n = said.__index__()
    if not 0 <= n < 2**63:
        raise Usage(f"{wrong}: it is between 0 and 2^63")
    return n


def about(function):
    lines = (getattr(function, "__doc__", None) or "").strip().splitlines()
    return lines[0] if lines else ""


# ---- the end ----------------------------------------------------------------

def threads_left():
    threading = sys.modules.get("threading")
    if threading is None:
        return []
    return [t.name for t in threading.enumerate()
            if not t.daemon and t is not threading.main_thread()]


def call_teardown():
    """What is wrong with it is one line; the traceback stands above."""
    try:
        _declared.teardown()
    except BaseException as error:
        import traceback
        lines = traceback.format_exception(error)
        sys.stderr.write("".join(lines[:1] + lines[2:]))  # without our frame
        sys.stderr.flush()
        raise Usage("".join(
            traceback.format_exception_only(error)).strip()) from None


def finisher(warn):
    """What is called when there are no items left: as an interpreter ends, but
    nobody is waited for."""
    def finish():
        try:
            if _declared.teardown is not None:
                call_teardown()
        finally:
            atexit._run_exitfuncs()
            left = threads_left()
            if left:
                names = ", ".join(f"'{name}'" for name in left[:8])
                more = f" and {len(left) - 8} more" if len(left) > 8 else ""
                warn(f"{len(left)} thread{'s' * (len(left) > 1)} of the kernel "
                     f"still run{'s' * (len(left) == 1)} at the end and "
                     f"{'are' if len(left) > 1 else 'is'} not waited for: "
                     f"{names}{more}")
    return finish


# ---- all of it --------------------------------------------------------------

def check_life(request):
    for what in ("setup", "teardown"):
        function = getattr(_declared, what)
        if function is None:
            continue
        where = place(function, request)
        check_kind(function, where)
        _, wanted, _, needed = parameters(function)
        if wanted or needed:
            raise Usage(f"{where}: '{function.__name__}' is called without "
                        f"arguments (@fanfold.{what})")


def open_kernel(request):
    """What the plug-in wants to know. `request` has what python_plugin.h's
    struct has."""
    _declared.file, _declared.shown = request["file"], request["shown"]
    _declared.source = request["source"]
    set_surroundings(request)
    if request["threads"] > 1:
        import threading  # noqa: the thread that does it first is main for it
    take_arguments(request["arguments"])
    module = import_file(request)
    check_arguments()
    _declared.open = False
    function = (named if request["function"] is not None else decorated)(
        module, request)
    where = place(function, request)
    check_kind(function, where)
    check_life(request)
    kernel = kernel_of(function)
    once = kernel is not None and kernel.once
    how, names = calling(function, once, request["texts"], where)
    typed = annotations(function)
    items = kernel.items if kernel is not None else None
    return {
        "function": function,
        "line": line_of(function),
        "calling": how,
        "parameters": [(name, TYPES.get(type_name(typed.get(name)), 0))
                       for name in names],
        "integers": type_name(typed.get("return")) == "int",
        "rounds": type_name(typed.get("return")) == "float",
        "items": None if items is None or request["texts"]
        else count_items(items, function, where),
        "folds": [f"{name}={fold}"
                  for name, fold in (kernel.results if kernel else {}).items()],
        "about": about(function),
        "params": [(name, KINDS[kind], default, about_, _shown(file), line)
                   for name, (kind, default, about_, file, line)
                   in _declared.parameters.items()],
        "outputs": [(name, about_, _shown(file), line)
                    for name, (about_, file, line)
                    in _declared.outputs.items()],
        "setup": _declared.setup,
        "finish": finisher(request["warn"]),
    }
