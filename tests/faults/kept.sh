# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Runs that are kept, for tests that have sourced common.sh: one that is ended
# somehow, and "R": `fanfold resume` exits 0, and the oracle holds; and chunks
# that were committed when it ended are not run again. That is counted: all
# chunks that were not committed have to be run by the resume, so the chunks that
# it does run (lines of the attempts file) must be as many as those.

command -v sqlite3 >/dev/null || skip_all "no sqlite3 (Debian package)"
store=$scratch/run.sqlite

# One of several that are at work beside each other: everything is its own.
in_lane() # NAME
{
    scratch=$scratch/$1.
    mkdir -p "$scratch/tmp"
    out=$scratch/out err=$scratch/err json=$scratch/json
    gate=$scratch/gate attempts=$scratch/attempts store=$scratch/run.sqlite
    gated=(--arg gate="$gate" --arg attempts="$attempts")
    export TMPDIR=$scratch/tmp
}

remove_store()
{
    rm -f "$store" "$store"-wal "$store"-shm "$store"-journal
}

# A run of oracle.c whose chunks take some time each until the gate is open.
keep_start() # ARGUMENT...: behind us
{
    remove_store
    rm -f "$gate" "$attempts"
    : >"$attempts"
    ff_start --store "$store" --checkpoint 20ms "$@" "${gated[@]}"
}

# What is in it; of a copy, since to look at it would tidy it.
stored() # SQL
{
    local look=$scratch/look file
    rm -f "$look"*
    for file in "" -wal -journal; do
        [ ! -e "$store$file" ] || cp "$store$file" "$look$file" 2>/dev/null
    done
    sqlite3 "$look" "$1" 2>/dev/null
}

committed() # chunks
{
    local n
    n=$(stored 'select total(chunks) from partials')
    echo "${n%.*}"
}

has_committed() # N
{
    local n
    n=$(committed)
    [ "${n:-0}" -ge "$1" ]
}

# $n_committed, $n_begun: of a run that has ended.
look_at_store()
{
    n_committed=$(committed)
    n_committed=${n_committed:-0}
    n_begun=$(wc -l <"$attempts")
}

resume() # ARGUMENT...: $status
{
    rm -f "$json"
    before=$(listing)
    FF_TEST_MARK=$scratch "$fanfold" resume "$store" --json "$json" "$@" \
        </dev/null >"$out" 2>"$err"
    status=$?
}

resume_start() # ARGUMENT...: behind us; $launcher
{
    rm -f "$json"
    before=$(listing)
    FF_TEST_MARK=$scratch "$fanfold" resume "$store" --json "$json" "$@" \
        </dev/null >"$out" 2>"$err" &
    launcher=$!
}

# Nothing that was committed was run again, of n_chunks. More is allowed where
# a worker was killed as well.
none_again() # N-CHUNKS
{
    local n
    n=$(($(wc -l <"$attempts") - n_begun))
    [ $n = $(($1 - n_committed)) ] ||
        why "$n chunks run by the resume, $n_committed of $1 were committed"
}

# "R": after look_at_store.
resumes() # NAME N-ITEMS N-CHUNKS [ARGUMENT...]
{
    local name=$1 items=$2 chunks=$3 rc=0
    shift 3
    open_gate
    resume "$@"
    holds 0 "$name" "$items" || rc=1
    none_again "$chunks" || rc=1
    return $rc
}

# Was the run ended before its store said what it is? Then there is nothing to
# be resumed, and the same command begins again.
is_unborn()
{
    [ ! -e "$store" ] || [ -z "$(stored 'select 1 from partials limit 1')" ]
}
begins_again() # NAME N-ITEMS ARGUMENT...
{
    local name=$1 items=$2
    shift 2
    open_gate
    ff --resume --store "$store" "$@" "${gated[@]}"
    holds 0 "$name" "$items"
}
