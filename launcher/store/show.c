/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a run out of its store: see show.h. Results go to standard
 * output and all else to the notes, as at the end of the run itself. */
#include "show.h"
#include "complain.h"
#include "figure.h"
#include "json_file.h"
#include "past.h"
#include "report.h"
#include "report_plan.h"
#include "wrap.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COMMAND_BYTES 1000 /* that are shown of a command line */

/* As one that was not complete ends; of one that failed as it ended. */
static int status_of(const struct stored_run *run)
{
    return run->status == STORED_COMPLETE ? FF_DONE
           : run->status == STORED_FAILED && run->exit > 0 ? run->exit
           : run->exit == FF_TIME_LIMIT ? FF_TIME_LIMIT : FF_INTERRUPTED;
}

static void print_time(FILE *notes, double seconds)
{
    const time_t at = (time_t)seconds;
    struct tm local;
    char text[64];
    if (localtime_r(&at, &local) != NULL
        && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local) > 0)
        fputs(text, notes);
    else
        fputc('?', notes);
}

/* With all its values it may have megabytes; they are in the JSON. */
static void print_command(FILE *notes, const char *command)
{
    char part[COMMAND_BYTES + 1];
    size_t n = strlen(command);
    const bool whole = n <= COMMAND_BYTES;
    for (n = whole ? n : COMMAND_BYTES;
         !whole && n > 0 && (command[n] & 0xc0) == 0x80; n--)
        ; /* between characters */
    memcpy(part, command, n);
    part[n] = '\0';
    fputs("  ", notes);
    print_plain(notes, part);
    fputs(whole ? "\n" : " ...\n", notes);
}

/* "run ID: complete, started 2026-11-26 08:15:00 on host, 3 starts". */
static void print_head(FILE *notes, const struct stored_run *run)
{
    char status[320], starts[FIGURE_TEXT];
    fputs("run ", notes);
    print_plain(notes, run->id);
    fputs(": ", notes);
    print_plain(notes, stored_status_text(run, status));
    if (run->starts > 0) {
        fputs(", started ", notes);
        print_time(notes, run->began);
        fputs(" on ", notes);
        print_plain(notes, run->host);
    }
    if (run->starts > 1)
        fprintf(notes, ", %s starts", figure_count(starts, run->starts));
    fputc('\n', notes);
    if (run->command != NULL)
        print_command(notes, run->command);
}

/* How far, and how it is gone on with. */
static void print_tail(FILE *notes, const struct stored_run *run,
                       const char *path)
{
    char done[FIGURE_TEXT], all[FIGURE_TEXT];
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(run->id);
    /* What is not in the directory of runs is named by its path. */
    const bool by_id = strncmp(name, run->id, n) == 0 && n > 0
                       && strcmp(name + n, ".sqlite") == 0;
    if (run->status == STORED_COMPLETE)
        return;
    if (run->why[0] != '\0') {
        fputs("fanfold: it ended: ", notes);
        print_plain(notes, run->why);
        fputc('\n', notes);
    }
    fputs("fanfold: ", notes);
    if (run->has_items)
        fprintf(notes, "%s of %s item%s %s done; ",
                figure_count(done, run->done), figure_count(all, run->items),
                run->items == 1 ? "" : "s", run->items == 1 ? "is" : "are");
    else
        fputs("nothing is done; ", notes);
    if (run->status == STORED_RUNNING)
        fputs("it goes on\n", notes);
    else
        fprintf(notes, "'fanfold resume %s%s' %s\n",
                by_id ? run->id : path,
                run->status == STORED_FAILED ? " --retry-failed" : "",
                run->status == STORED_FAILED ? "runs again what failed"
                                             : "does the rest");
}

/* Without a report there are no times to tell. */
static int print_report(struct past *p, const struct show_how *how,
                        FILE *results, FILE *notes)
{
    p->job.hex = how->hex;
    p->job.verbose = how->verbose;
    p->job.quiet = how->quiet || p->run.report == NULL;
    return report_text(results, notes, &p->job, &p->machine, &p->plan,
                       &p->outcome);
}

static int print_around(FILE *notes, const struct past *p, const char *path,
                        bool head)
{
    char *text = NULL;
    size_t n;
    FILE *lines = open_memstream(&text, &n);
    if (lines == NULL)
        return -1;
    if (head)
        print_head(lines, &p->run);
    else
        print_tail(lines, &p->run, path);
    const int rc = fclose(lines) == 0 && text != NULL ? 0 : -1;
    if (rc == 0)
        wrap_write(notes, text);
    free(text);
    return rc != 0 || fflush(notes) != 0 ? -1 : 0;
}

static int print_all(struct past *p, const struct show_how *how,
                     const char *path, FILE *results, FILE *notes,
                     struct ff_error *err)
{
    if ((!how->quiet && print_around(notes, p, path, true) != 0)
        || (p->opened && print_report(p, how, results, notes) != 0)
        || print_around(notes, p, path, false) != 0)
        return ff_error_errno(err, FF_UNWRITTEN, "cannot write the report");
    return 0;
}

static struct past *read_past(struct store *s, struct ff_error *err)
{
    struct past *p = malloc(sizeof *p);
    if (p == NULL) {
        ff_error_errno(err, FF_LOST, "cannot read '%s'", store_path(s));
        return NULL;
    }
    if (past_read(p, s, err) == 0)
        return p;
    past_release(p);
    free(p);
    return NULL;
}

int show_report(struct store *s, const struct show_how *how, FILE *results,
                FILE *notes, int *status, struct ff_error *err)
{
    struct past *p = read_past(s, err);
    if (p == NULL)
        return -1;
    const int rc = print_all(p, how, store_path(s), results, notes, err);
    *status = status_of(&p->run);
    past_release(p);
    free(p);
    return rc;
}

/* ---- JSON ------------------------------------------------------------------ */

/* A run that has not reported: what its plan was, and what is known by now. */
static int write_unfinished(struct past *p, struct ff_error *err)
{
    json_t *plan = p->run.plan != NULL ? json_deep_copy(p->run.plan)
                                       : json_null();
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:n, s:o, s:{s:o, s:o}}", "fanfold", p->run.version,
        "run", p->run.id, "status", stored_status_word(p->run.status), "exit",
        "plan", plan, "items",
        "all", p->run.has_items ? json_integer((json_int_t)p->run.items)
                                : json_null(),
        "done", json_integer((json_int_t)p->run.done));
    if (object != NULL && p->opened)
        json_object_set_new(object, "results",
                            report_json_results(&p->job, &p->outcome));
    const int rc = json_file_write("-", object, err);
    json_decref(object);
    return rc;
}

int show_json(struct store *s, int *status, struct ff_error *err)
{
    struct past *p = read_past(s, err);
    if (p == NULL)
        return -1;
    const int rc = p->run.report != NULL
                   ? json_file_write("-", p->run.report, err)
                   : write_unfinished(p, err);
    *status = status_of(&p->run);
    past_release(p);
    free(p);
    return rc;
}

int show_is_complete(struct store *s, int *exit, struct ff_error *err)
{
    struct stored_run run;
    int rc = stored_run_read(&run, s, err);
    if (rc == 0) {
        rc = run.status == STORED_COMPLETE;
        if (exit != NULL && run.exit >= 0)
            *exit = run.exit;
    }
    stored_run_release(&run);
    return rc;
}
