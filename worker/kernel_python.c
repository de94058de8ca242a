/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a Python function as a kernel: see kernel_python.h. The library of the
 * interpreter is loaded for all to see, since modules of Python that are shared
 * objects are not linked with it; then the plug-in, which uses it.
 */
#include "kernel_python.h"
#include "fdio.h"
#include "owned.h"
#include "python_folds.h"
#include "python_name.h"
#include "python_plugin.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What lives as long as the process. */
struct opened {
    struct python_request request;
    struct python_kernel kernel;
    struct python_folds folds;
    const char **arg;
    char *source;
};

bool kernel_python_is_job(const struct job_shm *job)
{
    return *job_text(job, JOB_PYTHON_LIBRARY) != '\0';
}

/* dlopen, and its words for what is wrong. */
static void *load(const char *path, int flags, const char *what,
                  struct ff_error *err)
{
    void *object = dlopen(path, RTLD_NOW | flags);
    if (object == NULL)
        ff_error_set(err, FF_USAGE, "cannot load %s '%s': %s", what, path,
                     dlerror());
    return object;
}

static python_open_function *find_open(struct kernel *kernel,
                                       const struct job_shm *job,
                                       struct ff_error *err)
{
    const char *plugin = job_text(job, JOB_PYTHON_PLUGIN);
    python_open_function *plugin_open;
    if (load(job_text(job, JOB_PYTHON_LIBRARY), RTLD_GLOBAL,
             "the library of Python", err) == NULL
        || (kernel->object = load(plugin, RTLD_LOCAL, "the plug-in for Python",
                                  err)) == NULL)
        return NULL;
    void *symbol = dlsym(kernel->object, PYTHON_OPEN);
    if (symbol == NULL)
        ff_error_set(err, FF_USAGE, "'%s' is not a plug-in for Python", plugin);
    memcpy(&plugin_open, &symbol, sizeof plugin_open); /* C has no cast for it */
    return plugin_open;
}

static int read_source(struct opened *o, const char *path,
                       struct ff_error *err)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fstat(fd, &st) != 0 ? -1 : 0;
    if (rc == 0 && (o->source = malloc((size_t)st.st_size + 1)) == NULL)
        rc = -1;
    if (rc == 0 && st.st_size > 0)
        rc = fd_read_all(fd, o->source, (size_t)st.st_size) == 1 ? 0 : -1;
    if (rc != 0)
        ff_error_errno(err, FF_USAGE, "cannot read '%s'", path);
    if (fd >= 0)
        close(fd);
    if (rc != 0)
        return -1;
    o->source[st.st_size] = '\0';
    o->request.source = o->source;
    o->request.n_source = (size_t)st.st_size;
    return 0;
}

static int take_arguments(struct opened *o, const struct job_shm *job,
                          struct ff_error *err)
{
    const char *text = job_text(job, JOB_ARGS);
    o->arg = calloc(job->n_args + 1, sizeof o->arg[0]);
    if (o->arg == NULL)
        return ff_error_errno(err, FF_LOST, "cannot open kernel '%s'",
                              job->text);
    for (uint32_t i = 0; i < job->n_args; i++, text += strlen(text) + 1)
        o->arg[i] = text;
    o->request.arg = o->arg;
    o->request.n_args = job->n_args;
    return 0;
}

static int fill_request(struct opened *o, const struct job_shm *job,
                        uint32_t rank, struct ff_error *err)
{
    o->request = (struct python_request){
        .abi = PYTHON_PLUGIN_ABI,
        .name = job->text,
        .function = python_name_function(job->text),
        .file = job_text(job, JOB_PYTHON_FILE),
        .program = job_text(job, JOB_PYTHON),
        .path = job_text(job, JOB_PYTHON_PATH),
        .folds = job->n_folds > 0,
        .texts = job->input.fd >= 0 || job->work.fd >= 0,
        .capture = job->keep_order != 0,
        .rank = job_rank(job, rank), .size = job->size, .node = job->node,
        .threads = job->threads, .seed = job->seed};
    return take_arguments(o, job, err) != 0 ? -1
           : read_source(o, job_text(job, JOB_OBJECT), err);
}

int kernel_python_open(struct kernel *kernel, const struct job_shm *job,
                       uint32_t rank, struct spec *spec, struct ff_error *err)
{
    static struct opened o;
    *kernel = (struct kernel){0};
    if (fill_request(&o, job, rank, err) != 0)
        return -1;
    python_open_function *const plugin_open = find_open(kernel, job, err);
    if (plugin_open == NULL || plugin_open(&o.request, &o.kernel, err) != 0
        || kernel_adopt(kernel, o.kernel.decl,
                        o.kernel.decl + o.kernel.n_decls, spec, err) != 0)
        return -1;
    if (job->input.fd < 0)
        kernel_ask_items(kernel, spec);
    if (kernel_ask_shapes(kernel, spec, err) != 0
        || python_folds_add(&o.folds, spec, &o.kernel, job_fold_texts(job),
                            job->n_folds, err) != 0)
        return -1;
    o.kernel.bind(o.folds.field, o.folds.n);
    return 0;
}
