#!/bin/bash
# A SLURM cluster on one machine, for tests: four nodes of four CPUs (declared, whatever the
# machine has), no systemd, no accounting database. Needs root and the packages slurm-wlm, munge.
#
#   slurm/cluster.sh start        starts it and waits until the nodes are idle
#   eval "$(slurm/cluster.sh env)"    what a shell needs to talk to it
#   slurm/cluster.sh stop         cancels all jobs and stops it
#
# YTTRIA_CLUSTER is its folder (default /tmp/yttria-cluster). Nodes on one host would share
# /dev/shm and the host name, which Open MPI's shared memory cannot bear: each slurmd gets name
# spaces of its own where the machine allows that, else MPI is told to talk over TCP.
set -euo pipefail

folder=${YTTRIA_CLUSTER:-/tmp/yttria-cluster}
nodes="n1 n2 n3 n4"
host=$(hostname -s)
export SLURM_CONF=$folder/slurm.conf

has_name_spaces() { unshare --uts --mount true 2>/dev/null; }

write_configuration() {
    mkdir -p "$folder"/{run,log,state}
    for node in $nodes; do # Open MPI's session folders of the nodes must not meet
        mkdir -p "$folder/tmp/$node" "$folder/spool/$node"
        chmod 1777 "$folder/tmp/$node"
    done
    local proctrack=proctrack/pgid
    if [ -w /sys/fs/cgroup/freezer ]; then # catches every orphan of a cancelled job
        proctrack=proctrack/cgroup
        printf 'CgroupPlugin=cgroup/v1\nCgroupMountpoint=/sys/fs/cgroup\nCgroupAutomount=no\n' \
            >"$folder/cgroup.conf"
    fi
    cat >"$SLURM_CONF" <<CONF
ClusterName=yttria-test
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
TmpFS=$folder/tmp/%n
ProctrackType=$proctrack
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=300
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2,sched_min_interval=0,batch_sched_delay=0
MpiDefault=pmix
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=20
KillWait=3
MinJobAge=86400
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
NodeName=n[1-4] NodeHostname=$host NodeAddr=127.0.0.1 Port=[17001-17004] CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=8000 State=UNKNOWN
PartitionName=batch Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    {
        echo "127.0.0.1 localhost $host"
        for node in $nodes; do echo "127.0.0.1 $node"; done
    } >"$folder/hosts"
}

start_munge() {
    munge -n >/dev/null 2>&1 && return
    if [ ! -s /etc/munge/munge.key ]; then
        (umask 077 && head -c 128 /dev/urandom >/etc/munge/munge.key)
        chown munge: /etc/munge/munge.key
    fi
    install -d -o munge -g munge -m 755 /run/munge
    runuser -u munge -- /usr/sbin/munged --pid-file=/run/munge/munged.pid
    echo yes >"$folder/run/munge_is_ours"
}

start_node() {
    if has_name_spaces; then
        unshare --uts --mount --propagation private sh -c "
            hostname $1 && mount -t tmpfs tmpfs /dev/shm &&
            mount --bind '$folder/hosts' /etc/hosts && exec slurmd -N $1"
    else
        slurmd -N "$1"
    fi
}

idle_nodes() { sinfo -h -N -t idle -o %N 2>/dev/null | sort -u | wc -l; }

start() {
    [ "$(id -u)" = 0 ] || { echo "slurm/cluster.sh: needs root" >&2; exit 77; }
    command -v slurmctld munged >/dev/null || {
        echo "slurm/cluster.sh: install the packages slurm-wlm and munge (make deps)" >&2
        exit 69
    }
    write_configuration
    start_munge
    slurmctld
    for node in $nodes; do start_node "$node"; done
    for _ in $(seq 120); do
        [ "$(idle_nodes)" = 4 ] && return
        sleep 0.25
    done
    echo "slurm/cluster.sh: the nodes did not come up; see $folder/log" >&2
    sinfo -N >&2 || true
    exit 1
}

environment() {
    echo "export SLURM_CONF='$SLURM_CONF' USER=\"\${USER:-root}\""
    echo "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
    has_name_spaces || echo "export OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,self"
}

stop_process() { # file that holds its id
    local id
    id=$(cat "$1" 2>/dev/null) || return 0
    kill "$id" 2>/dev/null || true
    for _ in $(seq 40); do
        kill -0 "$id" 2>/dev/null || return 0
        sleep 0.1
    done
}

stop() {
    timeout 10 scancel -u root 2>/dev/null || true
    for file in "$folder"/run/slurmd.*.pid "$folder/run/slurmctld.pid"; do
        stop_process "$file"
    done
    if [ -e "$folder/run/munge_is_ours" ]; then
        stop_process /run/munge/munged.pid
        rm -f "$folder/run/munge_is_ours"
    fi
    find /sys/fs/cgroup/freezer -depth -type d -path '*/slurm_n?*' -exec rmdir {} + 2>/dev/null ||
        true
}

case "${1:-}" in
    start) start ;;
    env) environment ;;
    stop) stop ;;
    *) echo "usage: slurm/cluster.sh start|env|stop" >&2; exit 64 ;;
esac
