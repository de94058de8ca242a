/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold-worker: the fork server, its workers, and --serial. Started by
 * fanfold, never by people. */
#include "serial.h"
#include "server.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--server") == 0)
        return server_main();
    if (argc > 2 && strcmp(argv[1], "--serial") == 0)
        return serial_main(argc - 2, argv + 2);
    fprintf(stderr, "fanfold-worker: this program is started by fanfold\n");
    return 2;
}
