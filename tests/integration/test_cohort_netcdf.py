"""From lesion tables to a cohort: yttria-stratify and yttria-aggregate on files made here.

The files are written with h5py as docs/file-format.md says; what comes out is read with h5py,
csv and xarray, so that no code of the programs is used on either side.
"""
import csv
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import xarray

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("YTTRIA_BIN", REPOSITORY / "build" / "bin"))
MISSING = [name for name in ("yttria-stratify", "yttria-aggregate")
           if not (PROGRAMS / name).is_file()]
PARTIAL, BAD_DATA = 1, 65
LESION_NUMBERS = ("volume_ml", "diameter_3d_mm", "diameter_axial_mm", "davg_gy", "d95_gy", "d90_gy",
                  "d70_gy", "d50_gy", "v30_percent", "v100_percent", "davg_kernel_gy",
                  "davg_local_deposition_gy", "coverage", "voxels")
CONFIGURATION = f"""\
nuclide: {REPOSITORY}/configs/nuclides/y90.yaml
scanners: {REPOSITORY}/configs/scanners
cohort: {{patients: patients.tsv, treatments: treatments.tsv, images: images.tsv}}
run: run
sweep: {{threshold_gy: {{from: 20.0, to: 50.0, step: 0.5}}}}
"""
# davg_gy, 3-D diameter, flags, vessel staircase (distance, diameter)
FINE = (55.0, 18.0, "", ())
SMALL = (28.9, 12.0, "", ((1.0, 2.5), (8.3, 5.0)))
LARGE = (21.4, 31.0, "", ())
TOUCHING = (25.0, 20.0, "", ((0.5, 6.0),))
OUTSIDE = (12.0, 20.0, "lesion_outside_dose", ())


def write_table(file, name, texts, numbers):
    """A table group of the contract: texts and numbers are dictionaries column -> values."""
    group = file.create_group(name)
    group.attrs["columns"] = ",".join([*texts, *numbers])
    for column, values in texts.items():
        group.create_dataset(column, data=np.array(values, dtype=object),
                             dtype=h5py.string_dtype())
    for column, values in numbers.items():
        group.create_dataset(column, data=np.array(values, dtype=float))
        group[column].attrs["units"], group[column].attrs["long_name"] = "1", column


def write_segment(path, center, patient, lesions, progression="no", delay_h=12.0, vessels=True,
                  flags="", clinical=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs.update({"yttria_stage": "segment", "center": center, "patient": patient,
                           "format_version": 1.0, "flags": flags, "dose_method": "kernel",
                           "imaging_delay_h": delay_h, "progression": progression,
                           "voxel_diagonal_mm": 2.0, "liver": "segmented",
                           "vessels": "segmented" if vessels else "none"})
        file.create_group("patient").attrs.update({"progression": progression, **(clinical or {})})
        file.create_group("liver").attrs.update({"volume_ml": 1500.0, "mean_gy": 40.0,
                                                 "normal_volume_ml": 1400.0,
                                                 "normal_mean_gy": 33.0})
        numbers = {name: [0.0] * len(lesions) for name in LESION_NUMBERS}
        numbers["davg_gy"] = [lesion[0] for lesion in lesions]
        numbers["diameter_3d_mm"] = numbers["diameter_axial_mm"] = [l[1] for l in lesions]
        names = [f"L{n + 1}" for n in range(len(lesions))]
        write_table(file, "lesions", {"lesion": names, "flags": [l[2] for l in lesions]}, numbers)
        rows = [(name, *step) for name, lesion in zip(names, lesions) for step in lesion[3]]
        write_table(file, "vessel_profile", {"lesion": [row[0] for row in rows]},
                    {"vessel_distance_mm": [row[1] for row in rows],
                     "vessel_diameter_mm": [row[2] for row in rows]})


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


JOINED = {  # tables of stratify.h5 that reach the cohort as they are: texts, numbers
    "breakpoints": ({"parameter": ["threshold_gy"] * 3},
                    {"value": [0.0, 21.4, 28.9], "stratum_at": [1.0, 1.0, 2.0],
                     "stratum_above": [1.0, 2.0, 4.0]}),
    "stability": ({"parameter": ["threshold_gy"]},
                  {"lower_change": [-8.6], "lower_stratum": [1.0], "upper_change": [np.nan],
                   "upper_stratum": [np.nan]}),
    "scenarios": ({"dose_method": ["kernel"] * 4, "partial_volume": ["none", "recovered"] * 2,
                   "diameter": ["3d"] * 4},
                  {"calibration_percent": [0.0] * 4, "threshold_gy": [30.0, 30.0, 35.0, 35.0],
                   "ablation_max_diameter_mm": [30.0] * 4, "vessel_min_diameter_mm": [4.0] * 4,
                   "stratum": [4.0, 1.0, 4.0, 0.0], "n_underdosed": [2.0, 0.0, 2.0, 0.0]}),
    "annotations": ({"rule_set": ["sbrt"], "title": ["SBRT"], "criterion": ["eligible"],
                     "answer": ["no"], "text": ['L2 32 mm > 30 mm, "so"\nno']}, {}),
    "response": ({"criterion": ["who"], "date": ["2020-03-01"], "unit": ["mm2"],
                  "response": ["PR"], "reason": ["sum"]},
                 {"days_since_baseline": [100.0], "days_since_treatment": [90.0], "sum": [100.0],
                  "nadir": [200.0], "change_percent": [-50.0], "nadir_change_percent": [-50.0]}),
}


def add_sensitivity(path):
    """All that may stand beside the decision, in place of what stratify wrote."""
    with h5py.File(path, "r+") as file:
        for name in [name for name in (*JOINED, "sbrt") if name in file]:
            del file[name]
        for name, (texts, numbers) in JOINED.items():
            write_table(file, name, texts, numbers)
        file.attrs.update({**{f"p_stratum_{n}": p for n, p in
                              enumerate((0.0, 0.125, 0.0, 0.0, 0.875, 0.0))},
                           "p_stratum": 0.875, "p_standard_error": 0.01,
                           "modalities": "SBRT: no, L2 32 mm > 30 mm",
                           "response_who_best": "PR", "response_who_days_to_response": 90.0,
                           "response_who_days_followed": 400.0,
                           "response_who_days_to_progression": np.nan,
                           "response_who_progression": "censored"})
        file.create_group("sbrt").attrs.update({"tumour_bed_gy": 100.0,
                                                "proposed_spared_ml": 812.5,
                                                "underdosed_cumulated_bed_gy": 44.25})
        lesions = file["lesions"]
        columns = ("p_underdosed", "p_amenable", "bile_duct_distance_mm", "bowel_distance_mm")
        for n, column in enumerate(columns):
            if column in lesions:
                del lesions[column]
            lesions.create_dataset(column, data=np.arange(len(lesions["davg_gy"])) + 0.5 * n)
            lesions[column].attrs.update({"units": "1", "long_name": column})
        listed = str(lesions.attrs["columns"]).split(",")
        lesions.attrs["columns"] = ",".join([c for c in listed if c not in columns]
                                            + list(columns))


def drop_sensitivity(path):
    """A file of an older version, which has none of it."""
    with h5py.File(path, "r+") as file:
        for name in [name for name in (*JOINED, "sbrt") if name in file]:
            del file[name]
        for name in [name for name in file.attrs
                     if name.startswith(("p_s", "response_", "modalities"))]:
            del file.attrs[name]


@unittest.skipIf(MISSING, f"not built: {', '.join(MISSING)}")
class Cohort(unittest.TestCase):
    """Seven patients of two centers; one has no lesion table, one failed earlier."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="yttria-cohort-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.run_folder = self.folder / "run"
        (self.folder / "trial.yaml").write_text(CONFIGURATION)
        patients = [("south", "S2"), ("south", "S1"), ("north", "N1"), ("north", "N2"),
                    ("north", "N3"), ("north", "N4"), ("north", "N5")]
        (self.folder / "patients.tsv").write_text(
            "center\tpatient\tprogression\tage\n"
            + "".join(f"{c}\t{p}\tno\t60\n" for c, p in patients))
        self.segment("north", "N1", [FINE, SMALL, FINE, LARGE, FINE],
                     clinical={"age": 61.0, "sex": "F"})
        self.segment("north", "N2", [SMALL] * 5 + [FINE])
        self.segment("north", "N3", [FINE, OUTSIDE], flags="registration_poor")
        self.segment("north", "N4", [])
        self.segment("south", "S1", [SMALL, (30.0, 30.0, "", ())], progression="yes",
                     clinical={"weight_kg": 70.5})
        status = self.run_folder / "status"
        status.mkdir()
        (status / "dose.tsv").write_text(
            "center\tpatient\tstatus\treason\tseconds\n"
            "south\tS2\tfailed\tPET units are GML; wanted BQML\t0.1\n")

    def segment(self, center, patient, lesions, **facts):
        write_segment(self.run_folder / center / patient / "segment.h5", center, patient, lesions,
                      **facts)

    def call(self, program, *options):
        return subprocess.run(
            [str(PROGRAMS / f"yttria-{program}"), "--config", str(self.folder / "trial.yaml"),
             *map(str, options)], capture_output=True, text=True, check=False)

    def batch(self, program, *options, expect=0):
        done = self.call(program, "--batch", self.folder / "patients.tsv", "--run",
                         self.run_folder, *options)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def cohort(self, name):
        return self.run_folder / "cohort" / name

    def test_strata_and_reasons(self):
        self.batch("stratify")
        self.batch("aggregate")
        patients = {row["patient"]: row for row in rows_of(self.cohort("patients.csv"))}
        self.assertEqual({name: row["stratum"] for name, row in patients.items()},
                         {"N1": "4", "N2": "5", "N3": "0", "N4": "0", "N5": "0", "S1": "5",
                          "S2": "0"})
        self.assertEqual(
            patients["N1"]["reason"],
            "2 of 5 lesions underdosed (L2 28.9 Gy, L4 21.4 Gy); L2 12.0 mm, nearest vessel > 4 mm "
            "at 8.3 mm -> ablation; L4 31.0 mm not < 30 mm -> SBRT; mixed")
        self.assertIn("more than 4", patients["N2"]["reason"])
        self.assertIn("L2 lies partly or wholly outside the dose map", patients["N3"]["reason"])
        self.assertEqual(patients["N3"]["flags"], "registration_poor;lesion_outside_dose")
        self.assertEqual(patients["N4"]["reason"], "not evaluable: no lesion")
        self.assertTrue(patients["S1"]["reason"].startswith("disease progression; 2 of 2"))
        self.assertEqual(patients["S1"]["flags"], "dose_tie")
        self.assertEqual(patients["S2"]["reason"],
                         "failed in dose: PET units are GML; wanted BQML")
        self.assertIn("run stratify first", patients["N5"]["reason"])

    def test_csv_files_have_the_columns_that_others_rely_on(self):
        self.batch("stratify")
        self.batch("aggregate")
        wanted = {"patients.csv": "center,patient,stratum,reason,flags,n_lesions,n_underdosed,"
                                  "min_davg_gy",
                  "lesions.csv": "center,patient,lesion,volume_ml,diameter_3d_mm,"
                                 "diameter_axial_mm,davg_gy,d70_gy,vessel_distance_mm,"
                                 "vessel_diameter_mm,underdosed,amenable",
                  "sweep.csv": "center,patient,threshold_gy,stratum"}
        for name, header in wanted.items():
            end = "\n" if name == "sweep.csv" else ","
            self.assertTrue(self.cohort(name).read_text().startswith(header + end), name)
        patients = rows_of(self.cohort("patients.csv"))
        order = [(row["center"], row["patient"]) for row in patients]
        self.assertEqual(order, sorted(order))
        self.assertEqual([row["age"] for row in patients], ["61", "", "", "", "", "", ""])
        self.assertEqual(patients[5]["weight_kg"], "70.5")
        self.assertEqual(patients[0]["normal_liver_mean_gy"], "33")
        lesions = rows_of(self.cohort("lesions.csv"))
        self.assertEqual(len(lesions), 5 + 6 + 2 + 0 + 2)
        self.assertEqual([row["treatment"] for row in lesions[:5]],
                         ["none", "ablation", "none", "sbrt", "none"])
        self.assertEqual((lesions[1]["vessel_distance_mm"], lesions[1]["vessel_diameter_mm"],
                          lesions[1]["vessel_status"]), ("8.3", "5", "measured"))
        self.assertEqual((lesions[0]["vessel_distance_mm"], lesions[0]["vessel_status"]),
                         ("", "none_large"))
        sweep = {(row["patient"], float(row["threshold_gy"])): row["stratum"]
                 for row in rows_of(self.cohort("sweep.csv"))}
        self.assertEqual(len(sweep), 7 * 61)
        # N1: L4 has 21.4 Gy and is too large, L2 28.9 Gy and amenable: strict "below" at each.
        self.assertEqual([sweep["N1", t] for t in (20.0, 21.0, 21.5, 28.5, 29.0, 50.0)],
                         ["1", "1", "3", "3", "4", "4"])

    def test_cohort_opens_in_xarray(self):
        self.batch("stratify")
        self.batch("aggregate")
        with xarray.open_dataset(self.cohort("cohort.nc")) as cube:
            self.assertEqual(dict(cube.sizes), {"patient": 7, "lesion": 15, "threshold": 61,
                                                "stratum_class": 6})
            self.assertEqual(cube.attrs["Conventions"], "CF-1.8")
            self.assertEqual(list(cube.stratum.values), [4, 5, 0, 0, 0, 5, 0])
            self.assertIn("protocol_stratum_5", cube.stratum.attrs["flag_meanings"])
            self.assertEqual(list(cube.patient_id.values[:2]), ["N1", "N2"])
            self.assertEqual(list(cube.patient_index.values), [0] * 5 + [1] * 6 + [2] * 2 + [5] * 2)
            self.assertEqual(cube.lesion_davg_gy.attrs["units"], "Gy")
            self.assertAlmostEqual(float(cube.lesion_davg_gy[3]), 21.4, places=12)
            self.assertTrue(np.isnan(cube.min_davg_gy[4]))
            at_30 = cube.stratum_at_threshold.sel(threshold=30.0)
            self.assertEqual(list(at_30.values), list(cube.stratum.values))
            counts = np.array([[(cube.stratum_at_threshold.values[:, t] == s).sum()
                                for s in range(6)] for t in range(61)])
            np.testing.assert_array_equal(cube.stratum_count.values, counts)
            self.assertEqual(cube.stratum_count.dims, ("threshold", "stratum_class"))

    def test_probabilities_sensitivity_and_response_reach_the_cohort(self):
        self.batch("stratify")
        for center, patient in (("north", "N1"), ("north", "N2"), ("south", "S1")):
            path = self.run_folder / center / patient / "stratify.h5"
            (drop_sensitivity if patient == "N2" else add_sensitivity)(path)
        for patient in ("N3", "N4"):
            drop_sensitivity(self.run_folder / "north" / patient / "stratify.h5")
        self.batch("aggregate")
        first, second = rows_of(self.cohort("patients.csv"))[:2]
        wanted = {"p_stratum_1": "0.125", "p_stratum": "0.875", "p_standard_error": "0.01",
                  "modalities": "SBRT: no, L2 32 mm > 30 mm", "sbrt_tumour_bed_gy": "100",
                  "sbrt_proposed_spared_ml": "812.5", "sbrt_underdosed_cumulated_bed_gy": "44.25",
                  "response_who_best": "PR", "response_who_days_to_response": "90",
                  "response_who_days_to_progression": "", "response_who_days_followed": "400",
                  "response_who_progression": "censored"}
        self.assertEqual({name: first[name] for name in wanted}, wanted)
        self.assertEqual({second[name] for name in wanted}, {""})
        lesion = rows_of(self.cohort("lesions.csv"))[1]
        self.assertEqual([lesion[name] for name in ("p_underdosed", "p_amenable",
                                                    "bile_duct_distance_mm", "bowel_distance_mm")],
                         ["1", "1.5", "2", "2.5"])
        for name, (texts, numbers) in JOINED.items():
            with self.subTest(table=name):
                rows = rows_of(self.cohort(f"{name}.csv"))
                n = len(next(iter(texts.values())))
                self.assertEqual([row["patient"] for row in rows], ["N1"] * n + ["S1"] * n)
                for column, values in texts.items():
                    self.assertEqual([row[column] for row in rows[:n]], values)
                for column, values in numbers.items():
                    found = [float(row[column] or "nan") for row in rows[:n]]
                    np.testing.assert_array_equal(found, values)
                self.assertEqual(set(rows[0]), {"center", "patient", *texts, *numbers})
        rates = {row["criterion"]: row for row in rows_of(self.cohort("response_rates.csv"))}
        self.assertEqual([rates["who"][c] for c in ("n_patients", "n_followed", "n_pr",
                                                    "orr_percent")], ["7", "2", "2", "100"])
        self.assertEqual(rates["mrecist"]["orr_percent"], "")
        with xarray.open_dataset(self.cohort("cohort.nc"), decode_timedelta=False) as cube:
            self.assertEqual(float(cube.p_stratum_4[0]), 0.875)
            self.assertTrue(np.isnan(cube.p_stratum_4[1]))
            self.assertEqual(cube.response_who_best.values[5], "PR")
            self.assertEqual(float(cube.sbrt_proposed_spared_ml[0]), 812.5)
            self.assertEqual(float(cube.lesion_p_underdosed[1]), 1.0)

    def test_a_damaged_table_fails_its_patient_only(self):
        self.batch("stratify")
        path = self.run_folder / "north" / "N1" / "stratify.h5"
        add_sensitivity(path)
        with h5py.File(path, "r+") as file:
            del file["scenarios/stratum"]
        self.batch("aggregate", expect=PARTIAL)
        self.assertEqual(rows_of(self.cohort("patients.csv"))[0]["stratum"], "0")
        for name in JOINED:  # all of a patient or nothing
            self.assertNotIn("N1", [row["patient"] for row in rows_of(self.cohort(f"{name}.csv"))])
        self.assertEqual(list(self.cohort("").glob(".*.part")), [])

    def test_nothing_changed_nothing_done(self):
        self.batch("stratify")
        self.batch("aggregate")
        names = ("cohort.nc", "patients.csv", "lesions.csv", "sweep.csv", "response_rates.csv",
                 *(f"{name}.csv" for name in JOINED))
        before = {name: self.cohort(name).read_bytes() for name in names}
        stamps = {name: self.cohort(name).stat().st_mtime_ns for name in names}
        self.batch("aggregate")
        self.assertEqual(stamps, {name: self.cohort(name).stat().st_mtime_ns for name in names})
        statuses = [line.split("\t")[2] for line in
                    (self.run_folder / "status" / "aggregate.tsv").read_text().splitlines()[1:]]
        self.assertEqual(statuses, ["current"] * 4 + ["skipped", "current", "skipped"])
        # The clock must not show: HDF5 stamps have a resolution of one second.
        subprocess.run(["sleep", "1.1"], check=True)
        self.batch("aggregate", "--force")
        self.assertEqual(before, {name: self.cohort(name).read_bytes() for name in names})

    def test_a_change_is_seen(self):
        self.batch("stratify")
        self.batch("aggregate")
        self.segment("north", "N5", [FINE])
        self.batch("stratify")
        self.batch("aggregate")
        self.assertEqual(rows_of(self.cohort("patients.csv"))[4]["stratum"], "1")
        self.cohort("sweep.csv").unlink()
        self.batch("aggregate")
        self.assertTrue(self.cohort("sweep.csv").is_file())

    def test_description_of_the_dataset(self):
        self.batch("stratify")
        self.batch("aggregate")
        text = (self.run_folder / "dataset_description.json").read_text()
        described = json.loads(text)
        self.assertEqual(described["DatasetType"], "derivative")
        self.assertEqual(described["GeneratedBy"][0]["Name"], "Yttria")
        self.assertNotIn(str(self.folder), text)

    def test_damaged_decision_fails_its_patient_only(self):
        self.batch("stratify")
        path = self.run_folder / "north" / "N2" / "stratify.h5"
        path.write_bytes(path.read_bytes()[:1000])
        self.batch("aggregate", expect=PARTIAL)
        patients = rows_of(self.cohort("patients.csv"))
        self.assertEqual([row["stratum"] for row in patients], ["4", "0", "0", "0", "0", "5", "0"])
        self.batch("aggregate", expect=PARTIAL)  # it does not become "current"

    def test_decision_of_another_patient_is_refused(self):
        self.batch("stratify")
        target = self.run_folder / "north" / "N2" / "stratify.h5"
        target.write_bytes((self.run_folder / "north" / "N1" / "stratify.h5").read_bytes())
        self.batch("aggregate", expect=PARTIAL)
        self.assertIn("another file", rows_of(self.cohort("patients.csv"))[1]["reason"])

    def test_by_hand(self):
        self.batch("stratify")
        files = [self.run_folder / "south" / "S1" / "stratify.h5",
                 self.run_folder / "north" / "N1" / "stratify.h5"]
        out = self.folder / "hand" / "cohort.nc"
        done = self.call("aggregate", "--in", files[0], "--in", files[1], "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["patient"] for row in rows_of(out.parent / "patients.csv")],
                         ["N1", "S1"])
        twice = self.call("aggregate", "--in", files[0], "--in", files[0], "--out", out)
        self.assertEqual(twice.returncode, BAD_DATA)
        self.assertIn("twice", twice.stderr)

    def test_impossible_numbers_are_refused_by_name(self):
        self.segment("north", "N4", [FINE, (20.0, -3.5, "", ())])
        self.segment("north", "N5", [(float("inf"), 10.0, "", ())])
        done = self.batch("stratify", expect=PARTIAL)
        self.assertIn("L2: 3-D diameter is -3.5 mm", done.stderr)
        self.assertIn("L1: Davg is inf Gy", done.stderr)
        self.assertFalse((self.run_folder / "north" / "N4" / "stratify.h5").exists())


if __name__ == "__main__":
    unittest.main()
