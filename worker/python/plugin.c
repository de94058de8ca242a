/* SPDX-License-Identifier: Apache-2.0 */
/* The plug-in's one entry: see python_plugin.h. */
#include "interpret.h"
#include "python_call.h"
#include "python_crash.h"
#include "python_kernel.h"

__attribute__((visibility("default")))
python_open_function fanfold_python_open;

int fanfold_python_open(const struct python_request *request,
                        struct python_kernel *kernel, struct ff_error *err)
{
    if (request->abi != PYTHON_PLUGIN_ABI)
        return ff_error_set(err, FF_USAGE, "the plug-in for Python is of "
                            "another fanfold: install both anew");
    if (interpret_start(request, err) != 0)
        return -1;
    python_crash_init();
    const int rc = python_kernel_open(request, kernel, err);
    python_call_leave();
    return rc;
}
