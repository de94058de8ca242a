/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes talk by MPI: mpirun -n 2 ipc_mpi
 * Measured like ipc_pipe. On one machine MPI uses memory that both share; on a
 * cluster the same program goes through the network. */
#include <mpi.h>
#include <stdio.h>

enum { BLOCK = 1 << 16, BLOCKS = 32, TURNS = 16 };
static char block[BLOCK]; /* its first byte: this is the last turn */

static void give(int rank, int size)
{
    MPI_Send(block, size, MPI_CHAR, rank, 0, MPI_COMM_WORLD);
}

static void take(int rank, int size)
{
    MPI_Recv(block, size, MPI_CHAR, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void answer(int blocks, int size) /* rank 1, turn by turn */
{
    do {
        for (int i = 0; i < blocks; i++)
            take(0, size);
        give(0, 1);
    } while (!block[0]);
}

static double ask(int turns, int blocks, int size) /* s: the fastest turn */
{
    double best = 1e9, stop = MPI_Wtime() + 0.25;
    for (block[0] = 0; !block[0];) {
        double begin = MPI_Wtime();
        block[0] = begin > stop;
        for (int turn = 0; turn < (block[0] ? 1 : turns); turn++) {
            for (int i = 0; i < blocks; i++)
                give(1, size);
            take(1, 1);
        }
        double s = (MPI_Wtime() - begin) / turns;
        best = !block[0] && s < best ? s : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    int rank = 0, size = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size < 2)
        MPI_Abort(MPI_COMM_WORLD, 1); /* nobody to talk to */
    if (rank == 1) {
        answer(1, 1);
        answer(BLOCKS, BLOCK);
    } else if (rank == 0) {
        double latency = ask(TURNS, 1, 1);
        double bandwidth = BLOCKS * BLOCK / ask(1, BLOCKS, BLOCK);
        printf("row\tprocesses: MPI\t%.2f\t%.2f\n", 1e6 * latency,
               1e-9 * bandwidth);
    }
    MPI_Finalize();
}
