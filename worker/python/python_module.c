/* SPDX-License-Identifier: Apache-2.0 */
/* What Python kernels call: see python_module.h. */
#include "python_module.h"

PyObject *python_module_create(const struct python_request *request)
{
    (void)request;
    return PyModule_New("_fanfold");
}
