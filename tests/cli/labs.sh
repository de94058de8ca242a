# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of labs share; sourced behind tests/faults/common.sh. A lab is
# run, and Python looks at its JSON.

[ -x $python ] || skip_all "no $python"
export LC_ALL=C
labs=$(cd "$top_srcdir/examples/labs" && pwd)

lab() # NAME [COMMAND...]: by its name; the command runs it
{
    local name=$1
    shift
    rm -f "$json"
    "$@" "$fanfold" lab "$labs/$name.yaml" --python $python --json "$json" \
        </dev/null >"$out" 2>"$err"
    status=$?
}

# What is said of a lab by its JSON. Python compares each claim with what it
# expects, by itself; must() names those that hold anywhere, if they were
# measured: a step is left out where there is no MPI, or no thread sanitizer.
cat >"$scratch/lab.py" <<'PYTHON'
import json, sys
lab = json.load(open(sys.argv[1]))
said = " ".join(open(sys.argv[2]).read().split())
table = {t["table"]: {r["row"]: r for r in t["rows"]} for t in lab["tables"]}
shown = {t["table"]: t["shown"] for t in lab["tables"]}
skipped = {t["table"]: t["skipped"] for t in lab["tables"]}
claims = {c["say"]: c for c in lab["claims"]}
assert claims and lab["why"] and lab["next"] and lab["question"]
for say, c in claims.items():
    expected, x = c["expected"], c.get("measured")
    if isinstance(expected, dict) and isinstance(x, float):
        holds = expected.get("at_least", x) <= x <= expected.get("at_most", x)
        assert holds == c["visible"], c
    if not c["visible"]:
        assert f"not visible on this machine: {say}" in said, say
def must(*names):
    for say in names:
        assert claims[say]["visible"], claims[say]
PYTHON

says() # PYTHON: about the lab that has run
{
    ended_with 0 || return
    { cat "$scratch/lab.py"; cat; } >"$scratch/says.py"
    $python "$scratch/says.py" "$json" "$out" 2>>"$scratch/why"
}
