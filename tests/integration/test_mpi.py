#!/usr/bin/python3
"""The stages over MPI ranks and OpenMP threads: same bytes for every combination; a killed job
loses only the patients it had in hand, and the rerun does only those.

MpiTest works on the convert and register files of the finished demo run, EveryStageTest on the
small archive."""
import hashlib
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from archive_fixture import Trial, programs_missing  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("YTTRIA_BIN", ROOT / "build/bin"))
RUN = pathlib.Path(os.environ.get("YTTRIA_DEMO_RUN", ROOT / "results/demo"))
ARCHIVE = pathlib.Path(os.environ.get("YTTRIA_DEMO_ARCHIVE", ROOT / "results/demo-archive"))
CONFIG = ROOT / "configs/demo.yaml"


def environment():
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
               OMPI_MCA_rmaps_base_oversubscribe="1")
    # Open MPI itself is not clean under LeakSanitizer; leaks of ours show in the unit tests.
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    return env


def children(parent):
    """Process ids of the ranks that an mpirun has started."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        if int(after_name[1]) == parent:
            found.append(int(stat.parent.name))
    return sorted(found)


def dose(folder, ranks, threads, *extra, **popen):
    launcher = ["mpirun", "-n", str(ranks), "--bind-to", "none"] if ranks > 0 else []
    command = launcher + [str(BIN / "yttria-dose"), "--config", str(CONFIG), "--batch",
                          str(ARCHIVE / "patients.tsv"), "--run", str(folder), "--threads",
                          str(threads), "--log-level", "error", *extra]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **popen)


def statuses(folder):
    lines = (folder / "status/dose.tsv").read_text().splitlines()[1:]
    return {tuple(line.split("\t")[:2]): line.split("\t")[2] for line in lines}


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.glob("*/*/dose.h5"))}


class MpiTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yttria-mpi-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for source in RUN.glob("*/*/register.h5"):
            target = self.folder / source.parent.relative_to(RUN)
            target.mkdir(parents=True)
            for name in ("convert.h5", "register.h5"):
                os.symlink(source.parent / name, target / name)

    def undisturbed(self):
        """What one process without MPI makes, by the same build: the demo's files may name an
        older commit. The folder is left without dose files."""
        job = dose(self.folder, 0, 1)
        output, _ = job.communicate(timeout=300)
        self.assertEqual(job.returncode, 0, output)
        expected = digests(self.folder)
        for path in self.folder.glob("*/*/dose.h5"):
            path.unlink()
        return expected

    def test_same_bytes_for_ranks_and_threads(self):
        expected = self.undisturbed()
        self.assertGreater(len(expected), 5)
        for ranks, threads in itertools.product((1, 2, 3), (1, 2, 3)):
            for path in self.folder.glob("*/*/dose.h5"):
                path.unlink()
            job = dose(self.folder, ranks, threads)
            output, _ = job.communicate(timeout=300)
            self.assertEqual(job.returncode, 0, output)
            self.assertEqual(digests(self.folder), expected, f"{ranks} ranks, {threads} threads")
            self.assertEqual(set(statuses(self.folder).values()), {"done"})

    def test_a_killed_job_is_completed_by_the_next(self):
        expected = self.undisturbed()
        job = dose(self.folder, 2, 1, start_new_session=True)
        deadline = time.monotonic() + 120
        while len(digests(self.folder)) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in (*children(job.pid), job.pid):
            os.kill(process, signal.SIGKILL)
        job.wait(timeout=60)
        job.stdout.close()
        kept = digests(self.folder)
        self.assertGreaterEqual(len(kept), 3)
        again = dose(self.folder, 2, 1)
        output, _ = again.communicate(timeout=300)
        self.assertEqual(again.returncode, 0, output)
        self.assertEqual(digests(self.folder), expected)
        current = [name for name, status in statuses(self.folder).items() if status == "current"]
        self.assertEqual(len(current), len(kept))
        self.assertEqual(list(self.folder.glob("*/*/.*.part")), [])


STAGES = ("convert", "register", "dose", "segment", "stratify", "aggregate")
QUICK = "registration: {levels: 2, sample_spacing_mm: 8.0, max_iterations: 10}\n"


@unittest.skipIf(programs_missing(*STAGES), programs_missing(*STAGES))
class EveryStageTest(unittest.TestCase):
    """Three patients on two, three and five ranks."""

    @classmethod
    def setUpClass(cls):
        cls.trial = Trial()
        cls.addClassCleanup(cls.trial.close)
        with open(cls.trial.config, "a", encoding="utf-8") as file:
            file.write(QUICK)
        for stage in STAGES:
            done = cls.trial.run(stage)
            if done.returncode != 0:
                raise AssertionError(f"{stage} failed on one rank:\n{done.stderr}")

    def start(self, stage, ranks, run, *options):
        command = ["mpirun", "-n", str(ranks), "--bind-to", "none", str(BIN / f"yttria-{stage}"),
                   "--config", str(self.trial.config), "--batch",
                   str(self.trial.folder / "patients.tsv"), "--run", str(run), "--threads", "1",
                   "--log-level", "error", *options]
        return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def finish(self, job, code, timeout=120):
        output, _ = job.communicate(timeout=timeout)
        self.assertEqual(job.returncode, code, output)
        return output

    def files(self, run):
        """Bytes of all results; status tables hold times."""
        return {str(path.relative_to(run)): path.read_bytes() for path in sorted(run.rglob("*"))
                if path.is_file() and path.parent.name != "status"}

    def rows(self, run, stage):
        lines = (run / "status" / f"{stage}.tsv").read_text().splitlines()[1:]
        return {"/".join(cells[:2]): cells[2] for cells in (line.split("\t") for line in lines)}

    def test_same_bytes(self):
        expected = self.files(self.trial.run_folder)
        for ranks in (2, 3, 5):
            run = self.trial.folder / f"run-{ranks}"
            for stage in STAGES:
                self.finish(self.start(stage, ranks, run), 0)
                self.assertEqual(set(self.rows(run, stage).values()), {"done"}, stage)
                self.assertEqual(len(self.rows(run, stage)), 3, stage)
            found = self.files(run)
            self.assertEqual(sorted(found), sorted(expected))
            for name, content in found.items():
                self.assertEqual(content, expected[name], f"{name} on {ranks} ranks")

    def test_a_failure_is_in_the_exit_code(self):
        run = self.trial.folder / "run-failure"
        shutil.copytree(self.trial.run_folder, run)
        (run / "north/N01/convert.h5").write_bytes(b"not HDF5")
        for ranks in (2, 5):
            self.finish(self.start("dose", ranks, run), 1)
            self.assertEqual(self.rows(run, "dose"), {"north/N01": "failed", "south/S01": "current",
                                                      "island/I01": "current"})

    def test_what_stops_all_ranks(self):
        run = self.trial.folder / "run-stopped"
        output = self.finish(self.start("dose", 3, run, "--config", "/nowhere.yaml"), 66)
        self.assertEqual(output.count("error: /nowhere.yaml"), 1, output)  # said once
        self.finish(self.start("dose", 3, run, "--batch", "/nowhere.tsv"), 66)

    def test_a_killed_rank_ends_the_job(self):
        run = self.trial.folder / "run-killed"
        shutil.copytree(self.trial.run_folder, run)
        for victim in (0, 1):
            for path in (*run.glob("*/*/register.h5"), *run.rglob(".*.part")):
                path.unlink()
            job = self.start("register", 2, run)
            deadline = time.monotonic() + 60
            while not list(run.glob("*/*/.register.h5.*.part")) and time.monotonic() < deadline:
                time.sleep(0.002)  # a rank is at work
            os.kill(children(job.pid)[victim], signal.SIGKILL)
            output, _ = job.communicate(timeout=20)
            self.assertNotEqual(job.returncode, 0, output)
        self.finish(self.start("register", 2, run), 0)
        self.assertEqual(list(run.rglob(".*.part")), [])
        expected = self.files(self.trial.run_folder)
        for name, content in self.files(run).items():
            self.assertEqual(content, expected[name], name)


if __name__ == "__main__":
    unittest.main()
