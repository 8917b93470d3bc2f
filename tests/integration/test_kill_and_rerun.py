"""A stage that is killed at any moment is completed by the next run.

Every stage is stopped again and again on the way to its result (SIGKILL to the whole process
group, SIGTERM to the program alone): when its first temporary file appears, and at fractions of
its undisturbed duration. After every stop, what is there under a final name must be whole; the
last run finishes. The files are then the same bytes as those of an undisturbed run, the patients
that were complete are `current`, and no temporary file is left.
"""
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import PROGRAMS, Trial, programs_missing  # noqa: E402

STAGES = ("convert", "register", "dose", "segment", "stratify", "aggregate")
AT_TEMPORARY_FILE = None
MOMENTS = (AT_TEMPORARY_FILE, 0.3, 0.7)  # fractions of the undisturbed duration
# A quick registration: this test is about files, not about alignment.
QUICK = "registration: {levels: 2, sample_spacing_mm: 8.0, max_iterations: 10}\n"


def outputs(run, stage):
    """Bytes of the finished files of a stage by name, status tables apart (they hold seconds)."""
    pattern = "cohort/*" if stage == "aggregate" else f"*/*/{stage}.h5"
    return {str(path.relative_to(run)): path.read_bytes() for path in sorted(run.glob(pattern))
            if not path.name.startswith(".")}


def temporaries(run):
    """Files on the way, of any stage."""
    return [str(path) for path in run.rglob(".*.part")]


def group_is_alive(group):
    """True while a process of the group runs (one that is dead and not yet waited for counts)."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@unittest.skipIf(programs_missing(*STAGES), programs_missing(*STAGES))
class KillAndRerun(unittest.TestCase):
    """One run folder; each stage starts from the finished results of the stages before."""

    @classmethod
    def setUpClass(cls):
        cls.trial = Trial()
        cls.addClassCleanup(cls.trial.close)
        with open(cls.trial.config, "a", encoding="utf-8") as file:
            file.write(QUICK)
        cls.expected, cls.seconds = {}, {}
        for stage in STAGES:
            start = time.monotonic()
            done = cls.trial.run(stage)
            cls.seconds[stage] = time.monotonic() - start
            if done.returncode != 0:
                raise AssertionError(f"{stage} failed undisturbed:\n{done.stderr}")
            cls.expected[stage] = outputs(cls.trial.run_folder, stage)

    def start(self, stage):
        """The stage as the leader of its own process group."""
        command = [str(PROGRAMS / f"yttria-{stage}"), "--config", str(self.trial.config),
                   "--batch", str(self.trial.folder / "patients.tsv"), "--run",
                   str(self.trial.run_folder), "--log-level", "error"]
        return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def wait_for(self, job, stage, moment):
        """Until the moment has come or the job has ended."""
        begin = time.monotonic()
        while job.poll() is None:
            if moment is AT_TEMPORARY_FILE:
                if temporaries(self.trial.run_folder):
                    return
            elif time.monotonic() - begin >= moment * self.seconds[stage]:
                return
            time.sleep(0.001)

    def stop(self, job, sent):
        """Stops the job and waits until nothing of its group is left."""
        if sent == signal.SIGKILL:
            os.killpg(job.pid, sent)
        else:
            job.send_signal(sent)
        job.wait(timeout=20)
        deadline = time.monotonic() + 5
        while group_is_alive(job.pid):
            self.assertLess(time.monotonic(), deadline, "a child outlives the stopped program")
            time.sleep(0.005)

    def forget(self, stage):
        for name in self.expected[stage]:
            (self.trial.run_folder / name).unlink(missing_ok=True)

    def stop_often(self, stage, sent):
        """How many times the stage was caught alive."""
        caught = 0
        for moment in MOMENTS:
            job = self.start(stage)
            self.wait_for(job, stage, moment)
            if job.poll() is None:
                caught += 1
                self.stop(job, sent)
            for name, found in outputs(self.trial.run_folder, stage).items():
                self.assertEqual(found, self.expected[stage][name], f"{name} after {moment}")
        return caught

    def complete(self, stage):
        """The last run; what was complete before it is not done again."""
        run = self.trial.run_folder
        before = outputs(run, stage)
        done = self.trial.run(stage)
        self.assertEqual(done.returncode, 0, done.stderr)
        after = outputs(run, stage)
        self.assertEqual(sorted(after), sorted(self.expected[stage]))
        for name, found in after.items():
            self.assertEqual(found, self.expected[stage][name], f"{name} differs")
        self.assertEqual(temporaries(run), [])
        for patient, row in self.trial.status(stage).items():
            was_whole = (before == after if stage == "aggregate"
                         else f"{patient}/{stage}.h5" in before)
            self.assertEqual(row["status"], "current" if was_whole else "done", patient)

    def test_kill(self):
        for stage in STAGES:
            with self.subTest(stage):
                self.forget(stage)
                self.assertGreater(self.stop_often(stage, signal.SIGKILL), 0, "never caught")
                self.complete(stage)

    def test_terminate(self):
        for stage in STAGES:
            with self.subTest(stage):
                self.forget(stage)
                self.assertGreater(self.stop_often(stage, signal.SIGTERM), 0, "never caught")
                self.complete(stage)

    def test_leftovers_of_a_result_that_is_current(self):
        """A forced run is killed; the old result still holds, so nothing is written again."""
        left = self.trial.run_folder / "north" / "N01" / ".dose.h5.99999.part"
        left.write_bytes(b"half a file")
        self.addCleanup(left.unlink, missing_ok=True)
        done = self.trial.run("dose")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.trial.status("dose")["north/N01"]["status"], "current")
        self.assertFalse(left.exists())

    def test_folder_with_letters_of_patterns(self):
        """Leftovers are found in a folder named like a shell pattern, and only the own ones."""
        run = self.trial.folder / "run [a]*"
        patient = run / "north" / "N01"
        patient.mkdir(parents=True)
        for name in ("convert", "register"):
            shutil.copy(self.trial.run_folder / "north" / "N01" / f"{name}.h5", patient)
        left, other = patient / ".dose.h5.99999.part", patient / ".dose.h5.old.99999.part"
        left.write_bytes(b"half a file")
        other.write_bytes(b"of another program")
        done = self.trial.run("dose", "--run", str(run))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((patient / "dose.h5").exists())
        self.assertFalse(left.exists())
        self.assertTrue(other.exists())


if __name__ == "__main__":
    unittest.main()
