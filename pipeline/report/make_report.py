#!/usr/bin/python3
"""Draws the report of a run: report/index.html and one page per patient, readable offline.

A page is drawn again only if something it shows has changed: the patient's files, its summary,
the settings or this program.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import sys
import urllib.parse

import jinja2

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import charts  # noqa: E402  (beside this file)
import planes  # noqa: E402
from patient_page import patient_context  # noqa: E402
from patient_record import is_number  # noqa: E402
from run_facts import STAGES, STRATUM_NAMES, count_strata, expected_strata, load_run, number, \
    probability, sweep_counts  # noqa: E402
from scenario_facts import scenario_summary  # noqa: E402
from validate import load_configuration  # noqa: E402

# Tables of cohort/ beside those that are always linked to.
MORE_TABLES = ("breakpoints", "stability", "scenarios", "annotations", "response",
               "response_rates")
STATE = "pages.json"  # what each page was drawn from, and the strata then


def load_settings(config_path):
    document = load_configuration(config_path)[0] or {}
    report, rules = document.get("report") or {}, document.get("stratification") or {}
    return {"title": report.get("title", "Yttria cohort report"),
            "max_dose_gy": float(report.get("max_dose_gy", 100.0)),
            "threshold_gy": float(rules.get("threshold_gy", 30.0)),
            "ablation_max_diameter_mm": float(rules.get("ablation_max_diameter_mm", 30.0)),
            "vessel_min_diameter_mm": float(rules.get("vessel_min_diameter_mm", 4.0)),
            "diameter": str(rules.get("diameter", "3d"))}


def environment():
    """Templates with escaping on: any text of the archive may stand in a page."""
    env = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True,
                             trim_blocks=True, lstrip_blocks=True)
    env.filters["number"] = format_number
    env.filters["probability"] = probability
    env.tests["known"] = is_number
    env.filters["url"] = urllib.parse.quote
    env.globals.update(style=(HERE / "templates" / "style.css").read_text(encoding="utf-8"),
                       strata=STRATUM_NAMES, scale=colour_scale())
    return env


def format_number(value, digits=1):
    if isinstance(value, str):
        return value or "–"
    return f"{value:.{digits}f}" if is_number(value) else "–"


def colour_scale():
    """CSS gradient stops of the dose colours."""
    return ", ".join(f"rgb({r:.0f} {g:.0f} {b:.0f})" for r, g, b in planes.colour_levels(10))


def write_page(path, text):
    """Atomic: a reader sees the old page or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


# ---- patients' pages -----------------------------------------------------------------------


def page_key(run_folder, summary, neighbours, settings, program):
    """A digest of all that a patient's page is drawn from."""
    facts = [program, settings, neighbours, repr(summary)]
    for stage in STAGES:
        path = run_folder / summary.center / summary.patient / f"{stage}.h5"
        if summary.has(stage) and path.exists():
            status = path.stat()
            facts.append((stage, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def program_digest():
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")) + sorted((HERE / "templates").iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def page_path(summary):
    return f"{summary.center}/{summary.patient}.html"


def draw_patient(run_folder, summary, neighbours, settings):
    context = patient_context(run_folder, summary, settings)
    text = environment().get_template("patient.html").render(
        **context, previous=neighbours[0], following=neighbours[1])
    write_page(run_folder / "report" / page_path(summary), text)
    return context["notes"]


def draw_patients(run, settings, old, n_workers):
    """Draws the pages that are not up to date; {page: key} of all of them and how many."""
    program, keys, wanted = program_digest(), {}, []
    names = [summary.name for summary in run.patients]
    for index, summary in enumerate(run.patients):
        neighbours = ((names[index - 1] if index else ""),
                      (names[index + 1] if index + 1 < len(names) else ""))
        page = page_path(summary)
        # What a page shows does not depend on whether a result is new.
        shown = {stage: "done" if status == "current" else status
                 for stage, status in summary.stages.items()}
        shown_summary = type(summary)(**{**vars(summary), "stages": shown})
        keys[page] = page_key(run.folder, shown_summary, neighbours, settings, program)
        if old.get(page) != keys[page] or not (run.folder / "report" / page).exists():
            wanted.append((run.folder, shown_summary, neighbours, settings))
    if n_workers > 1 and len(wanted) > 1:
        with concurrent.futures.ProcessPoolExecutor(n_workers) as pool:
            notes = list(pool.map(draw_patient, *zip(*wanted)))
    else:
        notes = [draw_patient(*arguments) for arguments in wanted]
    for (_, summary, _, _), found in zip(wanted, notes):
        for note in found:
            print(f"{summary.name}: {note}", file=sys.stderr)
    return keys, len(wanted)


def remove_stale(report, old, pages):
    """Pages of patients who are no longer in the sheet."""
    for page in set(old) - set(pages):
        (report / page).unlink(missing_ok=True)


# ---- the cohort's page ---------------------------------------------------------------------


def draw_cohort(run, settings, old_strata):
    cohort = run.folder / "cohort"
    lesions = [(f"{row['center']}/{row['patient']} {row['lesion']}", number(row["davg_gy"]),
                {"yes": True, "no": False}.get(row["underdosed"])) for row in run.lesions]
    changed = {summary.name: old_strata[summary.name] for summary in run.patients
               if old_strata.get(summary.name, summary.stratum) != summary.stratum}
    stage_counts = {stage: {status: sum(summary.stages.get(stage) == status
                                        for summary in run.patients)
                            for status in ("done", "current", "failed", "skipped")}
                    for stage in STAGES}
    text = environment().get_template("cohort.html").render(
        settings=settings, run=run, patients=run.patients, counts=count_strata(run.patients),
        failed=[summary for summary in run.patients if summary.failed_stage], changed=changed,
        centers=sorted({summary.center for summary in run.patients}), stages=stage_counts,
        page_path=page_path, n_lesions=len(lesions), expected=expected_strata(run.patients),
        scenarios=scenario_summary(
            cohort / "scenarios.csv",
            {(summary.center, summary.patient): summary.stratum for summary in run.patients},
            settings),
        more_tables=[name for name in MORE_TABLES if (cohort / f"{name}.csv").exists()],
        sweep=charts.sweep_chart(sweep_counts(run.sweep), settings["threshold_gy"]),
        waterfall=charts.waterfall_chart([lesion for lesion in lesions if is_number(lesion[1])],
                                         settings["threshold_gy"]))
    write_page(run.folder / "report" / "index.html", text)


def load_state(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"pages": {}, "strata": {}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True)
    parser.add_argument("--run", required=True, help="the run's folder")
    parser.add_argument("--threads", type=int, default=1, help="pages drawn at a time")
    arguments = parser.parse_args()
    run, settings = load_run(arguments.run), load_settings(arguments.config)
    report = run.folder / "report"
    state = load_state(report / STATE)
    pages, n_drawn = draw_patients(run, settings, state["pages"], arguments.threads)
    remove_stale(report, state["pages"], pages)
    draw_cohort(run, settings, state["strata"])
    write_page(report / STATE, json.dumps(
        {"pages": pages, "strata": {s.name: s.stratum for s in run.patients}}, indent=1))
    print(f"{n_drawn} of {len(pages)} patients' pages drawn, the others are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
