"""Raw scanner DICOM through the stage programs, against an independent reading of the same files.

What is expected comes from pydicom and numpy (values, positions), from plastimatch (volumes and
means inside the contours: tests/data/sts001_fdgpet_mr_dicom.ORIGIN.txt) and from formulas written
out here. The FDG study tests the arithmetic with another nuclide than 90Y.
"""
import csv
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import pydicom

sys.path.insert(0, str(Path(__file__).resolve().parent))
from archive_fixture import PROGRAMS, REPOSITORY, programs_missing  # noqa: E402

STAGES = ("convert", "register", "dose", "segment", "stratify", "aggregate")
ARCHIVES = ("sts001_fdgpet_mr_dicom", "crlm1004_liver_ct_dicom", "cmbcrc_liver_mr_dicom",
            "sts002_ct_pet_mr_crop")
PARTIAL = 1
PET = "sts001_fdgpet_mr_dicom/FDG_PET"
T1, T2 = "sts001_fdgpet_mr_dicom/MR_T1", "sts001_fdgpet_mr_dicom/MR_T2"
CT, MR = "crlm1004_liver_ct_dicom/image", "cmbcrc_liver_mr_dicom/SCAN_001/t2_image"
TOTALSEG = str(REPOSITORY / "tests/data/totalseg_abdomen/ct_dicom")
AIR_HU = -1024.0

# configs/nuclides/f18.yaml, written again: half-life 109.77 min, mean energy in MeV per decay.
HALF_LIFE_S = 109.77 * 60
ENERGY_J = 0.24156 * 1.602176634e-13
POSITRON_YIELD = 0.967
DENSITY_KG_ML = 1.06e-3
# Of the PET's header: what the scanner divided by, and decayed with.
HEADER_POSITRON_FRACTION, HEADER_HALF_LIFE_S, FRAME_S = 0.97, 6588.0, 240.0
# Series Time 11:20:11 less the injection at 10:35:00.
REFERENCE_AFTER_INJECTION_S = 2711.0

# The registration is cut short: nothing here depends on it, and others test it.
CONFIGURATION = f"""\
cohort: {{patients: patients.tsv, treatments: treatments.tsv, images: images.tsv}}
run: run
nuclide: {REPOSITORY / "configs" / "nuclides" / "f18.yaml"}
registration: {{levels: 1, max_iterations: 3, sample_spacing_mm: 10.0, max_rotation_deg: 0}}
dose: {{methods: [local_deposition]}}
segmentation: {{dose_method: local_deposition}}
"""
PATIENTS = ("A/pet_mr", "B/pet_only", "C/mr_only", "D/ct", "D/mr", "D/jpeg2000", "E/gml")
WITH_PET = ("A/pet_mr", "B/pet_only", "E/gml")


def decay_in_frame(half_life_s):
    """Activity at the start of the frame over its mean in the frame."""
    half_lives = FRAME_S / half_life_s
    return half_lives * np.log(2) / (1 - 2 ** -half_lives)


def lesions(suffix=""):
    return f"GTV_Mass=lesion:Mass{suffix};GTV_Edema=lesion:Edema{suffix}"


IMAGES = (
    ("A/pet_mr", "pet", f"{PET}/image", ""), ("A/pet_mr", "mr", f"{T1}/image", ""),
    ("A/pet_mr", "mr", f"{T2}/image", ""), ("A/pet_mr", "mask", f"{PET}/mask", lesions()),
    ("A/pet_mr", "mask", f"{T1}/mask", lesions("_T1")),
    ("A/pet_mr", "mask", f"{T2}/mask", lesions("_T2")),
    ("B/pet_only", "pet", f"{PET}/image", ""), ("B/pet_only", "mask", f"{PET}/mask", lesions()),
    ("C/mr_only", "mr", f"{T1}/image", ""), ("C/mr_only", "mask", f"{T1}/mask", lesions()),
    ("D/ct", "ct", CT, ""), ("D/mr", "mr", MR, ""), ("D/jpeg2000", "ct", TOTALSEG, ""),
    ("E/gml", "pet", "sts002_ct_pet_mr_crop/PET/dicom/image", ""),
)


def write_sheet(path, header, rows):
    lines = ["\t".join(row) for row in [header, *rows]]
    path.write_text("\n".join(lines) + "\n")


def write_sheets(folder):
    write_sheet(folder / "patients.tsv", ("center", "patient", "progression"),
                [(*name.split("/"), "no") for name in PATIENTS])
    write_sheet(folder / "treatments.tsv",
                ("center", "patient", "treatment", "administered_at", "activity_gbq"),
                [(*name.split("/"), "t1", "2000-09-07T10:35:00", "0.388777472")
                 for name in WITH_PET])
    write_sheet(folder / "images.tsv",
                ("center", "patient", "timepoint", "role", "path", "structure_map"),
                [(*name.split("/"), "t1", *rest) for name, *rest in IMAGES])
    (folder / "trial.yaml").write_text(CONFIGURATION)


def read_series(folder):
    """Values [k][j][i], positions of the first voxel of every slice, steps along i and j."""
    files = [pydicom.dcmread(path) for path in folder.iterdir()
             if pydicom.misc.is_dicom(path)]
    row, column = np.split(np.array(files[0].ImageOrientationPatient, float), 2)
    normal = np.cross(row, column)
    files.sort(key=lambda ds: float(normal @ np.array(ds.ImagePositionPatient, float)))
    values = np.stack([ds.pixel_array.astype(float) * float(ds.get("RescaleSlope", 1))
                       + float(ds.get("RescaleIntercept", 0)) for ds in files])
    positions = np.array([ds.ImagePositionPatient for ds in files], float)
    between_rows, between_columns = map(float, files[0].PixelSpacing)
    return values, positions, row * between_columns, column * between_rows


def inside(structure, image):
    """The structure's mask on the whole grid of its image."""
    mask = structure["mask"]
    shift = np.linalg.solve(image.attrs["affine"], mask.attrs["affine"])
    np.testing.assert_allclose(shift[:3, :3], np.eye(3), atol=1e-6)
    i, j, k = np.rint(shift[:3, 3]).astype(int)
    full = np.zeros(image.shape, bool)
    full[k:k + mask.shape[0], j:j + mask.shape[1], i:i + mask.shape[2]] = mask[...] == 1
    return full


def voxel_ml(image):
    return abs(np.linalg.det(image.attrs["affine"][:3, :3])) / 1000


@unittest.skipIf(programs_missing(*STAGES), programs_missing(*STAGES))
class RealScannerData(unittest.TestCase):
    """One run of all stages for all tests."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="yttria-real-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        for name in ARCHIVES:
            with tarfile.open(REPOSITORY / "tests" / "data" / f"{name}.tar.xz") as archive:
                archive.extractall(cls.folder)
        write_sheets(cls.folder)
        cls.done = {stage: cls.run_stage(stage) for stage in STAGES}

    @classmethod
    def run_stage(cls, stage, folder=None):
        folder = folder or cls.folder
        command = [PROGRAMS / f"yttria-{stage}", "--config", folder / "trial.yaml", "--batch",
                   folder / "patients.tsv", "--run", folder / "run"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600,
                              env={**os.environ, "OMP_NUM_THREADS": "2"})

    def status(self, stage, patient):
        with open(self.folder / "run" / "status" / f"{stage}.tsv", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if f"{row['center']}/{row['patient']}" == patient:
                    return row
        self.fail(f"{patient} is not in status/{stage}.tsv")

    def opened(self, patient, stage):
        file = h5py.File(self.folder / "run" / patient / f"{stage}.h5")
        self.addCleanup(file.close)
        return file

    def test_status(self):
        for stage in STAGES[:-1]:
            self.assertEqual(self.done[stage].returncode,
                             PARTIAL if stage in ("convert", "register") else 0,
                             self.done[stage].stderr)
            for patient in ("A/pet_mr", "B/pet_only"):
                self.assertEqual(self.status(stage, patient)["status"], "done")
        for patient in ("C/mr_only", "D/ct", "D/mr", "D/jpeg2000"):
            self.assertEqual(self.status("convert", patient)["status"], "done")
            row = self.status("register", patient)
            self.assertEqual(row["status"], "failed")
            self.assertIn("treatments sheet", row["reason"])

    def test_standardised_uptake_values_are_refused(self):
        row = self.status("convert", "E/gml")
        self.assertEqual(row["status"], "failed")
        for word in ("0054,1001", "'GML'", "BQML"):
            self.assertIn(word, row["reason"])

    # ---- values and positions, as pydicom reads them ----

    def compare(self, patient, image, folder, spacing_mm, lowest=None):
        """Values within the rounding of float32; the ends of the grid exact, slices between them
        within 1 % of the spacing unless the patient is flagged (then within 25 %)."""
        file = self.opened(patient, "convert")
        voxels = file[f"images/{image}/voxels"]
        values, positions, i_step, j_step = read_series(folder)
        values = values if lowest is None else np.maximum(values, lowest)
        np.testing.assert_allclose(voxels[...], values, rtol=1e-6, atol=1e-6)
        affine = voxels.attrs["affine"]
        np.testing.assert_allclose(affine[:3, 0], i_step, atol=1e-9)
        np.testing.assert_allclose(affine[:3, 1], j_step, atol=1e-9)
        k = np.arange(len(positions))[:, None]
        off = np.linalg.norm(affine[:3, 3] + k * affine[:3, 2] - positions, axis=1)
        spacing = np.linalg.norm(affine[:3, 2])
        self.assertAlmostEqual(spacing, spacing_mm, delta=1e-3)
        uneven = "slice_gap_uneven" in file.attrs["flags"]
        self.assertLess(off.max(), (0.25 if uneven else 0.01) * spacing)
        np.testing.assert_allclose(off[[0, -1]], 0, atol=1e-6)
        self.assertGreater(np.linalg.det(affine[:3, :3]), 0)
        return voxels

    def test_pet(self):
        # Mean gap of 266: 261 of 3.27, four of 3.29 and one of 3.19 mm.
        mean_gap_mm = (261 * 3.27 + 4 * 3.29 + 3.19) / 266
        voxels = self.compare("B/pet_only", "pet_t1", self.folder / PET / "image", mean_gap_mm)
        self.assertEqual(voxels.attrs["units"], "Bq mL-1")
        values = voxels[...].astype(float)
        self.assertAlmostEqual(values.mean() / 614.661477, 1, delta=1e-6)
        self.assertAlmostEqual(values.max() / 273860.36027, 1, delta=1e-6)
        self.assertIn("slice_gap_uneven", self.opened("B/pet_only", "convert").attrs["flags"])

    def test_mr_with_gaps(self):
        # Thickness 4 mm and a gap of 1.2 mm (along z 5.197 mm, as ORIGIN.txt says: oblique slices).
        self.compare("A/pet_mr", "mr_t1", self.folder / T1 / "image", 5.2)
        self.compare("A/pet_mr", "mr_t1_2", self.folder / T2 / "image", 5.2)

    def test_liver_ct(self):
        voxels = self.compare("D/ct", "ct_t1", self.folder / CT, 5.0, AIR_HU)
        # Padding outside the circle is -3024 HU in the files.
        self.assertEqual(voxels[...].min(), AIR_HU)

    def test_liver_mr(self):
        voxels = self.compare("D/mr", "mr_t1", self.folder / MR, 8.0)
        self.assertEqual(voxels.shape, (20, 512, 584))
        self.assertLess(voxels[...].min(), 0)

    def test_jpeg2000_ct(self):
        self.compare("D/jpeg2000", "ct_t1", Path(TOTALSEG), 2.0, AIR_HU)

    # ---- contours, as plastimatch fills them ----

    def test_volumes(self):
        # 0.1 %: plastimatch cuts voxels by the same centre-inside rule on nominal spacings.
        cases = (("B/pet_only", "pet_t1", "", 366.080, 578.973),
                 ("A/pet_mr", "pet_t1", "", 366.080, 578.973),
                 ("A/pet_mr", "mr_t1", "_t1", 364.754, 579.782),
                 ("A/pet_mr", "mr_t1_2", "_t2", 364.895, 579.220),
                 ("C/mr_only", "mr_t1", "", 364.754, 579.782))
        for patient, image, suffix, mass_ml, edema_ml in cases:
            file = self.opened(patient, "convert")
            for name, expected_ml in (("mass", mass_ml), ("edema", edema_ml)):
                with self.subTest(patient=patient, image=image, structure=name):
                    structure = file[f"structures/lesion_{name}{suffix}"]
                    self.assertEqual(structure.attrs["image"], image)
                    self.assertEqual(structure.attrs["format"], "RTSTRUCT")
                    voxels = file[f"images/{image}/voxels"]
                    self.assertEqual(structure.attrs["frame_of_reference"],
                                     file[f"images/{image}"].attrs["frame_of_reference"])
                    volume_ml = inside(structure, voxels).sum() * voxel_ml(voxels)
                    self.assertAlmostEqual(volume_ml / expected_ml, 1, delta=1e-3)

    def test_frames_of_reference(self):
        images = self.opened("A/pet_mr", "convert")["images"]
        frames = [images[name].attrs["frame_of_reference"]
                  for name in ("pet_t1", "mr_t1", "mr_t1_2")]
        self.assertNotEqual(frames[0], frames[1])
        self.assertEqual(frames[1], frames[2])

    def mass(self):
        file = self.opened("B/pet_only", "convert")
        voxels = file["images/pet_t1/voxels"]
        return voxels[...][inside(file["structures/lesion_mass"], voxels)].astype(float)

    def test_activity_in_contour(self):
        values = self.mass()
        self.assertEqual(len(values), 5095)
        self.assertAlmostEqual(values.mean() / 10519.363, 1, delta=1e-4)
        self.assertAlmostEqual(values.max() / 32567.2, 1, delta=1e-5)

    # ---- times, decay, dose ----

    def test_times(self):
        attributes = self.opened("B/pet_only", "convert")["images/pet_t1"].attrs
        self.assertEqual(attributes["decay_correction"], "START")
        self.assertEqual(attributes["decay_reference_time"][:19], "2000-09-07T11:20:11")
        self.assertEqual(attributes["injection_time"][:19], "2000-09-07T10:35:00")
        self.assertEqual(attributes["half_life_s"], 6588)
        self.assertEqual(attributes["radionuclide"], "F-18")

    def test_injection_known_by_its_time_of_day_only(self):
        """This header has no date of injection: a treatment at that time on another day is no
        contradiction, one at another time is."""
        folder = self.folder / "another_day"
        folder.mkdir()
        (folder / "trial.yaml").write_text(CONFIGURATION)
        rows = (("C", "P", "2000-09-06T10:30:00"), ("C", "Q", "2000-09-06T11:35:00"))
        write_sheet(folder / "patients.tsv", ("center", "patient", "progression"),
                    [(*row[:2], "no") for row in rows])
        write_sheet(folder / "treatments.tsv",
                    ("center", "patient", "treatment", "administered_at", "activity_gbq"),
                    [(*row[:2], "t1", row[2], "0.4") for row in rows])
        write_sheet(folder / "images.tsv", ("center", "patient", "timepoint", "role", "path"),
                    [(*row[:2], "t1", "pet", f"../{PET}/image") for row in rows])
        done = self.run_stage("convert", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for patient, differs in (("P", False), ("Q", True)):
            with h5py.File(folder / "run" / "C" / patient / "convert.h5") as file:
                self.assertEqual("injection_time_differs" in file.attrs["flags"], differs)

    def test_decay_factor(self):
        treatments = self.opened("B/pet_only", "dose")["treatments"]
        expected = 2 ** (REFERENCE_AFTER_INJECTION_S / HALF_LIFE_S)
        self.assertAlmostEqual(treatments["decay_factor"][0] / expected, 1, delta=1e-9)
        self.assertAlmostEqual(treatments["imaging_delay_h"][0] * 3600,
                               REFERENCE_AFTER_INJECTION_S, delta=1e-3)

    def gy_per_bq_ml(self):
        """Every decay after the injection, its energy, in one millilitre of liver."""
        decays_per_bq = HALF_LIFE_S / np.log(2)
        at_injection = 2 ** (REFERENCE_AFTER_INJECTION_S / HALF_LIFE_S)
        in_frame = decay_in_frame(HALF_LIFE_S) / decay_in_frame(HEADER_HALF_LIFE_S)
        positrons = HEADER_POSITRON_FRACTION / POSITRON_YIELD
        return (positrons * in_frame * at_injection * decays_per_bq * ENERGY_J / DENSITY_KG_ML)

    def test_dose_map(self):
        pet = self.opened("B/pet_only", "convert")["images/pet_t1/voxels"]
        dose = self.opened("B/pet_only", "dose")["dose/local_deposition"]
        np.testing.assert_allclose(dose.attrs["affine"], pet.attrs["affine"], atol=1e-12)
        # Two roundings to float32.
        np.testing.assert_allclose(dose[...], pet[...].astype(float) * self.gy_per_bq_ml(),
                                   rtol=1e-6, atol=1e-12)

    def test_lesion_dose(self):
        for patient in ("A/pet_mr", "B/pet_only"):
            with self.subTest(patient):
                table = self.opened(patient, "segment")["lesions"]
                names = [name.decode() for name in table["lesion"][...]]
                row = names.index("Mass")
                # The mask is on the dose grid: its mean is the mean of its voxels.
                davg_gy = self.mass().mean() * self.gy_per_bq_ml()
                self.assertAlmostEqual(table["davg_gy"][row] / davg_gy, 1, delta=1e-4)
                self.assertAlmostEqual(table["volume_ml"][row] / 366.080, 1, delta=1e-3)
                self.assertEqual(table["coverage"][row], 1)

    def test_stratum(self):
        # Both lesions received far below 30 Gy and are over 3 cm: nothing to ablate, stratum 3.
        with open(self.folder / "run" / "cohort" / "patients.csv", encoding="utf-8") as file:
            rows = {f"{row['center']}/{row['patient']}": row for row in csv.DictReader(file)}
        self.assertEqual(rows["B/pet_only"]["stratum"], "3")
        self.assertEqual(rows["B/pet_only"]["n_lesions"], "2")
        self.assertEqual(rows["E/gml"]["stratum"], "0")
        self.assertIn("GML", rows["E/gml"]["reason"])


if __name__ == "__main__":
    unittest.main()
