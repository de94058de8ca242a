/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of main and N child processes: memory_processes N [write]
 * Main fills 16 MiB of data. Each child reads them, or writes to them, and
 * fills 2 MiB of its own. What all of them have then is asked of the kernel, in
 * KiB. */
#include "lab_memory.h"
#include <signal.h>
#include <sys/wait.h>

enum { DATA = 16 << 20, OWN = 2 << 20 };
static volatile char *data;

static void work(int writes)
{
    memset(new_memory(OWN, MAP_PRIVATE), 1, OWN);
    for (size_t i = 0; i < DATA; i += 4096) {
        char byte = data[i];
        if (writes)
            data[i] = byte; /* a child's first write to a page copies it */
    }
    raise(SIGSTOP); /* stands still, with its memory, until main goes on */
}

int main(int argc, char **argv)
{
    int n = workers(argc > 1 ? argv[1] : "4"), writes = argc > 2;
    pid_t child[MOST];
    long kib[3] = {0};
    data = memset(new_memory(DATA, MAP_PRIVATE), 1, DATA);
    for (int i = 0; i < n; i++) {
        child[i] = fork();
        if (child[i] < 0)
            return 1;
        if (child[i] == 0) {
            work(writes);
            _exit(0);
        }
    }
    for (int i = 0; i < n; i++)
        waitpid(child[i], NULL, WUNTRACED); /* until it stands still */
    ask_kernel(getpid(), kib);
    for (int i = 0; i < n; i++)
        ask_kernel(child[i], kib);
    for (int i = 0; i < n; i++) {
        kill(child[i], SIGCONT);
        waitpid(child[i], NULL, 0);
    }
    static const char *const name[] = {"private", "shared", "proportional"};
    for (int i = 0; i < 3; i++)
        printf(writes ? "row\t%s\t-\t-\t%ld\n" : "row\t%s\t-\t%ld\t-\n",
               name[i], kib[i]);
}
