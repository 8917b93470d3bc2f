#!/usr/bin/python3
"""The dose stage over MPI ranks and OpenMP threads: same bytes for every combination; a killed job
loses only the patients it had in hand, and the rerun does only those.

Works on the convert and register files of the finished demo run."""
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

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
        for ranks, threads in ((1, 2), (2, 1), (3, 2)):
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
        os.killpg(job.pid, signal.SIGKILL)
        subprocess.run(["pkill", "-9", "-f", str(self.folder)], check=False)
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


if __name__ == "__main__":
    unittest.main()
