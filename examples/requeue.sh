#!/bin/sh
#SBATCH --job-name=pi
#SBATCH --nodes=2
#SBATCH --exclusive
#SBATCH --time=01:00:00
#SBATCH --signal=B:USR1@60
#SBATCH --requeue
#SBATCH --open-mode=append
# A run that takes longer than a job may: sbatch requeue.sh
# A minute before its end, or when no chunk would end in time, fanfold stops
# with status 3, and what is done is in the store. Then the job queues again,
# until all is.
fanfold run --resume --store pi.run pi.c &
run=$!
trap 'kill -USR1 $run' USR1
wait $run
status=$?
while [ $status -gt 128 ] && kill -0 $run 2>/dev/null; do
    wait $run # what came was the signal
    status=$?
done
[ $status -eq 3 ] && scontrol requeue "$SLURM_JOB_ID"
exit $status
