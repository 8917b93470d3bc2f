"""A made-up run for the tests of the report: sheets, status tables, and tables of the contract."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

REPORT = pathlib.Path(__file__).resolve().parents[2] / "pipeline" / "report"


def write_rows(file, name, rows):
    """A table group of the contract from dicts of equal keys."""
    group = file.create_group(name)
    group.attrs["columns"] = ",".join(rows[0])
    for column in rows[0]:
        cells = [row[column] for row in rows]
        group.create_dataset(column, data=np.array(cells, object if isinstance(cells[0], str)
                                                   else float),
                             dtype=h5py.string_dtype() if isinstance(cells[0], str) else float)


class MadeUpRun(unittest.TestCase):
    """A run of two patients, one of whom failed, with hostile text."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.run = pathlib.Path(scratch.name) / "run"
        for folder in ("cohort", "status", "logs"):
            (self.run / folder).mkdir(parents=True)
        self.config = pathlib.Path(scratch.name) / "trial.yaml"
        self.config.write_text("cohort: {patients: p, treatments: t, images: i}\nrun: run\n"
                               "report: {title: A <b>title</b>}\n", encoding="utf-8")
        self.write_results("1")

    def write_results(self, stratum):
        (self.run / "cohort" / "patients.csv").write_text(
            "center,patient,stratum,reason,flags,n_lesions,n_underdosed,min_davg_gy\n"
            f"A,P1,{stratum},all lesions > 30 Gy,dose_tie;<i>x</i>,2,0,31.5\n"
            "A,P2,0,convert: <script>alert(1)</script>,,0,0,\n", encoding="utf-8")
        (self.run / "status" / "convert.tsv").write_text(
            "center\tpatient\tstatus\treason\tseconds\nA\tP1\tdone\t\t1\n"
            "A\tP2\tfailed\tGML <script>alert(1)</script>, wanted BQML\t0\n", encoding="utf-8")

    def draw(self):
        done = subprocess.run([sys.executable, REPORT / "make_report.py", "--config", self.config,
                               "--run", self.run], text=True, capture_output=True, check=True)
        return done.stdout, (self.run / "report" / "index.html").read_text(encoding="utf-8")
