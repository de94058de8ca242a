#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# quickstart.sh         installs what is missing, builds, and runs the main job
# quickstart.sh check   installs, builds and runs all tests; the last line is
#                       'N passed, N failed, N skipped'. FANFOLD_TEST_LONG=1
#                       adds the long tests, the sanitizers, fuzzing, a build
#                       without MPI and Python, the other compiler and make
#                       distcheck.
# Debian and its relatives, as root or with sudo. Can be run again at any time.
# What it makes is in build/, but for ./configure with what belongs to it,
# packages of the system, and the compiled example in ~/.cache/fanfold.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

jobs=$(nproc)
passed=0 failed=0 skipped=0

say()
{
    printf 'quickstart: %s\n' "$*"
}

fail()
{
    printf 'quickstart: error: %s\n' "$*" >&2
}

# ---- packages ---------------------------------------------------------------

# The packages of some stages (build, test, bench) that are not installed.
missing_packages() # STAGE...
{
    local stage package
    while read -r stage package _; do
        [[ " $* " == *" $stage "* ]] || continue
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null |
            grep -qx installed || echo "$package"
    done <configs/packages
}

apt()
{
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get \
        -o DPkg::Lock::Timeout=120 "$@" </dev/null >>build/packages.log 2>&1
}

install_packages() # STAGE...
{
    if ! command -v dpkg-query >/dev/null; then
        say "no Debian here: install what configs/packages names yourself"
        return 0
    fi
    local missing as_root=()
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            fail "cannot install ${missing% }: neither root nor sudo"
            return 1
        fi
        as_root=(sudo)
    fi
    say "installing ${missing% }"
    : >build/packages.log
    # shellcheck disable=SC2086
    if ! { apt update -q && apt install -q -y --no-install-recommends \
        $missing; }; then
        fail "cannot install ${missing% }:" \
            "$(grep -m1 '^E:' build/packages.log ||
                tail -n 1 build/packages.log) (build/packages.log)"
        return 1
    fi
}

# ---- building ---------------------------------------------------------------

# Runs a command quietly; shows the end of what it said when it fails.
quietly() # LOG COMMAND...
{
    local log=$1
    shift
    "$@" </dev/null >"$log" 2>&1 && return
    tail -n 40 "$log" >&2
    fail "'$*' failed (all it said: $log)"
    return 1
}

make_configure()
{
    if [ ! -e configure ] || [ ! -e Makefile.in ] ||
        [ ! -e build-aux/tap-driver.sh ] || [ ! -e build-aux/ltmain.sh ]; then
        say "making ./configure"
        quietly build/autogen.log ./autogen.sh
    fi
}

# Configures a folder once for each set of options, and again after the tree
# was moved.
configure_in() # FOLDER OPTION...
{
    local folder=$1 top=$PWD stamp
    shift
    stamp="$top $*"
    if [ -e "$folder/Makefile" ] &&
        [ "$(cat "$folder/.quickstart" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    say "configuring $folder"
    rm -rf "$folder"/{Makefile,config.status,common,launcher,worker,tests}
    mkdir -p "$folder"
    (cd "$folder" &&
        quietly "$top/$folder/configure.log" "$top/configure" "$@") &&
        echo "$stamp" >"$folder/.quickstart"
}

build_in() # FOLDER TARGET...
{
    local folder=$1
    shift
    say "building in $folder"
    quietly "$folder/build.log" make -C "$folder" -j "$jobs" "$@"
}

# ---- checking ---------------------------------------------------------------

# Adds up the results in a folder; shows skips with their reason and the logs
# of what failed.
count_results() # FOLDER
{
    local folder=$1 trs kind n found=0
    while read -r trs; do
        found=1
        while read -r n kind; do
            case $kind in
            PASS | XFAIL) passed=$((passed + n)) ;;
            SKIP) skipped=$((skipped + n)) ;;
            *) failed=$((failed + n)) ;;
            esac
        done < <(sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' "$trs" |
            sort | uniq -c)
        sed -n "s,^SKIP: ,skipped: ,p" "${trs%.trs}.log"
        if grep -Eq '^:test-result: (FAIL|XPASS|ERROR)' "$trs"; then
            printf '\n---- %s failed ----\n' "${trs%.trs}"
            grep -Ev '^(ok|PASS:|SKIP:) ' "${trs%.trs}.log" | tail -n 100
            printf -- '----\n'
        fi
    done < <(find "$folder/tests" -name '*.trs' | sort)
    [ $found = 1 ]
}

# Two cores with a whole suite on them are a noisy place. At most three tests
# that failed run once more, alone; one that passes then is told as unsteady.
again_alone() # FOLDER
{
    local folder=$1 trs logs=()
    while read -r trs; do
        logs+=("${trs%.trs}")
    done < <(find "$folder/tests" -name '*.trs' -exec \
        grep -lE '^:test-result: (FAIL|XPASS|ERROR)' {} +)
    [ ${#logs[@]} -ge 1 ] && [ ${#logs[@]} -le 3 ] || return 1
    for trs in "${logs[@]}"; do
        say "unsteady? $trs failed, and runs once more, alone:"
        grep -E '^(not ok|Bail out)' "$trs.log"
    done
    make -C "$folder" -k recheck </dev/null >"$folder/recheck.log" 2>&1
}

# A build and its tests. A failure that no test counted is one more.
suite() # FOLDER TARGET OPTION...
{
    local folder=$1 target=$2 before=$failed status=0 began=$SECONDS built=all
    # Long tests mostly wait.
    local at_once=$((jobs + ${FANFOLD_TEST_LONG:-0}))
    [ "$target" = check-fuzz ] && built=fuzzers
    shift 2
    if ! { configure_in "$folder" "$@" && build_in "$folder" $built; }; then
        failed=$((failed + 1))
        return
    fi
    say "testing in $folder"
    find "$folder" -name '*.trs' -delete
    make -C "$folder" -j "$at_once" -k "$target" </dev/null \
        >"$folder/check.log" 2>&1 || again_alone "$folder" || status=1
    count_results "$folder" || status=1
    if [ $status != 0 ] && [ $failed = "$before" ]; then
        tail -n 40 "$folder/check.log"
        fail "'make $target' failed in $folder"
        failed=$((failed + 1))
    fi
    say "$folder took $((SECONDS - began)) s"
}

# A step that counts as one test.
step() # DESCRIPTION COMMAND...
{
    local description=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        fail "$description: failed"
        failed=$((failed + 1))
    fi
}

build_with_clang()
{
    configure_in build/clang CC=clang --enable-werror &&
        build_in build/clang all &&
        build_in build/clang check TESTS=
}

# What is tested here is whether all files are in the archive. That test programs
# and scripts are is the business of tests/lists.test.
distcheck()
{
    local tests="tests/lists.test tests/install.test tests/library.test"
    local try began=$SECONDS
    tests+=" tests/cli/examples.test tests/cli/manual.test tests/unit/test_fold"
    for try in 1 2; do
        say "make distcheck (try $try of 2)"
        quietly build/check/distcheck.log \
            make -C build/check -j "$jobs" distcheck TESTS="$tests" &&
            say "it took $((SECONDS - began)) s" && return
        grep -E '^(FAIL|ERROR): ' build/check/distcheck.log
    done
    return 1
}

# The long tests run once, without sanitizers: with them every test runs at
# its short size.
check_long()
{
    local long=$FANFOLD_TEST_LONG
    unset FANFOLD_TEST_LONG
    suite build/asan check --enable-sanitizers
    suite build/tsan check-threads --enable-tsan
    suite build/fuzz check-fuzz --enable-fuzzing CC=clang --without-mpi
    suite build/bare check-no-mpi --without-mpi --without-python --enable-werror
    step "clang with -Werror" build_with_clang
    step "make distcheck" distcheck
    export FANFOLD_TEST_LONG=$long
}

check()
{
    if install_packages build test && make_configure; then
        suite build/check check --enable-werror
        [ "${FANFOLD_TEST_LONG:-}" = 1 ] && check_long
    else
        failed=1
    fi
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ] && [ $passed -gt 0 ]
}

# ---- the main job -----------------------------------------------------------

run()
{
    install_packages build && make_configure && configure_in build &&
        build_in build all || return 1
    say "build/launcher/fanfold run examples/pi.c"
    build/launcher/fanfold run examples/pi.c
}

if [[ $PWD == *[[:space:]]* ]]; then
    fail "make cannot build below a folder with a space in its name: '$PWD'"
    exit 1
fi
mkdir -p build || exit 1
case $#:${1:-} in
0:) run ;;
1:check) check ;;
*)
    fail "usage: quickstart.sh [check]"
    exit 2
    ;;
esac
