"""What the pipeline should find: per-lesion truth, the protocol on it, and margins.

The protocol is written here once more, from the trial's text and not from the C code. A patient
whose truth comes near one of the limits is refused: its stratum would test luck.
"""
import json

import numpy as np

from anatomy import LARGE_VESSEL_MM, large_vessel_distance_mm
from shapes import LabelShape

THRESHOLD_GY, DOSE_MARGIN = 30.0, 0.25
SIZE_LIMIT_MM, SIZE_MARGIN_MM = 30.0, 4.0
MAX_UNDERDOSED, MAX_DELAY_H = 4, 36.0
SAFE_DISTANCE_MM = 8.0
MAX_NOISE_ERROR = 0.03

# Davg against davg_expected_gy. Same space: mask voxels and noise. Registered: 1-2 mm of
# residual misalignment move a hot lesion's edge, which is where its dose gradient is.
TOLERANCE_PERCENT = {"same": 5.0, "registered": 8.0}


def lesion_rows(body, plan, davg):
    """One dictionary per lesion. `davg`: dictionaries by label: true, expected, image."""
    rows = []
    for lesion in body.lesions:
        distance, vessel = large_vessel_distance_mm(body, lesion.shape)
        radii = lesion.shape.radii_mm
        expected = davg["expected"][lesion.label]
        rows.append({
            "center": plan.center, "patient": plan.name, "lesion": lesion.label,
            "centre_lps_mm": [round(float(v), 3) for v in lesion.shape.centre_mm],
            "diameters_mm": [2 * r for r in radii], "volume_ml": lesion.shape.volume_ml,
            "diameter_3d_mm": 2 * max(radii), "diameter_axial_mm": 2 * max(radii[:2]),
            "davg_true_gy": davg["true"][lesion.label], "davg_expected_gy": expected,
            "davg_image_gy": davg["image"][lesion.label],
            "tolerance_percent": TOLERANCE_PERCENT[
                "registered" if plan.offset or plan.center == "island" else "same"],
            "vessel_distance_mm": distance,
            # The labels of a real scan have no one diameter.
            "vessel_diameter_mm": None if isinstance(vessel, LabelShape) else vessel.diameter_mm,
            "underdosed": "yes" if expected <= THRESHOLD_GY else "no",
            "amenable": "yes" if 2 * max(radii) < SIZE_LIMIT_MM and distance > 0 else "no"})
    return rows


def stratum_of(rows, plan):
    """The protocol: 0 not evaluable, 1 to 5."""
    if max(plan.delay_h) > MAX_DELAY_H or plan.progression == "unknown":
        return 0
    under = [row for row in rows if row["underdosed"] == "yes"]
    if plan.progression == "yes" or len(under) > MAX_UNDERDOSED:
        return 5
    if not under:
        return 1
    amenable = [row["amenable"] == "yes" for row in under]
    return 2 if all(amenable) else 4 if any(amenable) else 3


def check_margins(rows, plan):
    """Refuses a patient whose truth is close to a limit, or is not the stratum of the table."""
    for row in rows:
        where = f"{plan.key} {row['lesion']}"
        relative = row["davg_expected_gy"] / THRESHOLD_GY - 1
        if abs(relative) < DOSE_MARGIN:
            raise ValueError(f"{where}: Davg {row['davg_expected_gy']:.1f} Gy is within "
                             f"{DOSE_MARGIN:.0%} of {THRESHOLD_GY} Gy; change its uptake")
        if abs(row["diameter_3d_mm"] - SIZE_LIMIT_MM) < SIZE_MARGIN_MM and \
                row["underdosed"] == "yes":
            raise ValueError(f"{where}: diameter too close to {SIZE_LIMIT_MM} mm")
        if 0 < row["vessel_distance_mm"] < SAFE_DISTANCE_MM:
            raise ValueError(f"{where}: {row['vessel_distance_mm']:.1f} mm from a vessel")
        noise = row["davg_image_gy"] / row["davg_expected_gy"] - 1
        if abs(noise) > MAX_NOISE_ERROR:
            raise ValueError(f"{where}: image noise moves Davg by {noise:.1%}")
    if stratum_of(rows, plan) != plan.stratum:
        raise ValueError(f"{plan.key}: the truth is stratum {stratum_of(rows, plan)}, the table "
                         f"of patients says {plan.stratum}")


def patient_row(plan, rows, person, extra):
    """One dictionary per patient; `identifiers` is what must never reach an output."""
    return {"center": plan.center, "patient": plan.name, "stratum": plan.stratum,
            "reason": plan.why, "progression": plan.progression, "delay_h": list(plan.delay_h),
            "n_lesions": len(rows),
            "n_underdosed": sum(row["underdosed"] == "yes" for row in rows),
            "min_davg_expected_gy": min(row["davg_expected_gy"] for row in rows),
            "anatomy": plan.anatomy, "large_vessel_limit_mm": LARGE_VESSEL_MM,
            "identifiers": {"name": person.name, "patient_id": person.patient_id,
                            "birth_date": person.birth_date, "accession": person.accession},
            **extra}


def write_truth(folder, patients, lesions):
    """truth.json for programs, two TSV for people."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"patients": patients, "lesions": lesions}
    (folder / "truth.json").write_text(json.dumps(document, indent=1, default=_plain) + "\n")
    _write_tsv(folder / "patients.tsv", patients)
    _write_tsv(folder / "lesions.tsv", lesions)


def _plain(value):
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)


def _write_tsv(path, rows):
    names = [n for n in rows[0] if not isinstance(rows[0][n], (list, dict))]
    lines = ["\t".join(names)]
    for row in rows:
        lines.append("\t".join("n/a" if row[n] is None else f"{row[n]:.3f}"
                               if isinstance(row[n], float) else str(row[n]) for n in names))
    path.write_text("\n".join(lines) + "\n")
