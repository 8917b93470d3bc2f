"""NIfTI images as a research center sends them: NIfTI is RAS, so x and y change sign.

A PET stands beside a PET-BIDS JSON of the same name. No names or dates of birth can be in
NIfTI, but such exports carry the patient's name in `descrip` all the same; so do these.
"""
import json

import nibabel
import numpy as np

from dicom_writer import decimal
from dose_truth import decay

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def write_volume(path, values, grid, descrip, codes=(1, 1), slope=None):
    """`codes` are qform and sform code; `slope` stores int16 with a scale factor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.ascontiguousarray(values.transpose(2, 1, 0))
    image = nibabel.Nifti1Image(data, LPS_TO_RAS @ grid.affine)
    image.set_qform(LPS_TO_RAS @ grid.affine, code=codes[0])
    image.set_sform(LPS_TO_RAS @ grid.affine, code=codes[1])
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = descrip.encode()
    if slope is not None:
        image.set_data_dtype(np.int16)
        image.header.set_slope_inter(slope, 0.0)
        image = _scaled(image, data, slope)
    nibabel.save(image, path)


def _scaled(image, data, slope):
    """nibabel divides by the slope it is given only for its array writer: do it in the open."""
    stored = np.rint(data / slope).astype(np.int16)
    scaled = nibabel.Nifti1Image(stored, image.affine, image.header)
    scaled.header.set_slope_inter(slope, 0.0)
    return scaled


def write_pet(path, bq_ml, grid, times, injected_bq, options):
    """`bq_ml` at administration; `options`: correct_to (start or injection), scaled, codes,
    frame_s, descrip."""
    delay = (times["start"] - times["administered"]).total_seconds()
    to_injection = options.get("correct_to") == "injection"
    stored = (bq_ml * (1.0 if to_injection else decay(delay))).astype(np.float32)
    slope = float(decimal(np.abs(stored).max() / 32000)) if options.get("scaled") else None
    write_volume(path, stored, grid, options["descrip"], options.get("codes", (1, 1)), slope)
    sidecar = {
        "Modality": "PT", "Manufacturer": "GE MEDICAL SYSTEMS",
        "ManufacturersModelName": "SIGNA PET/MR", "BodyPart": "liver", "Units": "Bq/mL",
        "TracerName": "microspheres", "TracerRadionuclide": "Y90",
        "InjectedRadioactivity": round(injected_bq / 1e6, 3),
        "InjectedRadioactivityUnits": "MBq", "ModeOfAdministration": "bolus",
        "AcquisitionDate": times["start"].strftime("%Y-%m-%d"),
        "TimeZero": times["start"].strftime("%H:%M:%S"), "ScanStart": 0,
        "InjectionStart": -delay, "FrameTimesStart": [0], "FrameDuration": [options["frame_s"]],
        "ImageDecayCorrected": True,
        "ImageDecayCorrectionTime": -delay if to_injection else 0,
        "ReconMethodName": "OSEM-TOF", "AttenuationCorrection": "MR",
    }
    name = path.name[:-len(".nii.gz")] + ".json"
    (path.parent / name).write_text(json.dumps(sidecar, indent=2) + "\n")
