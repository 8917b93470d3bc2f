"""The same DICOM files read by pydicom give the values and positions that are in convert.h5.

Phantom patients of every center that sends DICOM, and the real PET of tests/data. pydicom shares
no code with GDCM or with the readers of this project.
"""
import sys
import tarfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import pydicom

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import REPOSITORY, Trial, programs_missing  # noqa: E402

AIR_HU = -1024.0


def read_series(folder):
    """Values [k][j][i], positions of the first voxel of every slice, steps along i and j."""
    files = [pydicom.dcmread(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    row, column = np.split(np.array(files[0].ImageOrientationPatient, float), 2)
    normal = np.cross(row, column)
    files.sort(key=lambda ds: float(normal @ np.array(ds.ImagePositionPatient, float)))
    values = np.stack([ds.pixel_array.astype(float) * float(ds.get("RescaleSlope", 1))
                       + float(ds.get("RescaleIntercept", 0)) for ds in files])
    if files[0].Modality == "CT":
        values = np.maximum(values, AIR_HU)
    positions = np.array([ds.ImagePositionPatient for ds in files], float)
    between_rows, between_columns = map(float, files[0].PixelSpacing)
    return values, positions, row * between_columns, column * between_rows


@unittest.skipIf(programs_missing("convert"), programs_missing("convert"))
class DicomAgainstPydicom(unittest.TestCase):
    """One comparison per DICOM image row."""

    def setUp(self):
        self.trial = Trial()
        self.addCleanup(self.trial.close)

    def rows(self):
        """Center, patient, timepoint, role and path of every image that is a folder of DICOM."""
        lines = (self.trial.folder / "images.tsv").read_text().splitlines()
        names = lines[0].split("\t")
        for line in lines[1:]:
            row = dict(zip(names, line.split("\t")))
            path = self.trial.folder / row["path"]
            if row["role"] != "mask" and path.is_dir():
                yield row, path

    def compare(self, row, path):
        """Values within the rounding of float32, positions within a quarter of the slice gap
        where gaps are uneven and else within a micrometre."""
        values, positions, i_step, j_step = read_series(path)
        file = self.trial.run_folder / row["center"] / row["patient"] / "convert.h5"
        with h5py.File(file) as store:
            images = [group for group in store["images"].values()
                      if (group.attrs["role"], group.attrs["timepoint"])
                      == (row["role"], row["timepoint"])]
            self.assertEqual(len(images), 1, row)
            voxels = images[0]["voxels"]
            np.testing.assert_allclose(voxels[...], values, rtol=1e-6, atol=1e-6)
            affine = np.array(voxels.attrs["affine"])
            uneven = "slice_gap_uneven" in store.attrs["flags"]
        np.testing.assert_allclose(affine[:3, 0], i_step, atol=1e-9)
        np.testing.assert_allclose(affine[:3, 1], j_step, atol=1e-9)
        k = np.arange(len(positions))[:, None]
        off = np.linalg.norm(affine[:3, 3] + k * affine[:3, 2] - positions, axis=1)
        spacing = np.linalg.norm(affine[:3, 2])
        self.assertLess(off.max(), (0.25 if uneven else 0.01) * spacing)
        np.testing.assert_allclose(off[[0, -1]], 0, atol=1e-6)

    def test_phantom(self):
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, 0, done.stderr)
        compared = 0
        for row, path in self.rows():
            with self.subTest(**row):
                self.compare(row, path)
                compared += 1
        self.assertGreaterEqual(compared, 4)

    def test_real_pet_and_mr(self):
        with tarfile.open(REPOSITORY / "tests/data/sts001_fdgpet_mr_dicom.tar.xz") as archive:
            archive.extractall(self.trial.folder)
        folder = "sts001_fdgpet_mr_dicom"
        (self.trial.folder / "patients.tsv").write_text(
            "center\tpatient\tprogression\nC\tP\tno\n")
        (self.trial.folder / "treatments.tsv").write_text(
            "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n"
            "C\tP\tT1\t2000-09-07T10:35\t0.388777472\n")
        (self.trial.folder / "images.tsv").write_text(
            "center\tpatient\ttimepoint\trole\tpath\n"
            f"C\tP\ta\tpet\t{folder}/FDG_PET/image\n"
            f"C\tP\ta\tanatomy\t{folder}/MR_T1/image\n")
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, 0, done.stderr)
        for row, path in self.rows():
            with self.subTest(**row):
                self.compare(row, path)


if __name__ == "__main__":
    unittest.main()
