"""What a run says of itself outside the volumes: status tables, cohort CSV files, input notes."""
import collections
import csv
import dataclasses
import pathlib

STAGES = ("convert", "register", "dose", "segment", "stratify")
STRATUM_NAMES = ("not evaluable", "no further therapy", "ablation", "SBRT", "ablation and SBRT",
                 "systemic therapy")
FLAG_MEANINGS = {
    "acquisition_date_of_time_zero": "the PET's date was taken as that of its TimeZero: only so "
                                     "does it fit the treatment sheet",
    "activity_carried_over": "an earlier treatment's activity is still in this PET",
    "activity_ratio": "the scanner's activity and the net administered activity disagree",
    "baseline_after_treatment": "the baseline of the response is later than the treatment",
    "baseline_missing": "no baseline before the follow-up: its response is unknown",
    "contact_marginal": "a lesion's distance to a large vessel is within a voxel of the tolerance",
    "contours_sparse": "contours on every second slice only: volumes are too small",
    "density_uniform": "no CT that fits the PET: the dose is that of one density everywhere",
    "diameter_choice": "the 3-D and the axial diameter disagree about the size limit",
    "dose_missing": "a lesion has no Davg",
    "dose_tie": "a lesion's Davg is exactly the threshold",
    "followup_before_baseline": "an examination before the baseline was left out of the response",
    "fractional_mask": "a segmentation with fractions of voxels was cut at 50 %",
    "injection_time_differs": "image header and treatment sheet disagree about the time",
    "late_imaging": "the PET is later than the protocol's limit",
    "lesion_label_repeated": "a lesion label was used more than once: the later lesions are named "
                             "with _2, _3, …",
    "lesions_not_followed": "the follow-up does not measure every treated lesion",
    "lesion_outside_dose": "the dose map does not cover a lesion",
    "liver_misplaced": "the liver, or a lesion in it, came to the dose map by a registration that "
                       "cannot be trusted: doses of the liver are unknown",
    "liver_outside_dose": "the dose map does not cover the liver: its mean doses are unknown",
    "liver_outside_pet": "the PET does not show all of the liver in which its activity is compared "
                         "with what was given",
    "liver_region_unknown": "where the liver lies in the PET is not known: its activity is compared "
                            "with what was given in the field of view",
    "lung_misplaced": "the lung came to the dose map by a registration that cannot be trusted: its "
                      "dose is unknown",
    "lung_shunt_unknown": "no lung shunt fraction in the treatment sheet; taken as none",
    "negative_activity": "much of the PET signal is negative",
    "negative_dose": "a lesion's Davg is negative: noise, not dose",
    "non_target_unknown": "whether the lesions beside the targets progressed is not known",
    "one_clock_assumed": "a time zone is missing; both clocks were taken as one",
    "organs_misplaced": "bile ducts, stomach or bowel came to the lesions by a registration that "
                        "cannot be trusted: distances are unknown",
    "positron_fraction_differs": "the positron fraction of the PET's header is not the "
                                 "nuclide's, and was not corrected",
    "positron_fraction_zero": "the PET's header has a positron fraction of 0: taken as not "
                              "filled in",
    "progression_tie": "a change is exactly at the limit of progression",
    "progression_unknown": "progression is unknown",
    "recovery_unknown": "a lesion is smaller than the spheres of the scanner's recovery curve: its "
                        "Davg is not corrected",
    "registration_failed": "a lesion came to the dose map by a registration that cannot be trusted",
    "registration_poor": "an image does not match its reference well: look at the registration",
    "residual_unknown": "no residual activity in the treatment sheet; taken as none",
    "resolution_unknown": "the PET's resolution is not known: no deconvolved dose map",
    "size_tie": "a lesion's diameter is exactly the limit",
    "size_unknown": "a lesion's diameter is not known",
    "slice_gap_uneven": "image slices are not evenly spaced",
    "target_not_measurable": "a target is smaller at baseline than the criteria measure",
    "targets_limited": "more targets than a criterion allows: the largest were taken",
    "vessel_tie": "a vessel's diameter is exactly the limit",
    "vessels_misplaced": "vessels came to the lesions by a registration that cannot be trusted: "
                         "distances are unknown",
    "vessels_unknown": "no vessels were segmented",
}


@dataclasses.dataclass
class PatientSummary:
    """A patient's row of the cohort page."""
    center: str
    patient: str
    stratum: int = 0
    reason: str = ""
    flags: tuple = ()
    n_lesions: float = float("nan")  # NaN: not known
    n_underdosed: float = float("nan")
    min_davg_gy: float = float("nan")
    p_strata: tuple = ()  # of strata 0 to 5; empty: not known
    failed_stage: str = ""
    failed_reason: str = ""
    stages: dict = dataclasses.field(default_factory=dict)

    @property
    def name(self):
        return f"{self.center}/{self.patient}"

    @property
    def is_recomputed(self):
        return "done" in self.stages.values()

    def has(self, stage):
        """True if that stage's file is a result of this run, not left over from another one."""
        return self.stages.get(stage) in ("done", "current")


@dataclasses.dataclass
class Run:
    folder: pathlib.Path
    patients: list   # PatientSummary, in the order of the sheet
    lesions: list    # rows of lesions.csv
    sweep: list      # rows of sweep.csv
    input_notes: list


def number(text):
    """A cell as a number; NaN if it is missing or none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("nan")


def count(text):
    value = number(text)
    return int(value) if value == value else 0


def load_run(folder):
    folder = pathlib.Path(folder)
    patients = {}
    for row in _read_table(folder / "cohort" / "patients.csv", ","):
        summary = PatientSummary(
            row["center"], row["patient"], count(row["stratum"]), row["reason"],
            tuple(filter(None, row["flags"].split(";"))), number(row["n_lesions"]),
            number(row["n_underdosed"]), number(row["min_davg_gy"]), _probabilities(row))
        patients.setdefault((summary.center, summary.patient), summary)
    for stage in STAGES:
        for row in _read_table(folder / "status" / f"{stage}.tsv", "\t"):
            key = row["center"], row["patient"]
            summary = patients.setdefault(key, PatientSummary(*key, reason="no result"))
            if summary.stages.get(stage) == "failed":
                continue  # listed twice: the failure is what to tell
            summary.stages[stage] = row["status"]
            if row["status"] == "failed" and not summary.failed_stage:
                summary.failed_stage, summary.failed_reason = stage, row["reason"]
    notes = folder / "logs" / "input.txt"
    return Run(folder, list(patients.values()),
               _read_table(folder / "cohort" / "lesions.csv", ","),
               _read_table(folder / "cohort" / "sweep.csv", ","),
               notes.read_text(encoding="utf-8").splitlines() if notes.exists() else [])


def _probabilities(row):
    found = tuple(number(row.get(f"p_stratum_{stratum}")) for stratum in range(len(STRATUM_NAMES)))
    return found if all(value == value for value in found) else ()


def probability(value):
    """Two digits, which do not pass off as sure or impossible what is not; "–" if unknown."""
    value = number(value)
    if value != value:
        return "–"
    if 0 < value < 0.005:
        return "<0.01"
    return ">0.99" if 0.995 <= value < 1 else f"{value:.2f}"


def expected_strata(patients):
    """Sums of the patients' probabilities by stratum, and of how many patients; None of none."""
    known = [summary.p_strata for summary in patients if summary.p_strata]
    return {"strata": [sum(values) for values in zip(*known)], "n": len(known)} if known else None


def _read_table(path, separator):
    if not path.exists():
        return []
    quoting = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator, quoting=quoting))


def count_strata(patients):
    counts = collections.Counter(summary.stratum for summary in patients)
    return [counts[stratum] for stratum in range(len(STRATUM_NAMES))]


def sweep_counts(rows):
    """{threshold: patients of each stratum} from the rows of sweep.csv."""
    counts = {}
    for row in rows:
        strata = counts.setdefault(number(row["threshold_gy"]), [0] * len(STRATUM_NAMES))
        strata[min(count(row["stratum"]), len(strata) - 1)] += 1
    return dict(sorted(counts.items()))
