#!/bin/bash
# The nightly job: reprocesses what changed in the archive and draws the report again.
#
#   crontab:  0 2 * * *  /path/to/yttria/slurm/nightly.sh /path/to/trial.yaml [pipeline/run options]
#   SLURM:    cd /path/to/yttria && sbatch slurm/nightly.sh /path/to/trial.yaml [options]
#
# Without --profile among the options it uses slurm/profile where a cluster answers, else this
# machine. It says nothing if all went well, so that cron writes a mail only when there is
# something to read. Exit code as pipeline/run: 1 means some patients failed.
#SBATCH --job-name=yttria-nightly
#SBATCH --ntasks=1
#SBATCH --mem=1000
#SBATCH --time=12:00:00
set -uo pipefail

if [ $# -lt 1 ]; then
    echo "usage: slurm/nightly.sh CONFIG [pipeline/run options]" >&2
    exit 64
fi
if [ -n "${SLURM_JOB_ID:-}" ]; then
    # sbatch runs a copy of this file; the jobs sent from here must not inherit this job's shape.
    home=${YTTRIA_HOME:-$SLURM_SUBMIT_DIR}
    for name in $(compgen -e | grep -E '^(SLURM|SBATCH|SRUN)_' | grep -v '^SLURM_CONF$'); do
        unset "$name"
    done
else
    home=${YTTRIA_HOME:-$(dirname "$(dirname "$(realpath "$0")")")}
fi
options=("$@")
if timeout 20 sinfo -h >/dev/null 2>&1 && [[ " $* " != *" --profile"* ]]; then
    options+=(--profile "$home/slurm/profile")
fi
words=$(mktemp)
trap 'rm -f "$words"' EXIT
"$home/pipeline/run" "${options[@]}" >"$words" 2>&1
code=$?
if [ $code -ne 0 ]; then cat "$words"; fi
exit $code
