#!/usr/bin/python3
"""The recovery curve: known parameters come back with honest errors, sheets that are wrong are
refused with a sentence, and what is written is what the programs read."""
import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "pipeline" / "scanners"))

import fit_recovery  # noqa: E402

EXAMPLE = ROOT / "pipeline" / "scanners" / "example_spheres.tsv"
SCANNERS = ROOT / "configs" / "scanners"
NEMA_MM = np.array([10.0, 13.0, 17.0, 22.0, 28.0, 37.0])
NAMES = ("--manufacturer", "SIEMENS", "--model", "Biograph_mMR")
BAD_DATA, NO_INPUT, CANNOT_CREATE, CONFIG = 65, 66, 73, 78
DOSE = pathlib.Path(os.environ.get("YTTRIA_BIN", ROOT / "build" / "bin")) / "yttria-dose"


def truth(diameter_mm, d0_mm, exponent):
    return 1 / (1 + (d0_mm / diameter_mm) ** exponent)


def leaves(tree, prefix=""):
    return {key: value for name, node in tree.items()
            for key, value in (leaves(node, f"{prefix}{name}.") if isinstance(node, dict)
                               else {prefix + name: node}).items()}


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.sheet, self.scanner = self.folder / "spheres.tsv", self.folder / "north.yaml"

    def fit(self, rows=None, *options):
        """Exit code, standard output and standard error of one run."""
        if rows is not None:
            self.sheet.write_text(rows, encoding="utf-8")
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = fit_recovery.main([str(self.sheet), str(self.scanner), *NAMES, *options])
        return code, out.getvalue(), err.getvalue()

    def written(self):
        return leaves(yaml.safe_load(self.scanner.read_text(encoding="utf-8")))


def sheet_of(recovery, uncertainty=None, diameters=NEMA_MM):
    header = "diameter_mm\trecovery_coefficient" + ("\tstandard_uncertainty"
                                                   if uncertainty is not None else "")
    lines = [header]
    for index, (diameter, value) in enumerate(zip(diameters, recovery)):
        cells = [diameter, value] + ([uncertainty[index]] if uncertainty is not None else [])
        lines.append("\t".join(repr(float(cell)) for cell in cells))
    return "\n".join(lines) + "\n"


class Fitting(Case):
    def test_exact_points_give_the_parameters_back(self):
        for d0, exponent in ((9.0, 1.5), (16.0, 2.3), (24.0, 4.0)):
            with self.subTest(d0=d0):
                recovery = truth(NEMA_MM, d0, exponent)
                code, _, err = self.fit(sheet_of(recovery, 0.05 * recovery), "--replace")
                self.assertEqual((code, err), (0, ""))
                values = self.written()
                self.assertAlmostEqual(values["recovery.d0_mm"], d0, delta=1e-4)
                self.assertAlmostEqual(values["recovery.exponent"], exponent, delta=1e-4)
                self.assertEqual(values["recovery.min_diameter_mm"], 10)
                self.assertEqual(values["recovery.max_diameter_mm"], 37)

    def test_standard_errors_cover_as_often_as_they_say(self):
        """68 % of fits within one standard error, 95 % within two; a little more, as errors are
        enlarged when chi^2 is large and not shrunk when it is small. 400 seeds: +- 2.3 %."""
        d0, exponent, runs = 18.0, 2.2, 400
        recovery = truth(NEMA_MM, d0, exponent)
        uncertainty = 0.04 * recovery + 0.01
        pulls = []
        for seed in range(runs):
            noise = np.random.default_rng(seed).normal(size=6)
            fit = fit_recovery.fit_curve(fit_recovery.Spheres(
                NEMA_MM, recovery + uncertainty * noise, uncertainty))
            pulls.append((fit.parameters - (d0, exponent)) / fit.errors)
        pulls = np.abs(np.array(pulls))
        for index, name in enumerate(("d0", "exponent")):
            with self.subTest(name=name):
                self.assertGreater(np.mean(pulls[:, index] < 1), 0.63)
                self.assertLess(np.mean(pulls[:, index] < 1), 0.82)
                self.assertGreater(np.mean(pulls[:, index] < 2), 0.93)
        self.assertLess(np.abs(np.median(pulls)), 1.0)

    def test_correlation_is_that_of_repeated_fits(self):
        recovery = truth(NEMA_MM, 18.0, 2.2)
        uncertainty = np.full(6, 0.01)
        fits = [fit_recovery.fit_curve(fit_recovery.Spheres(
            NEMA_MM, recovery + uncertainty * np.random.default_rng(seed).normal(size=6),
            uncertainty)) for seed in range(400)]
        repeated = np.corrcoef(np.array([fit.parameters for fit in fits]).T)[0, 1]
        # The correlation of 400 pairs is known to 0.05; three of those.
        self.assertAlmostEqual(np.median([fit.correlation for fit in fits]), repeated, delta=0.15)

    def test_band_holds_the_true_curve(self):
        recovery = truth(NEMA_MM, 18.0, 2.2)
        uncertainty = 0.03 * recovery + 0.01
        at = np.array([12.0, 20.0, 32.0])
        inside = []
        for seed in range(300):
            fit = fit_recovery.fit_curve(fit_recovery.Spheres(
                NEMA_MM, recovery + uncertainty * np.random.default_rng(seed).normal(size=6),
                uncertainty))
            low, high = fit_recovery.band(fit, at)
            inside.append((low < truth(at, 18.0, 2.2)) & (truth(at, 18.0, 2.2) < high))
        self.assertTrue((np.mean(inside, axis=0) > 0.92).all(), np.mean(inside, axis=0))

    def test_spheres_in_a_hot_background(self):
        """Measured = background + RC (true - background): the background must not raise RC."""
        recovery = truth(NEMA_MM, 15.0, 2.0)
        rows = "diameter_mm\tmeasured_bq_ml\ttrue_bq_ml\tbackground_bq_ml\n" + "".join(
            f"{diameter}\t{1e5 + value * 7e5}\t8e5\t1e5\n"
            for diameter, value in zip(NEMA_MM, recovery))
        code, _, err = self.fit(rows)
        self.assertEqual(code, 0, err)
        self.assertAlmostEqual(self.written()["recovery.d0_mm"], 15.0, delta=1e-3)
        self.assertAlmostEqual(self.written()["recovery.exponent"], 2.0, delta=1e-3)

    def test_the_example_gives_its_parameters_and_a_picture(self):
        picture = self.folder / "curve.png"
        done = subprocess.run(
            [sys.executable, ROOT / "pipeline" / "scanners" / "fit_recovery.py", EXAMPLE,
             self.scanner, *NAMES, "--center", "NORTH", "--picture", picture,
             "--calibration-factor", "1.03", "--calibration-uncertainty", "0.02",
             "--fwhm-transaxial", "6", "--fwhm-axial", "7", "--sensitivity", "0.3"],
            capture_output=True, text=True, check=True)
        values = self.written()
        self.assertLess(abs(values["recovery.d0_mm"] - 16),
                        2 * values["recovery.d0_standard_error_mm"])
        self.assertLess(abs(values["recovery.exponent"] - 2.3),
                        2 * values["recovery.exponent_standard_error"])
        self.assertEqual((values["center"], values["calibration.factor"],
                          values["psf.fwhm_axial_mm"], values["sensitivity_cps_per_mbq"]),
                         ("NORTH", 1.03, 7, 0.3))
        self.assertEqual(picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(done.stdout.count("\n"), 9)
        self.assertIn("chi^2", done.stdout)


class Warnings(Case):
    def test_good_spheres_raise_none(self):
        recovery = truth(NEMA_MM, 16.0, 2.3)
        self.assertEqual(self.fit(sheet_of(recovery, 0.03 * recovery))[2], "")

    def test_each_cause_is_named(self):
        recovery = truth(NEMA_MM, 16.0, 2.3)
        wavy = recovery + 0.12 * np.array([1, -1, 1, -1, 1, -1])
        high = np.array([0.3, 0.5, 0.7, 0.85, 1.0, 1.1])
        for rows, words in (
                (sheet_of(recovery), "no standard uncertainties"),
                (sheet_of(wavy, np.full(6, 0.01)), "poor fit: chi^2"),
                (sheet_of(wavy, np.full(6, 0.01)), "off the curve"),
                (sheet_of(recovery[:3], np.full(3, 0.05), NEMA_MM[:3]), "only 3 different"),
                (sheet_of(recovery[::-1], np.full(6, 0.1)), "smaller coefficient"),
                (sheet_of(recovery, np.full(6, 0.5)), "known to"),
                (sheet_of(high, np.full(6, 0.1)), "over 1")):
            with self.subTest(words=words):
                code, _, err = self.fit(rows, "--replace")
                self.assertEqual(code, 0, err)
                self.assertIn(words, err)
                self.assertIn(words.lower(), self.scanner.read_text(encoding="utf-8").lower())


class Replacing(Case):
    def test_what_the_file_says_is_kept(self):
        self.scanner.write_text(
            "manufacturer: GE MEDICAL SYSTEMS\nmodel: SIGNA PET/MR\ncenter: SOUTH\ncalibration:\n"
            "  factor: 1.1\n  uncertainty: auto\nrecovery:\n  d0_mm: 99\n  exponent: 1\n",
            encoding="utf-8")
        self.sheet.write_text(sheet_of(truth(NEMA_MM, 16.0, 2.3)), encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = fit_recovery.main([str(self.sheet), str(self.scanner), "--replace",
                                      "--center", "WEST"])
        self.assertEqual(code, 0)
        values = self.written()
        self.assertEqual([values[key] for key in ("manufacturer", "model", "center")],
                         ["GE MEDICAL SYSTEMS", "SIGNA PET/MR", "WEST"])
        self.assertEqual(values["calibration.factor"], 1.1)
        self.assertNotIn("calibration.uncertainty", values)
        self.assertAlmostEqual(values["recovery.d0_mm"], 16.0, delta=1e-3)

    def test_options_that_are_missing_or_wrong(self):
        self.sheet.write_text(sheet_of(truth(NEMA_MM, 16.0, 2.3)), encoding="utf-8")
        for text, options, words in (
                (None, (), "--manufacturer"),
                (None, (*NAMES, "--fwhm-axial", "7"), "--fwhm-transaxial"),
                ("colour: red\n", (*NAMES, "--replace"), "unknown key 'colour'"),
                ("calibration:\n  factor: big\n", (*NAMES, "--replace"), "is 'big'"),
                ("- a\n", (*NAMES, "--replace"), "not a scanner's file")):
            with self.subTest(words=words):
                if text is not None:
                    self.scanner.write_text(text, encoding="utf-8")
                err = io.StringIO()
                with contextlib.redirect_stderr(err), self.assertRaises(SystemExit) as raised:
                    fit_recovery.main([str(self.sheet), str(self.scanner), *options])
                self.assertEqual(raised.exception.code, 2)
                self.assertIn(words, err.getvalue())


class BadSheets(Case):
    def expect(self, rows, *words):
        code, _, err = self.fit(rows)
        self.assertEqual(code, BAD_DATA, err)
        self.assertFalse(self.scanner.exists())
        for word in ("spheres.tsv", *words):
            self.assertIn(word, err)

    def test_rows_that_cannot_be_fitted(self):
        good = sheet_of(truth(NEMA_MM, 16.0, 2.3))
        head = "diameter_mm\trecovery_coefficient\n"
        self.expect(head + "10\t0.2\n37\t0.8\n", "2 different spheres", "3 or more")
        self.expect(head + "10\t0.2\n10\t0.3\n37\t0.8\n", "2 different spheres")
        self.expect(good.replace("10.0\t", "10.0\t-", 1), "line 2", "more than 0")
        self.expect(head + "10\t0.2\n13\t0\n37\t0.8\n", "line 3", "is 0")
        self.expect(head + "10\t0.2\n13\t0.3\n37\t1.3\n", "line 4", "is 1.3", "at most 1.2")
        self.expect(head + "10\t0.2\n37\t0.8\n13\t0.4\n", "line 4", "sort")
        self.expect(head + "10\t0.2\n13\tnan\n37\t0.8\n", "line 3", "'nan'")
        self.expect(head + "10\t0.2\n13\t\n37\t0.8\n", "line 3", "wanted a number")
        self.expect(head + "10\t0.2\n13\n37\t0.8\n", "line 3", "1 cells")
        self.expect(head + "0\t0.2\n13\t0.3\n37\t0.8\n", "line 2", "diameter_mm is 0")
        self.expect(head, "0 different spheres")
        self.expect("", "empty")

    def test_columns(self):
        self.expect("diameter_mm\trc\n10\t0.2\n", "unknown column 'rc'", "recovery_coefficient")
        self.expect("diameter_mm\n10\n", "wanted diameter_mm and recovery_coefficient")
        self.expect("diameter_mm\tdiameter_mm\n10\t10\n", "twice")
        self.expect("diameter_mm\trecovery_coefficient\tbackground_bq_ml\n10\t0.2\t5\n", "columns")
        self.expect("diameter_mm\tmeasured_bq_ml\ttrue_bq_ml\tbackground_bq_ml\n10\t5\t3\t4\n",
                    "line 2", "hotter than its background")
        self.expect("diameter_mm\trecovery_coefficient\tstandard_uncertainty\n10\t0.2\t0\n",
                    "standard_uncertainty is 0")
        self.sheet.write_bytes(b"diameter_mm\t\xff\xfe\n")
        self.expect(None)

    def test_what_the_reader_would_refuse_is_not_written(self):
        code, _, err = self.fit(sheet_of(truth(NEMA_MM, 16.0, 2.3)), "--calibration-factor", "0")
        self.assertEqual(code, BAD_DATA)
        self.assertIn("calibration.factor would be 0", err)
        self.assertFalse(self.scanner.exists())

    def test_files(self):
        self.assertEqual(self.fit()[0], NO_INPUT)
        good = sheet_of(truth(NEMA_MM, 16.0, 2.3))
        self.scanner.write_text("mine: 1\n", encoding="utf-8")
        code, _, err = self.fit(good)
        self.assertEqual(code, CANNOT_CREATE)
        self.assertIn("--replace", err)
        self.assertEqual(self.scanner.read_text(encoding="utf-8"), "mine: 1\n")
        self.scanner = self.folder / "absent" / "north.yaml"
        self.assertEqual(self.fit(good)[0], CANNOT_CREATE)


class Reader(Case):
    """What stages/core/scanner.c takes."""

    @classmethod
    def setUpClass(cls):
        text = (ROOT / "stages" / "core" / "scanner.c").read_text(encoding="utf-8")
        cls.numbers = {key: (float(low), float(high)) for key, low, high in re.findall(
            r'^    NUMBER\("([\w.]+)", [\w.]+, ([-\d.e]+), ([-\d.e]+)\),', text, re.MULTILINE)}
        cls.texts = set(re.findall(r'^    TEXT\("([\w.]+)"', text, re.MULTILINE))

    def test_bounds_are_the_readers(self):
        self.assertEqual(fit_recovery.BOUNDS, self.numbers)

    def test_files_that_are_shipped(self):
        """Keys and bounds, and the published ends of the range that each file says it holds."""
        ends = {"siemens_biograph_mmr": ((10, 0.145), (37, 0.754)),
                "ge_discovery_st": ((9.977, 0.20), (36.999, 0.86))}
        files = sorted(SCANNERS.glob("*.yaml"))
        self.assertLessEqual(set(ends), {path.stem for path in files})
        for path in files:
            with self.subTest(file=path.name):
                values = leaves(yaml.safe_load(path.read_text(encoding="utf-8")))
                self.assertLessEqual(set(values), set(self.numbers) | self.texts)
                for key in set(values) & set(self.numbers):
                    low, high = self.numbers[key]
                    self.assertTrue(low <= values[key] <= high, key)
                for diameter, recovery in ends.get(path.stem, ()):
                    # 0.005: three digits in the file.
                    self.assertAlmostEqual(
                        truth(diameter, values["recovery.d0_mm"], values["recovery.exponent"]),
                        recovery, delta=0.005)

    @unittest.skipUnless(DOSE.exists(), "yttria-dose is not built")
    def test_programs_read_what_is_written(self):
        recovery = truth(NEMA_MM, 16.0, 2.3)
        folder = self.folder / "scanners"
        folder.mkdir()
        self.scanner = folder / "north.yaml"
        self.assertEqual(self.fit(sheet_of(recovery, 0.1 * recovery), "--center", 'No "1": a',
                                  "--sensitivity", "0.3", "--fwhm-transaxial", "6",
                                  "--fwhm-axial", "7", "--calibration-factor", "1.02")[0], 0)
        self.assertEqual(self.written()["center"], 'No "1": a')
        config = self.folder / "trial.yaml"
        config.write_text("cohort:\n  patients: p.tsv\n  treatments: t.tsv\n  images: i.tsv\n"
                          "run: out\nscanners: scanners\n"
                          f"nuclide: {ROOT}/configs/nuclides/y90.yaml\n", encoding="utf-8")

        def read():
            done = subprocess.run(
                [DOSE, "--config", config, "--patient", "NORTH/P1", "--in", self.folder / "no.h5",
                 "--in", self.folder / "no.h5", "--out", self.folder / "out.h5"],
                capture_output=True, text=True, check=False)
            return done.returncode, done.stderr

        code, message = read()
        self.assertNotIn(code, (0, CONFIG), message)  # the configuration is read, the input missing
        self.scanner.write_text(self.scanner.read_text(encoding="utf-8").replace("d0_mm", "d_mm"),
                                encoding="utf-8")
        code, message = read()
        self.assertEqual(code, CONFIG)
        self.assertIn("north.yaml", message)


if __name__ == "__main__":
    unittest.main()
