/* SPDX-License-Identifier: Apache-2.0 */
/* What a run is about: see subject.h. */
#include "subject.h"
#include "cache_copy.h"
#include "prepare.h"
#include "source.h"

int subject_open(struct subject *s, const struct job *job, bool may_grow,
                 struct ff_error *err)
{
    if (stream_open(&s->stream, job, may_grow, &s->input, err) != 0)
        return -1;
    if (task_is_used(&job->task))
        return work_file_make(&s->work, job, &s->input, err);
    if (job->arg_file == NULL)
        return 0;
    return input_open(&s->input, job->arg_file, job->null_ended ? 0 : '\n',
                      err);
}

/* Workers open a copy of the source: those that start later in the run must
 * see what the first ones did. (Its name is of no use to nodes.) */
static int take_python(struct compiled *c, const struct job *job,
                       struct crew *crew, struct ff_error *err)
{
    char dir[CACHE_PATH];
    *c = (struct compiled){.given = true, .cached = true};
    return source_check(job->kernel, err) != 0
                   || interpreter_find(&c->python, job, crew_command, crew,
                                       err) != 0
                   || cache_open(dir, err) != 0
                   || cache_copy_file(c->object, dir, "kernel.py",
                                      c->python.file, err) != 0 ? -1 : 0;
}

int subject_compile(struct subject *s, const struct job *job,
                    struct crew *crew, struct ff_error *err)
{
    if (task_is_command(&job->task))
        return 0;
    if (source_is_python(job->kernel))
        return take_python(&s->compiled, job, crew, err);
    return compile_resolve(&s->compiled, job->kernel, job->ldflags,
                           crew_command, crew, err);
}

int subject_prepare(const struct subject *s, const struct job *job,
                    struct job_shm *shm, struct ff_error *err)
{
    if (prepare_text(shm, job, s->compiled.object, &s->compiled.python, err)
        != 0)
        return -1;
    if (s->work.fd >= 0)
        prepare_work(shm, job, &s->work, &s->input);
    else if (job->arg_file != NULL)
        return prepare_input(shm, job, &s->input, err);
    return 0;
}

const struct items *subject_items(const struct subject *s)
{
    return s->work.fd >= 0 ? &s->work.items : NULL;
}

const struct interpreter *subject_python(const struct subject *s)
{
    const struct interpreter *python = &s->compiled.python;
    return *python->library != '\0' ? python : NULL;
}

void subject_release(struct subject *s)
{
    work_file_release(&s->work);
    stream_release(&s->stream);
    input_release(&s->input);
}
