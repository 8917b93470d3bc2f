"""What a patient's page says of its doses: uncertainties, calibration, planning models."""
from patient_record import is_number

# Columns of /lesions beside Davg: (column, its uncertainty or "", heading, digits).
DOSE_COLUMNS = (
    ("davg_gy", "davg_uncertainty_gy", "Davg (Gy)", 1),
    ("u_calibration_gy", "", "± by calibration", 1),
    ("u_volume_gy", "", "± by outline", 1),
    ("u_noise_gy", "", "± by noise", 1),
    ("u_counting_gy", "", "± by counting", 1),
    ("davg_eroded_gy", "", "Outline − 1 voxel (Gy)", 1),
    ("davg_dilated_gy", "", "Outline + 1 voxel (Gy)", 1),
    ("recovery_coefficient", "", "Recovery coefficient", 2),
    ("davg_recovered_gy", "davg_recovered_uncertainty_gy", "Davg, recovered (Gy)", 1),
    ("bed_gy", "", "BED (Gy)", 1),
)
MODELS = {"mird": "MIRD, one compartment", "bsa": "BSA", "partition": "partition"}
ORGANS = ("liver", "tumour", "normal", "lung")


def known_columns(lesions):
    """The columns of DOSE_COLUMNS that have a number for some lesion; none if Davg is alone."""
    known = [column for column in DOSE_COLUMNS
             if any(is_number(lesion.get(column[0])) for lesion in lesions)]
    has_sigma = any(is_number(lesion.get("davg_uncertainty_gy")) for lesion in lesions)
    return known if len(known) > 1 or has_sigma else []


def lesion_ratios(record):
    """{lesion: tumour-to-normal ratio} of those that have one."""
    return {row["lesion"]: row["tumour_to_normal_ratio"]
            for row in record.table("segment", "tumour_to_normal")
            if is_number(row["tumour_to_normal_ratio"])}


def calibration_lines(dose, treatments):
    """A line per treatment: the method, the ratio and its region, and what was corrected."""
    method = str(dose.get("calibration_method") or "unknown").replace("_", " ")
    return [_calibration_line(method, row) for row in treatments]


def _calibration_line(method, row):
    region = str(row.get("calibration_region") or "").replace("_", " ")
    facts = (("calibration_factor", "factor {:.3f}"),
             ("activity_ratio", "scanner / net administered {:.2f}"
              + (f" in the {region}" if region else "")),
             ("half_life_factor", "the header's half-life undone by {:.4f}"),
             ("positron_fraction", "the header's positron fraction {:.4g}"),
            ("positron_fraction_factor", "of which the correction is {:.4g}"))
    words = [text.format(row[column]) for column, text in facts if is_number(row.get(column))]
    return f"{row['treatment']}: calibration {method}" + "".join(f", {word}" for word in words)


def plans(record):
    """The planning models for all treatments together: None without them, else the measured
    doses, the activity given, and a row per model with (predicted, measured / predicted)."""
    rows = [row for row in record.table("segment", "planning") if row["treatment"] == "all"]
    if not rows:
        return None
    return {
        "given_gbq": rows[0]["activity_gbq"],
        "measured": [rows[0][f"measured_{organ}_gy"] for organ in ORGANS],
        "models": [{"name": MODELS.get(row["model"], row["model"]),
                    "prescribed_gbq": row["prescribed_gbq"],
                    "doses": [(row[f"{organ}_gy"], row[f"{organ}_ratio"]) for organ in ORGANS],
                    "unknown": str(row["unknown"]).replace("_", " ").replace(";", ", ")}
                   for row in rows],
    }
