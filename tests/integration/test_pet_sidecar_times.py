#!/usr/bin/python3
"""What a PET-BIDS sidecar leaves open is settled by the sheet of treatments: the date may be that
of the scan or that of TimeZero, and the injection may be missing."""
import json
import unittest

import h5py
from archive_fixture import Trial, programs_missing

PATIENT = "island/I01"
DAY_S = 86400.0


@unittest.skipIf(programs_missing("convert"), programs_missing("convert"))
class SidecarTimesTest(unittest.TestCase):
    def setUp(self):
        self.trial = Trial()
        self.addCleanup(self.trial.close)
        self.sidecar = next(path for path in (self.trial.folder / PATIENT).rglob("*.json")
                            if "TimeZero" in path.read_text())
        self.content = json.loads(self.sidecar.read_text())

    def convert(self, **changes):
        """Attributes of the PET, and the flags, after changes of the sidecar (None: removed)."""
        content = {**self.content, **changes}
        self.sidecar.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
        done = self.trial.run("convert")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File(self.trial.run_folder / PATIENT / "convert.h5") as file:
            pet = next(group for group in file["images"].values() if group.attrs["role"] == "pet")
            return dict(pet.attrs), file.attrs["flags"]

    def test_the_date_may_be_that_of_time_zero(self):
        zero = "10:30:00"  # the administration, the day before the scan
        hours = 20.0
        described = {"TimeZero": zero, "InjectionStart": 0, "ScanStart": hours * 3600,
                     "ImageDecayCorrectionTime": hours * 3600, "FrameTimesStart": None,
                     "ImageDecayCorrected": True}
        of_scan, flags = self.convert(AcquisitionDate="2026-01-15", **described)
        of_zero, other_flags = self.convert(AcquisitionDate="2026-01-14", **described)
        self.assertEqual(of_scan["decay_reference_time"], "2026-01-15T06:30:00")
        self.assertNotIn("acquisition_date_of_time_zero", flags)
        self.assertEqual(of_zero["decay_reference_time"], of_scan["decay_reference_time"])
        self.assertIn("acquisition_date_of_time_zero", other_flags)

    def test_the_injection_may_be_missing(self):
        known, _ = self.convert()
        unknown, _ = self.convert(InjectionStart=None)
        self.assertNotEqual(known["injection_time"], "")
        self.assertEqual(unknown["injection_time"], "")
        self.assertEqual(unknown["decay_reference_time"], known["decay_reference_time"])


if __name__ == "__main__":
    unittest.main()
