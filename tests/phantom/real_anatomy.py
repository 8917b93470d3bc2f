"""Two real scans with organ labels (tests/data/totalseg_abdomen), as bodies for simulated PET.

The CT goes into the archive as the files that it came in, JPEG 2000 and all; only the identifying
elements that were emptied upstream are filled with invented ones. The MR is copied as it is.
"""
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from scipy import ndimage

from anatomy import labelled_body
from dicom_writer import CT_STORAGE, da, save, tm
from grids import Grid
from nifti_writer import LPS_TO_RAS

DATA = Path(__file__).resolve().parents[1] / "data" / "totalseg_abdomen"
MR_FILE = DATA / "example_mr_sm.nii.gz"
CT_IDS = {"liver": 5, "vessels": (63, 64)}
MR_IDS = {"liver": 5, "vessels": (24, 25), "body_signal": 30}
EVERY = 2  # the CT's distance fields use every second row and column


def ct_body():
    """Body, grid and full-resolution labels of the CT. k runs as in the label file: upwards."""
    labels, grid = _load(DATA / "ct_dicom_labels.nii.gz")
    labels = labels[:, ::-1]                          # the DICOM rows run the other way
    grid = Grid(labels.shape, _flip_rows(grid))
    outline = _trunk_around(labels)
    coarse = grid.affine.copy()
    coarse[:3, :2] *= EVERY
    part = (slice(None), slice(None, None, EVERY), slice(None, None, EVERY))
    small = labels[part]
    body = labelled_body(small, Grid(small.shape, coarse), {**CT_IDS, "outline": outline[part]})
    return body, grid, labels


def mr_body():
    """Body, grid and labels of the MR."""
    labels, grid = _load(DATA / "example_seg_mr.nii.gz")
    signal, _ = _load(MR_FILE)
    outline = _outline(signal > MR_IDS["body_signal"])
    return labelled_body(labels, grid, {**MR_IDS, "outline": outline}), grid, labels


def write_ct(folder, person, uids, frame_uid, when):
    """The CT files with invented identity. Returns series UID and instance UIDs by k."""
    series, instances = uids("CT", "series"), []
    for k, path in enumerate(_ct_files()):
        ds = pydicom.dcmread(path)
        ds.remove_private_tags()
        for keyword in ("ReferencedStudySequence", "ReferencedPerformedProcedureStepSequence",
                        "ReferencedImageSequence", "SourceImageSequence", "IrradiationEventUID",
                        "IssuerOfPatientID", "PregnancyStatus", "RequestingPhysician"):
            if keyword in ds:
                delattr(ds, keyword)
        instances.append(uids("CT", k))
        ds.SOPClassUID, ds.SOPInstanceUID = CT_STORAGE, instances[-1]
        ds.file_meta.MediaStorageSOPInstanceUID = instances[-1]
        ds.StudyInstanceUID, ds.SeriesInstanceUID = uids("study", da(when)), series
        ds.FrameOfReferenceUID, ds.StudyID, ds.SeriesNumber = frame_uid, "1", "2"
        ds.PatientName, ds.PatientID = person.name, person.patient_id
        ds.PatientBirthDate, ds.PatientSex = person.birth_date, person.sex
        ds.AccessionNumber = person.accession
        for name in ("Study", "Series", "Acquisition", "Content"):
            setattr(ds, f"{name}Date", da(when))
            setattr(ds, f"{name}Time", tm(when))
        ds.AcquisitionDateTime = da(when) + tm(when)
        save(ds, folder / f"{path.name.split('.')[-1]}.dcm")
    return series, instances


def _ct_files():
    """Sorted so that k runs upwards: file numbers run downwards."""
    return sorted((DATA / "ct_dicom").iterdir(), reverse=True)


def _trunk_around(labels, margin=20):
    """The trunk, slice by slice, as a rounded box around everything labelled (pydicom has no JPEG
    2000 decoder in Debian, so the CT's own outline is not at hand)."""
    trunk = np.zeros(labels.shape, bool)
    y, x = np.ogrid[:labels.shape[1], :labels.shape[2]]
    for k, plane in enumerate(labels):
        rows, columns = np.nonzero(plane)
        row, column = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
        height, width = np.ptp(rows) / 2 + margin, np.ptp(columns) / 2 + margin
        trunk[k] = np.abs((y - row) / height) ** 2.6 + np.abs((x - column) / width) ** 2.6 <= 1
    return trunk


def _outline(mask):
    labels, _ = ndimage.label(mask)
    largest = labels == np.bincount(labels.ravel())[1:].argmax() + 1
    return np.stack([ndimage.binary_fill_holes(plane) for plane in largest])


def _load(path):
    image = nibabel.load(path)
    values = np.asanyarray(image.dataobj).transpose(2, 1, 0)
    return values, Grid(values.shape, LPS_TO_RAS @ image.affine)


def _flip_rows(grid):
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, 1] * (grid.shape[1] - 1)
    affine[:3, 1] *= -1
    return affine
