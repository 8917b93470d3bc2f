#!/usr/bin/python3
"""Patients are dealt into stable batches; status tables are put together again."""
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "pipeline"))

import batches  # noqa: E402

STATUS = "center\tpatient\tstatus\treason\tseconds\n"


class Batches(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.sheet = self.folder / "patients.tsv"

    def write_sheet(self, names):
        self.sheet.write_text("center\tpatient\tprogression\n"
                              + "".join(f"A\t{name}\tno\n" for name in names), encoding="utf-8")

    def split(self, n):
        paths = [self.folder / f"{index}.tsv" for index in range(n)]
        batches.split(self.sheet, self.folder / "all.tsv", paths)
        return [[cells[1] for _, cells in batches.read_rows(path)[1]] for path in paths]

    def test_every_patient_is_in_one_batch(self):
        names = [f"P{n}" for n in range(100)]
        self.write_sheet(names)
        parts = self.split(4)
        self.assertEqual(sorted(sum(parts, [])), sorted(names))
        # 100 patients in 4 batches by hash: 25 each with a standard deviation of 4.3.
        self.assertTrue(all(10 <= len(part) <= 40 for part in parts), [len(p) for p in parts])

    def test_a_new_patient_does_not_move_the_others(self):
        self.write_sheet([f"P{n}" for n in range(50)])
        before = self.split(5)
        self.write_sheet(["new"] + [f"P{n}" for n in range(50)])
        after = [[name for name in part if name != "new"] for part in self.split(5)]
        self.assertEqual(before, after)

    def test_a_patient_listed_twice_fails_and_the_others_go_on(self):
        self.write_sheet(["P1", "P2", "P1"])
        self.assertEqual(self.split(1), [["P2"]])
        everyone = batches.read_rows(self.folder / "all.tsv")[1]
        self.assertEqual([cells[1] for _, cells in everyone], ["P1", "P2"])
        table, merged = self.folder / "0.status", self.folder / "merged.tsv"
        table.write_text(STATUS + "A\tP2\tdone\t\t1.5\n", encoding="utf-8")
        batches.merge(self.sheet, "convert", [table], merged)
        self.assertEqual(merged.read_text(encoding="utf-8"), STATUS
                         + "A\tP1\tfailed\tpatients.tsv: listed twice, in lines 2 and 4; "
                         "delete one\t0\nA\tP2\tdone\t\t1.5\n")

    def test_merged_rows_follow_the_sheet(self):
        self.write_sheet(["P3", "P1", "P2"])
        tables = []
        for name in ("P1", "P2", "P3"):
            tables.append(self.folder / f"{name}.status")
            tables[-1].write_text(f"{STATUS}A\t{name}\tcurrent\t\t0\n", encoding="utf-8")
        batches.merge(self.sheet, "dose", tables, self.folder / "merged.tsv")
        rows = batches.read_rows(self.folder / "merged.tsv")[1]
        self.assertEqual([cells[1] for _, cells in rows], ["P3", "P1", "P2"])

    def test_a_table_of_other_columns_is_refused(self):
        self.write_sheet(["P1"])
        (self.folder / "bad").write_text("center\tpatient\nA\tP1\n", encoding="utf-8")
        with self.assertRaisesRegex(ValueError, "wanted"):
            batches.merge(self.sheet, "dose", [self.folder / "bad"], self.folder / "merged.tsv")


if __name__ == "__main__":
    unittest.main()
