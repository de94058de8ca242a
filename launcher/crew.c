/* SPDX-License-Identifier: Apache-2.0 */
/* The fork server, the workers, their memory and pipes: see crew.h. */
#include "crew.h"
#include "channel.h"
#include "clock.h"
#include "orphan.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_END_MS 3000
#define COMMAND_RANK UINT32_MAX
#define SPARE_FDS 12 /* that workers leave to the rest of the launcher */

/* The limit that may be behind an error. */
static const char *see(int cause)
{
    return cause == EMFILE ? " (see ulimit -n)"
           : cause == EAGAIN ? " (see ulimit -u, pids.max)" : "";
}

/* ---- the server ---------------------------------------------------------- */

/* In the child: everything as the server wants it, then the server. */
_Noreturn static void exec_server(const struct crew *crew, const char *path,
                                  int socket)
{
    char *argv[] = {(char *)"fanfold-worker", (char *)"--server", NULL};
    sigset_t none;
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(socket, SERVER_SOCKET);
    dup2(crew->event, SERVER_EVENT);
    close_range(SERVER_EVENT + 1, ~0u, 0); /* what we were started with */
    execv(path, argv);
    _exit(127);
}

/* fork, not posix_spawn: we need not wait until the exec is done. */
static int spawn_server(struct crew *crew, const char *path, int socket)
{
    const pid_t pid = fork();
    if (pid == 0)
        exec_server(crew, path, socket);
    if (pid < 0)
        return -1;
    crew->server = pid;
    return 0;
}

/* Out of the way of the numbers that the server wants. */
static int move_up(int fd)
{
    const int up = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    const int cause = up < 0 && errno == EINVAL ? EMFILE : errno;
    close(fd);
    errno = cause; /* EINVAL: ten are more than the limit */
    return up;
}

int crew_start_server(struct crew *crew, struct ff_error *err)
{
    char path[PATHS_MAX];
    int pair[2];

    if (paths_worker(path, err) != 0)
        return -1;
    if (access(path, X_OK) != 0)
        return ff_error_errno(err, FF_LOST, "cannot start '%s'", path);
    if (crew->event <= 0)
        crew->strangers = orphan_list();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (crew->event <= 0)
        crew->event = move_up(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (crew->event < 0
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return ff_error_errno(err, FF_LOST, "cannot start the fork server%s",
                              see(errno));
    crew->socket = move_up(pair[0]);
    pair[1] = move_up(pair[1]);
    int rc = -1;
    if (crew->socket >= 0 && pair[1] >= 0)
        rc = spawn_server(crew, path, pair[1]);
    if (rc != 0)
        ff_error_errno(err, FF_LOST, "cannot start '%s'%s", path, see(errno));
    if (pair[1] >= 0)
        close(pair[1]);
    return rc;
}

static void wait_for_end(pid_t pid, int timeout_ms)
{
    const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd on = {.fd = fd, .events = POLLIN};
    if (fd >= 0) {
        while (poll(&on, 1, timeout_ms) < 0 && errno == EINTR)
            continue;
        close(fd);
    }
    if (on.revents == 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void crew_wake_server(const struct crew *crew)
{
    siginfo_t info = {0};
    if (crew->server > 0
        && waitid(P_PID, (id_t)crew->server, &info,
                  WSTOPPED | WNOHANG) == 0
        && info.si_pid == crew->server)
        kill(crew->server, SIGCONT);
}

void crew_lost_server(struct crew *crew)
{
    close_fd(&crew->socket);
    wait_for_end(crew->server, 0);
    crew->server = 0;
    orphan_end_all(crew->strangers);
}

void crew_hang_up(struct crew *crew)
{
    close_fd(&crew->socket);
}

void crew_end(struct crew *crew)
{
    crew_hang_up(crew);
    if (crew->server > 0)
        wait_for_end(crew->server, SERVER_END_MS);
    crew->server = 0;
    orphan_end_all(crew->strangers);
}

/* ---- a command below the server ------------------------------------------ */

static size_t join(char *text, size_t room, const char *scratch,
                   char *const argv[])
{
    size_t n = 0;
    const char *next = scratch;
    for (size_t i = 0; next != NULL; next = argv[i++]) {
        const size_t length = strlen(next) + 1;
        if (n + length > room)
            return 0;
        memcpy(text + n, next, length);
        n += length;
    }
    return n;
}

/* Until there is one, or the end of the server, even if somebody stops it. */
static void wait_for_message(const struct crew *crew)
{
    struct pollfd on = {.fd = crew->socket, .events = POLLIN};
    while (poll(&on, 1, 50) <= 0)
        crew_wake_server(crew);
}

int crew_command(void *arg, char *const argv[], int output,
                 const char *scratch, struct ff_error *err)
{
    static char text[CHANNEL_MAX_TEXT];
    struct crew *crew = arg;
    struct message m = {.kind = MESSAGE_COMMAND, .rank = COMMAND_RANK};
    const size_t n = join(text, sizeof text, scratch, argv);

    if (n == 0)
        return ff_error_set(err, FF_USAGE, "the command line of '%s' is too "
                            "long", argv[0]);
    if (channel_send(crew->socket, &m, &output, 1, text, n) != 0)
        return ff_error_errno(err, FF_LOST, "cannot run '%s'", argv[0]);
    for (;;) {
        wait_for_message(crew);
        const int rc = channel_receive(crew->socket, &m, NULL, NULL, NULL);
        if (rc <= 0)
            return ff_error_set(err, FF_LOST, "cannot run '%s': the fork "
                                "server ended", argv[0]);
        if (m.kind == MESSAGE_UNSPAWNED) {
            errno = m.status;
            return ff_error_errno(err, FF_LOST, "cannot run '%s'", argv[0]);
        }
        if (m.kind == MESSAGE_EXITED)
            return m.status;
    }
}

/* ---- workers ------------------------------------------------------------- */

int crew_prepare(struct crew *crew, const struct plan *plan,
                 struct ff_error *err)
{
    const uint32_t n = plan->n_workers * plan->threads;
    const uint32_t n_pool = n < 4 ? 4 : n;

    crew->slot = calloc(plan->n_workers, sizeof crew->slot[0]);
    crew->executor = calloc(n, sizeof crew->executor[0]);
    if (crew->slot == NULL || crew->executor == NULL)
        return ff_error_errno(err, FF_LOST, "cannot plan %u workers",
                              plan->n_workers);
    crew->n_workers = plan->n_workers;
    crew->threads = plan->threads;
    for (uint32_t rank = 0; rank < plan->n_workers; rank++)
        crew->slot[rank].shm.fd = -1;
    if (shm_create(&crew->job, job_shm_bytes(n, plan->n_cpus), SHM_READ_ONLY,
                   err) != 0
        || shm_create(&crew->node, node_shm_bytes(n, n_pool), SHM_SHARED, err)
           != 0)
        return -1;
    struct job_shm *job = crew_job(crew);
    job->n_workers = plan->n_workers;
    job->threads = plan->threads;
    job->n_executors = n;
    job->size = plan->size;
    job->node = plan->node;
    job->n_pool = n_pool;
    job->launcher = getpid();
    job->input.fd = job->input_index.fd = job->shared.fd = -1;
    job->work.fd = -1;
    for (size_t i = 0; i < SPEC_MAX_ARRAYS; i++)
        job->array[i].fd = -1;
    job->n_cpus = plan->n_cpus;
    memcpy(job->place, plan->place, n * sizeof plan->place[0]);
    memcpy(job->place + n, plan->cpu, plan->n_cpus * sizeof plan->cpu[0]);
    return 0;
}

void crew_print_to(struct crew *crew, FILE *to)
{
    crew->kernel_stdout = to;
    for (uint32_t rank = 0; rank < crew->n_workers; rank++)
        if (crew->slot[rank].out != NULL)
            crew->slot[rank].out->to = to;
}

/* A pipe whose read end is ours. */
static struct output *open_output(const struct crew *crew, uint32_t rank,
                                  FILE *to, int *write_end)
{
    int pair[2];
    struct rlimit limit;
    *write_end = -1;
    if (pipe2(pair, O_CLOEXEC) != 0)
        return NULL;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0
        && (rlim_t)pair[1] + SPARE_FDS > limit.rlim_cur) {
        close(pair[0]);
        close(pair[1]);
        errno = EMFILE;
        return NULL;
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    struct output *o = output_create(pair[0], to, crew->tag_output,
                                     crew->timestamp_output,
                                     crew_rank(crew, rank));
    if (o == NULL) {
        close(pair[0]);
        close(pair[1]);
        return NULL;
    }
    *write_end = pair[1];
    return o;
}

static int open_slot(struct crew *crew, uint32_t rank, int fds[5],
                     struct ff_error *err)
{
    struct slot *s = &crew->slot[rank];
    const uint32_t n = crew->threads;
    if (shm_create(&s->shm, worker_shm_bytes(n), SHM_SHARED, err) != 0)
        return -1;
    struct worker_shm *w = s->shm.at;
    w->n_executors = n;
    s->reader = calloc(n, sizeof s->reader[0]);
    s->begun = calloc(n, sizeof s->begun[0]);
    s->age_ns = calloc(n, sizeof s->age_ns[0]);
    s->out = open_output(crew, rank, crew->kernel_stdout, &fds[3]);
    s->err = open_output(crew, rank, stderr, &fds[4]);
    if (s->reader == NULL || s->begun == NULL || s->age_ns == NULL
        || s->out == NULL || s->err == NULL)
        return ff_error_errno(err, FF_LOST, "cannot start worker %u of %u%s",
                              crew_rank(crew, rank), crew_job(crew)->size,
                              see(errno));
    for (uint32_t tid = 0; tid < n; tid++) {
        ring_reader_init(&s->reader[tid], &w->executor[tid].ring);
        atomic_store(&w->executor[tid].current, NO_CHUNK);
        atomic_store(&w->crash_executor, NO_EXECUTOR);
        crew->executor[rank * n + tid] = &w->executor[tid];
    }
    fds[0] = crew->job.fd;
    fds[1] = crew->node.fd;
    fds[2] = s->shm.fd;
    return 0;
}

/* 0; 1 when the server is too busy to take it now, or gone (which the next
 * receive tells); -1 with errno. */
static int send_now(const struct crew *crew, const struct message *m,
                    const int *fds, int n_fds)
{
    struct pollfd on = {.fd = crew->socket, .events = POLLOUT};
    if (poll(&on, 1, 0) == 0)
        return 1;
    if (channel_send(crew->socket, m, fds, n_fds, NULL, 0) == 0)
        return 0;
    return errno == EPIPE || errno == ECONNRESET || errno == ETOOMANYREFS
               || errno == EAGAIN ? 1 : -1;
}

int crew_spawn(struct crew *crew, uint32_t rank, struct duty duty,
               struct ff_error *err)
{
    struct slot *s = &crew->slot[rank];
    int fds[5] = {-1, -1, -1, -1, -1};
    int rc = open_slot(crew, rank, fds, err);
    const bool no_room = rc != 0 && (errno == EMFILE || errno == ENFILE);

    s->generation++;
    s->spawned_ns = clock_ns();
    s->solo_chunk = duty.solo_chunk;
    s->diagnosing = duty.diagnose_begin < duty.diagnose_end;
    const struct message m = {
        .kind = MESSAGE_SPAWN, .rank = rank, .generation = s->generation - 1,
        .solo_chunk = duty.solo_chunk, .diagnose_begin = duty.diagnose_begin,
        .diagnose_end = duty.diagnose_end, .deals = duty.deals,
        .combines = duty.combines};
    for (uint32_t tid = 0; rc == 0 && duty.deal != NULL && tid < crew->threads;
         tid++)
        atomic_store(&crew_worker(crew, rank)->executor[tid].deal,
                     duty.deal[tid]);
    if (rc == 0) {
        rc = send_now(crew, &m, fds, 5);
        if (rc < 0)
            ff_error_errno(err, FF_LOST, "cannot start worker %u",
                           crew_rank(crew, rank));
    }
    for (int i = 3; i < 5; i++)
        close_fd(&fds[i]);
    close_fd(&s->shm.fd);
    if (rc != 0)
        crew_retire(crew, rank);
    else
        s->live = true;
    s->left = s->left && rc != 0;
    return no_room ? 2 : rc;
}

void crew_kill(struct crew *crew, uint32_t rank, enum killed why)
{
    struct slot *s = &crew->slot[rank];
    const struct message m = {.kind = MESSAGE_KILL, .rank = rank,
                              .generation = s->generation - 1};
    if (!s->live || s->killed != KILLED_NOT)
        return;
    /* A server that is gone has taken the worker with it; one that is busy is
     * asked again by the next tick. */
    if (send_now(crew, &m, NULL, 0) != 1)
        s->killed = why;
}

bool crew_ask_stacks(struct crew *crew, uint32_t rank, uint32_t tid)
{
    const struct slot *s = &crew->slot[rank];
    const struct message m = {.kind = MESSAGE_STACKS, .rank = rank,
                              .generation = s->generation - 1};
    atomic_store(&crew_worker(crew, rank)->stacks.wanted, tid + 1);
    return send_now(crew, &m, NULL, 0) == 0;
}

int crew_receive(struct crew *crew, struct message *m)
{
    struct pollfd on = {.fd = crew->socket, .events = POLLIN};
    for (;;) {
        if (poll(&on, 1, 0) <= 0)
            return 0;
        const int rc = channel_receive(crew->socket, m, NULL, NULL, NULL);
        if (rc <= 0)
            return -1;
        if (m->rank >= crew->n_workers)
            continue;
        const struct slot *s = &crew->slot[m->rank];
        if (!s->live || m->generation != s->generation - 1)
            continue;
        return 1;
    }
}

void crew_retire(struct crew *crew, uint32_t rank)
{
    struct slot *s = &crew->slot[rank];
    for (uint32_t tid = 0; tid < crew->threads; tid++) {
        if (s->reader != NULL)
            ring_reader_release(&s->reader[tid]);
        crew->executor[rank * crew->threads + tid] = NULL;
    }
    output_destroy(s->out);
    output_destroy(s->err);
    shm_release(&s->shm);
    free(s->reader);
    free(s->begun);
    free(s->age_ns);
    *s = (struct slot){.generation = s->generation, .shm.fd = -1,
                       .solo_chunk = NO_CHUNK, .absent = s->absent,
                       .left = s->left,
                       .bindings_told = s->bindings_told};
}

void crew_release(struct crew *crew)
{
    for (uint32_t rank = 0; crew->slot != NULL && rank < crew->n_workers;
         rank++)
        crew_retire(crew, rank);
    free(crew->slot);
    free(crew->executor);
    free(crew->strangers);
    shm_release(&crew->job);
    shm_release(&crew->node);
    if (crew->event > 0)
        close(crew->event);
    *crew = (struct crew){.socket = -1};
}
