#!/usr/bin/python3
"""Efficiency of MPI ranks on a batch: one rank beside two, 32 patients of unequal size.

    bench_ranks.py [--ranks 2] [--patients 32] [--repeat 3] [--keep-times times.tsv]

The patients are copies of one of the small archive with another PET, from 64 x 64 x 64 to 256 x
256 x 127 voxels, noisy as PET is (files that compress too well would flatter). Every rank has one
OpenMP thread. Reported, the best of the repeats:
  wall     T1 / (n Tn), what a user sees; on a machine that others use it also measures them
  balance  sum of the patients' seconds / (n * seconds of the busiest rank): the queue alone
  cpu      CPU time of one rank / CPU time of n ranks: what ranks cost each other
The patients' seconds on one rank can be kept, for bench_queue.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
from archive_fixture import PROGRAMS, Trial, programs_missing  # noqa: E402

QUICK = "registration: {levels: 2, sample_spacing_mm: 8.0, max_iterations: 10}\n"
TEMPLATE = "north/N01"
SMALLEST, LARGEST = (64, 64, 64), (127, 256, 256)  # slices, rows, columns
BEGINS = re.compile(r"^(\S+/\S+) begins$")


def sizes(count):
    """From the smallest to the largest PET; the volume grows by a constant factor."""
    for n in range(count):
        part = n / max(1, count - 1)
        yield tuple(round(a * (b / a) ** part) for a, b in zip(SMALLEST, LARGEST))


def enlarge(store, size, seed):
    """Puts a PET of `size` over the same field of view into a convert.h5."""
    name = next(name for name in store["images"] if name.startswith("pet"))
    group = store["images"][name]
    old = group["voxels"]
    attributes = dict(old.attrs)
    steps = [was / now for was, now in zip(old.shape, size)]
    nearest = [numpy.minimum((numpy.arange(now) + 0.5) * step, was - 1).astype(int)
               for now, step, was in zip(size, steps, old.shape)]
    voxels = old[()][numpy.ix_(*nearest)]
    noise = numpy.random.default_rng(seed).normal(1.0, 0.3, size).astype(numpy.float32)
    affine = numpy.array(attributes["affine"]).reshape(4, 4)
    corner = affine @ [-0.5, -0.5, -0.5, 1.0]
    affine[:3, :3] *= steps[::-1]
    affine[:3, 3] = corner[:3] + affine[:3, :3] @ [0.5, 0.5, 0.5]
    attributes["affine"] = affine.reshape(numpy.shape(attributes["affine"]))
    del group["voxels"]
    new = group.create_dataset("voxels", data=voxels * noise + numpy.float32(1.0), shuffle=True,
                               chunks=(1, *size[1:]), compression="gzip", compression_opts=1)
    new.attrs.update(attributes)
    if "slice_decay_factor" in group:
        factors = group["slice_decay_factor"]
        kept, first = dict(factors.attrs), float(factors[0])
        del group["slice_decay_factor"]
        group.create_dataset("slice_decay_factor", data=numpy.full(size[0], first))
        group["slice_decay_factor"].attrs.update(kept)


def make_patients(trial, count):
    """Files of `count` patients P01 …, and their sheet, in the trial's folder."""
    for stage in ("convert", "register"):
        done = trial.run(stage)
        if done.returncode != 0:
            raise SystemExit(f"{stage} failed:\n{done.stderr}")
    run = trial.folder / "bench"
    with open(trial.folder / "patients.tsv", encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        columns = table.fieldnames
        center, patient = TEMPLATE.split("/")
        row = next(row for row in table if (row["center"], row["patient"]) == (center, patient))
    sheet = ["\t".join(columns)]
    for n, size in enumerate(sizes(count)):
        name = f"P{n + 1:02d}"
        folder = run / center / name
        folder.mkdir(parents=True)
        for stage in ("convert", "register"):
            shutil.copy(trial.run_folder / TEMPLATE / f"{stage}.h5", folder)
            with h5py.File(folder / f"{stage}.h5", "r+") as store:
                store.attrs["patient"] = name
                if stage == "convert":
                    enlarge(store, size, seed=n)
        sheet.append("\t".join({**row, "patient": name}[column] for column in columns))
    (trial.folder / "bench.tsv").write_text("\n".join(sheet) + "\n")
    return run


def run_once(trial, run, ranks):
    """(wall s, CPU s, seconds by patient, rank by patient) of one forced run."""
    command = ["mpirun", "-n", str(ranks), "--bind-to", "none", "--oversubscribe",
               str(PROGRAMS / "yttria-dose"), "--config", str(trial.config), "--batch",
               str(trial.folder / "bench.tsv"), "--run", str(run), "--threads", "1", "--force",
               "--log-level", "debug", "--log-format", "json"]
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                       OMP_NUM_THREADS="1")
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"yttria-dose failed:\n{done.stdout}{done.stderr}")
    rank_of = {}
    for line in done.stderr.splitlines():
        entry = json.loads(line) if line.startswith("{") else {}
        found = BEGINS.match(entry.get("message", ""))
        if found:
            rank_of[found[1]] = entry.get("rank", 0)
    with open(run / "status" / "dose.tsv", encoding="utf-8", newline="") as file:
        seconds = {f"{row['center']}/{row['patient']}": float(row["seconds"])
                   for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, seconds, rank_of


def balance(seconds, rank_of, ranks):
    busy = [0.0] * ranks
    for patient, rank in rank_of.items():
        busy[rank] += seconds[patient]
    return sum(busy) / (ranks * max(busy))


def keep_times(path, run, seconds):
    """Seconds and bytes read, by which the queue orders, of every patient."""
    lines = ["center\tpatient\tseconds\tbytes"]
    for patient, spent in seconds.items():
        read = sum((run / patient / f"{s}.h5").stat().st_size for s in ("convert", "register"))
        lines.append("\t".join((*patient.split("/"), str(spent), str(read))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--patients", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep-times", type=pathlib.Path)
    args = parser.parse_args()
    missing = programs_missing("convert", "register", "dose")
    if missing:
        raise SystemExit(missing)
    trial = Trial()
    try:
        with open(trial.config, "a", encoding="utf-8") as file:
            file.write(QUICK)
        run = make_patients(trial, args.patients)
        one, many = [], []
        for n in range(args.repeat):  # in turn: others' load falls on both alike
            one.append(run_once(trial, run, 1))
            many.append(run_once(trial, run, args.ranks))
            print(f"repeat {n + 1}: {one[-1][0]:.2f} s on 1 rank, {many[-1][0]:.2f} s on "
                  f"{args.ranks}; balance {balance(*many[-1][2:], args.ranks):.3f}", flush=True)
        if args.keep_times:
            keep_times(args.keep_times, run, min(one, key=lambda result: result[0])[2])
        wall = min(o[0] for o in one) / (args.ranks * min(m[0] for m in many))
        cpu = min(o[1] for o in one) / min(m[1] for m in many)
        queue = max(balance(*m[2:], args.ranks) for m in many)
        print(f"{args.ranks} ranks, {args.patients} patients of {min(many[0][2].values()):.2f} to "
              f"{max(many[0][2].values()):.2f} s: efficiency {wall:.1%} by the clock, "
              f"{queue:.1%} by balance, {cpu:.1%} by CPU time")
    finally:
        trial.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
