# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Runs of fanfold as the ranks of mpirun on this machine; sourced by tests,
# behind faults/common.sh.

counts="1 2 3 8"

require_ranks() # or the script is skipped
{
    mpirun=$(command -v mpirun.openmpi || command -v mpirun) ||
        skip_all "no mpirun (Debian package openmpi-bin)"
    ! is_mpich || mpirun=$(command -v mpiexec.hydra || echo "$mpirun")
    [ -x "$(dirname "$fanfold")/fanfold-mpi" ] ||
        skip_all "fanfold was built without MPI"
    bear_mpi
    # One node, more ranks than cores, and no network to be looked for.
    export OMPI_MCA_plm=isolated OMPI_MCA_rmaps_base_oversubscribe=1
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
}

ranks() # N ARGUMENT...: as ff, under mpirun
{
    local n=$1
    shift
    rm -f "$json"
    before=$(listing)
    FF_TEST_MARK=$scratch timeout 60 "$mpirun" -n "$n" "$fanfold" run \
        --json "$json" "$@" </dev/null >"$out" 2>"$err"
    status=$?
    [ "$n" = 1 ] || [ ! -s "$json" ] ||
        grep -q "\"why\": .* $n \(nodes\|ranks of MPI\)" "$json" ||
        status="$status, on other than $n nodes"
}

ranks_start() # N ARGUMENT...: behind us; $launcher is mpirun
{
    local n=$1
    shift
    rm -f "$json"
    before=$(listing)
    FF_TEST_MARK=$scratch "$mpirun" -n "$n" "$fanfold" run --json "$json" \
        "$@" </dev/null >"$out" 2>"$err" &
    launcher=$!
}
