"""PET, MR and CT series as files, through pydicom (the pipeline reads with GDCM: independent).

One file per slice. What centers do differently is an option: order of slices, one slope for the
series or one per slice, which instant the decay correction refers to, names of files.
"""
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dose_truth import decay, half_life_s

PET_STORAGE = "1.2.840.10008.5.1.4.1.1.128"
MR_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"


class Uids:
    """Unique identifiers that depend on the seed and on what they name, under prefix 2.25."""

    def __init__(self, *scope):
        self.scope = "/".join(str(s) for s in scope)

    def __call__(self, *what):
        text = "/".join([self.scope, *(str(w) for w in what)])
        return "2.25." + str(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))


@dataclass
class Person:
    """Identifying fields; invented, and never to be seen in an output."""

    name: str
    patient_id: str
    birth_date: str
    accession: str
    sex: str
    weight_kg: float


@dataclass
class PetOptions:
    """How one scanner writes its PET."""

    manufacturer: str
    model: str
    decay_correction: str = "START"   # START, ADMIN or NONE
    slope_per_slice: bool = False
    beds: int = 1
    frame_s: float = 1200.0
    utc_offset: str = ""


def da(time):
    return time.strftime("%Y%m%d")


def tm(time):
    return time.strftime("%H%M%S.%f")


def decimal(value):
    """A decimal string of at most 16 characters, with as many digits as fit."""
    for digits in range(15, 0, -1):
        text = f"{float(value):.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(value)


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def new_file(sop_class, sop_instance, person, uids, study_time, transfer_syntax):
    """A data set with the modules all objects share: SOP common, patient, study."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, sop_instance
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = "2.25.190146791043182537444806132342625375407"
    ds = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    ds.is_little_endian = True
    ds.is_implicit_VR = transfer_syntax == ImplicitVRLittleEndian
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, sop_instance
    ds.StudyDate, ds.StudyTime = da(study_time), tm(study_time)
    ds.AccessionNumber, ds.ReferringPhysicianName, ds.StudyID = person.accession, "", "1"
    ds.PatientName, ds.PatientID = person.name, person.patient_id
    ds.PatientBirthDate, ds.PatientSex = person.birth_date, person.sex
    ds.PatientWeight = decimal(person.weight_kg)
    ds.StudyInstanceUID = uids("study", da(study_time))
    return ds


def save(ds, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, write_like_original=False)


def _series(ds, modality, series_uid, frame_uid, number, when, description):
    ds.Modality, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = modality, series_uid, frame_uid
    ds.SeriesNumber, ds.SeriesDescription = str(number), description
    ds.SeriesDate, ds.SeriesTime = da(when), tm(when)
    ds.PositionReferenceIndicator = ""
    if modality != "PT":  # PET says it with codes, and may then not say it twice
        ds.PatientPosition = "HFS"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.BodyPartExamined = "LIVER"


def _plane(ds, grid, k, thickness_mm, instance):
    m = grid.affine
    ds.InstanceNumber, ds.AcquisitionNumber = str(instance), "1"
    ds.ImagePositionPatient = [decimal(v) for v in m[:3, 2] * k + m[:3, 3]]
    ds.ImageOrientationPatient = [decimal(v) for v in
                                  np.concatenate([m[:3, 0] / grid.spacing_mm[0],
                                                  m[:3, 1] / grid.spacing_mm[1]])]
    ds.PixelSpacing = [decimal(grid.spacing_mm[1]), decimal(grid.spacing_mm[0])]
    ds.SliceThickness = decimal(thickness_mm)


def _pixels(ds, slice_values):
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = slice_values.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = 1 if slice_values.dtype == np.int16 else 0
    ds.PixelData = np.ascontiguousarray(slice_values).tobytes()
    ds["PixelData"].VR = "OW"


def _file_order(count, uids):
    """Names of files say nothing about the order of slices, as in real archives."""
    order = sorted(range(count), key=lambda k: uids("order", k))
    return {k: f"IM{n:04d}.dcm" for n, k in enumerate(order)}


def write_anatomy(folder, values, grid, modality, person, uids, frame_uid, when, options):
    """An MR or CT series. Returns the SOP instance UID of every slice k. `options`: manufacturer,
    model, `reverse` (instance numbers run against k), `implicit` (transfer syntax)."""
    series = uids(modality, "series")
    names, count = _file_order(grid.shape[0], uids), grid.shape[0]
    syntax = ImplicitVRLittleEndian if options.get("implicit") else ExplicitVRLittleEndian
    instances = [uids(modality, k) for k in range(count)]
    for k in range(count):
        ds = new_file(MR_STORAGE if modality == "MR" else CT_STORAGE, instances[k], person, uids,
                      when, syntax)
        _series(ds, modality, series, frame_uid, 2, when, f"{modality} liver")
        _plane(ds, grid, k, grid.spacing_mm[2], count - k if options.get("reverse") else k + 1)
        ds.AcquisitionDate, ds.AcquisitionTime = da(when), tm(when)
        ds.ContentDate, ds.ContentTime = da(when), tm(when)
        ds.Manufacturer, ds.ManufacturerModelName = options["manufacturer"], options["model"]
        (_mr_module if modality == "MR" else _ct_module)(ds)
        _pixels(ds, values[k].astype(np.int16 if modality == "CT" else np.uint16))
        save(ds, folder / names[k])
    return series, instances


def _mr_module(ds):
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "GR", "SP", ""
    ds.MRAcquisitionType, ds.MagneticFieldStrength = "3D", "3"
    ds.RepetitionTime, ds.EchoTime, ds.FlipAngle, ds.EchoTrainLength = "3.9", "1.8", "9", "1"


def _ct_module(ds):
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.KVP, ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "120", "0", "1", "HU"


def write_pet(folder, bq_ml, grid, person, uids, frame_uid, times, injected_bq, options):
    """A PET series in BQML. `bq_ml` is at administration; what is stored is brought to the
    instant that `options.decay_correction` names. `times`: administered, start (datetimes)."""
    stored = bq_ml * _stored_decay(times, options)
    names, count = _file_order(grid.shape[0], uids), grid.shape[0]
    series = uids("PT", "series")
    series_slope = np.abs(stored).max() / 32000.0
    for k in range(count):
        ds = new_file(PET_STORAGE, uids("PT", k), person, uids, times["start"],
                      ExplicitVRLittleEndian)
        _series(ds, "PT", series, frame_uid, 3, times["start"], "PET 90Y liver")
        _plane(ds, grid, k, grid.spacing_mm[2], k + 1)
        bed = min(k * options.beds // count, options.beds - 1)
        _pet_module(ds, times, bed, count, k, options)
        _tracer(ds, times["administered"], injected_bq)
        peak = np.abs(stored[k]).max()
        slope = float(decimal(max(peak, 1.0) / 32000.0 if options.slope_per_slice
                              else series_slope))
        ds.RescaleIntercept, ds.RescaleSlope = "0", decimal(slope)
        _pixels(ds, np.rint(stored[k] / slope).astype(np.int16))
        save(ds, folder / names[k])


def _stored_decay(times, options):
    delay = (times["start"] - times["administered"]).total_seconds()
    if options.decay_correction == "ADMIN":
        return 1.0
    if options.decay_correction == "START":
        return decay(delay)
    # NONE: the mean over the frame, of counts as they came.
    x = np.log(2) * options.frame_s / half_life_s()
    return decay(delay) * (1 - np.exp(-x)) / x


def _pet_module(ds, times, bed, count, k, options):
    bed_start = times["start"] + timedelta(seconds=bed * options.frame_s)
    ds.AcquisitionDate, ds.AcquisitionTime = da(bed_start), tm(bed_start)
    ds.ContentDate, ds.ContentTime = da(bed_start), tm(bed_start)
    if options.utc_offset:
        ds.TimezoneOffsetFromUTC = options.utc_offset
    ds.Manufacturer, ds.ManufacturerModelName = options.manufacturer, options.model
    ds.Units, ds.CountsSource = "BQML", "EMISSION"
    ds.SeriesType = ["WHOLE BODY" if options.beds > 1 else "STATIC", "IMAGE"]
    ds.NumberOfSlices, ds.ImageIndex, ds.CollimatorType = count, k + 1, "NONE"
    corrected = ["ATTN", "SCAT", "RAN", "NORM", "DTIM"]
    ds.CorrectedImage = (["DECY"] if options.decay_correction != "NONE" else []) + corrected
    ds.DecayCorrection = options.decay_correction
    ds.RandomsCorrectionMethod, ds.ScatterCorrectionMethod = "DLYD", "Model-based"
    ds.AttenuationCorrectionMethod, ds.ReconstructionMethod = "measured", "OSEM 3i21s TOF"
    ds.ActualFrameDuration = str(int(options.frame_s * 1000))
    # The instant of mean activity, from the series' reference (SeriesTime).
    x = np.log(2) * options.frame_s / half_life_s()
    mean_time = half_life_s() / np.log(2) * np.log(x / (1 - np.exp(-x)))
    reference_s = bed * options.frame_s + mean_time
    ds.FrameReferenceTime = decimal(1000.0 * reference_s)
    if options.decay_correction != "NONE":
        since = (times["start"] - times["administered"]).total_seconds()
        started = since if options.decay_correction == "ADMIN" else 0.0
        ds.DecayFactor = decimal(1 / decay(started + reference_s))


def _tracer(ds, administered: datetime, injected_bq):
    item = Dataset()
    item.Radiopharmaceutical = "Y-90 microspheres"
    item.RadiopharmaceuticalStartTime = tm(administered)
    item.RadiopharmaceuticalStartDateTime = da(administered) + tm(administered)
    item.RadionuclideTotalDose = decimal(injected_bq)
    item.RadionuclideHalfLife = "230580"
    item.RadionuclidePositronFraction = "3.186e-05"
    item.RadionuclideCodeSequence = Sequence([code("14691008", "SCT", "^90^Yttrium")])
    ds.RadiopharmaceuticalInformationSequence = Sequence([item])
    ds.PatientOrientationCodeSequence = Sequence([code("102538003", "SCT", "recumbent")])
    ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = Sequence(
        [code("40199007", "SCT", "supine")])
    ds.PatientGantryRelationshipCodeSequence = Sequence([code("102540008", "SCT", "headfirst")])
