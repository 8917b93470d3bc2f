#!/usr/bin/python3
"""pipeline/run on a small archive: a second run is idle, a killed one is completed, a changed
file is noticed, broken input is explained. Needs the programs (YTTRIA_BIN or build/bin)."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import archive_fixture
import compare_runs

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = archive_fixture.PROGRAMS
FINISHED = (0, 1)


@unittest.skipUnless((PROGRAMS / "yttria-convert").exists(), f"no programs in {PROGRAMS}")
class PipelineRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = archive_fixture.small_archive().parent / "pipeline"
        shutil.copytree(archive_fixture.small_archive(), cls.folder)
        cls.config = cls.folder / "trial.yaml"
        cls.config.write_text("cohort: {patients: patients.tsv, treatments: treatments.tsv, "
                              f"images: images.tsv}}\nrun: run\n"
                              f"nuclide: {ROOT / 'configs' / 'nuclides' / 'y90.yaml'}\n",
                              encoding="utf-8")
        cls.first = cls.start(cls.folder / "run")

    @classmethod
    def command(cls, run, *options):
        return [sys.executable, ROOT / "pipeline" / "run", cls.config, "--run", run,
                "--bin", PROGRAMS, "--cores", "2", *options]

    @classmethod
    def start(cls, run, *options, **variables):
        return subprocess.run(cls.command(run, *options), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env={**os.environ, **variables})

    def statuses(self, run):
        return {stage: [line.split("\t")[2] for line in (
            run / "status" / f"{stage}.tsv").read_text().splitlines()[1:]]
            for stage in ("convert", "register", "dose", "segment", "stratify")}

    def test_the_chain_ends_with_a_report_and_a_summary(self):
        self.assertIn(self.first.returncode, FINISHED, self.first.stdout)
        self.assertIn("3 patients", self.first.stdout)
        self.assertTrue((self.folder / "run" / "report" / "index.html").exists())
        self.assertIn(str(self.folder / "run" / "report" / "index.html"), self.first.stdout)

    def test_a_second_run_finds_all_up_to_date_without_home_and_user(self):
        variables = {"HOME": "/nonexistent", "USER": ""}
        done = self.start(self.folder / "run", **variables)
        self.assertIn(done.returncode, FINISHED, done.stdout)
        for stage, found in self.statuses(self.folder / "run").items():
            self.assertNotIn("done", found, stage)

    def test_other_batches_and_ranks_give_the_same_numbers(self):
        other = self.folder / "other"
        done = self.start(other, "--batches", "2", "--ranks", "2", "--threads", "1")
        self.assertIn(done.returncode, FINISHED, done.stdout)
        self.assertEqual(compare_runs.compare(self.folder / "run", other)[0], [])

    def test_a_killed_run_is_completed_by_starting_it_again(self):
        run = self.folder / "killed"
        process = subprocess.Popen(self.command(run), stdout=subprocess.DEVNULL)
        for _ in range(600):
            if (run / "status" / "convert").exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertFalse((run / "report" / "index.html").exists(), "killed too late to tell")
        done = self.start(run)
        self.assertIn(done.returncode, FINISHED, done.stdout)
        self.assertEqual(compare_runs.compare(self.folder / "run", run)[0], [])

    def test_a_changed_image_is_noticed_and_a_removed_one_fails_its_patient_only(self):
        run = self.folder / "changed"
        shutil.copytree(self.folder / "run", run)
        rows = [line.split("\t") for line in
                (self.folder / "images.tsv").read_text().splitlines()[1:]]
        center, patient, path = next((r[0], r[1], r[4]) for r in rows if r[3] == "pet")
        shutil.move(self.folder / path, self.folder / "away")
        try:
            done = self.start(run)
        finally:
            shutil.move(self.folder / "away", self.folder / path)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(f"{center}/{patient} in convert", done.stdout)
        self.assertEqual(sorted(self.statuses(run)["convert"]), ["current", "current", "failed"])
        done = self.start(run)
        self.assertEqual(sorted(self.statuses(run)["convert"]), ["current", "current", "done"])
        self.assertEqual(compare_runs.compare(self.folder / "run", run)[0], [])

    def test_a_wrong_key_stops_the_run_before_it_starts(self):
        bad = self.folder / "bad.yaml"
        bad.write_text(self.config.read_text(encoding="utf-8") + "doze: {}\n", encoding="utf-8")
        done = subprocess.run([sys.executable, ROOT / "pipeline" / "run", bad], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("bad.yaml:4: error: unknown key 'doze'", done.stderr)

    def test_a_stage_that_breaks_down_is_named_with_the_end_of_its_log(self):
        programs = self.folder / "bin"
        shutil.copytree(PROGRAMS, programs)
        (programs / "yttria-dose").write_text("#!/bin/sh\necho no memory left >&2\nexit 70\n",
                                              encoding="utf-8")
        run = self.folder / "broken"
        done = self.start(run, "--bin", programs)
        self.assertEqual(done.returncode, 70, done.stdout)
        self.assertIn("dose broke down", done.stdout)
        self.assertIn("no memory left", done.stdout)


if __name__ == "__main__":
    unittest.main()
