#!/bin/bash
# What Snakemake asks about a job it has sent: prints success, failed or running. $1 is the job.
state=$(squeue -h -j "$1" -t all -o %T 2>/dev/null)
[ -n "$state" ] || state=$(scontrol -o show job "$1" 2>/dev/null | grep -oP 'JobState=\K\w+')
if [ -z "$state" ]; then
    # Too old to be remembered, or the controller is away: an outage must not fail a job.
    state=$(sacct -n -X -j "$1" -o State 2>/dev/null | awk 'NR == 1 {print $1}')
fi
if [ -z "$state" ]; then
    if scontrol ping 2>/dev/null | grep -q "is UP"; then echo failed; else echo running; fi
    exit 0
fi
case "$state" in
    COMPLETED) echo success ;;
    PENDING | RUNNING | CONFIGURING | COMPLETING | SUSPENDED | REQUEUED | REQUEUE_HOLD | \
        RESIZING | STAGE_OUT | SIGNALING | STOPPED) echo running ;;
    *) echo failed ;;
esac
