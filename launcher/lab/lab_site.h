/* SPDX-License-Identifier: Apache-2.0 */
/* Where a lab runs: this machine, the programs that its steps need, and the
 * programs compiled for it. */
#ifndef FANFOLD_LAUNCHER_LAB_SITE_H
#define FANFOLD_LAUNCHER_LAB_SITE_H

#include "lab.h"
#include "lab_process.h"
#include "machine.h"
#include "paths.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define LAB_MAX_PROGRAMS 40

/* What a need came to, once it was looked for. */
enum lab_found { LAB_NOT_ASKED, LAB_FOUND, LAB_NOT_FOUND };

/* A program that was compiled. */
struct lab_program {
    char source[64];             /* its name, in the lab's folder */
    const struct lab_step *step; /* whose flags it has */
};

struct lab_site {
    struct machine machine;
    uint32_t cores;              /* of the budget, or asked for */
    const char *folder;          /* for what is made; removed by others */
    int wake_fd;                 /* lab_process.h */
    uint64_t end_ns;             /* when the lab must have ended */
    char fanfold[PATHS_MAX];
    char python[PATHS_MAX];      /* "": there is none */
    char mpicc[PATH_MAX], mpirun[PATH_MAX]; /* "" */
    enum lab_found numpy, tsan, kernels;
    char no_kernels[200];        /* why Python kernels do not work */
    struct lab_program program[LAB_MAX_PROGRAMS];
    size_t n_programs;
};

/* cores 0: the budget of the machine; python: as --python of a run has it, or
 * NULL. Sets and clears variables of the environment,
 * for the commands. -1 with *err. */
int lab_site_init(struct lab_site *site, uint32_t cores, const char *python,
                  const char *folder, int wake_fd, uint64_t end_ns,
                  struct ff_error *err);
void lab_site_release(struct lab_site *site);

/* 0: all that is needed is there; 1: something is not, said in `why`; -1 with
 * *err (interrupted). */
int lab_site_check(struct lab_site *site, const struct lab_needs *needs,
                   char *why, size_t size, struct ff_error *err);

/* The program of a source of the lab, compiled when it is first needed: its
 * path. FF_USAGE with the compiler's words. */
int lab_site_compile(struct lab_site *site, const struct lab *lab,
                     const struct lab_step *step, const char *source,
                     char out[PATH_MAX], struct ff_error *err);

/* Is this mpirun Open MPI's? Its words are others than MPICH's. */
bool lab_site_is_openmpi(const struct lab_site *site);

#endif
