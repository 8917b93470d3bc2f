"""Small archives for tests, and the programs run on them.

`small_archive` makes the three-patient archive once per test process; `Trial` is a copy of it in
a scratch folder, which a test may damage, with a configuration that points to it.
"""
import atexit
import csv
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("YTTRIA_BIN", REPOSITORY / "build" / "bin"))
GENERATOR = REPOSITORY / "tests" / "phantom" / "make_archive.py"
CONFIGURATION = f"""\
cohort: {{patients: patients.tsv, treatments: treatments.tsv, images: images.tsv}}
run: run
nuclide: {REPOSITORY / "configs" / "nuclides" / "y90.yaml"}
scanners: {REPOSITORY / "configs" / "scanners"}
"""


def make_archive(folder, *options):
    """Runs the generator; raises if it fails. Returns what it printed."""
    command = [sys.executable, str(GENERATOR), "--out", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{GENERATOR.name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


@functools.lru_cache
def small_archive():
    """The three-patient archive; removed when the process ends."""
    scratch = tempfile.mkdtemp(prefix="yttria-archive-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    make_archive(Path(scratch) / "small", "--small")
    return Path(scratch) / "small"


class Trial:
    """A scratch copy of the small archive, a run folder, and the stage programs."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="yttria-trial-")
        self.folder = Path(self.scratch.name) / "archive"
        shutil.copytree(small_archive(), self.folder)
        self.config = self.folder / "trial.yaml"
        self.config.write_text(CONFIGURATION)
        self.run_folder = self.folder / "run"

    def close(self):
        self.scratch.cleanup()

    def edit(self, sheet, old, new):
        """Replaces text of a sheet, which must be there."""
        path = self.folder / f"{sheet}.tsv"
        text = path.read_text()
        if old not in text:
            raise AssertionError(f"{sheet}.tsv does not hold '{old}'")
        path.write_text(text.replace(old, new))

    def run(self, stage, *options):
        """Runs one stage on the batch; the finished process, with its output as text."""
        command = [str(PROGRAMS / f"yttria-{stage}"), "--config", str(self.config), "--batch",
                   str(self.folder / "patients.tsv"), "--run", str(self.run_folder), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    def status(self, stage):
        """Rows of status/<stage>.tsv by center/patient."""
        with open(self.run_folder / "status" / f"{stage}.tsv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        return {f"{row['center']}/{row['patient']}": row for row in rows}


def programs_missing(*stages):
    """A reason to skip, or None: a check without a build says so and does not pass silently."""
    missing = [s for s in stages if not (PROGRAMS / f"yttria-{s}").is_file()]
    return f"not built: {', '.join(missing)} in {PROGRAMS}; run make" if missing else None
