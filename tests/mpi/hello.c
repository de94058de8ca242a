/* SPDX-License-Identifier: Apache-2.0 */
/* A plain MPI program for the tests of their own machinery: each rank says
 * where it is and what all of them sum up to; with an argument it stays. */
#include <mpi.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char host[256];
    int rank = 0, size = 0, one, sum = 0;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    gethostname(host, sizeof host);
    one = rank + 1;
    MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    printf("%d of %d on %s: %d\n", rank, size, host, sum);
    fflush(stdout);
    if (argc > 1)
        pause();
    MPI_Finalize();
    return 0;
}
