"""What a patient's page says beyond the stratum: how probable, how stable, what other criteria
answer, what SBRT would do, how the tumours responded. Everything is left out if the file lacks it.
"""
from patient_record import is_number
from run_facts import STRATUM_NAMES, probability
from strata_charts import response_chart, stratum_chart

ANSWERS = ("yes", "no", "unknown")
CRITERIA = {"who": "WHO", "recist": "RECIST", "recist_1_1": "RECIST 1.1", "mrecist": "mRECIST"}
# Quantities of /stability: what a reader sees, units.
QUANTITIES = {
    "threshold_gy": ("Davg threshold", "Gy"),
    "calibration_percent": ("calibration of all doses", "%"),
    "ablation_max_diameter_mm": ("size limit of ablation", "mm"),
    "vessel_distance_mm": ("every distance to a vessel", "mm"),
    "vessel_min_diameter_mm": ("diameter from which a vessel counts", "mm"),
    "max_underdosed": ("most underdosed lesions", ""),
}
SBRT_ROWS = (
    ("targets", "lesions treated", "", 0),
    ("spared_ml", "liver spared by SBRT", "mL", 0),
    ("spared_cumulated_ml", "liver spared by both", "mL", 0),
    ("y90_bed_gy", "BED of 90Y", "Gy", 1),
    ("liver_bed_gy", "BED of SBRT", "Gy", 1),
    ("cumulated_bed_gy", "BED cumulated", "Gy", 1),
    ("cumulated_eqd2_gy", "EQD2 cumulated", "Gy", 1),
)
SBRT_PLANS = (("proposed", "lesions sent to SBRT"), ("underdosed", "all underdosed lesions"))


def strata_context(record, summary, settings):
    """What strata.html shows."""
    decision = record.attributes("stratify")
    visits = record.table("stratify", "response")
    return {
        "probability": probability_line(decision, summary.stratum),
        "probability_note": str(decision.get("probability_note", "")),
        "stratum_chart": stratum_chart(record.table("stratify", "breakpoints"),
                                       settings["threshold_gy"]),
        "stability": stability_line(record.table("stratify", "stability"), summary.stratum,
                                    settings["threshold_gy"]),
        "stability_rows": stability_rows(record.table("stratify", "stability")),
        "modalities": str(decision.get("modalities", "")),
        "annotations": annotation_groups(record.table("stratify", "annotations")),
        "sbrt": sbrt_facts(record.attributes("stratify", "sbrt")),
        "sbrt_lesions": record.table("stratify", "sbrt_lesions"),
        "responses": best_responses(decision),
        "response_chart": response_chart(visits, CRITERIA),
    }


def probability_line(decision, stratum):
    """"P(stratum 2) = 0.98 (others: 4 0.02)"; empty if the file does not say."""
    if "p_stratum" not in decision:
        return ""
    if not is_number(decision["p_stratum"]):
        return f"P(stratum {stratum}) is unknown"
    others = sorted(((decision.get(f"p_stratum_{other}"), other)
                     for other in range(len(STRATUM_NAMES)) if other != stratum),
                    key=lambda pair: (-pair[0] if is_number(pair[0]) else 0, pair[1]))
    words = [f"{other} {probability(value)}" for value, other in others
             if is_number(value) and value > 0]
    return (f"P(stratum {stratum}) {_equals(probability(decision['p_stratum']))}"
            + (f" (others: {', '.join(words)})" if words else ""))


def _equals(text):
    return text if text[0] in "<>" else f"= {text}"


def signed(value, units=""):
    sign = "−" if value < 0 else "+"
    return f"{sign}{abs(value):.3g}{f' {units}' if units else ''}"


def stability_line(rows, stratum, threshold_gy):
    """"stays stratum 2 from 21.4 to 28.9 Gy; calibration −6 % … +11 %"."""
    found = {row["parameter"]: row for row in rows}
    parts = []
    if "threshold_gy" in found:
        low, high = (found["threshold_gy"][end] for end in ("lower_change", "upper_change"))
        low = f"{threshold_gy + low:.1f}" if is_number(low) else ""
        high = f"{threshold_gy + high:.1f}" if is_number(high) else ""
        parts.append(f"from {low} to {high} Gy" if low and high else
                     f"from {low} Gy up" if low else
                     f"up to {high} Gy" if high else "at any threshold")
    if "calibration_percent" in found:
        ends = [found["calibration_percent"][end] for end in ("lower_change", "upper_change")]
        words = [signed(end, "%") if is_number(end) else "any" for end in ends]
        parts.append("calibration " + (" … ".join(words) if any(map(is_number, ends))
                                       else "does not matter"))
    return f"stays stratum {stratum} {'; '.join(parts)}" if parts else ""


def stability_rows(rows):
    """(quantity, change down, stratum then, change up, stratum then); the changes as text."""
    def end(row, side, units):
        change, stratum = row[f"{side}_change"], row[f"{side}_stratum"]
        if not is_number(change):
            return "never", ""
        return signed(change, units), f"{stratum:.0f}" if is_number(stratum) else ""

    shown = []
    for row in rows:
        name, units = QUANTITIES.get(row["parameter"], (row["parameter"], ""))
        shown.append((name, *end(row, "lower", units), *end(row, "upper", units)))
    return shown


def annotation_groups(rows):
    """[(title, [(criterion, answer, text)])], in the order of the file."""
    groups = {}
    for row in rows:
        _, answers = groups.setdefault(row["rule_set"], (row["title"] or row["rule_set"], []))
        answers.append((str(row["criterion"]).replace("_", " "),
                        row["answer"] if row["answer"] in ANSWERS else "unknown", row["text"]))
    return list(groups.values())


def sbrt_facts(attributes):
    """The scheme, and a row per figure of the normal liver with a value per plan; None without."""
    if not attributes:
        return None
    rows = [(name, units, digits,
             [attributes.get(key if key.startswith("y90") else f"{plan}_{key}")
              for plan, _ in SBRT_PLANS]) for key, name, units, digits in SBRT_ROWS]
    return {**attributes, "plans": [title for _, title in SBRT_PLANS], "rows": rows}


def best_responses(decision):
    """A row per criterion that has a best response."""
    return [{"criterion": title, "best": decision[f"response_{name}_best"],
             **{key: decision.get(f"response_{name}_{key}") for key in
                ("days_to_response", "days_to_progression", "days_followed", "progression")}}
            for name, title in CRITERIA.items() if decision.get(f"response_{name}_best")]
