#!/usr/bin/python3
"""A rank that is killed in mid-batch loses only the patients it had in hand.

A batch on three ranks; SIGKILL hits a rank while it has a patient in hand. With mpirun as it is
the launcher then ends the job; with --enable-recovery the other ranks go on. Either way: every
file under a final name is whole, the same bytes as those of an undisturbed run; the next run does
what is missing and nothing else. So too when only the process that works on a patient is killed,
which is what lack of memory does: that patient fails, the batch goes on.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import PROGRAMS, Trial, programs_missing  # noqa: E402

import h5py  # noqa: E402
import numpy  # noqa: E402

QUICK = "registration: {levels: 2, sample_spacing_mm: 8.0, max_iterations: 10}\n"
TEMPLATE = "north/N01"
PATIENTS = 10
RANKS = 3
BEGINS = re.compile(r"yttria-dose\[(\d+)\] debug: (\S+/\S+) begins")
FINISHED = re.compile(r": (\S+/\S+) done in")


def environment():
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
               OMPI_MCA_rmaps_base_oversubscribe="1")
    env["ASAN_OPTIONS"] = "detect_leaks=0"  # Open MPI itself is not clean
    return env


def children(parent):
    """Processes that `parent` has started and that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, started_by = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # ended meanwhile
        if int(started_by) == parent and state != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def rank_of(process):
    """Its rank; None if it is not one (any more)."""
    try:
        variables = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    ranks = [v.partition(b"=")[2] for v in variables if v.startswith(b"OMPI_COMM_WORLD_RANK=")]
    return int(ranks[0]) if ranks else None


def enlarge(path, times):
    """Repeats the PET's planes: work that lasts long enough to be caught."""
    with h5py.File(path, "r+") as store:
        group = store["images/pet_t1"]
        for name in ("voxels", "slice_decay_factor"):
            old, attributes = group[name][()], dict(group[name].attrs)
            del group[name]
            tiled = numpy.tile(old, (times,) + (1,) * (old.ndim - 1))
            options = {"chunks": (1, *old.shape[1:]), "compression": "gzip"} if old.ndim > 1 else {}
            group.create_dataset(name, data=tiled, **options).attrs.update(attributes)


class Job:
    """yttria-dose under mpirun; what it logs is read as it comes."""

    def __init__(self, trial, run, *mpirun_options):
        command = ["mpirun", *mpirun_options, "-n", str(RANKS), "--bind-to", "none",
                   str(PROGRAMS / "yttria-dose"), "--config", str(trial.config), "--batch",
                   str(trial.folder / "many.tsv"), "--run", str(run), "--threads", "1",
                   "--log-level", "debug"]
        self.process = subprocess.Popen(command, env=environment(), text=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.lines = []
        self.in_hand = {}

    def read_until(self, is_there):
        """Reads the log until a condition on this job holds."""
        for line in self.process.stderr:
            self.lines.append(line)
            begins, done = BEGINS.search(line), FINISHED.search(line)
            if begins:
                self.in_hand[int(begins[1])] = begins[2]
            if done:
                self.in_hand = {r: p for r, p in self.in_hand.items() if p != done[1]}
            if is_there(self):
                return
        raise AssertionError("the job ended before it could be caught:\n" + "".join(self.lines))

    def rank_process(self, rank):
        return next(p for p in children(self.process.pid) if rank_of(p) == rank)

    def stop(self):
        """Leaves nothing behind, however the test ended."""
        for process in (*children(self.process.pid), self.process.pid):
            if self.process.poll() is None:
                os.kill(process, signal.SIGKILL)
        self.process.wait(timeout=20)
        self.process.stderr.close()

    def finish(self, timeout=120):
        self.lines += self.process.communicate(timeout=timeout)[1].splitlines(keepends=True)
        return self.process.returncode


@unittest.skipIf(programs_missing("convert", "register", "dose"),
                 programs_missing("convert", "register", "dose"))
class KilledRank(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trial = Trial()
        cls.addClassCleanup(cls.trial.close)
        with open(cls.trial.config, "a", encoding="utf-8") as file:
            file.write(QUICK)
        for stage in ("convert", "register"):
            done = cls.trial.run(stage)
            if done.returncode != 0:
                raise AssertionError(f"{stage} failed:\n{done.stderr}")
        cls.make_batch()
        undisturbed = cls.trial.folder / "undisturbed"
        shutil.copytree(cls.trial.folder / "many", undisturbed)
        job = Job(cls.trial, undisturbed)
        if job.finish() != 0:
            raise AssertionError("undisturbed run failed:\n" + "".join(job.lines))
        cls.expected = cls.results(undisturbed)

    @classmethod
    def make_batch(cls):
        """PATIENTS copies of one patient, in the folder many."""
        lines = (cls.trial.folder / "patients.tsv").read_text().splitlines()
        row = next(line for line in lines if line.split("\t")[:2] == TEMPLATE.split("/"))
        sheet = [lines[0]]
        source = cls.trial.folder / "enlarged.h5"
        shutil.copy(cls.trial.run_folder / TEMPLATE / "convert.h5", source)
        enlarge(source, 4)
        for n in range(PATIENTS):
            name = f"P{n + 1:02d}"
            folder = cls.trial.folder / "many/north" / name
            folder.mkdir(parents=True)
            shutil.copy(source, folder / "convert.h5")
            shutil.copy(cls.trial.run_folder / TEMPLATE / "register.h5", folder)
            for stage in ("convert", "register"):
                with h5py.File(folder / f"{stage}.h5", "r+") as store:
                    store.attrs["patient"] = name
            sheet.append(row.replace("\tN01\t", f"\t{name}\t", 1))
        (cls.trial.folder / "many.tsv").write_text("\n".join(sheet) + "\n")

    @staticmethod
    def results(run):
        return {f"{path.parent.parent.name}/{path.parent.name}": path.read_bytes()
                for path in sorted(run.glob("*/*/dose.h5"))}

    @staticmethod
    def status(run):
        lines = (run / "status/dose.tsv").read_text().splitlines()[1:]
        return {"/".join(line.split("\t")[:2]): line.split("\t")[2] for line in lines}

    def run_folder(self):
        run = self.trial.folder / self.id().rpartition(".")[2]
        shutil.copytree(self.trial.folder / "many", run)
        return run

    def kill_at_work(self, run, rank, *mpirun_options):
        """Kills a rank that has a patient in hand and others finished; (job, that patient)."""
        job = Job(self.trial, run, *mpirun_options)
        self.addCleanup(job.stop)
        job.read_until(lambda j: f"2 of {PATIENTS}" in j.lines[-1])
        job.read_until(lambda j: rank in j.in_hand)
        os.kill(job.rank_process(rank), signal.SIGKILL)
        return job, job.in_hand[rank]

    def check_whole(self, run):
        found = self.results(run)
        for name, content in found.items():
            self.assertEqual(content, self.expected[name], f"{name} is not whole")
        return set(found)

    def rerun(self, run, kept):
        """The next run does what is missing, and that alone."""
        job = Job(self.trial, run)
        self.assertEqual(job.finish(), 0, "".join(job.lines))
        self.assertEqual(self.status(run), {name: "current" if name in kept else "done"
                                            for name in self.expected})
        self.assertEqual(self.check_whole(run), set(self.expected))
        self.assertEqual(list(run.rglob(".*.part")), [])

    def test_the_launcher_ends_the_job(self):
        """What was finished stays, whoever is killed."""
        for rank in (0, 1):
            with self.subTest(rank=rank):
                run = self.trial.folder / f"ended-{rank}"
                shutil.copytree(self.trial.folder / "many", run)
                job, _ = self.kill_at_work(run, rank)
                self.assertNotEqual(job.finish(), 0)
                kept = self.check_whole(run)
                self.assertGreaterEqual(len(kept), 2)
                self.rerun(run, kept)

    def test_the_others_go_on(self):
        """With --enable-recovery one patient is lost and said to be; the batch is done."""
        run = self.run_folder()
        job, lost = self.kill_at_work(run, 1, "--enable-recovery")
        job.finish()
        kept = self.check_whole(run)
        # The rank may have finished it between its last word and the signal.
        self.assertLessEqual(len(set(self.expected) - kept), 1, "".join(job.lines))
        failed = {name for name, status in self.status(run).items() if status == "failed"}
        self.assertEqual(len(failed), 1)
        self.assertIn(lost, failed)
        self.assertIn("the rank that worked on this patient was lost",
                      (run / "status/dose.tsv").read_text())
        self.rerun(run, kept)

    def test_the_first_rank_is_lost(self):
        """With --enable-recovery the others finish what they have in hand and leave."""
        run = self.run_folder()
        job, _ = self.kill_at_work(run, 0, "--enable-recovery")
        others = {patient for rank, patient in job.in_hand.items() if rank != 0}
        job.finish()  # this mpirun says 0 whatever happened
        kept = self.check_whole(run)
        self.assertLessEqual(others, kept)
        self.assertIn("rank 0 does not answer", "".join(job.lines))
        self.assertFalse((run / "status/dose.tsv").exists())
        self.rerun(run, kept)

    def test_the_patients_process_is_killed(self):
        run = self.run_folder()
        job = Job(self.trial, run)
        self.addCleanup(job.stop)
        job.read_until(lambda j: f"2 of {PATIENTS}" in j.lines[-1])
        job.read_until(lambda j: 1 in j.in_hand)
        workers, deadline = [], time.monotonic() + 20
        while not workers and time.monotonic() < deadline:
            workers = children(job.rank_process(1))
        os.kill(workers[0], signal.SIGKILL)
        self.assertEqual(job.finish(), 1, "".join(job.lines))
        kept = self.check_whole(run)
        self.assertEqual(len(kept), PATIENTS - 1)
        failed = {name for name, status in self.status(run).items() if status == "failed"}
        self.assertEqual(failed, set(self.expected) - kept)
        self.rerun(run, kept)


if __name__ == "__main__":
    unittest.main()
