"""The archive's DICOM files are valid standard objects, and say what they should.

dciodvfy (Debian: dicom3tools) knows every attribute that an object must, may and must not have;
dcmdump (dcmtk) is a second parser. One file of every kind of every center.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import nibabel
import numpy as np
import pydicom

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import REPOSITORY, make_archive, small_archive  # noqa: E402

OBJECTS = {"north/N01/pet": "PETImage", "north/N01/mr": "MRImage",
           "north/N01/rtstruct.dcm": "RTStructureSet", "south/S01/pet": "PETImage",
           "south/S01/ct": "CTImage", "south/S01/seg.dcm": "Segmentation"}
# The options that only the demo cohort uses: no decay correction; an oblique MR; slices of a CT in
# reverse. They are taken from the demo archive if it is there, else made.
DEMO_OBJECTS = {"south/S05": ("pet",), "north/N04": ("mr", "rtstruct.dcm"), "south/S01": ("ct",)}
DEMO_ARCHIVE = Path(os.environ.get("YTTRIA_DEMO_ARCHIVE",
                                   REPOSITORY / "results" / "demo-archive"))


def first_and_last(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [files[0], files[-1]] if len(files) > 1 else files


@unittest.skipUnless(shutil.which("dciodvfy") and shutil.which("dcmdump"),
                     "dciodvfy (dicom3tools) and dcmdump (dcmtk) are needed")
class ValidDicom(unittest.TestCase):
    """Objects against the standard."""

    def check(self, path, kind=None):
        for file in first_and_last(path):
            with self.subTest(str(file)):
                done = subprocess.run(["dciodvfy", "-new", str(file)], capture_output=True,
                                      text=True, check=False)
                said = (done.stdout + done.stderr).splitlines()
                self.assertEqual([], [line for line in said if line.startswith("Error")])
                if kind is not None:
                    self.assertIn(kind, said)
                done = subprocess.run(["dcmdump", "-q", str(file)], capture_output=True,
                                      check=False)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_small_archive(self):
        for name, kind in OBJECTS.items():
            self.check(small_archive() / name, kind)

    def test_options_of_the_demo(self):
        with tempfile.TemporaryDirectory(prefix="yttria-valid-") as scratch:
            for patient, parts in DEMO_OBJECTS.items():
                folder = DEMO_ARCHIVE
                if not (folder / patient).is_dir():
                    folder = Path(scratch) / patient.replace("/", "-")
                    make_archive(folder, "--only", patient)
                for part in parts:
                    self.check(folder / patient / part)

    def test_a_fault_is_seen(self):
        with tempfile.TemporaryDirectory(prefix="yttria-valid-") as scratch:
            ds = pydicom.dcmread(next((small_archive() / "north/N01/pet").iterdir()))
            del ds.Units
            ds.save_as(Path(scratch) / "fault.dcm")
            with self.assertRaises(AssertionError):
                self.check_plain(Path(scratch) / "fault.dcm")

    def check_plain(self, file):
        done = subprocess.run(["dciodvfy", "-new", str(file)], capture_output=True, text=True,
                              check=False)
        self.assertNotIn("Error", done.stdout + done.stderr)


class Content(unittest.TestCase):
    """What the files mean, read back."""

    def test_deterministic_and_idempotent(self):
        with tempfile.TemporaryDirectory(prefix="yttria-again-") as scratch:
            again = Path(scratch) / "again"
            make_archive(again, "--small")
            first = {p.relative_to(again): p.read_bytes() for p in again.rglob("*") if p.is_file()}
            for name, content in first.items():
                self.assertEqual(content, (small_archive() / name).read_bytes(), name)
            self.assertIn("up to date", make_archive(again, "--small"))

    def test_another_seed_is_another_archive(self):
        with tempfile.TemporaryDirectory(prefix="yttria-seed-") as scratch:
            other = Path(scratch) / "other"
            make_archive(other, "--small", "--seed", "7", "--only", "north/N01")
            file = "north/N01/rtstruct.dcm"
            self.assertNotEqual((other / file).read_bytes(), (small_archive() / file).read_bytes())

    def test_a_foreign_folder_is_left_alone(self):
        with tempfile.TemporaryDirectory(prefix="yttria-foreign-") as scratch:
            (Path(scratch) / "precious.txt").write_text("mine")
            with self.assertRaises(AssertionError):
                make_archive(scratch, "--small")
            self.assertEqual((Path(scratch) / "precious.txt").read_text(), "mine")

    def test_slopes(self):
        """South's scanner has a slope per slice, north's one per series."""
        def slopes(folder):
            return {str(pydicom.dcmread(f, stop_before_pixels=True).RescaleSlope)
                    for f in (small_archive() / folder).iterdir()}
        self.assertEqual(len(slopes("north/N01/pet")), 1)
        self.assertGreater(len(slopes("south/S01/pet")), 10)

    def test_nifti_masks_and_image_share_a_grid(self):
        folder = small_archive() / "island/I01"
        image, labels = nibabel.load(folder / "mr.nii.gz"), nibabel.load(folder / "labels.nii.gz")
        np.testing.assert_allclose(image.affine, labels.affine, atol=1e-4)
        self.assertEqual(set(np.unique(np.asanyarray(labels.dataobj))), {0, 1, 2, 3})


if __name__ == "__main__":
    unittest.main()
