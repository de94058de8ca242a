/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sum over the ranks of an MPI program that has the same bits for any number
 * of them, with libfanfold; and beside it what MPI_SUM on doubles gives.
 *
 *     mpicc mpi_sum.c $(pkg-config --cflags --libs fanfold) -o mpi_sum
 *     mpirun -n 4 ./mpi_sum 1000
 *
 * The terms are (-1)^k / k for k = 1 ... 1000 (or what is given; 10^6 when
 * nothing is), dealt out to the ranks in blocks. Each line is a number, in
 * hexadecimal for its bits and in decimal. The first is the correctly rounded
 * sum of the terms, for 1000 of them -0x1.62a2af1bd3624p-1.
 */
#include <fanfold/fold.h>

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

/* Terms lo + 1 ... hi. */
static double *make_terms(long lo, long hi)
{
    double *x = malloc((size_t)(hi - lo + 1) * sizeof *x);
    for (long k = lo + 1; x != NULL && k <= hi; k++)
        x[k - lo - 1] = (k % 2 ? -1.0 : 1.0) / (double)k;
    return x;
}

/* The sum of all x of all ranks; 0, or why there is none. */
static int exact_sum(const double *x, size_t n, double *sum)
{
    struct ff_fold *fold = ff_fold_create("sum", "f64", NULL);
    int64_t *lanes = NULL;
    int status = FF_FOLD_MISSING;
    if (fold != NULL)
        lanes = malloc(ff_fold_lanes(fold) * sizeof *lanes);
    if (lanes != NULL) {
        ff_fold_add(fold, x, n);
        ff_fold_encode(fold, lanes);
        MPI_Allreduce(MPI_IN_PLACE, lanes, (int)ff_fold_lanes(fold),
                      MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
        status = ff_fold_decode(fold, lanes);
        if (status == FF_FOLD_OK)
            status = ff_fold_value(fold, sum);
    }
    free(lanes);
    ff_fold_destroy(fold);
    return status;
}

static double plain_sum(const double *x, size_t n)
{
    double mine = 0.0, sum;
    for (size_t i = 0; i < n; i++)
        mine += x[i];
    MPI_Allreduce(&mine, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return sum;
}

int main(int argc, char **argv)
{
    int rank, size;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);

    const long n = argc > 1 ? atol(argv[1]) : 1000000;
    const long lo = n * rank / size, hi = n * (rank + 1) / size;
    double *x = make_terms(lo, hi), exact = 0.0;
    const int status = x != NULL ? exact_sum(x, (size_t)(hi - lo), &exact)
                                 : FF_FOLD_MISSING;
    if (status != FF_FOLD_OK) {
        fprintf(stderr, "rank %d: %s\n", rank, ff_fold_error(status));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    const double plain = plain_sum(x, (size_t)(hi - lo));
    if (rank == 0) {
        printf("exact    %a  %.17g\n", exact, exact);
        printf("MPI_SUM  %a  %.17g\n", plain, plain);
    }
    free(x);
    MPI_Finalize();
    return 0;
}
