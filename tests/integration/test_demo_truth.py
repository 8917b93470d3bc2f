"""A finished run of the demo archive against the archive's truth.

The truth is computed by tests/phantom/ without the pipeline's code. Folders: YTTRIA_DEMO_RUN
(default results/demo) and YTTRIA_DEMO_ARCHIVE (default results/demo-archive).
"""
import collections
import contextlib
import csv
import json
import math
import os
import unittest
from pathlib import Path

import h5py
import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = Path(os.environ.get("YTTRIA_DEMO_RUN", REPOSITORY / "results" / "demo"))
ARCHIVE = Path(os.environ.get("YTTRIA_DEMO_ARCHIVE", REPOSITORY / "results" / "demo-archive"))

# A mask made of voxels (2.2 x 2.2 x 3 mm) is up to half a voxel off on either side: 10 % of the
# volume of an 18 mm ball, and one voxel diagonal (4.3 mm) of a diameter. The real scans' voxels
# are no larger than 3 mm cubed (diagonal 5.2 mm).
VOLUME_TOLERANCE, DIAMETER_TOLERANCE_MM = 0.10, 5.2
DISTANCE_TOLERANCE_MM = 5.2
# Local thickness of a voxelised tube: one in-plane voxel on either side.
VESSEL_DIAMETER_TOLERANCE_MM = 3.5
# The trial's masks, at 4 mm PET voxels, tolerate this much misalignment.
REGISTRATION_TOLERANCE_MM = 3.0
# The scanner's noise and the rounding of the sheet: total activity is steady.
ACTIVITY_TOLERANCE = 0.02


def read_csv(name):
    with open(RUN / "cohort" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@unittest.skipUnless((RUN / "cohort" / "patients.csv").is_file()
                     and (ARCHIVE / "truth" / "truth.json").is_file(),
                     f"no finished run in {RUN} or no archive in {ARCHIVE}; run make demo")
class DemoTruth(unittest.TestCase):
    """Every patient and every lesion of the demo."""

    @classmethod
    def setUpClass(cls):
        cls.truth = json.loads((ARCHIVE / "truth" / "truth.json").read_text())
        cls.patients = {(r["center"], r["patient"]): r for r in read_csv("patients.csv")}
        cls.lesions = {(r["center"], r["patient"], r["lesion"]): r
                       for r in read_csv("lesions.csv")}

    @contextlib.contextmanager
    def lesion(self, row):
        """The result that belongs to a row of the truth, in a subtest of its own."""
        key = (row["center"], row["patient"], row["lesion"])
        absent = collections.defaultdict(lambda: "nan")  # fails every comparison
        with self.subTest("/".join(key)):
            yield self.lesions.get(key, absent)

    def assert_near(self, value, expected, tolerance, what):
        self.assertLessEqual(abs(float(value) - expected), tolerance,
                             f"{what}: {value}, expected {expected:.3f} +- {tolerance:.3f}")

    def test_nobody_missing(self):
        self.assertEqual(set(self.patients),
                         {(r["center"], r["patient"]) for r in self.truth["patients"]})
        self.assertEqual(set(self.lesions), {(r["center"], r["patient"], r["lesion"])
                                             for r in self.truth["lesions"]})

    def test_strata(self):
        found = set()
        for row in self.truth["patients"]:
            with self.subTest(f"{row['center']}/{row['patient']}: {row['reason']}"):
                result = self.patients[row["center"], row["patient"]]
                self.assertEqual(int(result["stratum"]), row["stratum"], result["reason"])
                self.assertEqual(int(result["n_lesions"]), row["n_lesions"])
                if row["stratum"] > 0:
                    self.assertEqual(int(result["n_underdosed"]), row["n_underdosed"])
                self.assertTrue(result["reason"])
                found.add(int(result["stratum"]))
        self.assertEqual(found, {0, 1, 2, 3, 4, 5}, "the demo shows every stratum")

    def test_davg(self):
        """Against the noise-free image: noise adds up to 3 %, voxels of the mask the rest."""
        for row in self.truth["lesions"]:
            with self.lesion(row) as result:
                expected = row["davg_expected_gy"]
                self.assert_near(result["davg_gy"], expected,
                                 expected * row["tolerance_percent"] / 100, "Davg, Gy")

    def test_geometry(self):
        for row in self.truth["lesions"]:
            with self.lesion(row) as result:
                self.assert_near(result["volume_ml"], row["volume_ml"],
                                 VOLUME_TOLERANCE * row["volume_ml"], "volume, mL")
                self.assert_near(result["diameter_3d_mm"], row["diameter_3d_mm"],
                                 DIAMETER_TOLERANCE_MM, "3-D diameter, mm")
                self.assert_near(result["diameter_axial_mm"], row["diameter_axial_mm"],
                                 DIAMETER_TOLERANCE_MM, "axial diameter, mm")

    def test_large_vessels(self):
        for row in self.truth["lesions"]:
            with self.lesion(row) as result:
                self.assert_near(result["vessel_distance_mm"], row["vessel_distance_mm"],
                                 DISTANCE_TOLERANCE_MM, "distance to the large vessel, mm")
                if row["vessel_diameter_mm"] is not None:
                    self.assertGreater(float(result["vessel_diameter_mm"]),
                                       row["vessel_diameter_mm"] - VESSEL_DIAMETER_TOLERANCE_MM)

    def test_underdosed_and_amenable(self):
        for row in self.truth["lesions"]:
            with self.lesion(row) as result:
                if self.patients[row["center"], row["patient"]]["stratum"] != "0":
                    self.assertEqual(result["underdosed"], row["underdosed"])
                    if row["underdosed"] == "yes":
                        self.assertEqual(result["amenable"], row["amenable"])

    def test_image_activity(self):
        """dose.h5 sees in each PET the activity that was put there, at administration."""
        for row in self.truth["patients"]:
            with self.subTest(f"{row['center']}/{row['patient']}"):
                with h5py.File(RUN / row["center"] / row["patient"] / "dose.h5") as file:
                    found = file["treatments/image_activity_gbq"][:]
                self.assertEqual(len(found), len(row["image_activity_gbq"]))
                for value, expected in zip(found, row["image_activity_gbq"]):
                    self.assert_near(value, expected, ACTIVITY_TOLERANCE * expected, "GBq")

    def test_registration(self):
        """The transform, at each lesion's centre, against the offset that was put there."""
        for row in self.truth["patients"]:
            with self.subTest(f"{row['center']}/{row['patient']}"):
                with h5py.File(RUN / row["center"] / row["patient"] / "register.h5") as file:
                    pet = file.attrs["pet"]
                    pet = pet.decode() if isinstance(pet, bytes) else pet
                    found = file[f"transforms/{pet}"][:]
                truth = np.array(row["reference_to_pet"])
                errors = [self._distance_mm(found, truth, lesion["centre_lps_mm"])
                          for lesion in self.truth["lesions"]
                          if (lesion["center"], lesion["patient"])
                          == (row["center"], row["patient"])]
                self.assertLess(max(errors), REGISTRATION_TOLERANCE_MM)

    @staticmethod
    def _distance_mm(found, truth, point):
        point = np.array([*point, 1.0])
        return math.dist((found @ point)[:3], (truth @ point)[:3])


if __name__ == "__main__":
    unittest.main()
