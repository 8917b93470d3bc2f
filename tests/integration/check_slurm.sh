#!/bin/bash
# The demo on a one-machine SLURM cluster: the same numbers as on one machine, and a run that
# lost a job, or was killed, is completed by starting it again. Needs root (slurm/cluster.sh) and
# the finished demo (`make demo`). Ends with `check-slurm: N passed, N failed`.
set -uo pipefail

root=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
config=${YTTRIA_DEMO_CONFIG:-$root/configs/demo.yaml}
local_run=${YTTRIA_DEMO_RUN:-$root/results/demo}
programs=${YTTRIA_BIN:-$root/build/bin}
scratch=$(mktemp -d)
export YTTRIA_CLUSTER=$scratch/cluster CI=true # CI: Snakemake polls without its 10 s pauses
passed=0 failed=0

finish() {
    "$root/slurm/cluster.sh" stop >/dev/null 2>&1
    rm -rf "$scratch"
    echo "check-slurm: $passed passed, $failed failed"
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
    exit $?
}
trap finish EXIT
trap 'exit 130' INT TERM

verdict() { # what is true when it passes, 0 or what went wrong
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
        echo "ok      $1"
    else
        failed=$((failed + 1))
        echo "FAILED  $1"
        [ -s "$scratch/words" ] && sed 's/^/        /' "$scratch/words" | tail -20
    fi
}

yttria() { # results folder, further options
    yttria_command "$@"
    "${command[@]}"
}

yttria_command() { # the words of it, in `command`
    command=("$root/pipeline/run" "$config" --run "$1" --bin "$programs" --batches 2 --ranks 2
        --threads 1 --profile "$root/slurm/profile" "${@:2}")
}

is_finished() { [ "$1" -eq 0 ] || [ "$1" -eq 1 ]; } # 1: done, some patients failed

same_numbers() {
    "$root/tests/integration/compare_runs.py" "$local_run" "$1" >"$scratch/words" 2>&1
}

running_job() { # of a rule, waits up to 60 s
    for _ in $(seq 240); do
        squeue -h -t running -n "yttria-$1" -o %i 2>/dev/null | head -1 | grep . && return
        sleep 0.25
    done
    return 1
}

if [ ! -f "$local_run/report/index.html" ]; then
    echo "the demo run is not there ($local_run); run make demo first" >"$scratch/words"
    verdict "the demo has been run on this machine" 1
    exit
fi

"$root/slurm/cluster.sh" start >"$scratch/words" 2>&1
verdict "a one-machine cluster starts" $?
[ $failed -eq 0 ] || exit
eval "$("$root/slurm/cluster.sh" env)"

yttria "$scratch/run" >"$scratch/words" 2>&1
is_finished $?
verdict "the demo runs on SLURM, two batches, two ranks each" $?
same_numbers "$scratch/run"
verdict "its numbers are those of the run on one machine" $?

yttria "$scratch/run" >"$scratch/words" 2>&1
is_finished $?
verdict "a second run ends well" $?
! cut -f 3 "$scratch"/run/status/*.tsv | grep -qx "done"
verdict "a second run finds every patient up to date" $?

# A job cancelled half-way. Without retries, so that the run as a whole breaks down.
yttria_command "$scratch/cancelled" -- --retries 0
"${command[@]}" >"$scratch/words" 2>&1 &
driver=$!
job=$(running_job convert) && sleep 1 && scancel "$job"
verdict "a running job is cancelled" $?
wait $driver
[ $? -eq 70 ]
verdict "the run says that it broke down" $?
yttria "$scratch/cancelled" >"$scratch/words" 2>&1
is_finished $?
verdict "started again, it is completed" $?
same_numbers "$scratch/cancelled"
verdict "with the same numbers" $?

# pipeline/run killed half-way: Snakemake is interrupted and cancels its jobs.
yttria_command "$scratch/killed"
"${command[@]}" >"$scratch/words" 2>&1 &
driver=$!
running_job convert >/dev/null && kill -9 $driver
verdict "a run is killed with SIGKILL" $?
wait $driver 2>/dev/null
yttria "$scratch/killed" >"$scratch/words" 2>&1
is_finished $?
verdict "started again, it is completed" $?
same_numbers "$scratch/killed"
verdict "with the same numbers" $?
