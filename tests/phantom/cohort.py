"""The patients of the demo archive: a table of who has what, and which stratum that means.

Levels are equilibrium doses in Gy (see activity.py); blur and beta range bring small hot lesions
to about half of theirs. Every stratum and every way into `not evaluable` that an image can show
is here; truth.py checks that each case stays clear of the protocol's limits.
"""
from dataclasses import dataclass, field

from dicom_writer import PetOptions

NORTH_PET = PetOptions("SIEMENS", "Biograph_mMR", "START")
NORTH_TWO_BEDS = PetOptions("SIEMENS", "Biograph_mMR", "START", beds=2, frame_s=900.0)
SOUTH_PET = PetOptions("GE MEDICAL SYSTEMS", "Discovery MI", "ADMIN", slope_per_slice=True,
                       utc_offset="+0100")
SOUTH_UNCORRECTED = PetOptions("GE MEDICAL SYSTEMS", "Discovery MI", "NONE",
                               slope_per_slice=True, utc_offset="+0100")


@dataclass(frozen=True)
class LesionPlan:
    """A lesion asked for: diameters along x, y, z; one uptake per treatment; what it touches
    (free, large, small); which part of the liver (any, right, left, middle)."""

    label: str
    diameters_mm: tuple
    uptake_gy: tuple
    contact: str = "free"
    side: str = "any"


@dataclass(frozen=True)
class PatientPlan:
    """One row of the cohort. `offset` is (rotation degrees about x, about z, shift mm x, y, z)
    between anatomy and PET, which then have different frames of reference."""

    center: str
    name: str
    stratum: int
    why: str
    lesions: tuple
    liver_gy: tuple = (10.0,)
    progression: str = "no"
    delay_h: tuple = (20.0,)
    anatomy: str = "synthetic"          # synthetic, real_ct or real_mr
    pet: PetOptions = None
    offset: tuple = None
    oblique_deg: float = 0.0
    reverse_slices: bool = False
    nifti: dict = field(default_factory=dict)
    small: bool = False

    @property
    def key(self):
        return f"{self.center}/{self.name}"


def ball(label, diameter_mm, uptake_gy, contact="free", side="any"):
    uptake = uptake_gy if isinstance(uptake_gy, tuple) else (uptake_gy,)
    return LesionPlan(label, (float(diameter_mm),) * 3, uptake, contact, side)


NORTH = (
    PatientPlan("north", "N01", 1, "all lesions above 30 Gy", pet=NORTH_PET, lesions=(
        LesionPlan("L1", (26.0, 22.0, 20.0), (66.0,)), ball("L2", 18, 130))),
    PatientPlan("north", "N02", 2, "two small underdosed lesions, one at a small vessel only",
                pet=NORTH_TWO_BEDS, lesions=(
                    ball("L1", 18, 20, contact="small"), ball("L2", 22, 25), ball("L3", 24, 66))),
    PatientPlan("north", "N03", 3, "one underdosed lesion, too large", pet=NORTH_PET,
                offset=(5.0, 6.2, 9.0, -8.0, 9.0), lesions=(
                    LesionPlan("L1", (40.0, 34.0, 34.0), (24.0,)), ball("L2", 24, 130))),
    PatientPlan("north", "N04", 5, "five underdosed lesions", pet=NORTH_PET, oblique_deg=12.0,
                lesions=(ball("L1", 16, 18), ball("L2", 18, 16), ball("L3", 18, 15),
                         ball("L4", 20, 17), ball("L5", 22, 25), ball("L6", 22, 130))),
    PatientPlan("north", "N05", 0, "PET 40 hours after treatment", pet=NORTH_PET,
                delay_h=(40.0,), lesions=(ball("L1", 24, 120), ball("L2", 20, 18))),
)

SOUTH = (
    PatientPlan("south", "S01", 3, "two underdosed lesions, both at large vessels",
                pet=SOUTH_PET, reverse_slices=True, lesions=(
                    ball("L1", 20, 25, contact="large"), ball("L2", 16, 20, contact="large"),
                    ball("L3", 24, 120))),
    PatientPlan("south", "S02", 4, "underdosed: one small and free, one too large",
                pet=SOUTH_PET, lesions=(
                    ball("L1", 20, 18), LesionPlan("L2", (36.0, 36.0, 40.0), (24.0,)),
                    ball("L3", 22, 130))),
    PatientPlan("south", "S03", 2, "two treatments: one lesion passes 30 Gy only in their sum",
                pet=SOUTH_PET, liver_gy=(12.0, 12.0), delay_h=(18.0, 24.0), lesions=(
                    ball("L1", 24, (120.0, 0.5), side="right"),
                    ball("L2", 24, (0.5, 130.0), side="left"),
                    ball("L3", 28, (30.0, 30.0), side="middle"),
                    ball("L4", 18, (18.0, 0.5), side="right"))),
    PatientPlan("south", "S04", 4, "real CT; underdosed: one at a large vessel, one free",
                pet=SOUTH_PET, anatomy="real_ct", lesions=(
                    ball("L1", 18, 18, contact="large"), ball("L2", 18, 18),
                    ball("L3", 22, 130))),
    PatientPlan("south", "S05", 1, "all lesions above 30 Gy; PET without decay correction",
                pet=SOUTH_UNCORRECTED, lesions=(
                    ball("L1", 24, 120), LesionPlan("L2", (22.0, 26.0, 20.0), (72.0,)))),
)

ISLAND = (
    PatientPlan("island", "I01", 2, "one small underdosed lesion", nifti={"scaled": True},
                lesions=(ball("L1", 20, 17), ball("L2", 22, 130))),
    PatientPlan("island", "I02", 5, "progression", progression="yes",
                nifti={"correct_to": "injection"},
                lesions=(ball("L1", 24, 120), ball("L2", 20, 130))),
    PatientPlan("island", "I03", 0, "progression unknown", progression="unknown",
                nifti={"codes": (1, 0)}, lesions=(ball("L1", 22, 120),)),
    PatientPlan("island", "I04", 3, "real MR; one underdosed lesion at a large vessel",
                anatomy="real_mr", lesions=(
                    ball("L1", 20, 18, contact="large"), ball("L2", 22, 130))),
)

SMALL = (
    PatientPlan("north", "N01", 1, "all lesions above 30 Gy", pet=NORTH_PET, small=True,
                lesions=(ball("L1", 24, 170),)),
    PatientPlan("south", "S01", 3, "one underdosed lesion, too large", pet=SOUTH_PET, small=True,
                lesions=(ball("L1", 46, 16),)),
    PatientPlan("island", "I01", 5, "progression", progression="yes", small=True,
                nifti={"scaled": True}, lesions=(ball("L1", 26, 160),)),
)


def patients(small=False, only=None):
    """The rows to make: the demo cohort or the small one, all or only CENTER/PATIENT."""
    rows = SMALL if small else NORTH + SOUTH + ISLAND
    chosen = tuple(row for row in rows if only is None or row.key == only)
    if not chosen:
        raise SystemExit(f"--only {only}: no such patient; there are "
                         + ", ".join(row.key for row in rows))
    return chosen
