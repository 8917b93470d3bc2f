"""One patient's page: from the patient's files to what the template shows."""
import dose_facts
import charts
import figures
from patient_record import PatientRecord, is_number
from run_facts import FLAG_MEANINGS, STAGES, STRATUM_NAMES
from strata_facts import strata_context


def patient_context(run_folder, summary, settings):
    """Everything that patient.html shows. A part that cannot be read becomes a note."""
    folder = run_folder / summary.center / summary.patient
    context = {"summary": summary, "stratum_name": STRATUM_NAMES[summary.stratum],
               "flags": [(flag, FLAG_MEANINGS.get(flag, "")) for flag in summary.flags],
               "notes": [], "settings": settings, "stages": STAGES}
    usable = [stage for stage in STAGES if summary.has(stage)]
    try:
        with PatientRecord(folder, usable) as record:
            context.update(_tables(record, settings))
            context.update(strata_context(record, summary, settings))
            context.update(_pictures(record, context, settings))
    except (OSError, KeyError, ValueError, LookupError) as error:
        context["notes"].append(f"Part of this page could not be drawn: {error}")
    return context


def _tables(record, settings):
    lesions = (record.table("stratify", "lesions") or record.table("segment", "lesions"))
    segment = record.attributes("segment")
    dose = record.attributes("dose")
    treatments = record.table("dose", "treatments")
    return {
        "lesions": lesions,
        "clinical": record.attributes("convert", "patient"),
        "images": _images(record),
        "quality": record.table("register", "quality"),
        "reference": record.attributes("register").get("reference", ""),
        "treatments": treatments,
        "activity_ratio": worst_activity_ratio(treatments),
        "administered": record.table("convert", "treatments"),
        "dose": dose,
        "segment": segment,
        "liver": record.attributes("segment", "liver"),
        "lung": record.attributes("segment", "lung"),
        "scanner": record.attributes("dose", "scanner"),
        "calibration": dose_facts.calibration_lines(dose, treatments),
        "dose_columns": dose_facts.known_columns(lesions),
        "lesion_ratios": dose_facts.lesion_ratios(record),
        "plans": dose_facts.plans(record),
        "davg_chart": charts.davg_chart(lesions, settings["threshold_gy"]),
        "provenance": list(record.provenance()),
        "dvh": _dvh_charts(record, lesions, settings["threshold_gy"]),
    }


def worst_activity_ratio(treatments):
    """The ratio of the scanner's to the net administered activity that is furthest from 1 (None
    if there is none), and of how many treatments it is."""
    known = [row["activity_ratio"] for row in treatments if is_number(row.get("activity_ratio"))]
    n_all, n_unknown = len(treatments), len(treatments) - len(known)
    of_what = "1 treatment" if n_all == 1 else f"furthest from 1 of {n_all} treatments"
    if n_all > 1 and n_unknown:
        of_what += f", {n_unknown} unknown"
    return max(known, key=lambda ratio: abs(ratio - 1), default=None), of_what


def _images(record):
    group = record.find("convert", "images")
    return [] if group is None else [
        {"image": name, **record.attributes("convert", f"images/{name}")} for name in sorted(group)]


def _dvh_charts(record, lesions, threshold_gy):
    drawn = {}
    for lesion in lesions:
        name = str(lesion["lesion"])
        # A label may hold a slash, which HDF5 would take for a group; segment writes "_" for it.
        rows = record.table("segment", f"dvh/{name.replace('/', '_')}")
        if rows and is_number(lesion.get("davg_gy")):
            drawn[name] = charts.dvh_chart(
                name, [row["dose_gy"] for row in rows], [row["volume_percent"] for row in rows],
                threshold_gy, lesion["davg_gy"])
    return drawn


def _pictures(record, context, settings):
    if "register" not in record.files:
        return {}
    space = figures.PatientSpace(record, settings["max_dose_gy"], settings["threshold_gy"])
    by_lesion = figures.lesion_pictures(space, context["lesions"])
    moved = [row["image"] for row in context["quality"] if row["image"] != space.reference]
    return {"lesion_pictures": by_lesion,
            "overview": [] if by_lesion else figures.overview_pictures(space),
            "registration": figures.registration_pictures(space, record, moved)}
