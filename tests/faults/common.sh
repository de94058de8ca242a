# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of whole runs share; sourced, by bash. TAP, a scratch
# directory, runs in the foreground and behind, their processes, and the
# oracle of faults: exit status, results bit for bit those of a run with one
# worker and no fault, all items counted, nothing left behind.
#
# A run's processes are known by FF_TEST_MARK in their environment, which only
# the run itself is given: tests run side by side and never search by name.
set -u

: "${FANFOLD:?run me with make check}"
fanfold=$FANFOLD
kernels=${top_srcdir:?}/tests/kernels
python=/usr/bin/python3
scratch=$(mktemp -d) || exit 1
out=$scratch/out err=$scratch/err json=$scratch/json
status=0 launcher=0 n_tests=0
mkdir "$scratch/tmp"
export TMPDIR=$scratch/tmp
unset OMP_NUM_THREADS "${!FANFOLD_OPT_@}"

# ---- TAP --------------------------------------------------------------------

is_long() # with FANFOLD_TEST_LONG=1
{
    [ "${FANFOLD_TEST_LONG:-}" = 1 ]
}

only_long() # most of its time is spent waiting: for mpirun, for limits
{
    is_long && return
    echo "1..0 # SKIP it takes long: with FANFOLD_TEST_LONG=1"
    exit 0
}

is_sanitized() # with a sanitizer, everything takes longer
{
    [ "${FANFOLD_SANITIZER:-none}" != none ]
}

in_depth() # the script is for the long tests, and those with a sanitizer
{
    is_long || is_sanitized && return
    skip_all "it takes seconds: with FANFOLD_TEST_LONG=1, or a sanitizer"
}

if_long() # DESCRIPTION: what is true only then; else it is a skip
{
    is_long && return
    skip "$1" "it takes long: with FANFOLD_TEST_LONG=1"
    return 1
}

is_mpich() # the only MPI that fanfold was built with
{
    ldd "$top_builddir/launcher/fanfold-mpi" 2>/dev/null | grep -q libmpich
}

bear_mpi() # its leaks are not ours; or the script is skipped
{
    case ${FANFOLD_SANITIZER:-none} in
    address) export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 ;;
    thread) skip_all "Open MPI has threads of its own" ;;
    esac
}

has_python()
{
    [ -e "$top_builddir/worker/fanfold-python.so" ]
}

need_python() # or the script is skipped
{
    has_python ||
        skip_all "fanfold was built without Python (libpython3-dev)"
}

slowdown=1
is_sanitized && slowdown=5

skip_all() # REASON
{
    echo "1..0 # SKIP $1"
    exit 0
}

skip() # DESCRIPTION REASON
{
    n_tests=$((n_tests + 1))
    echo "ok $n_tests - $1 # SKIP $2"
}

pass() # DESCRIPTION
{
    n_tests=$((n_tests + 1))
    echo "ok $n_tests - $1"
}

# Shows what the last run said, and the reasons in $scratch/why.
fail() # DESCRIPTION
{
    n_tests=$((n_tests + 1))
    echo "not ok $n_tests - $1"
    [ -s "$scratch/why" ] && sed 's/^/# /' "$scratch/why"
    echo "# status $status"
    for file in "$out" "$err"; do
        [ -s "$file" ] && head -c 2000 "$file" | tr -d '\0' |
            awk '{ print "# | " $0 }'
    done
    return 0
}

result() # STATUS DESCRIPTION
{
    if [ "$1" = 0 ]; then pass "$2"; else fail "$2"; fi
}

# A test that is a command.
check() # DESCRIPTION COMMAND...
{
    local description=$1
    shift
    : >"$scratch/why"
    "$@"
    result $? "$description"
}

why() # TEXT: a reason; false
{
    echo "$*" >>"$scratch/why"
    return 1
}

finish()
{
    echo "1..$n_tests"
}

# ---- waiting ----------------------------------------------------------------

now_ms()
{
    local t=$EPOCHREALTIME
    echo $((${t/[.,]/} / 1000))
}

# Polls a command until it is true; false after SECONDS (longer with a
# sanitizer). These are no requirement: they end a wait for what never comes.
wait_until() # SECONDS COMMAND...
{
    local end=$(($(now_ms) + $1 * 1000 * slowdown))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$end" ] || return 1
        sleep 0.01
    done
}

has_lines() # N FILE
{
    [ -e "$2" ] && [ "$(wc -l <"$2")" -ge "$1" ]
}

# ---- processes --------------------------------------------------------------

marked() # the run's processes that are alive, one a line
{
    local file
    grep -lsaF "FF_TEST_MARK=$scratch" /proc/[0-9]*/environ |
        while IFS=/ read -r _ _ file _; do echo "$file"; done
}

none_marked()
{
    [ -z "$(marked)" ]
}

children() # PID
{
    cat "/proc/$1/task/$1/children" 2>/dev/null
}

server() # of the run behind us: the launcher's only child
{
    local pids
    pids=$(children "$launcher")
    echo "${pids%% *}"
}

is_worker() # PID
{
    local name
    { read -r name <"/proc/$1/comm"; } 2>/dev/null && [[ $name == fanfold-w[0-9]* ]]
}

workers() # of the run behind us
{
    local pid pids
    pids=$(server)
    [ -n "$pids" ] || return
    for pid in $(children "$pids"); do
        is_worker "$pid" && echo "$pid"
    done
}

has_workers() # N
{
    [ "$(workers | wc -l)" -ge "$1" ]
}

end_run() # kills what is left of the run
{
    local pids
    pids=$(marked)
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -CONT $pids 2>/dev/null
}

# Commands that others want to be run at the end.
at_end=()

at_exit()
{
    local command
    end_run
    for command in "${at_end[@]}"; do $command; done
    rm -rf "$scratch"
}
trap at_exit EXIT
trap 'exit 130' INT TERM HUP

# ---- runs -------------------------------------------------------------------

# Milliseconds: much more than what is done at once takes on a loaded machine,
# less than what waits for the default of --grace.
soon=$((4500 * slowdown))

# Without what MPI programs, faketime, and Python's multiprocessing beside us
# have there for as long as they run, or a moment.
listing()
{
    ls -A -I 'vader_segment.*' -I 'mpich_*' -I 'ucx_shm*' -I 'psm*' \
        -I 'open_mpi.*' -I 'faketime_*' -I 'sem.faketime_*' -I 'sem.mp-*' \
        /dev/shm "$TMPDIR" 2>&1
}

same_listing()
{
    [ "$(listing)" = "$before" ]
}

# Both leave standard output in $out, error in $err, the JSON in $json.

ff() # ARGUMENT...: runs to the end; $status
{
    rm -f "$json"
    before=$(listing)
    FF_TEST_MARK=$scratch "$fanfold" run --json "$json" "$@" \
        </dev/null >"$out" 2>"$err"
    status=$?
}

ff_start() # ARGUMENT...: behind us; $launcher
{
    rm -f "$json"
    before=$(listing)
    FF_TEST_MARK=$scratch "$fanfold" run --json "$json" "$@" \
        </dev/null >"$out" 2>"$err" &
    launcher=$!
}

ff_wait() # $status
{
    wait "$launcher" 2>/dev/null
    status=$?
}

# A run of oracle.c that was started with "${gated[@]}" lasts until the gate is
# opened: what is done to it in between does not depend on how fast it is.
gate=$scratch/gate
attempts=$scratch/attempts
gated=(--arg gate="$gate" --arg attempts="$attempts")

ff_start_gated() # ARGUMENT...: as ff_start, and it has begun
{
    rm -f "$gate" "$attempts"
    ff_start "$@" "${gated[@]}"
    wait_until 20 has_lines 1 "$attempts"
}

open_gate()
{
    : >"$gate"
}

# Compiles kernels before they are timed.
compile() # KERNEL...
{
    local kernel
    for kernel in "$@"; do
        "$fanfold" run --help "$kernels/$kernel" >/dev/null 2>&1
    done
    return 0
}

# The results that are right: $scratch/NAME.ref.
reference() # NAME ARGUMENT...
{
    local name=$1
    shift
    ff -n 1 "$@"
    mv "$out" "$scratch/$name.ref"
}

# A number of the JSON by its name, which occurs once.
figure() # NAME
{
    sed -n "s/^ *\"$1\": \([0-9]*\),\{0,1\}$/\1/p" "$json" 2>/dev/null
}

# ---- the oracle -------------------------------------------------------------

ended_with() # STATUS
{
    [ "$status" = "$1" ] || why "exit status $status, not $1"
}

same_results() # NAME
{
    cmp -s "$out" "$scratch/$1.ref" || {
        diff "$scratch/$1.ref" "$out" >>"$scratch/why"
        why "other results than a run with one worker and no fault"
    }
}

items_are() # N
{
    [ "$(figure done)" = "$1" ] || why "$(figure done) items done, not $1"
}

# After two seconds, says the requirement; a loaded machine may take longer.
nothing_left()
{
    wait_until 10 none_marked || {
        # shellcheck disable=SC2046
        ps -o pid,ppid,stat,comm -p "$(marked | paste -sd,)" >>"$scratch/why"
        why "processes of the run are left after 10 s"
        return 1
    }
    wait_until 10 same_listing || {
        listing | diff <(echo "$before") - >>"$scratch/why"
        why "/dev/shm or TMPDIR has changed"
    }
}

holds() # STATUS NAME N
{
    local rc=0
    ended_with "$1" || rc=1
    same_results "$2" || rc=1
    items_are "$3" || rc=1
    nothing_left || rc=1
    return $rc
}

oracle() # DESCRIPTION STATUS NAME N
{
    local description=$1
    shift
    check "$description" holds "$@"
    end_run
}
