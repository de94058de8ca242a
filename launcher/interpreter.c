/* SPDX-License-Identifier: Apache-2.0 */
/* The Python of this run: see interpreter.h. */
#include "interpreter.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int interpreter_find(struct interpreter *out, const char *kernel,
                     struct ff_error *err)
{
    char file[SOURCE_PATH];
    const char *program, *library;
    paths_interpreter(&program, &library);
    *out = (struct interpreter){.library = ""};
    if (*library == '\0')
        return ff_error_set(err, FF_USAGE, "cannot run '%s': this fanfold was "
                            "built without Python (configure --with-python, "
                            "with the Debian package libpython3-dev)", kernel);
    source_file(file, kernel);
    if (realpath(file, out->file) == NULL)
        return ff_error_errno(err, FF_USAGE, "cannot open '%s'", file);
    snprintf(out->program, sizeof out->program, "%s", program);
    snprintf(out->library, sizeof out->library, "%s", library);
    return paths_python(out->plugin, err);
}
