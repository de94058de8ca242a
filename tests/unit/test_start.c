/* SPDX-License-Identifier: Apache-2.0 */
/* On which hosts a job runs, and why they could not be started. What Open MPI
 * 4.1.4 and ssh print is as they printed it. */
#include "start.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which hosts --------------------------------------------------------- */

static struct job job;
static struct parallel alone = {.starter = STARTED_ALONE, .size = 1,
                                .n_local = 1};

static void set_allocation(const char *list, const char *n)
{
    clearenv();
    setenv("SLURM_JOB_ID", "5", 1);
    setenv("SLURM_JOB_NODELIST", list, 1);
    setenv("SLURM_JOB_NUM_NODES", n, 1);
}

/* How many there are; the first one's name and slots. */
static long found(const struct parallel *p, char first[200], uint32_t *slots)
{
    struct nodes nodes;
    struct ff_error err;
    if (start_find_nodes(&nodes, &job, p, &err) != 0) {
        snprintf(first, 200, "%.199s", err.text);
        return -err.status;
    }
    const long n = (long)nodes.n;
    snprintf(first, 200, "%.199s", n > 0 ? nodes.node[0].host : "");
    *slots = n > 0 ? nodes.node[0].slots : 0;
    nodes_release(&nodes);
    return n;
}

static void takes_options(void)
{
    char name[200];
    uint32_t slots;
    clearenv();
    job = (struct job){.host = NULL};
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 0);
    job.host = "a:2,b,a:1,n[01-03]";
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 5);
    CU_ASSERT_STRING_EQUAL(name, "a");
    CU_ASSERT_EQUAL(slots, 3);
    job.host = "b:4,localhost,127.0.0.1:2"; /* this machine, twice */
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 2);
    CU_ASSERT_STRING_EQUAL(name, "localhost");
    CU_ASSERT_EQUAL(slots, 3);
    job.host = "a:x";
    CU_ASSERT_EQUAL(found(&alone, name, &slots), -FF_USAGE);
    job.host = NULL;
    job.hostfile = "/nonexistent";
    CU_ASSERT_EQUAL(found(&alone, name, &slots), -FF_USAGE);
}

static void takes_allocation(void)
{
    char name[200];
    uint32_t slots;
    job = (struct job){.host = NULL};
    set_allocation("n[1-2]", "2");
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 2);
    CU_ASSERT_STRING_EQUAL(name, "n1");
    CU_ASSERT_EQUAL(slots, 0);
    job.host = "n2"; /* an option says more */
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 1);
    CU_ASSERT_STRING_EQUAL(name, "n2");
    job.host = NULL;
    set_allocation("n1", "1");
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 0);
}

/* srun -n1, and an item of a run that has the allocation. */
static void leaves_allocation_alone(void)
{
    const struct parallel step = {.starter = STARTED_SLURM, .size = 1};
    char name[200];
    uint32_t slots;
    job = (struct job){.host = NULL};
    set_allocation("n[1-2]", "2");
    CU_ASSERT_EQUAL(found(&step, name, &slots), 0);
    setenv("FANFOLD_RUN", "20260101-00000000", 1);
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 2);
    setenv("FANFOLD_RANK", "0", 1);
    CU_ASSERT_EQUAL(found(&alone, name, &slots), 0);
}

static void refuses_below_mpirun(void)
{
    const struct parallel rank = {.starter = STARTED_OPENMPI, .size = 2};
    const struct parallel one = {.starter = STARTED_OPENMPI, .size = 1};
    char name[200];
    uint32_t slots;
    clearenv();
    job = (struct job){.host = "a,b"};
    CU_ASSERT_EQUAL(found(&rank, name, &slots), -FF_USAGE);
    CU_ASSERT_STRING_EQUAL(name, "option '--host': mpirun (Open MPI) has "
                           "started the nodes already");
    CU_ASSERT_EQUAL(found(&one, name, &slots), 2);
    job.host = NULL;
    CU_ASSERT_EQUAL(found(&rank, name, &slots), 0);
}

static bool is_here(const char *list)
{
    struct nodes nodes = {0};
    struct ff_error err;
    CU_ASSERT_EQUAL_FATAL(nodes_add_list(&nodes, list, "list", &err), 0);
    const bool here = start_is_here(&nodes);
    nodes_release(&nodes);
    return here;
}

static void knows_this_machine(void)
{
    char name[256] = "", longer[300];
    clearenv();
    gethostname(name, sizeof name - 1);
    snprintf(longer, sizeof longer, "%.200s.example.org", name);
    CU_ASSERT_TRUE(is_here("localhost"));
    CU_ASSERT_TRUE(is_here("localhost:2"));
    CU_ASSERT_TRUE(is_here("127.0.0.1"));
    CU_ASSERT_FALSE(is_here("192.0.2.1"));
    CU_ASSERT_TRUE(is_here(name));
    if (strchr(name, '.') == NULL)
        CU_ASSERT_TRUE(is_here(longer));
    CU_ASSERT_FALSE(is_here("localhost,other"));
    CU_ASSERT_FALSE(is_here("other"));
    setenv("SLURMD_NODENAME", "other", 1);
    CU_ASSERT_TRUE(is_here("other"));
}

/* ---- why not ------------------------------------------------------------- */

#define FRAME \
    "---------------------------------------------------------------------" \
    "-----\n"
#define UNABLE                                                                 \
    FRAME "ORTE was unable to reliably start one or more daemons.\n"           \
    "This usually is caused by:\n\n"                                           \
    "* not finding the required libraries and/or binaries on\n"                \
    "  one or more nodes. Please check your PATH and LD_LIBRARY_PATH\n"        \
    "  settings, or configure OMPI with --enable-orterun-prefix-by-default\n"  \
    FRAME

static const struct { const char *said, *message; } causes[] = {
    {"ssh: Could not resolve hostname b: Name or service not known\n" UNABLE,
     "cannot start the nodes with 'mpirun': ssh: Could not resolve hostname b: "
     "Name or service not known"},
    {"ssh: connect to host b port 22: Connection refused\r\n" UNABLE,
     "cannot start the nodes with 'mpirun': ssh: connect to host b port 22: "
     "Connection refused"},
    {"root@b: Permission denied (publickey,password).\n" UNABLE,
     "cannot start the nodes with 'mpirun': root@b: Permission denied "
     "(publickey,password); it must be possible to log in without a password "
     "(ssh-copy-id)"},
    {"Host key verification failed.\r\n" UNABLE,
     "cannot start the nodes with 'mpirun': ssh does not know the key of a "
     "host: log in there once, or see ssh-keyscan(1)"},
    {UNABLE, "cannot start the nodes with 'mpirun': one of a, b could not be "
     "reached: what mpirun uses for it (ssh, or plm_rsh_agent) failed"},
    {FRAME "mpirun.openmpi was unable to launch the specified application as "
     "it could not access\nor execute an executable:\n\n"
     "Executable: /opt/ff/fanfold-mpi\nNode: b\n\n"
     "while attempting to start process rank 1.\n" FRAME,
     "cannot start the nodes with 'mpirun': host 'b' has no "
     "'/opt/ff/fanfold-mpi' that it can execute: install fanfold there in the "
     "same place"},
    {FRAME "There are not enough slots available in the system to satisfy the "
     "5\nslots that were requested by the application:\n\n" FRAME,
     "cannot start the nodes with 'mpirun': mpirun has not enough slots for a "
     "node on each host"},
    {"[mpiexec@vm] match_arg (utils/args/args.c:163): unrecognized argument "
     "allow-run-as-root\n[mpiexec@vm] HYDU_parse_array "
     "(utils/args/args.c:178): argument matching returned error\n",
     "cannot start the nodes with 'mpirun': this is not Open MPI's mpirun: "
     "name that by --launch PATH"},
    {FRAME "\nSomething that\nnobody knows.\n" FRAME,
     "cannot start the nodes with 'mpirun': Something that nobody knows."},
    {"", "'mpirun' ended with status 1 before the run was done"},
};

static void names_causes(void)
{
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        struct ff_error err;
        struct start start = START_NONE;
        strcpy(start.program, "mpirun");
        strcpy(start.hosts, "a, b");
        start.said = strdup(causes[i].said);
        start.n_said = strlen(start.said);
        start_explain(&start, 1 << 8, &err);
        CU_ASSERT_EQUAL(err.status, FF_LOST);
        CU_ASSERT_STRING_EQUAL(err.text, causes[i].message);
        if (strcmp(err.text, causes[i].message) != 0)
            tap_note("%s", err.text);
        start_release(&start);
    }
}

static void survives_long_texts(void)
{
    struct ff_error err;
    struct start start = START_NONE;
    start.said = malloc(20000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(start.said);
    memset(start.said, 'x', 20000);
    memcpy(start.said, "ssh: ", 5);
    start.said[19999] = '\0';
    start_explain(&start, 1 << 8, &err);
    CU_ASSERT(strlen(err.text) < sizeof err.text);
    memset(start.said, 'x', 19999);
    start_explain(&start, 1 << 8, &err);
    CU_ASSERT(strlen(err.text) < sizeof err.text);
    start_explain(&start, 9, &err);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "killed by signal 9"));
    start_explain(&start, -1, &err);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "did not start in time"));
    start_release(&start);
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"takes the hosts of options", takes_options},
        {"takes those of a Slurm allocation", takes_allocation},
        {"leaves that to whom it belongs", leaves_allocation_alone},
        {"refuses hosts below mpirun", refuses_below_mpirun},
        {"knows this machine by its names", knows_this_machine},
        {"names causes in one line", names_causes},
        {"survives long texts", survives_long_texts},
    };
    return TAP_RUN(tests);
}
