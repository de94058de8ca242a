# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# A real Slurm on the hosts of hosts.sh (sourced before): munged and slurmd on
# each, slurmctld on node1, all of their files in the host's own /tmp/slurm.
# Where there is root and the packages are there it must come up: that it does
# not is a failure; with FANFOLD_TEST_LONG=1, as in CI, so is it when they are
# not there.

slurm_dir=/tmp/slurm
export SLURM_CONF=$slurm_dir/slurm.conf

require_slurm()
{
    local tool
    PATH=$PATH:/usr/sbin
    for tool in srun sbatch salloc sinfo slurmctld slurmd munged; do
        command -v $tool >/dev/null && continue
        is_long || skip_all "no $tool (Debian packages slurm-wlm, munge)"
        fail "Slurm is here: no $tool (Debian packages slurm-wlm, munge)"
        finish
        exit 1
    done
}

slurm_conf() # N
{
    cat <<END
ClusterName=ff
SlurmctldHost=node1
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$slurm_dir/munge.sock
StateSaveLocation=$slurm_dir/state
SlurmdSpoolDir=$slurm_dir/spool
TmpFS=$slurm_dir/tmp
SlurmctldPidFile=$slurm_dir/slurmctld.pid
SlurmdPidFile=$slurm_dir/slurmd.pid
SlurmctldLogFile=$slurm_dir/slurmctld.log
SlurmdLogFile=$slurm_dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=1,sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=30
KillWait=5
MpiDefault=none
NodeName=node[1-$1] CPUs=2 State=UNKNOWN
PartitionName=p Nodes=node[1-$1] Default=YES MaxTime=INFINITE State=UP
END
}

slurm_daemon() # HOST COMMAND...: never ends by itself
{
    on "$@" </dev/null >>"$scratch/slurm.log" 2>&1 &
}

all_idle() # N
{
    [ "$(on node1 sinfo -h -o '%D %T' 2>/dev/null)" = "$1 idle" ]
}

munge_is_up() # HOST
{
    [ -S "/proc/${host_pid[$1]}/root$slurm_dir/munge.sock" ]
}

slurm_log()
{
    local host
    for host in node1 node2; do
        tail -n 20 "/proc/${host_pid[$host]}/root$slurm_dir/"*.log
    done 2>/dev/null | sed 's/^/# /'
    sed 's/^/# /' "$scratch/slurm.log"
}

# node1 ... nodeN, all idle. Ends the test when it cannot be.
slurm_up() # N
{
    local k host d=$slurm_dir
    hosts_up "$1"
    head -c 128 /dev/urandom >"$scratch/munge.key"
    for ((k = 1; k <= $1; k++)); do
        host=node$k
        on "$host" sh -c "mkdir $d $d/state $d/spool $d/tmp &&
            umask 077 && cat >$d/munge.key" <"$scratch/munge.key"
        slurm_conf "$1" >"/proc/${host_pid[$host]}/root$SLURM_CONF"
        slurm_daemon $host munged --foreground --force --num-threads=2 \
            --key-file=$d/munge.key --socket=$d/munge.sock \
            --pid-file=$d/munged.pid --log-file=$d/munged.log \
            --seed-file=$d/munge.seed
        wait_until 10 munge_is_up $host
    done
    slurm_daemon node1 slurmctld -D
    for ((k = 1; k <= $1; k++)); do
        slurm_daemon node$k slurmd -D -N node$k
    done
    if ! wait_until 30 all_idle "$1"; then
        fail "Slurm comes up"
        slurm_log
        finish
        exit 1
    fi
    for ((k = 1; k <= $1; k++)); do host_settled node$k; done
}

# While a job ends, the next one has to wait, for seconds.
no_jobs()
{
    [ -z "$(on node1 squeue -h)" ]
}

# The job's state: COMPLETED, CANCELLED, ...
job_state() # ID
{
    on node1 scontrol -o show job "$1" |
        sed -n 's/.* JobState=\([A-Z_]*\) .*/\1/p'
}

job_is() # ID STATE
{
    [ "$(job_state "$1")" = "$2" ]
}

job_ended() # ID
{
    case $(job_state "$1") in
    PENDING | RUNNING | COMPLETING | '') return 1 ;;
    esac
}
