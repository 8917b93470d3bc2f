#!/usr/bin/python3
"""Configuration and sheets that are wrong are named with file, line and what to write instead."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "pipeline"))

import validate  # noqa: E402

CONFIG = """cohort:
  patients: patients.tsv
  treatments: treatments.tsv
  images: images.tsv
run: out
"""
SHEETS = {
    "patients": "center\tpatient\tprogression\tage\nA\tP1\tno\t61\nA\tP2\tunknown\tn/a\n",
    "treatments": "center\tpatient\ttreatment\tadministered_at\tactivity_gbq\n"
                  "A\tP1\tT1\t2024-03-05T10:35:00+01:00\t2.5\n",
    "images": "center\tpatient\ttimepoint\trole\tpath\nA\tP1\tpost\tpet\tP1/pet\n",
}


class Validation(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.config = self.folder / "trial.yaml"

    def check(self, config=CONFIG, **sheets):
        """Problems as text, without the folder; and the exit code."""
        self.config.write_text(config, encoding="utf-8")
        for name, text in {**SHEETS, **sheets}.items():
            (self.folder / f"{name}.tsv").write_bytes(text.encode())
        problems = validate.check_all(self.config)
        return ([str(problem).replace(f"{self.folder}/", "") for problem in problems],
                validate.exit_code(problems))

    def assert_problem(self, expected, code, **inputs):
        problems, found_code = self.check(**inputs)
        self.assertTrue(any(expected in problem for problem in problems), problems)
        self.assertEqual(found_code, code)

    def test_good_input_has_no_problem(self):
        self.assertEqual(self.check(), ([], 0))

    def test_the_trial_configuration_fits_the_schema(self):
        document, problems = validate.load_configuration(ROOT / "configs" / "trial.yaml")
        self.assertEqual(problems, [])
        known = validate.load_schema("config")["properties"]
        self.assertEqual(set(document), set(known))
        for section in known:
            if "properties" in known[section]:
                self.assertEqual(set(document[section]), set(known[section]["properties"]))

    def test_misspelt_key_is_named_with_its_line(self):
        self.assert_problem("trial.yaml:7: error: unknown key 'stratification.treshold_gy'; "
                            "did you mean 'threshold_gy'?", 78,
                            config=CONFIG + "stratification:\n  treshold_gy: 30\n")

    def test_value_of_the_wrong_kind_is_named_with_what_is_wanted(self):
        self.assert_problem("trial.yaml:7: error: dose.density_g_ml: found \"heavy\", "
                            "wanted a number", 78,
                            config=CONFIG + "dose:\n  density_g_ml: heavy\n")

    def test_key_written_twice(self):
        self.assert_problem("trial.yaml:6: error: key 'run' is there twice", 78,
                            config=CONFIG + "run: elsewhere\n")

    def test_missing_key(self):
        self.assert_problem("key 'run' is missing", 78, config=CONFIG.replace("run: out\n", ""))

    def test_yaml_that_cannot_be_parsed(self):
        self.assert_problem("trial.yaml:6: error: is not valid YAML", 78,
                            config=CONFIG + "a: b: c\n")

    def test_unknown_column(self):
        self.assert_problem("patients.tsv:1: error: unknown column 'progresion'; did you mean "
                            "'progression'?", 65,
                            patients=SHEETS["patients"].replace("progression", "progresion"))

    def test_cell_of_the_wrong_kind_is_a_warning_with_its_row(self):
        self.assert_problem("patients.tsv:2: warning: column 'age': found \"old\"", 0,
                            patients=SHEETS["patients"].replace("61", "old"))

    def test_bad_choice_is_a_warning(self):
        self.assert_problem("images.tsv:2: warning: column 'role': found \"pt\", wanted pet or", 0,
                            images=SHEETS["images"].replace("\tpet\t", "\tpt\t"))

    def test_row_with_a_cell_too_many_is_a_warning(self):
        self.assert_problem("images.tsv:2: warning: has 6 cells, the header has 5", 0,
                            images=SHEETS["images"].replace("P1/pet", "P1/pet\t"))

    def test_patient_with_a_cell_too_many(self):
        self.assert_problem("patients.tsv:2: error: has 5 cells, the header has 4", 65,
                            patients=SHEETS["patients"].replace("61", "61\t"))

    def test_row_that_does_not_say_whose_it_is(self):
        self.assert_problem("images.tsv:3: error: column 'patient' is empty", 65,
                            images=SHEETS["images"] + "a stray remark\n")

    def test_encoding(self):
        latin = SHEETS["patients"].replace("A\tP2", "\xe9\tP2").encode("latin-1")
        self.check()
        (self.folder / "patients.tsv").write_bytes(latin)
        problems = [str(problem) for problem in validate.check_all(self.config)]
        self.assertTrue(any("patients.tsv: error: is not UTF-8" in p for p in problems), problems)
        self.assert_problem("images.tsv:2: error: holds a zero byte", 65,
                            images=SHEETS["images"].replace("P1/pet", "P1\0pet"))

    def test_blanks_do_not_matter(self):
        text = "\n" + SHEETS["patients"].replace("\t", " \t ") + " \t\t \t\n\n"
        self.assertEqual(self.check(patients=text), ([], 0))

    def test_center_that_is_a_folder_of_the_run(self):
        self.assert_problem("patients.tsv:2: error: column 'center'", 65,
                            patients=SHEETS["patients"].replace("A\tP1", "cohort\tP1"))

    def test_name_that_leaves_the_run_folder(self):
        self.assert_problem("patients.tsv:2: error: column 'patient'", 65,
                            patients=SHEETS["patients"].replace("P1", "../P1"))

    def test_patient_listed_twice_is_a_warning(self):
        self.assert_problem("patients.tsv:4: warning: patient A/P1 is listed twice (first in line "
                            "2)", 0, patients=SHEETS["patients"] + "A\tP1\tyes\t62\n")

    def test_image_of_an_unknown_patient_is_a_warning(self):
        self.assert_problem("images.tsv:3: warning: patient A/PP1 is not in patients.tsv", 0,
                            images=SHEETS["images"] + "A\tPP1\tpost\tpet\tx\n")

    def test_missing_sheet(self):
        self.assert_problem("elsewhere.tsv: error: cannot be read", 66,
                            config=CONFIG.replace("images.tsv", "elsewhere.tsv"))

    def test_byte_order_mark_and_crlf_are_fine(self):
        text = "\ufeff" + SHEETS["patients"].replace("\n", "\r\n")
        self.assertEqual(self.check(patients=text), ([], 0))

    def test_command_says_the_same(self):
        self.check(config=CONFIG + "doze: {}\n")
        done = subprocess.run([sys.executable, ROOT / "pipeline" / "validate.py", self.config],
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertIn("trial.yaml:6: error: unknown key 'doze'; did you mean 'dose'?", done.stderr)


if __name__ == "__main__":
    unittest.main()
