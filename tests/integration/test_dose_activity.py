"""One real PET under several headers: what the scanner did to it is undone, whatever it did.

Twelve slices of a GE Discovery ST (18F, tests/data/sts001_fdgpet_mr_dicom.ORIGIN.txt). Their
counts stay; decay correction, half-life and positron fraction of the header change, and the values
with them as such a scanner would have written them. Activity at administration must be the same,
and is worked out here from the files alone.
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

STAGES = ("convert", "register", "dose")
PET = "sts001_fdgpet_mr_dicom/FDG_PET/image"
SLICES, PARTIAL = 12, 1

# configs/nuclides/f18.yaml, written again.
HALF_LIFE_S, POSITRON_YIELD = 109.77 * 60, 0.967
# The header, as pydicom shows it: acquisition and series begin at 11:20:11, injection at 10:35:00.
HEADER_HALF_LIFE_S, HEADER_FRACTION, FRAME_S, AFTER_INJECTION_S = 6588.0, 0.97, 240.0, 2711.0

CONFIGURATION = f"""\
cohort: {{patients: patients.tsv, treatments: treatments.tsv, images: images.tsv}}
run: run
nuclide: {REPOSITORY / "configs" / "nuclides" / "f18.yaml"}
scanners: {REPOSITORY / "configs" / "scanners"}
dose: {{methods: [local_deposition], derived: [], derived_from: local_deposition}}
segmentation: {{dose_method: local_deposition}}
calibration: {{positron_fraction: RULE}}
"""

# Name: decay correction, half-life and positron fraction of the header.
HEADERS = {
    "as_it_is": ("START", HEADER_HALF_LIFE_S, HEADER_FRACTION),
    "to_injection": ("ADMIN", HEADER_HALF_LIFE_S, HEADER_FRACTION),
    "longer_half_life": ("ADMIN", 6700.0, HEADER_FRACTION),
    "not_corrected": ("NONE", 6500.0, HEADER_FRACTION),
    "half_the_positrons": ("START", HEADER_HALF_LIFE_S, HEADER_FRACTION / 2),
    "no_positrons": ("START", HEADER_HALF_LIFE_S, 0.0),
    "negative_positrons": ("START", HEADER_HALF_LIFE_S, -0.97),
}


def frame_factor(half_life_s, delay_s):
    """Activity at the reference over the mean in the frame, summed second by second."""
    seconds = np.arange(0, FRAME_S) + 0.5
    return 1 / np.mean(2 ** (-(delay_s + seconds) / half_life_s))


def correction(name, half_life_s):
    delay_s = {"START": 0.0, "ADMIN": AFTER_INJECTION_S}
    return 1.0 if name == "NONE" else frame_factor(half_life_s, delay_s[name])


def read_slices(folder):
    files = [pydicom.dcmread(path) for path in folder.iterdir() if pydicom.misc.is_dicom(path)]
    files.sort(key=lambda ds: float(ds.ImagePositionPatient[2]))
    middle = len(files) // 2
    return files[middle:middle + SLICES]


def counts_of(files):
    """Mean activity in the frame by the header's positron fraction, before any correction."""
    values = np.stack([ds.pixel_array.astype(float) * float(ds.RescaleSlope) for ds in files])
    return values / frame_factor(HEADER_HALF_LIFE_S, 0.0)


def write_series(files, folder, name, half_life_s, fraction):
    folder.mkdir(parents=True)
    scale = correction(name, half_life_s) / frame_factor(HEADER_HALF_LIFE_S, 0.0)
    if fraction > 0:
        scale *= HEADER_FRACTION / fraction
    for number, original in enumerate(files):
        ds = pydicom.dcmread(original.filename)
        ds.DecayCorrection = name
        ds.RescaleSlope = f"{float(ds.RescaleSlope) * scale:.10g}"
        tracer = ds.RadiopharmaceuticalInformationSequence[0]
        tracer.RadionuclideHalfLife = f"{half_life_s:.10g}"
        tracer.RadionuclidePositronFraction = f"{fraction:.10g}"
        ds.save_as(folder / f"{number}.dcm")


def write_sheet(path, header, rows):
    path.write_text("\n".join("\t".join(row) for row in [header, *rows]) + "\n")


def write_trial(folder, rule, names):
    folder.mkdir()
    (folder / "trial.yaml").write_text(CONFIGURATION.replace("RULE", rule))
    write_sheet(folder / "patients.tsv", ("center", "patient", "progression"),
                [("A", name, "no") for name in names])
    write_sheet(folder / "treatments.tsv",
                ("center", "patient", "treatment", "administered_at", "activity_gbq"),
                [("A", name, "t1", "2000-09-07T10:35:00", "0.388777472") for name in names])
    write_sheet(folder / "images.tsv", ("center", "patient", "timepoint", "role", "path"),
                [("A", name, "t1", "pet", f"../pet/{name}") for name in names])


@unittest.skipIf(programs_missing(*STAGES), programs_missing(*STAGES))
class HeadersOfOnePet(unittest.TestCase):
    """One run by each rule for positron fractions."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="yttria-headers-")
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        archive = REPOSITORY / "tests" / "data" / "sts001_fdgpet_mr_dicom.tar.xz"
        with tarfile.open(archive) as members:
            members.extractall(cls.folder)
        files = read_slices(cls.folder / PET)
        cls.counts = counts_of(files)
        for name, header in HEADERS.items():
            write_series(files, cls.folder / "pet" / name, *header)
        for rule in ("auto", "correct", "ignore"):
            write_trial(cls.folder / rule, rule, HEADERS)
            for stage in STAGES:
                cls.run_stage(stage, cls.folder / rule)

    @classmethod
    def run_stage(cls, stage, folder):
        command = [PROGRAMS / f"yttria-{stage}", "--config", folder / "trial.yaml", "--batch",
                   folder / "patients.tsv", "--run", folder / "run"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600,
                              env={**os.environ, "OMP_NUM_THREADS": "2"})
        if done.returncode not in (0, PARTIAL):
            raise AssertionError(f"{stage}: {done.stderr}")

    def reason(self, rule, patient):
        table = self.folder / rule / "run" / "status" / "dose.tsv"
        with open(table, encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            row = next(row for row in rows if row["patient"] == patient)
        self.assertEqual(row["status"], "failed", row)
        return row["reason"]

    def check(self, rule, patient, positron_factor, flag=None):
        at_injection = frame_factor(HALF_LIFE_S, AFTER_INJECTION_S)
        expected = self.counts * at_injection * positron_factor
        with h5py.File(self.folder / rule / "run" / "A" / patient / "dose.h5") as file:
            activity = file["activity/at_administration"][...]
            image_gbq = file["treatments/image_activity_gbq"][0]
            voxel_ml = abs(np.linalg.det(
                file["activity/at_administration"].attrs["affine"][:3, :3])) / 1000
            flags = file.attrs["flags"]
        # Three roundings to float32; the frame's sum over seconds is exact to 1e-10.
        np.testing.assert_allclose(activity, expected, rtol=1e-6, atol=1e-9)
        self.assertAlmostEqual(image_gbq * 1e9 / (expected.sum() * voxel_ml), 1, delta=1e-6)
        for name in ("positron_fraction_zero", "positron_fraction_differs"):
            self.assertEqual(name in flags, name == flag, flags)

    def test_decay_corrections_and_half_lives(self):
        for rule in ("auto", "correct"):
            for patient in ("as_it_is", "to_injection", "longer_half_life", "not_corrected"):
                with self.subTest(rule=rule, patient=patient):
                    self.check(rule, patient, HEADER_FRACTION / POSITRON_YIELD)

    def test_another_positron_fraction(self):
        reason = self.reason("auto", "half_the_positrons")
        for word in ("positron_fraction (0018,1076) is 0.485", "correct", "ignore",
                     "administered_activity"):
            self.assertIn(word, reason)
        self.check("correct", "half_the_positrons", HEADER_FRACTION / POSITRON_YIELD)
        self.check("ignore", "half_the_positrons", 2.0, "positron_fraction_differs")

    def test_ignored_positron_fraction(self):
        self.check("ignore", "as_it_is", 1.0)

    def test_positron_fraction_of_zero(self):
        for rule in ("auto", "correct", "ignore"):
            self.check(rule, "no_positrons", 1.0, "positron_fraction_zero")

    def test_impossible_positron_fraction(self):
        for rule in ("auto", "correct"):
            self.assertIn("wanted a number from 0 to 1", self.reason(rule, "negative_positrons"))


if __name__ == "__main__":
    unittest.main()
