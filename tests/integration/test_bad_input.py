"""Damaged input: the patient concerned fails with a sentence that helps, the others are done.

Every case damages one patient of the small archive, runs yttria-convert on the batch, and looks
at the exit code and at status/convert.tsv. Sheets of which no row can be trusted stop the program
(exit code 65).
"""
import shutil
import sys
import unittest
from pathlib import Path

import nibabel
import numpy as np
import pydicom

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import Trial, programs_missing  # noqa: E402

PARTIAL, BAD_DATA = 1, 65
NORTH, SOUTH, ISLAND = "north/N01", "south/S01", "island/I01"


@unittest.skipIf(programs_missing("convert"), programs_missing("convert"))
class BadInput(unittest.TestCase):
    """One damaged patient per test."""

    def setUp(self):
        self.trial = Trial()
        self.addCleanup(self.trial.close)

    def dicom(self, patient, what, change):
        """Applies `change` to every DICOM file of a folder, or to one file."""
        path = self.trial.folder / patient / what
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            ds = pydicom.dcmread(file)
            change(ds)
            ds.save_as(file)

    def expect_failed(self, patient, *words):
        """Only `patient` fails, and the reason holds one spelling of every word ("a|b")."""
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, PARTIAL, done.stderr)
        for name, row in self.trial.status("convert").items():
            expected = ("failed",) if name == patient else ("done", "current")
            self.assertIn(row["status"], expected, row)
        reason = self.trial.status("convert")[patient]["reason"]
        for word in words:
            self.assertTrue(any(w.lower() in reason.lower() for w in word.split("|")),
                            f"'{word}' is not in: {reason}")
        output = self.trial.run_folder / patient / "convert.h5"
        self.assertFalse(output.exists(), "a failed patient left an output")
        return reason

    def expect_refused(self, *words):
        """The sheet is refused as a whole."""
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, BAD_DATA, done.stderr)
        for word in words:
            self.assertIn(word.lower(), done.stderr.lower())

    # ---- PET that is not in Bq/mL, or cannot be brought to the administration ----

    def test_pet_units(self):
        for units in ("GML", "CNTS", "PROPCPS"):
            with self.subTest(units):
                self.dicom(NORTH, "pet", lambda ds, u=units: setattr(ds, "Units", u))
                self.expect_failed(NORTH, "0054,1001", units, "BQML")

    def test_pet_units_of_nifti(self):
        sidecar = self.trial.folder / ISLAND / "pet.json"
        sidecar.write_text(sidecar.read_text().replace('"Bq/mL"', '"g/mL"'))
        self.expect_failed(ISLAND, "Units", "g/mL")

    def test_missing_half_life(self):
        def change(ds):
            del ds.RadiopharmaceuticalInformationSequence[0].RadionuclideHalfLife
        self.dicom(NORTH, "pet", change)
        self.expect_failed(NORTH, "0018,1075", "missing")

    def test_missing_injection_time(self):
        def change(ds):
            tracer = ds.RadiopharmaceuticalInformationSequence[0]
            del tracer.RadiopharmaceuticalStartDateTime, tracer.RadiopharmaceuticalStartTime
        self.dicom(SOUTH, "pet", change)  # corrected to the administration: needs that instant
        self.expect_failed(SOUTH, "0018,1078|0018,1072", "missing")

    def test_missing_sidecar(self):
        (self.trial.folder / ISLAND / "pet.json").unlink()
        self.expect_failed(ISLAND, "json")

    # ---- damaged files ----

    def test_truncated_dicom(self):
        file = sorted((self.trial.folder / NORTH / "pet").iterdir())[3]
        file.write_bytes(file.read_bytes()[:-1500])
        self.expect_failed(NORTH, "truncated|ends|incomplete|short")

    def test_truncated_in_the_header(self):
        file = sorted((self.trial.folder / SOUTH / "ct").iterdir())[0]
        file.write_bytes(file.read_bytes()[:700])
        self.expect_failed(SOUTH)

    def test_missing_file(self):
        shutil.rmtree(self.trial.folder / SOUTH / "ct")
        self.expect_failed(SOUTH, "ct: no such file", "images.tsv")

    def test_missing_slice(self):
        files = sorted((self.trial.folder / NORTH / "pet").iterdir(),
                       key=lambda f: int(pydicom.dcmread(f).InstanceNumber))
        files[len(files) // 2].unlink()
        self.expect_failed(NORTH, "slice")

    def test_truncated_nifti(self):
        file = self.trial.folder / ISLAND / "mr.nii.gz"
        file.write_bytes(file.read_bytes()[:4000])
        self.expect_failed(ISLAND)

    def test_nan_voxels(self):
        file = self.trial.folder / ISLAND / "pet.nii.gz"
        image = nibabel.load(file)
        values = image.get_fdata(dtype=np.float32)
        values[10:14, 20, 15] = np.nan
        nibabel.save(nibabel.Nifti1Image(values, image.affine), file)
        self.expect_failed(ISLAND, "NaN|finite|not a number")

    # ---- masks ----

    def test_mask_on_another_frame(self):
        def change(ds):
            other = "2.25.1234567890"
            ds.FrameOfReferenceUID = other
            ds.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = other
            for roi in ds.StructureSetROISequence:
                roi.ReferencedFrameOfReferenceUID = other
            for item in ds.ReferencedFrameOfReferenceSequence[0] \
                    .RTReferencedStudySequence[0].RTReferencedSeriesSequence:
                item.SeriesInstanceUID = "2.25.987654321"
        self.dicom(NORTH, "rtstruct.dcm", change)
        self.expect_failed(NORTH, "frame")

    def test_empty_lesion(self):
        file = self.trial.folder / ISLAND / "labels.nii.gz"
        image = nibabel.load(file)
        labels = np.asanyarray(image.dataobj).copy()
        labels[labels == 3] = 1  # 3 is the lesion
        nibabel.save(nibabel.Nifti1Image(labels, image.affine, image.header), file)
        self.expect_failed(ISLAND, "lesion:L1", "empty|no voxel|matches nothing")

    def test_empty_contour(self):
        def change(ds):
            for roi in ds.ROIContourSequence:
                if int(roi.ReferencedROINumber) == 3:
                    del roi.ContourSequence
        self.dicom(NORTH, "rtstruct.dcm", change)
        self.expect_failed(NORTH, "Lesion_1|L1")

    def test_name_not_in_the_mask(self):
        self.trial.edit("images", "Lesion_1=lesion:L1", "Lesion_9=lesion:L1")
        self.expect_failed(NORTH, "Lesion_9")

    # ---- sheets ----

    def test_unknown_column(self):
        self.trial.edit("patients", "progression", "progresion")
        self.expect_refused("patients.tsv", "progresion")

    def test_patient_listed_twice(self):
        sheet = self.trial.folder / "patients.tsv"
        lines = sheet.read_text().splitlines()
        sheet.write_text("\n".join([*lines, lines[1]]) + "\n")
        self.expect_failed(lines[1].split("\t")[0] + "/" + lines[1].split("\t")[1], "patients.tsv",
                           "listed twice", "lines 2 and 5")

    def row_of(self, sheet, patient):
        """The first row of a patient in a sheet, as text."""
        key = patient.replace("/", "\t") + "\t"
        lines = (self.trial.folder / f"{sheet}.tsv").read_text().splitlines()
        return next(line for line in lines if line.startswith(key))

    def test_bad_choice(self):
        row = self.row_of("images", SOUTH)
        self.trial.edit("images", row, row.replace("\tpet\t", "\tpt\t"))
        self.expect_failed(SOUTH, "images.tsv:", "column 'role': 'pt' is not one of pet|anatomy")

    def test_bad_clinical_value(self):
        row = self.row_of("patients", NORTH)
        self.trial.edit("patients", row, row.replace("\tno", "\tmaybe").replace("\tyes", "\tmaybe")
                        .replace("\tunknown", "\tmaybe"))
        self.expect_failed(NORTH, "patients.tsv:", "column 'progression': 'maybe' is not one of")

    def test_row_with_a_cell_too_many(self):
        row = self.row_of("treatments", ISLAND)
        self.trial.edit("treatments", row, row + "\tremark")
        self.expect_failed(ISLAND, "treatments.tsv:", "cells where the header has")

    def test_row_of_nobody(self):
        row = self.row_of("images", NORTH)
        with open(self.trial.folder / "images.tsv", "a", encoding="utf-8") as sheet:
            sheet.write("\t\t\n" + row.replace("N01", "N99") + "\n")
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("patient north/N99 is not in the sheet of patients", done.stderr)

    def test_row_that_does_not_say_whose_it_is(self):
        row = self.row_of("images", NORTH)
        self.trial.edit("images", row, row.replace("N01", "", 1))
        self.expect_refused("images.tsv:", "column 'patient' is empty")

    def test_sheet_that_is_not_utf8(self):
        sheet = self.trial.folder / "images.tsv"
        sheet.write_bytes(sheet.read_bytes() + b"north\tN01\tm\xfcller\n")
        self.expect_refused("images.tsv:", "is not UTF-8")

    # ---- and nothing damaged ----

    def test_intact(self):
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({row["status"] for row in self.trial.status("convert").values()},
                         {"done"})


if __name__ == "__main__":
    unittest.main()
