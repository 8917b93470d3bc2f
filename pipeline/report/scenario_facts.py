"""What the cohort's page says of the scenarios: read row by row, for there may be millions."""
import csv

from run_facts import STRATUM_NAMES, number

TOLERANCE = 1e-9  # a number that went through a text


def scenario_summary(path, strata, settings):
    """None without scenarios, else how many patients have any (`n`), how many have another
    stratum from 1 to 5 than theirs in some scenario (`changed`), how many become not evaluable in
    some (`lost`), and `table`: {(dose method, partial volume): patients of each stratum} of the
    scenarios that differ from the trial's settings in nothing else. `strata` is
    {(center, patient): stratum}."""
    if not path.exists():
        return None
    known, changed, lost, table = set(), set(), set(), {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            patient, value = (row["center"], row["patient"]), number(row["stratum"])
            if patient not in strata or not 0 <= value < len(STRATUM_NAMES):
                continue
            stratum = int(value)
            known.add(patient)
            if stratum != strata[patient]:
                (lost if stratum == 0 else changed).add(patient)
            if _is_as_configured(row, settings):
                counts = table.setdefault((row["dose_method"], row["partial_volume"]),
                                          [0] * len(STRATUM_NAMES))
                counts[stratum] += 1
    return {"n": len(known), "changed": len(changed), "lost": len(lost),
            "table": table} if known else None


def _is_as_configured(row, settings):
    wanted = {"calibration_percent": 0.0,
              **{key: settings[key] for key in ("threshold_gy", "ablation_max_diameter_mm",
                                                "vessel_min_diameter_mm")}}
    return row["diameter"] == settings["diameter"] and all(
        abs(number(row[key]) - value) <= TOLERANCE for key, value in wanted.items())
