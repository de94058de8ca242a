/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes talk by MPI: mpirun -n 2 ipc_mpi
 * On one machine MPI uses memory that both share; on a cluster the same program
 * goes through the network. */
#include "ipc.h"
#include <mpi.h>

static int rank, size;

static void give(size_t n)
{
    MPI_Send(block, (int)n, MPI_CHAR, !rank, 0, MPI_COMM_WORLD);
}

static void take(size_t n)
{
    MPI_Recv(block, (int)n, MPI_CHAR, !rank, 0, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size < 2)
        MPI_Abort(MPI_COMM_WORLD, 1); /* nobody to talk to */
    if (rank == 0)
        ask("processes: MPI");
    if (rank == 1)
        answer();
    MPI_Finalize();
}
