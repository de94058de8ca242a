/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables by which mpirun, srun and Hydra's mpiexec tell a process which
 * of a parallel job it is. What we start below us is none of that job, and may
 * itself be a parallel program: it must not see them.
 */
#ifndef FANFOLD_COMMON_RANK_ENV_H
#define FANFOLD_COMMON_RANK_ENV_H

/* Is set for all processes of a start, so that they can be found. */
#define RANK_ENV_MARK "FANFOLD_STARTED_BY"

/* Removes them from the environment of this process. What the user may have
 * set for MPI (OMPI_MCA_btl, ...) and what a Slurm job has (SLURM_JOB_ID, ...)
 * stays. Not while other threads read the environment. */
void rank_env_forget(void);

#endif
