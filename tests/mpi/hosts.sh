# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Several hosts on this machine (cluster.py), for tests that have sourced
# faults/common.sh: node1, node2, ..., each with its own network, host name,
# processes, /tmp and /dev/shm. node1 is where the user sits: the scratch
# directory, kernels and examples are there alone. Nobody sees them from
# outside, so tests run side by side; they are gone when the test is, even when
# it was killed.

declare -A host_pid=()  # of each host's first process
declare -A is_daemon=() # processes that belong to the host, not to a run
cluster_pid=0
mpirun=
launcher_job=0

# Sets $mpirun to Open MPI's, or says why there is none.
find_mpirun() # false: $why_not
{
    local program
    for program in mpirun.openmpi mpirun; do
        "$program" --version 2>/dev/null | grep -q 'Open MPI' || continue
        mpirun=$(command -v "$program")
        return
    done
    why_not="no mpirun of Open MPI (Debian package openmpi-bin)"
    return 1
}

# What mpirun needs on these hosts; a user has it in ~/.openmpi, or from ssh.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_plm_rsh_agent=$top_srcdir/tests/mpi/rsh

# A folder that all hosts see; what a test's kernels wait for is there. Those of
# tests that were killed are removed.
for shared in "$top_builddir"/tests/hosts.*.*; do
    pid=${shared##*/hosts.}
    [ ! -d "$shared" ] || [ -e "/proc/${pid%.*}" ] || rm -rf "$shared"
done
shared=$(mktemp -d "$top_builddir/tests/hosts.$$.XXXXXX") || exit 1
remove_shared()
{
    rm -rf "$shared"
}
gate=$shared/gate
attempts=$shared/attempts
gated=(--arg gate="$gate" --arg attempts="$attempts")

# Ends the test when there can be no hosts here.
require_hosts()
{
    local tool
    [ "$(id -u)" = 0 ] || skip_all "network namespaces need root"
    for tool in ip nsenter $python; do
        command -v "$tool" >/dev/null || skip_all "no $tool"
    done
    unshare --net --mount --uts --ipc --pid --fork true 2>/dev/null ||
        skip_all "no permission to unshare network, mounts and processes"
    find_mpirun || skip_all "$why_not"
}

# Was fanfold built with MPI?
require_nodes()
{
    [ -x "$top_builddir/launcher/fanfold-mpi" ] ||
        skip_all "fanfold was built without Open MPI"
    ! is_mpich || skip_all "fanfold was built with MPICH, without Open MPI"
}

hosts_up() # N: there are node1 ... nodeN, and none of earlier
{
    local name pid failed=
    local options=(--keep "$top_srcdir" --keep "$top_builddir"
        --front "$scratch" --hide "$top_srcdir/tests/kernels"
        --hide "$top_srcdir/examples"
        --pass FANFOLD_FAIL --pass ASAN_OPTIONS
        --pass LSAN_OPTIONS --pass UBSAN_OPTIONS)
    hosts_down
    [[ ${ASAN_OPTIONS:-} =~ log_path=([^:]*)/log ]] &&
        options+=(--keep "${BASH_REMATCH[1]}")
    [ -n "${XDG_CACHE_HOME:-}" ] && options+=(--hide "$XDG_CACHE_HOME")
    [ -p "$scratch/hosts" ] || mkfifo "$scratch/hosts"
    $python "$top_srcdir/tests/mpi/cluster.py" "$1" "$scratch/hosts" \
        --parent $$ "${options[@]}" &
    cluster_pid=$!
    while read -r name pid; do
        [ "$name" = failed ] && failed=$pid && continue
        host_pid[$name]=$pid
    done <"$scratch/hosts"
    [ ${#host_pid[@]} -gt "$1" ] || skip_all "no hosts: $failed"
    for name in "${!host_pid[@]}"; do
        [ "$name" = switch ] || host_settled "$name"
    done
}

hosts_down() # safe to repeat
{
    [ $cluster_pid = 0 ] && return
    kill -KILL $cluster_pid 2>/dev/null
    wait $cluster_pid 2>/dev/null
    cluster_pid=0 host_pid=() is_daemon=()
}
at_end+=(hosts_down remove_shared)

# ---- commands ---------------------------------------------------------------

# In the scratch directory of node1 (on others it is empty).
on() # HOST COMMAND...
{
    nsenter -t "${host_pid[$1]}" -a env --default-signal=INT,QUIT \
        -C "$scratch" TMPDIR=/tmp "${@:2}"
}

# Behind us; $launcher is the process itself, $launcher_job what to wait for.
on_start() # HOST COMMAND...
{
    nsenter -t "${host_pid[$1]}" -a env --default-signal=INT,QUIT \
        -C "$scratch" TMPDIR=/tmp "${@:2}" &
    launcher_job=$!
    launcher=
    wait_until 10 has_child $launcher_job
    launcher=$(children $launcher_job)
    launcher=${launcher%% *}
}

has_child() # PID
{
    [ -n "$(children "$1")" ] || [ ! -e "/proc/$1" ]
}

on_wait() # $status
{
    wait "$launcher_job" 2>/dev/null
    status=$?
}

# Both as ff and ff_start of common.sh do, on node1.
on_ff() # ARGUMENT...
{
    rm -f "$json"
    on node1 "$fanfold" run --json "$json" "$@" </dev/null >"$out" 2>"$err"
    status=$?
}

on_ff_start() # ARGUMENT...
{
    rm -f "$json"
    on_start node1 "$fanfold" run --json "$json" "$@" \
        </dev/null >"$out" 2>"$err"
}

on_ff_start_gated() # ARGUMENT...: as on_ff_start, and it has begun
{
    rm -f "$gate" "$attempts"
    on_ff_start "$@" "${gated[@]}"
    wait_until 20 has_lines 1 "$attempts"
}

# Compiles tests/mpi/NAME.c where all hosts see it: $shared/NAME.
mpi_program() # NAME
{
    local mpicc=mpicc.openmpi
    command -v $mpicc >/dev/null || mpicc=mpicc
    command -v $mpicc >/dev/null ||
        skip_all "no mpicc (Debian package libopenmpi-dev)"
    $mpicc "$top_srcdir/tests/mpi/$1.c" -o "$shared/$1" && return
    fail "$mpicc compiles $1.c"
    finish
    exit 1
}

# "node1,node2,...": the first N
hosts() # N
{
    local k list=node1
    for ((k = 2; k <= $1; k++)); do list+=,node$k; done
    echo $list
}

# ---- what happens to hosts --------------------------------------------------

link() # HOST up|down: its only connection
{
    nsenter -t "${host_pid[switch]}" -n ip link set "$1" "$2"
}

# Of the whole host, as they are seen from here; not its server, nor what the
# host had before (host_settled).
processes() # HOST
{
    local init=${host_pid[$1]} dir pid
    for dir in /proc/[0-9]*; do
        [ "$dir/ns/pid" -ef "/proc/$init/ns/pid" ] || continue
        pid=${dir#/proc/}
        [ "$pid" = "$init" ] || [ -n "${is_daemon[$pid]:-}" ] || echo "$pid"
    done 2>/dev/null
}

# What is there now belongs to the host.
host_settled() # HOST
{
    local pid
    for pid in $(processes "$1"); do is_daemon[$pid]=$1; done
    host_files "$1" >"$scratch/$1.files"
}

named() # HOST NAME: those whose command is called so (15 characters)
{
    local pid name
    for pid in $(processes "$1"); do
        { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
        [ "$name" = "$2" ] && echo "$pid"
    done
}

has_named() # HOST NAME
{
    [ -n "$(named "$@")" ]
}

workers_of() # HOST
{
    local pid
    for pid in $(processes "$1"); do is_worker "$pid" && echo "$pid"; done
}

has_workers_on() # HOST N
{
    [ "$(workers_of "$1" | wc -l)" -ge "$2" ]
}

# Nothing runs on it and it does not answer; its connections stay.
freeze() # HOST
{
    link "$1" down
    # shellcheck disable=SC2046
    kill -STOP $(processes "$1") "${host_pid[$1]}" 2>/dev/null
    # shellcheck disable=SC2046
    kill -STOP $(processes "$1") "${host_pid[$1]}" 2>/dev/null
}

thaw() # HOST
{
    link "$1" up
    # shellcheck disable=SC2046
    kill -CONT "${host_pid[$1]}" $(processes "$1") 2>/dev/null
}

power_off() # HOST, for good; nobody is told
{
    link "$1" down
    kill -KILL "${host_pid[$1]}"
}

# Hosts have a /tmp of their own, without the directory that tests/limit made.
export XDG_STATE_HOME=/tmp/.cache/state

# ---- what is left on them ---------------------------------------------------

# In its /tmp and /dev/shm; without Slurm's own, the cache of objects, and
# who has which cores, which stays.
host_files() # HOST
{
    local root=/proc/${host_pid[$1]}/root
    find "$root/tmp" "$root/dev/shm" -xdev -mindepth 1 \
        \( -path "$root/tmp/slurm/*" -o -path "$root/tmp/.cache" \
        -o -path "$root/tmp/fanfold-$UID" \) -prune \
        -o -print 2>/dev/null |
        sed "s|^$root||" | LC_ALL=C sort
}

no_processes() # HOST
{
    [ -z "$(processes "$1")" ]
}

no_files() # HOST: no new ones
{
    host_files "$1" | cmp -s - "$scratch/$1.files"
}

left_on() # HOST: one a line
{
    local pids
    pids=$(processes "$1" | paste -sd,)
    [ -z "$pids" ] || ps -ww -o pid=,stat=,comm=,args= -p "$pids"
    host_files "$1" | diff "$scratch/$1.files" - | grep '^[<>]'
}

# After a run, on all hosts or on those that are named: no process, no file. A
# loaded machine may take longer than the two seconds that are promised.
hosts_clean() # [HOST...]
{
    local host rc=0
    [ $# -gt 0 ] || set -- "${!host_pid[@]}"
    for host in "$@"; do
        [ "$host" = switch ] && continue
        wait_until 10 no_processes "$host" && wait_until 5 no_files "$host" &&
            continue
        left_on "$host" | cut -c -300 >>"$scratch/why"
        why "left on $host"
        rc=1
    done
    return $rc
}

# As oracle of common.sh, for a run on hosts.
hosts_hold() # STATUS NAME N
{
    local rc=0
    ended_with "$1" || rc=1
    same_results "$2" || rc=1
    items_are "$3" || rc=1
    hosts_clean || rc=1
    return $rc
}

hosts_oracle() # DESCRIPTION STATUS NAME N
{
    check "$1" hosts_hold "${@:2}"
}
