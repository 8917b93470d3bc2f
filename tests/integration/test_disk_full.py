"""A disk that is full, a quota that is reached, a folder that cannot be written.

The patient whose file does not fit fails with a sentence that names the cause (exit code 1; by
hand 74), nothing half-written stays under any name, the other patients are done, and when there is
room the next run completes with the bytes of an undisturbed run.
"""
import resource
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import PROGRAMS, Trial, programs_missing  # noqa: E402

STAGES = ("convert", "register", "dose", "segment", "stratify", "aggregate")
DONE, PARTIAL, CANNOT_CREATE, IO_ERROR = 0, 1, 73, 74
FULL, TOO_LARGE, READ_ONLY = "No space left on device", "File too large", "Read-only file system"
QUICK = "registration: {levels: 2, sample_spacing_mm: 8.0, max_iterations: 10}\n"
STATUS_FITS = 4000  # bytes: more than a status table of three patients, less than any HDF5 file
NOTHING_FITS = 16


def limit_file_size(size):
    """For preexec_fn: a write beyond `size` bytes fails with EFBIG, as with a quota."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def results(run, stage):
    """Bytes of every file of a stage, finished or not, by name; no status tables."""
    pattern = "cohort/*" if stage == "aggregate" else f"*/*/*{stage}.h5*"
    return {str(path.relative_to(run)): path.read_bytes() for path in sorted(run.glob(pattern))}


class TinyDisk:
    """A tmpfs of four megabytes of which `free` bytes are left."""

    SIZE = 1 << 22

    def __init__(self, test, free):
        self.scratch = tempfile.TemporaryDirectory(prefix="yttria-tiny-")
        test.addCleanup(self.scratch.cleanup)
        self.folder = Path(self.scratch.name)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.SIZE}", "tmpfs",
                                  str(self.folder)], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            test.skipTest(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
        test.addCleanup(subprocess.run, ["umount", "-l", str(self.folder)], check=False)
        self.filler = self.folder / "filler"
        self.free = free

    def fill(self):
        """Takes all but `free` bytes of what is left."""
        info = subprocess.run(["df", "--output=avail", "-B1", str(self.folder)], check=True,
                              capture_output=True, text=True)
        self.filler.write_bytes(bytes(int(info.stdout.split()[-1]) - self.free))

    def make_room(self):
        self.filler.unlink()
        self.remount("size=64m")

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)


@unittest.skipIf(programs_missing(*STAGES), programs_missing(*STAGES))
class DiskFull(unittest.TestCase):
    """Every stage starts from the finished results of the stages before it."""

    @classmethod
    def setUpClass(cls):
        cls.trial = Trial()
        cls.addClassCleanup(cls.trial.close)
        with open(cls.trial.config, "a", encoding="utf-8") as file:
            file.write(QUICK)
        cls.expected = {}
        for stage in STAGES:
            done = cls.trial.run(stage)
            if done.returncode != DONE:
                raise AssertionError(f"{stage} failed undisturbed:\n{done.stderr}")
            cls.expected[stage] = results(cls.trial.run_folder, stage)

    def run_limited(self, stage, size, *arguments):
        """The stage under a limit of file size."""
        command = [str(PROGRAMS / f"yttria-{stage}"), "--config", str(self.trial.config),
                   *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300,
                              preexec_fn=limit_file_size(size))

    def run_batch_limited(self, stage, size, run=None):
        return self.run_limited(stage, size, "--batch", str(self.trial.folder / "patients.tsv"),
                                "--run", str(run or self.trial.run_folder))

    def forget(self, stage):
        for name in self.expected[stage]:
            (self.trial.run_folder / name).unlink(missing_ok=True)

    def expect_complete(self, stage, *options):
        done = self.trial.run(stage, *options)
        self.assertEqual(done.returncode, DONE, done.stderr)
        run = Path(options[-1]) if options else self.trial.run_folder
        self.assertEqual(results(run, stage), self.expected[stage])

    def test_quota_of_every_stage(self):
        for stage in STAGES:
            with self.subTest(stage):
                self.forget(stage)
                done = self.run_batch_limited(stage, STATUS_FITS)
                whole = stage == "aggregate"  # one result for all
                self.assertEqual(done.returncode, IO_ERROR if whole else PARTIAL, done.stderr)
                self.assertIn(TOO_LARGE, done.stderr)
                for patient, row in self.trial.status(stage).items() if not whole else ():
                    self.assertEqual(row["status"], "failed", patient)
                    self.assertIn(TOO_LARGE, row["reason"])
                    self.assertIn(f"{stage}.h5", row["reason"])
                left = results(self.trial.run_folder, stage)
                for name, found in left.items():  # only small tables of aggregate fit
                    self.assertEqual(found, self.expected[stage][name], name)
                self.assertNotIn("cohort/cohort.nc", left)
                self.assertTrue(whole or not left, left.keys())
                self.expect_complete(stage)

    def test_status_table_does_not_fit(self):
        done = self.run_batch_limited("stratify", NOTHING_FITS)  # results are current
        self.assertEqual(done.returncode, IO_ERROR, done.stderr)
        self.assertIn("status/stratify.tsv", done.stderr)
        self.assertIn(TOO_LARGE, done.stderr)
        self.expect_complete("stratify")

    def test_by_hand(self):
        patient = self.trial.run_folder / "north" / "N01"
        out = self.trial.folder / "by-hand" / "dose.h5"
        done = self.run_limited("dose", STATUS_FITS, "--in", str(patient / "convert.h5"), "--in",
                                str(patient / "register.h5"), "--out", str(out))
        self.assertEqual(done.returncode, IO_ERROR, done.stderr)
        self.assertIn(TOO_LARGE, done.stderr)
        self.assertEqual(list(out.parent.iterdir()), [])

    def link_inputs(self, stage, run):
        """A run folder with the results of the stages before `stage`, elsewhere."""
        for path in self.trial.run_folder.glob("*/*/*.h5"):
            if STAGES.index(path.stem) < STAGES.index(stage):
                link = run / path.relative_to(self.trial.run_folder)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)

    def test_full_disk(self):
        """Room for the result of one patient, so that some are done and some fail."""
        for stage in ("convert", "dose", "segment", "stratify"):
            with self.subTest(stage):
                sizes = [len(found) for found in self.expected[stage].values()]
                disk = TinyDisk(self, free=max(sizes) + 16384)
                run = disk.folder / "run"
                run.mkdir()
                self.link_inputs(stage, run)
                disk.fill()
                done = self.trial.run(stage, "--run", str(run))
                self.assertEqual(done.returncode, PARTIAL, done.stderr)
                self.assertIn(FULL, done.stderr)
                left = results(run, stage)
                self.assertGreaterEqual(len(left), 1)
                self.assertLess(len(left), 3)
                for name, found in left.items():
                    self.assertEqual(found, self.expected[stage][name], name)
                disk.make_room()
                self.expect_complete(stage, "--run", str(run))

    def test_full_disk_of_the_cohort(self):
        disk = TinyDisk(self, free=16384)
        run = disk.folder / "run"
        run.mkdir()
        self.link_inputs("aggregate", run)
        disk.fill()
        done = self.trial.run("aggregate", "--run", str(run))
        self.assertEqual(done.returncode, IO_ERROR, done.stderr)
        self.assertIn(FULL, done.stderr)
        self.assertNotIn("cohort/cohort.nc", results(run, "aggregate"))
        disk.make_room()
        self.expect_complete("aggregate", "--run", str(run))

    def test_read_only_disk(self):
        disk = TinyDisk(self, free=65536)
        run = disk.folder / "run"
        run.mkdir()
        self.link_inputs("stratify", run)
        disk.remount("ro")
        for stage in ("convert", "stratify", "aggregate"):
            done = self.trial.run(stage, "--run", str(run))
            self.assertEqual(done.returncode, CANNOT_CREATE, done.stderr)
            self.assertIn(READ_ONLY, done.stderr)


if __name__ == "__main__":
    unittest.main()
