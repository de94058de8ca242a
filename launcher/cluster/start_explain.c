/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mpirun and its like print when a start fails, in one line of ours: see
 * start.h. A cause is known by its words; the message has the line where they
 * stand, or what stands behind a label below them. What is not known is shown
 * as it is, without frames.
 */
#include "start.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_WORD 300
#define MOST_TEXT 700

/* The message: before, the line of the words or what stands behind `first`,
 * between, what stands behind `second`, after. */
struct cause {
    const char *words;
    const char *first, *second; /* labels below the words; or NULL */
    const char *before, *between, *after;
    enum { LINE, /* that of the words */
           BARE, /* without it */
           HOSTS /* instead of it all hosts, since it does not say which */
    } what;
};

static const struct cause causes[] = {
    {"Permission denied (", NULL, NULL, "", "", "; it must be possible to log "
     "in without a password (ssh-copy-id)", LINE},
    {"Host key verification failed", NULL, NULL, "ssh does not know the key "
     "of a host: log in there once, or see ssh-keyscan(1)", "", "", BARE},
    {"ssh: ", NULL, NULL, "", "", "", LINE},
    {"\"plm_rsh_agent\" was set to a path", "plm_rsh_agent: ", NULL,
     "there is no program '", "' (plm_rsh_agent)", "", LINE},
    {"or execute an executable", "Node: ", "Executable: ", "host '",
     "' has no '", "' that it can execute: install fanfold there in the same "
     "place", LINE},
    {"There are not enough slots", NULL, NULL, "mpirun has not enough slots "
     "for a node on each host", "", "", BARE},
    {"not present in the allocation", NULL, NULL, "a host is none of the "
     "allocation's", "", "", BARE},
    {"attempt to run as root", NULL, NULL, "it refuses to run as root", "",
     "", BARE},
    {"unrecognized argument allow-run-as-root", NULL, NULL, "this is not Open "
     "MPI's mpirun: name that by --launch PATH", "", "", BARE},
    {": command not found", NULL, NULL, "", "", " (Open MPI must be on all "
     "hosts in the same place)", LINE},
    {": not found", NULL, NULL, "", "", " (Open MPI must be on all hosts in "
     "the same place)", LINE},
    {": No such file or directory", NULL, NULL, "", "", " (Open MPI must be "
     "on all hosts in the same place)", LINE},
    {"unknown option", NULL, NULL, "", "", "", LINE},
    {"unrecognized argument", NULL, NULL, "", "", "", LINE},
    {"queued and waiting for resources", NULL, NULL, "", "", "", LINE},
    {"srun: fatal: ", NULL, NULL, "", "", "", LINE},
    {"srun: error: ", NULL, NULL, "", "", "", LINE},
    {"lost communication with a remote daemon", "Remote daemon: ", NULL,
     "lost the connection to ", "", "", LINE},
    {"noticed that process rank", NULL, NULL, "", "", "", LINE},
    {"ORTE was unable to reliably start", NULL, NULL, "", "", " could not be "
     "reached: what mpirun uses for it (ssh, or plm_rsh_agent) failed", HOSTS},
};

/* ---- pieces of text ------------------------------------------------------ */

/* One line from p on, without blanks around it. */
static void take_line(char out[MOST_WORD], const char *p)
{
    p += strspn(p, " \t");
    size_t n = strcspn(p, "\r\n");
    while (n > 0 && isspace((unsigned char)p[n - 1]))
        n--;
    snprintf(out, MOST_WORD, "%.*s", (int)n, p);
}

/* The line that p is in, without a full stop. */
static void take_around(char out[MOST_WORD], const char *text, const char *p)
{
    while (p > text && p[-1] != '\n')
        p--;
    take_line(out, p);
    const size_t n = strlen(out);
    if (n > 0 && out[n - 1] == '.')
        out[n - 1] = '\0';
}

static void take_behind(char out[MOST_WORD], const char *text,
                        const char *label)
{
    const char *p = label != NULL ? strstr(text, label) : NULL;
    out[0] = '\0';
    if (p != NULL)
        take_line(out, p + strlen(label));
}

/* Is there something in the line, more than a frame? */
static bool says_something(const char *line)
{
    return line[strspn(line, "-=*_ \t")] != '\0';
}

/* The first lines that say something, as one. */
static void take_first(char out[MOST_TEXT], const char *text)
{
    size_t n = 0;
    out[0] = '\0';
    for (const char *p = text; p != NULL && *p != '\0' && n < MOST_TEXT / 2;) {
        char line[MOST_WORD];
        take_line(line, p);
        if (says_something(line))
            n += (size_t)snprintf(out + n, MOST_TEXT - n, "%s%s",
                                  n > 0 ? " " : "", line);
        p = strchr(p, '\n');
        p = p != NULL ? p + 1 : NULL;
    }
}

/* ---- causes -------------------------------------------------------------- */

static void describe(char out[MOST_TEXT], const struct cause *c,
                     const struct start *start, const char *at)
{
    const char *text = start->said;
    char first[MOST_WORD] = "", second[MOST_WORD];
    if (c->what == HOSTS)
        snprintf(first, sizeof first, "%s%s",
                 strchr(start->hosts, ',') != NULL ? "one of " : "",
                 start->hosts);
    else if (c->first != NULL)
        take_behind(first, at, c->first);
    else if (c->what == LINE)
        take_around(first, text, at);
    /* Open MPI's labels may stand above the words as well. */
    if (c->first != NULL && first[0] == '\0')
        take_behind(first, text, c->first);
    take_behind(second, text, c->second);
    snprintf(out, MOST_TEXT, "%s%s%s%s%s", c->before, first, c->between,
             second, c->after);
}

static void find_cause(char out[MOST_TEXT], const struct start *start)
{
    const char *text = start->said != NULL ? start->said : "";
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        const char *at = strstr(text, causes[i].words);
        if (at != NULL) {
            describe(out, &causes[i], start, at);
            return;
        }
    }
    take_first(out, text);
}

/* ---- it hangs ------------------------------------------------------------ */

/* The words of a process's command line, up to one with blanks: what follows
 * is for the other host. */
static void take_command(char out[MOST_WORD], int pid)
{
    char path[64], text[4096];
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    out[0] = '\0';
    text[length > 0 ? length : 0] = '\0';
    for (const char *p = text; p < text + length && n < MOST_WORD;
         p += strlen(p) + 1) {
        if (strpbrk(p, " \t;") != NULL)
            break;
        n += (size_t)snprintf(out + n, MOST_WORD - n, "%s%s",
                              n > 0 ? " " : "", p);
    }
}

/* What mpirun still waits for: each host's agent ends once its daemon runs.
 * (MPICH's own on this host is none.) */
static void find_waited_for(char out[MOST_WORD], int pid)
{
    char path[64];
    int child;
    out[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fscanf(file, "%d", &child) == 1) {
        take_command(out, child);
        if (strstr(out, "hydra_pmi_proxy ") == NULL)
            break;
        out[0] = '\0';
    }
    fclose(file);
}

static void explain_slow(const struct start *start, struct ff_error *err)
{
    char what[MOST_WORD], said[MOST_TEXT];
    find_cause(said, start);
    if (start->ours && start->pid > 0 && said[0] == '\0')
        find_waited_for(what, start->pid);
    else
        what[0] = '\0';
    ff_error_set(err, FF_LOST, "the nodes did not start in time "
                 "(--node-timeout)%s%s%s%s%s", what[0] != '\0'
                 ? ": still waiting for '" : "", what,
                 what[0] != '\0' ? "'" : "", said[0] != '\0' ? ": " : "",
                 said);
}

void start_explain(const struct start *start, int status, struct ff_error *err)
{
    char said[MOST_TEXT];
    find_cause(said, start);
    if (status == -1)
        explain_slow(start, err);
    else if (WIFSIGNALED(status))
        ff_error_set(err, FF_LOST, "'%s' was killed by signal %d (%s)",
                     start->program, WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
    else if (said[0] != '\0')
        ff_error_set(err, FF_LOST, "cannot start the nodes with '%s': %s",
                     start->program, said);
    else
        ff_error_set(err, FF_LOST, "'%s' ended with status %d before the run "
                     "was done", start->program, WEXITSTATUS(status));
}
