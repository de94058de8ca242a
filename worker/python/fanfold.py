# SPDX-License-Identifier: Apache-2.0
"""What a Python kernel imports: where it runs, what it declares, random
numbers of its item, outputs. fanfold-python(7) tells all of it."""

import inspect
import sys
import types

import _fanfold

_kernels = {}  # functions that are decorated, in their order


def kernel(function=None, /, *, items=None, **results):
    """Declares a kernel: how many items there are, and what becomes of the
    values that it returns, as --fold says it (total="sum:energy")."""
    def declare(f):
        f.__fanfold__ = {"items": items, "results": results}
        _kernels[f.__name__] = f
        return f
    return declare if function is None else declare(function)


def _load(request):
    """Imports the file and finds the function: called once by the plug-in."""
    module = types.ModuleType("__fanfold_main__")
    module.__file__ = request["file"]
    sys.modules[module.__name__] = module
    code = compile(request["source"], request["file"], "exec",
                   dont_inherit=True)
    exec(code, module.__dict__)
    name = request["function"]
    if name is None:
        name = next(iter(_kernels))
    function = getattr(module, name)
    declared = getattr(function, "__fanfold__", {"items": None, "results": {}})
    parameters = len(inspect.signature(function).parameters)
    return (function, parameters, declared["items"],
            [f"{k}={v}" for k, v in declared["results"].items()])
