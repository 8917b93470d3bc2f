"""What identifies a person in the archive is nowhere in the results.

Searched for: names, patient IDs, birth dates (as in DICOM and with dashes), accession numbers and
every UID of the archive; searched in: every file of the run, byte by byte, and in every text that
HDF5 and NetCDF files hold in compressed form. Folders: YTTRIA_DEMO_RUN, YTTRIA_DEMO_ARCHIVE.
"""
import json
import os
import unittest
from pathlib import Path

import h5py
import pydicom

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = Path(os.environ.get("YTTRIA_DEMO_RUN", REPOSITORY / "results" / "demo"))
ARCHIVE = Path(os.environ.get("YTTRIA_DEMO_ARCHIVE", REPOSITORY / "results" / "demo-archive"))
# UIDs that the standard defines (classes, transfer syntaxes) name no one.
STANDARD_ROOT = "1.2.840.10008."


def identifiers():
    """Texts that must not be found, as a dictionary text -> what it is."""
    found = {}
    truth = json.loads((ARCHIVE / "truth" / "truth.json").read_text())
    for row in truth["patients"]:
        who = row["identifiers"]
        found[who["name"]], found[who["patient_id"]] = "name", "patient ID"
        found[who["name"].split("^")[0]] = "family name"
        found[who["accession"]] = "accession number"
        date = who["birth_date"]
        found[date] = found[f"{date[:4]}-{date[4:6]}-{date[6:]}"] = "birth date"
    for path in ARCHIVE.rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        for element in ds:
            if element.VR == "UI" and not str(element.value).startswith(STANDARD_ROOT):
                found[str(element.value)] = f"UID {element.name}"
    return found


def texts_of_hdf5(path):
    """All strings of an HDF5 file: names, attributes, datasets (which may be compressed)."""
    pieces = []

    def visit(name, item):
        pieces.append(name)
        for key, value in item.attrs.items():
            pieces.extend((key, repr(value)))
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "SO":
            pieces.append(repr(item[()]))

    with h5py.File(path) as file:
        visit("/", file)
        file.visititems(visit)
    return "\n".join(pieces)


@unittest.skipUnless(RUN.is_dir() and (ARCHIVE / "truth").is_dir(),
                     f"no run in {RUN} or no archive in {ARCHIVE}; run make demo")
class Privacy(unittest.TestCase):
    """Every file of the run."""

    def test_no_identifier_in_any_file(self):
        secrets = identifiers()
        self.assertGreater(len(secrets), 1000, "the archive's identifiers were not found")
        encoded = {text.encode(): kind for text, kind in secrets.items()}
        files = [path for path in RUN.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 20)
        for path in files:
            content = path.read_bytes()
            if path.suffix in (".h5", ".nc"):
                content += texts_of_hdf5(path).encode()
            with self.subTest(str(path.relative_to(RUN))):
                self.assertEqual([], self.leaks(content, encoded))

    @staticmethod
    def leaks(content, encoded):
        """Kinds of identifiers in the bytes. UIDs are many and share a root: look for it first."""
        lower = content.lower()
        may_hold_uids = b"2.25." in lower
        return [f"{kind}: {text.decode()}" for text, kind in encoded.items()
                if (may_hold_uids or not text.startswith(b"2.25."))
                and text.lower() in lower]


if __name__ == "__main__":
    unittest.main()
