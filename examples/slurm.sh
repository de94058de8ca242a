#!/bin/sh
#SBATCH --job-name=pi
#SBATCH --nodes=2
#SBATCH --exclusive
#SBATCH --time=00:10:00
# All cores of two nodes, under Slurm: sbatch slurm.sh
# fanfold finds the nodes of the allocation, and starts itself on them.
fanfold run pi.c
