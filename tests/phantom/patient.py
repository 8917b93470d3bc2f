"""One patient from plan to files: body, lesions, PET, images, contours, sheets, truth."""
import hashlib
from datetime import datetime, timedelta
from functools import cached_property
from shutil import copyfile

import numpy as np

import nifti_writer
import real_anatomy
import truth
from activity import fine_grid, image_davg_gy, scan, true_activity, true_davg_gy
from anatomy import place_lesions, synthetic_body
from dicom_writer import CT_STORAGE, MR_STORAGE, Person, Uids, write_anatomy, write_pet
from dose_truth import gy_per_bq_ml
from grids import centred_grid, rigid, rotation, transform
from shapes import distance_on
from sheets import Sheets
from structure_writer import write_rtstruct, write_seg

FIRST_DAY = datetime(2026, 1, 12, 10, 30)
SESSION_GAP = timedelta(days=35)
ANATOMY_BEFORE_PET = timedelta(minutes=10)
RESIDUAL_BQ, LUNG_SHUNT = 3.0e7, 0.04
SCANNERS = {"MR": {"manufacturer": "SIEMENS", "model": "Biograph_mMR"},
            "CT": {"manufacturer": "GE MEDICAL SYSTEMS", "model": "Discovery MI"}}


class Patient:
    """What is known of one patient while its files are made."""

    def __init__(self, plan, seed, number):
        digest = hashlib.sha256(f"{seed}/{plan.key}".encode()).digest()
        self.plan, self.uids = plan, Uids(seed, plan.key)
        self.rng = np.random.default_rng(np.frombuffer(digest[:16], np.uint32))
        self.person = _person(plan, number, self.rng)
        self.labels = None
        self._prepare_body()
        self._prepare_sessions(number)

    def _prepare_body(self):
        plan, region = self.plan, None
        if plan.anatomy == "synthetic":
            self.body = synthetic_body()
            self.grid = _anatomy_grid(plan)
            self.centre = np.zeros(3)
        else:
            load = real_anatomy.ct_body if plan.anatomy == "real_ct" else real_anatomy.mr_body
            self.body, self.grid, self.labels = load()
            low, high = self.body.liver.bounds()
            z = self.grid.affine[2, 3] + self.grid.affine[2, 2] * (self.grid.shape[0] - 1) / 2
            half = self.grid.spacing_mm[2] * (self.grid.shape[0] - 1) / 2 - 1.0
            self.centre, region = np.array([*((low + high) / 2)[:2], z]), (z - half, z + half)
        place_lesions(self.body, plan.lesions, self.rng, region, self.grid)
        self.body_to_pet = np.eye(4)
        if plan.offset is not None:
            about_x, about_z, *shift = plan.offset
            self.body_to_pet = rigid(rotation(2, about_z) @ rotation(0, about_x), shift)

    def _prepare_sessions(self, number):
        plan = self.plan
        self.times = []
        for session, delay in enumerate(plan.delay_h):
            administered = FIRST_DAY + timedelta(days=number) + session * SESSION_GAP
            self.times.append({"administered": administered,
                               "start": administered + timedelta(hours=delay)})

    def simulate(self):
        """Activity, PET images and the means that belong to them."""
        plan, body = self.plan, self.body
        fine = fine_grid(self.centre, (230, 260, 350))
        self.pets, true_gy = [], dict.fromkeys([lesion.label for lesion in body.lesions], 0.0)
        for session in range(len(plan.delay_h)):
            uptake = {p.label: p.uptake_gy[session] for p in plan.lesions}
            lobe = ("right", "left")[session] if len(plan.delay_h) > 1 else None
            liver_gy = plan.liver_gy[session]
            activity = true_activity(body, fine, uptake, liver_gy, lobe)
            for label, value in true_davg_gy(body, activity, fine).items():
                true_gy[label] += value
            grid = _pet_grid(plan, transform(self.body_to_pet, self.centre), session)
            self.pets.append(scan(activity, fine, grid, self.body_to_pet,
                                  liver_gy / gy_per_bq_ml(), self.rng))
        return {"true": true_gy,
                "expected": image_davg_gy(body, self.pets, self.body_to_pet),
                "image": image_davg_gy(body, self.pets, self.body_to_pet, noisy=True)}

    def administered_bq(self, session):
        """What the syringe held, so that image, residual and lung shunt add up."""
        pet = self.pets[session]
        return float(pet.clean.sum()) * pet.grid.voxel_ml / (1 - LUNG_SHUNT) + RESIDUAL_BQ

    @cached_property
    def structures(self):
        """Name in the file to (role, label, kind, signed distance or mask field on the grid)."""
        found = {"Liver": ("liver", "liver", self._mask_field("liver", self.body.liver)),
                 "Vessels": ("vessel", "vessel",
                             self._mask_field("vessels", self.body.all_vessels()))}
        for lesion in self.body.lesions:
            found[f"Lesion_{lesion.label[1:]}"] = (f"lesion:{lesion.label}", "lesion",
                                                   distance_on(lesion.shape, self.grid))
        return found

    def _mask_field(self, name, shape):
        """Real organs keep their label's voxels; synthetic ones are drawn from the formula."""
        if self.labels is None:
            return distance_on(shape, self.grid)
        ids = real_anatomy.CT_IDS if self.plan.anatomy == "real_ct" else real_anatomy.MR_IDS
        return np.where(np.isin(self.labels, ids[name]), -1.0, 1.0)


def make_patient(plan, seed, number, folder):
    """Writes one patient's files. Returns its sheet rows and truth rows (patient, lesions)."""
    patient, sheets = Patient(plan, seed, number), Sheets()
    davg = patient.simulate()
    sheets.add_patient(plan, patient.person, patient.rng)
    names = [f"T{n + 1}" for n in range(len(plan.delay_h))]
    for session, name in enumerate(names):
        zone = "+01:00" if plan.center == "south" else ""
        sheets.add_treatment(plan, name, patient.times[session]["administered"].isoformat() + zone,
                             patient.administered_bq(session), RESIDUAL_BQ, LUNG_SHUNT)
    write = {"north": _write_north, "south": _write_south, "island": _write_island}[plan.center]
    write(patient, folder, sheets, names)
    lesions = truth.lesion_rows(patient.body, plan, davg)
    if not plan.small:
        truth.check_margins(lesions, plan)
    extra = {"reference_to_pet": patient.body_to_pet.tolist(),
             "image_activity_gbq": [float(p.clean.sum()) * p.grid.voxel_ml / 1e9
                                    for p in patient.pets]}
    return sheets, truth.patient_row(plan, lesions, patient.person, extra), lesions


def _write_north(patient, folder, sheets, names):
    """PET/MR: PET, MR and an RTSTRUCT drawn on the MR."""
    plan, root = patient.plan, folder / patient.plan.center / patient.plan.name
    mr_frame = patient.uids("frame", "MR")
    pet_frame = mr_frame if plan.offset is None else patient.uids("frame", "PT")
    when = patient.times[0]["start"] - ANATOMY_BEFORE_PET
    values = np.clip(_signal(patient, column=1), 0, 4000)
    series, instances = write_anatomy(root / "mr", values, patient.grid, "MR", patient.person,
                                      patient.uids, mr_frame, when, SCANNERS["MR"])
    _write_pets(patient, root, pet_frame, sheets, names)
    fields = {name: item[2] for name, item in patient.structures.items()}
    write_rtstruct(root / "rtstruct.dcm", fields, patient.grid,
                   (MR_STORAGE, series, instances, mr_frame), patient.person, patient.uids, when)
    _add_anatomy(sheets, patient, names[0], "mr", "rtstruct.dcm")


def _write_south(patient, folder, sheets, names):
    """PET/CT: PET, CT and a SEG on the CT. Two sessions share a frame: the center exports the
    second PET in the coordinates of the first."""
    plan, root = patient.plan, folder / patient.plan.center / patient.plan.name
    frame = patient.uids("frame", "CT")
    when = patient.times[0]["start"] - ANATOMY_BEFORE_PET
    if plan.anatomy == "real_ct":
        series, instances = real_anatomy.write_ct(root / "ct", patient.person, patient.uids,
                                                  frame, when)
    else:
        options = {**SCANNERS["CT"], "reverse": plan.reverse_slices, "implicit": True}
        series, instances = write_anatomy(root / "ct", _signal(patient, column=2), patient.grid,
                                          "CT", patient.person, patient.uids, frame, when, options)
    _write_pets(patient, root, frame, sheets, names)
    masks = {name: (item[1], item[2] < 0) for name, item in patient.structures.items()}
    write_seg(root / "seg.dcm", masks, patient.grid, (CT_STORAGE, series, instances, frame),
              patient.person, patient.uids, when)
    _add_anatomy(sheets, patient, names[0], "ct", "seg.dcm", numbered=True)


def _write_island(patient, folder, sheets, names):
    """NIfTI: MR, PET with PET-BIDS JSON, one label map on the MR's grid."""
    plan, root = patient.plan, folder / patient.plan.center / patient.plan.name
    root.mkdir(parents=True, exist_ok=True)
    codes, descrip = plan.nifti.get("codes", (1, 1)), patient.person.name
    if plan.anatomy == "real_mr":
        copyfile(real_anatomy.MR_FILE, root / "mr.nii.gz")
    else:
        nifti_writer.write_volume(root / "mr.nii.gz", _signal(patient, 1).astype(np.int16),
                                  patient.grid, descrip, codes)
    options = {**plan.nifti, "frame_s": 1200, "descrip": descrip}
    nifti_writer.write_pet(root / "pet.nii.gz", patient.pets[0].noisy, patient.pets[0].grid,
                           patient.times[0], patient.administered_bq(0), options)
    labels = np.zeros(patient.grid.shape, np.uint8)
    for value, (_, _, field) in enumerate(patient.structures.values(), 1):
        labels[field < 0] = value
    nifti_writer.write_volume(root / "labels.nii.gz", labels, patient.grid, descrip, codes)
    sheets.add_image(plan, names[0], "pet", f"{plan.key}/pet.nii.gz")
    _add_anatomy(sheets, patient, names[0], "mr.nii.gz", "labels.nii.gz", numbered=True)


def _write_pets(patient, root, frame_uid, sheets, names):
    plan = patient.plan
    for session, name in enumerate(names):
        folder = "pet" if len(names) == 1 else f"pet_{name.lower()}"
        pet, uids = patient.pets[session], Uids(patient.uids.scope, name)
        write_pet(root / folder, pet.noisy, pet.grid, patient.person, uids, frame_uid,
                  patient.times[session], patient.administered_bq(session), plan.pet)
        sheets.add_image(plan, name, "pet", f"{plan.key}/{folder}")


def _add_anatomy(sheets, patient, timepoint, anatomy, mask, numbered=False):
    """Rows of the anatomical image and of the mask with its structure map."""
    plan, parts = patient.plan, []
    for number, (name, (role, _, _)) in enumerate(patient.structures.items(), 1):
        parts.append(f"{number if numbered else name}={role}")
    sheets.add_image(plan, timepoint, "anatomy", f"{plan.key}/{anatomy}")
    sheets.add_image(plan, timepoint, "mask", f"{plan.key}/{mask}", ";".join(parts))


def _signal(patient, column):
    """MR signal (column 1) or HU (column 2) of the synthetic body, with noise."""
    body, grid = patient.body, patient.grid
    levels = {1: (5, 150, 240, 420, 110), 2: (-1000, 30, 60, 130, 35)}[column]
    air, tissue, liver, vessel, lesion = levels
    values = np.where(distance_on(body.outline, grid) < 0, tissue, air).astype(np.float32)
    for organ in body.organs:
        values[distance_on(organ[0], grid) < 0] = organ[column]
    drawn = {"liver": liver, "vessel": vessel, "lesion": lesion}
    for _, kind, field in patient.structures.values():
        values[field < 0] = drawn[kind]
    return np.rint(values + 12.0 * patient.rng.standard_normal(grid.shape))


def _anatomy_grid(plan):
    if plan.small:
        return centred_grid((32, 80, 80), (4.5, 4.5, 6.0))
    if plan.center == "island":  # research exports: rows run from left to right, bottom to top
        return centred_grid((56, 144, 160), (2.3, 2.2, 3.0), directions=np.diag([-1.0, -1, 1]))
    turn = rotation(0, plan.oblique_deg)
    shape = (60, 160, 160) if plan.oblique_deg == 0 else (68, 160, 160)
    return centred_grid(shape, (2.2, 2.2, 3.0), directions=turn)


def _pet_grid(plan, centre, session):
    """South's scanner has other voxels than north's; a second session another table position."""
    if plan.small:
        return centred_grid((30, 48, 48), (7.5, 7.5, 7.0), centre)
    if plan.anatomy != "synthetic":
        return centred_grid((26, 88, 88), (4.07, 4.07, 4.0), centre)
    if plan.center == "south":
        return centred_grid((60, 100, 100), (3.65, 3.65, 3.27), centre + session * np.array(
            [1.3, -2.1, 1.7]))
    return centred_grid((48, 96, 96), (4.07, 4.07, 4.0), centre)


def _person(plan, number, rng):
    sex = "FM"[number % 2]
    return Person(name=f"QVISTHOLT^{plan.name}",
                  patient_id=f"PID{plan.name}{int(rng.integers(10**5, 10**6))}",
                  birth_date=f"{1941 + number}{1 + number % 12:02d}{11 + number:02d}",
                  accession=f"ACC{plan.name}{int(rng.integers(10**5, 10**6))}", sex=sex,
                  weight_kg=float(rng.integers(55, 98)))
