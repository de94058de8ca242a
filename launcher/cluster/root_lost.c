/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes that are lost: see root.h. One that says nothing for longer than
 * --node-timeout is; and when mpirun ends before the run does, whom it names,
 * or who was silent longer than the others. The rest are started again, if it
 * was us who started them, and go on with what we have not accepted. When
 * nobody can be named, all are.
 */
#include "root.h"
#include "cause.h"
#include "figure.h"
#include "keeper.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define MAX_RESTARTS 3
#define FOLD_BYTE_NS 1000u /* of sums, on a slow way */
#define LAST_WORDS_NS 1000000000u /* from the end of the stream to mpirun's */
#define END_GRACE_NS 1000000000u
#define SILENT_NS UINT64_C(3000000000)
#define LEAST_SILENT_NS UINT64_C(1000000000)
#define ENDING_NS UINT64_C(8000000000) /* mpirun, once it has begun to end */

/* ---- who ----------------------------------------------------------------- */

static void lose(struct root *root, uint32_t k, const char *why)
{
    struct root_node *node = &root->node[k];
    if (node->lost)
        return;
    node->lost = true;
    snprintf(node->why_lost, sizeof node->why_lost, "%s", why);
}

static uint32_t n_lost(const struct root *root)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < root->n_nodes; k++)
        n += root->node[k].lost;
    return n;
}

static void forgive_all(struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        root->node[k].lost = false;
}

static bool all_said_hello(const struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (!root->node[k].said_hello)
            return false;
    return root->n_nodes > 0;
}

static uint64_t last_heard_ns(const struct root *root)
{
    uint64_t last_ns = 0;
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (root->node[k].heard_ns > last_ns)
            last_ns = root->node[k].heard_ns;
    return last_ns;
}

/* Nodes say something twice a second: who says nothing for so long, while
 * others do, is the one, or one more, that is lost. */
static uint64_t silence_ns(const struct root *root)
{
    const uint64_t half_ns = root->run->job->node_timeout_ns / 2;
    return half_ns > SILENT_NS ? SILENT_NS
           : half_ns < LEAST_SILENT_NS ? LEAST_SILENT_NS : half_ns;
}

/* The nodes that were silent when others were not. */
static void blame_silent(struct root *root)
{
    const uint64_t last_ns = last_heard_ns(root);
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        if (node->said_hello && !node->said_bye
            && last_ns - node->heard_ns > silence_ns(root))
            lose(root, k, "it had become silent");
    }
}

/* One was silent for too long. When nobody is heard it is the one through which
 * we hear the others; else others that have become silent are lost with it: to
 * start on them would be in vain. */
static void find_silent(struct root *root, uint64_t now_ns, const char *why)
{
    if (now_ns - last_heard_ns(root) <= silence_ns(root)) {
        blame_silent(root);
        return;
    }
    forgive_all(root);
    lose(root, 0, why);
}

static void check_silence(struct root *root, uint64_t now_ns)
{
    const uint64_t timeout_ns = root->run->job->node_timeout_ns;
    char why[64], time[FIGURE_TEXT];
    figure_time(time, timeout_ns);
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        const uint64_t since_ns = node->said_hello ? node->heard_ns
                                                   : root->begun_ns;
        /* The error of a start that hangs is there within the time. */
        const uint64_t limit_ns = node->said_hello
                                  ? timeout_ns : timeout_ns - timeout_ns / 15;
        snprintf(why, sizeof why, node->said_hello
                     ? "silent for %s" : "it did not come within %s", time);
        if (now_ns > since_ns && now_ns - since_ns > limit_ns)
            lose(root, k, why);
    }
    if (n_lost(root) > 0 && all_said_hello(root))
        find_silent(root, now_ns, why);
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* Is the host named in what mpirun said, on a line that tells of a loss? It
 * names its own host, too. */
static bool is_blamed(const char *said, const char *host)
{
    static const char *const signs[] = {
        "remote daemon", "target node", "exited on signal", "connect to host",
        "not resolve", "node name", "lost"};
    const size_t n = strlen(host);
    for (const char *line = said; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');
        const size_t length = end != NULL ? (size_t)(end - line)
                                          : strlen(line);
        bool sign = false, named = false;
        for (size_t i = 0; i < length; i++) {
            for (size_t s = 0; s < sizeof signs / sizeof signs[0]; s++)
                sign |= strncasecmp(line + i, signs[s], strlen(signs[s])) == 0;
            named |= i + n <= length && strncmp(line + i, host, n) == 0
                     && (i == 0 || !is_name(line[i - 1]))
                     && !is_name(line[i + n]);
        }
        if (sign && named)
            return true;
        line = end != NULL ? end + 1 : NULL;
    }
    return false;
}

/* Does mpirun end all that is left? Then it will say in the end whose fault it
 * was; that all fall silent meanwhile means nothing. */
static bool is_ending(const struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (root->node[k].said_bye)
            return true;
    return root->start.said != NULL
           && strstr(root->start.said, "job has been aborted") != NULL;
}

/* What has ended is our own node, a child of ours. */
static void lose_own(struct root *root)
{
    char why[64] = "it has ended", name[32];
    if (WIFSIGNALED(root->end_status)) {
        cause_signal_name(WTERMSIG(root->end_status), name);
        snprintf(why, sizeof why, "killed by %s", name);
    }
    lose(root, 0, why);
}

/* The stream or mpirun has ended. All nodes lost are as good as none. */
static void find_blame(struct root *root)
{
    for (uint32_t k = 0; root->start.said != NULL && k < root->n_nodes; k++)
        if (root->node[k].host[0] != '\0'
            && is_blamed(root->start.said, root->node[k].host))
            lose(root, k, "its process or its connection ended");
    if (n_lost(root) == root->n_nodes)
        forgive_all(root);
    if (n_lost(root) == 0)
        blame_silent(root);
    if (n_lost(root) == root->n_nodes)
        forgive_all(root);
    if (n_lost(root) == 0 && root->ended && !root->start.ours
        && root->n_nodes > 0)
        lose_own(root);
}

/* ---- what then ----------------------------------------------------------- */

static void tell(const struct root *root, const char *what)
{
    char items[FIGURE_TEXT], all[FIGURE_TEXT], name[WIRE_HOST + 32];
    const struct gather *g = &root->run->gather;
    const uint64_t n = g->grid.last - g->grid.first;
    figure_count(items, root->run->opened ? g->items_done : 0);
    figure_count(all, n);
    progress_clear(&root->run->progress);
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (root->node[k].lost) {
            fprintf(stderr, "fanfold: %s is lost (%s)\n",
                    root_node_name(root, k, name), root->node[k].why_lost);
            keeping_event(root->run, "node", "%s is lost (%s)", name,
                         root->node[k].why_lost);
        }
    if (n_lost(root) == 0)
        fprintf(stderr, "fanfold: the nodes were lost\n");
    if (root->run->opened)
        fprintf(stderr, "fanfold: %s %s of %s items\n", what, items, all);
    else
        fprintf(stderr, "fanfold: %s the beginning\n", what);
}

static void note_lost(struct root *root)
{
    const size_t n = root->n_gone + n_lost(root);
    struct lost_node *more = realloc(root->gone, (n + 1) * sizeof *more);
    if (more == NULL)
        return; /* the text has told it */
    root->gone = more;
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        const struct root_node *node = &root->node[k];
        if (!node->lost)
            continue;
        struct lost_node *l = &root->gone[root->n_gone++];
        *l = (struct lost_node){.host = ""};
        snprintf(l->host, sizeof l->host, "%s", node->host);
        snprintf(l->why, sizeof l->why, "%s", node->why_lost);
    }
}

static void stop_watching(struct root *root)
{
    struct ev_loop *loop = root->run->loop;
    ev_io_stop(loop, &root->in);
    ev_io_stop(loop, &root->out);
    ev_io_stop(loop, &root->errors);
    ev_io_stop(loop, &root->ended_io);
}

/* What they held is nobody's; their names go, too. */
static void drop_generation(struct root *root)
{
    struct run *run = root->run;
    stop_watching(root);
    start_end(&root->start, END_GRACE_NS);
    start_release(&root->start);
    root->link_ended = true; /* until another one begins */
    if (run->opened) {
        gather_unfold(&run->gather);
        for (uint32_t k = 0; k < root->n_nodes; k++)
            gather_forget(&run->gather, k);
    }
    root_keep_work(root);
    grants_release(&root->grants);
    root->granting = false;
    root->items_before = run->opened ? run->gather.items_done : 0;
    wire_message_release(&root->text);
}

/* The list is that of the nodes' numbers. */
static void remove_lost_hosts(struct root *root)
{
    size_t n = 0;
    for (size_t k = 0; k < root->hosts.n; k++) {
        if (k < root->n_nodes && root->node[k].lost)
            free(root->hosts.node[k].host);
        else
            root->hosts.node[n++] = root->hosts.node[k];
    }
    root->hosts.n = n;
}

/* The run ends here, with what is accepted. */
static void give_up(struct root *root, const struct ff_error *cause)
{
    struct run *run = root->run;
    if (!run->opened) {
        run_fail(run, cause);
        return;
    }
    if (cause->status != 0) {
        progress_clear(&run->progress);
        fprintf(stderr, "fanfold: %.900s\n", cause->text);
    }
    if (!run->stopping) {
        run->stopping = true;
        run->stop_status = FF_LOST;
    }
    run_end(run);
}

/* Has it been in vain too often? */
static bool may_restart(struct root *root, struct ff_error *err)
{
    const struct run *run = root->run;
    const uint64_t done = run->opened ? run->gather.accepted.n_chunks : 0;
    if (done > root->restart_chunks)
        root->restarts = 0;
    root->restart_chunks = done;
    if (run_is_once(run) && run->opened)
        return ff_error_set(err, FF_LOST, "each thread of each worker makes "
                            "one call of '%s' (FF_ONCE): it cannot go on "
                            "without some of them", run->job->kernel), false;
    if (root->hosts.n == 0)
        return ff_error_set(err, FF_LOST, "no node is left"), false;
    if (++root->restarts > MAX_RESTARTS)
        return ff_error_set(err, FF_LOST, "nodes were lost %d times in a row: "
                            "given up", MAX_RESTARTS), false;
    return true;
}

static void restart(struct root *root)
{
    struct ff_error err = {0};
    const bool known = n_lost(root) > 0;
    const bool stopping = root->run->stopping;
    tell(root, stopping ? "ending with" : known
                   ? "going on without it from"
                   : "starting them again, and going on from");
    note_lost(root);
    drop_generation(root);
    remove_lost_hosts(root);
    if (stopping || !may_restart(root, &err)
        || start_nodes(&root->start, &root->hosts, root->run->job, &err) != 0
        || root_begin(root, &err) != 0) {
        give_up(root, &err);
        return;
    }
    root_watch(root);
}

/* Of somebody else's mpirun, which will not start them again. */
static void end_here(struct root *root)
{
    struct ff_error err = {0};
    char name[WIRE_HOST + 32] = "";
    for (uint32_t k = 0; name[0] == '\0' && k < root->n_nodes; k++)
        if (root->node[k].lost)
            root_node_name(root, k, name);
    if (!root->run->opened && name[0] != '\0')
        ff_error_set(&err, FF_LOST, "%s is lost before the kernel was open",
                     name);
    else if (!root->run->opened)
        start_explain(&root->start, root->ended ? root->end_status : -1,
                      &err);
    else
        tell(root, "ending with");
    note_lost(root);
    stop_watching(root);
    if (root->run->opened)
        gather_unfold(&root->run->gather);
    give_up(root, &err);
}

/* The first start failed: nothing is lost yet, and to try again would not
 * help. */
static void fail_to_start(struct root *root)
{
    struct ff_error err;
    char name[WIRE_HOST + 32] = "";
    bool heard = false;
    for (uint32_t k = 0; k < root->n_nodes; k++) {
        heard |= root->node[k].said_hello;
        if (name[0] == '\0' && root->node[k].lost)
            root_node_name(root, k, name);
    }
    /* Before MPI works nobody is heard: mpirun knows whom it waits for. */
    if (!root->ended && heard && name[0] != '\0')
        ff_error_set(&err, FF_LOST, "%s did not come within %.9g s: is it "
                     "there? (--node-timeout)", name,
                     (double)root->run->job->node_timeout_ns / 1e9);
    else
        start_explain(&root->start, root->ended ? root->end_status : -1,
                      &err);
    run_fail(root->run, &err);
}

/* Is this generation at its end? */
static bool is_over(struct root *root)
{
    const uint64_t now_ns = root->run->now_ns;
    const bool ended = root->ended || root->link_ended;
    if (root->ending_ns == 0 && (ended || is_ending(root)))
        root->ending_ns = now_ns;
    if (ended && root->ended_ns == 0)
        root->ended_ns = now_ns;
    return (root->ended && root->link_ended)
           || (ended && now_ns - root->ended_ns > LAST_WORDS_NS)
           || (root->ending_ns != 0
               && now_ns - root->ending_ns > ENDING_NS);
}

/* One that is silent will be lost by its own name. */
static bool all_are_heard(const struct root *root)
{
    for (uint32_t k = 0; k < root->n_nodes; k++)
        if (root->run->now_ns > root->node[k].heard_ns + silence_ns(root))
            return false;
    return true;
}

/* Does what nodes fold not come, though all of them are heard? They may need
 * a way between two of them that is not there any more. */
static bool is_fold_late(const struct root *root)
{
    const struct run *run = root->run;
    const uint64_t bytes = run->gather.layout.n_words * sizeof(int64_t);
    const uint64_t limit_ns = run->job->node_timeout_ns + bytes * FOLD_BYTE_NS;
    if (!root->folding || root->folded || root->deaf
        || run->now_ns < root->fold_ns + limit_ns || root->ending_ns != 0
        || !all_are_heard(root))
        return false;
    progress_clear(&root->run->progress);
    fprintf(stderr, "fanfold: the sums of all nodes do not come: can each "
            "host reach each other one?\n");
    return true;
}

void root_check_nodes(struct root *root)
{
    struct run *run = root->run;
    const uint64_t now_ns = run->now_ns;
    if (run->over || root->quit)
        return;
    if (start_has_ended(&root->start, &root->end_status))
        root->ended = true;
    const bool over = is_over(root) || is_fold_late(root);
    if (!over && (root->deaf || root->ending_ns != 0))
        return;
    if (over) {
        start_read_errors(&root->start, run->job->verbose);
        find_blame(root);
    } else {
        check_silence(root, now_ns);
    }
    if (!over && n_lost(root) == 0 && root->n_nodes > 0)
        return;
    if (root->n_nodes == 0 && !over
        && now_ns - root->begun_ns < run->job->node_timeout_ns)
        return;
    if (run->opened && gather_complete(&run->gather))
        root_is_complete(root); /* whoever it is, nobody needs it now */
    else if (root->hosts.n == 0)
        end_here(root);
    else if (!all_said_hello(root) && root->restarts == 0
             && root->n_gone == 0 && !run->opened)
        fail_to_start(root);
    else
        restart(root);
}
