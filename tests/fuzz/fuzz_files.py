#!/usr/bin/python3
"""Feeds damaged files to the six programs, built with sanitizers, and reports what is not an answer.

    make SANITIZE=1 programs
    tests/fuzz/fuzz_files.py --bin build-sanitize/bin --seconds 600 [--seed N] [--stage dose]

An answer is one of the documented exit codes within the time limit. Reported are: another exit
code, 70 (internal) unless memory was refused, a sanitizer's report, a patient whose process was
ended by a signal, silence with a failing code, a time-out, a result left beside a failure. Each
finding's input is kept below --keep, with the command that shows it again. Exit code 1 if there
are findings. Case N of a seed is always the same case.
"""
import argparse
import os
import random as randomness
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(Path(__file__).resolve().parent)]
import damage  # noqa: E402

STAGES = ("convert", "register", "dose", "segment", "stratify", "aggregate")
INPUTS = {"register": ("convert",), "dose": ("convert", "register"),
          "segment": ("convert", "register", "dose"), "stratify": ("segment",),
          "aggregate": ("stratify",)}
PATIENTS = ("north/N01", "south/S01", "island/I01")
ANSWERS = {0, 1, 64, 65, 66, 73, 74, 78}
INTERNAL = 70
TIME_LIMIT_S = 90
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|was ended by:|MPI_ABORT")
QUICK = "registration: {levels: 1, sample_spacing_mm: 10.0, max_iterations: 3}\n"


class Programs:
    """The sanitized programs and how they are called."""

    def __init__(self, folder):
        self.folder = folder
        self.env = dict(os.environ, OMP_NUM_THREADS="2",
                        LSAN_OPTIONS=f"suppressions={ROOT / 'tests' / 'fuzz' / 'lsan.supp'}:"
                                     "print_suppressions=0:exitcode=99",
                        ASAN_OPTIONS="exitcode=98:allocator_may_return_null=1:"
                                     "max_allocation_size_mb=3000",
                        UBSAN_OPTIONS="print_stacktrace=1:exitcode=97")

    def command(self, stage, config, *arguments):
        return [str(self.folder / f"yttria-{stage}"), "--config", str(config), *arguments]

    def run(self, command):
        """Exit code (None: too long) and output."""
        try:
            done = subprocess.run(command, env=self.env, capture_output=True, text=True,
                                  errors="replace", timeout=TIME_LIMIT_S, check=False)
            return done.returncode, done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            return None, (late.stderr or b"").decode(errors="replace")


def intact_run(programs, folder):
    """The small archive and its finished run, below `folder`."""
    from archive_fixture import CONFIGURATION, make_archive
    make_archive(folder, "--small")
    config = folder / "trial.yaml"
    config.write_text(CONFIGURATION + QUICK)
    for stage in STAGES:
        code, output = programs.run(programs.command(
            stage, config, "--batch", str(folder / "patients.tsv"), "--run", str(folder / "run"),
            "--log-level", "error"))
        if code != 0:
            sys.exit(f"{stage} fails on intact files ({code}):\n{output}")


def choose_byte_damage(random):
    return random.choice((damage.flip_bits, damage.truncate, damage.overwrite))


def case_hdf5(random, programs, intact, scratch, stage):
    """One patient by hand, one of its inputs damaged, or another patient's."""
    patient = random.choice(PATIENTS[:2] if stage == "register" else PATIENTS)
    files = []
    for name in INPUTS[stage]:
        files.append(scratch / f"{name}.h5")
        shutil.copy(intact / "run" / patient / f"{name}.h5", files[-1])
    target = random.choice(files)
    kind = random.random()
    if kind < 0.05:
        other = random.choice([p for p in PATIENTS if p != patient])
        shutil.copy(intact / "run" / other / target.name, target)
        what = f"of patient {other}"
    elif kind < 0.3:
        what = choose_byte_damage(random)(random, target)
    else:
        what = "; ".join(damage.edit_hdf5(random, target) for _ in range(random.choice((1, 1, 2))))
    out = scratch / ("cohort.nc" if stage == "aggregate" else f"{stage}.h5")
    inputs = [part for file in files for part in ("--in", str(file))]
    return (f"{stage} {patient} {target.name}: {what}",
            programs.command(stage, intact / "trial.yaml", *inputs, "--out", str(out)), out)


def case_batch(random, programs, intact, scratch, stage):
    """The batch, with the configuration, a sheet or (convert) a source damaged."""
    folder = scratch / "archive"
    shutil.copytree(intact, folder, ignore=None if stage == "convert" else
                    shutil.ignore_patterns("*.dcm", "*.nii.gz", "truth"))
    (folder / "trial.yaml").write_text(
        (intact / "trial.yaml").read_text().replace(str(ROOT / "configs" / "nuclides" / "y90.yaml"),
                                                    "y90.yaml"))
    for name in ("y90.yaml", "y90_liver_dpk.tsv"):
        source = ROOT / "configs" / "nuclides" / name
        if source.exists():
            shutil.copy(source, folder)
    texts = sorted([*folder.glob("*.yaml"), *folder.glob("*.tsv")])
    sources = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.parent != folder
               and "run" not in p.parts and "truth" not in p.parts]
    if stage == "convert" and random.random() < 0.6:
        target = random.choice(sources)
        what = choose_byte_damage(random)(random, target)
    else:
        target = random.choice(texts)
        ways = [damage.edit_lines, damage.edit_lines, choose_byte_damage(random)]
        ways += [damage.bomb_yaml] if target.suffix == ".yaml" else []
        what = random.choice(ways)(random, target)
    run = folder / "run"
    for file in run.glob(f"*/*/{stage}.h5"):
        file.unlink()
    return (f"{stage} batch {target.relative_to(folder)}: {what}",
            programs.command(stage, folder / "trial.yaml", "--batch", str(folder / "patients.tsv"),
                             "--run", str(run), "--log-level", "error"), None)


def is_absorbed(code, output):
    """A crash inside the HDF5 or DICOM library that cost one patient, with a sentence about it."""
    frames = re.findall(r"^ +#[0-4] .*", output, re.MULTILINE)[:5]
    in_library = any(re.search(r"libhdf5|libgdcm", frame) for frame in frames) or \
        ("Aborted" in output and "AddressSanitizer" not in output and "runtime" not in output)
    return in_library and "was ended by:" in output and code in ANSWERS | {INTERNAL}


def judge(code, output, out):
    """What is wrong with an answer, or None."""
    if code is None:
        return f"no answer within {TIME_LIMIT_S} s"
    if REPORTS.search(output) and not is_absorbed(code, output):
        return REPORTS.search(output).group()
    if code == INTERNAL and ("out of memory" in output or is_absorbed(code, output)):
        return None
    if code not in ANSWERS:
        return f"exit code {code}"
    if code != 0 and not output.strip():
        return f"exit code {code} without a word"
    if code > 1 and out is not None and out.exists():  # a cohort lists a bad patient as undecided
        return "a failure left a result"
    return None


def one_case(number, arguments, programs, intact):
    """Runs case `number`; the description and what is wrong with it."""
    random = randomness.Random(f"{arguments.seed}/{number}")
    stages = [arguments.stage] if arguments.stage else STAGES
    stage = random.choice(stages)
    by_hand = stage != "convert" and random.random() < 0.8
    with tempfile.TemporaryDirectory(prefix="yttria-fuzz-") as scratch:
        folder = Path(scratch)
        make = case_hdf5 if by_hand else case_batch
        what, command, out = make(random, programs, intact, folder, stage)
        code, output = programs.run(command)
        wrong = judge(code, output, out)
        if wrong:
            kept = Path(arguments.keep) / f"{arguments.seed}-{number}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            (kept / "finding.txt").write_text(
                f"{what}\n{wrong}\n{' '.join(command).replace(scratch, str(kept))}\n\n{output}")
        elif arguments.verbose:
            print(f"{code}: {what}\n     {output.strip()[:300]}", flush=True)
    return what, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build-sanitize" / "bin")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--stage", choices=STAGES)
    parser.add_argument("--keep", default=str(ROOT / "results" / "fuzz"))
    parser.add_argument("--intact", type=Path, help="reuse (or make here) the intact run")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    programs = Programs(arguments.bin.resolve())
    with tempfile.TemporaryDirectory(prefix="yttria-fuzz-intact-") as scratch:
        intact = arguments.intact or Path(scratch) / "archive"
        if not (intact / "run" / "cohort").exists():
            intact_run(programs, intact)
        deadline = time.monotonic() + arguments.seconds
        number, findings = arguments.first, 0
        while time.monotonic() < deadline:
            what, wrong = one_case(number, arguments, programs, intact)
            if wrong:
                findings += 1
                print(f"case {number}: {wrong}: {what}", flush=True)
            number += 1
    print(f"fuzz: {number - arguments.first} cases, {findings} findings (seed {arguments.seed})")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
