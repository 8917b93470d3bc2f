#!/usr/bin/python3
"""The report on the doses' accuracy: uncertainties, organs, planning models, the chart of Davg."""
import pathlib
import re
import sys
import unittest

import h5py

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "pipeline" / "report")]

import charts  # noqa: E402
from made_up_run import MadeUpRun, write_rows  # noqa: E402

NAN = float("nan")
LESION = {"lesion": "L1", "davg_gy": 41.0, "davg_uncertainty_gy": 6.25, "u_noise_gy": 2.75,
          "davg_eroded_gy": 52.0, "davg_dilated_gy": 33.0, "recovery_coefficient": 0.82,
          "davg_recovered_gy": 50.0, "davg_recovered_uncertainty_gy": 8.5, "bed_gy": 44.4,
          "underdosed": "no", "uncertainty_unknown": "outline;registration"}
PLAN = {"treatment": "all", "model": "partition", "activity_gbq": 1.25, "prescribed_gbq": NAN,
        **{f"{organ}_gy": dose for organ, dose in
           (("liver", 40.0), ("tumour", 90.0), ("normal", 30.0), ("lung", 4.0))},
        **{f"measured_{organ}_gy": dose for organ, dose in
           (("liver", 44.0), ("tumour", 99.0), ("normal", 27.0), ("lung", NAN))},
        **{f"{organ}_ratio": ratio for organ, ratio in
           (("liver", 1.1), ("tumour", 1.1), ("normal", 0.9), ("lung", NAN))}, "unknown": ""}


class DosesOnPages(MadeUpRun):
    """A made-up patient whose files hold all that is known of the doses' accuracy."""

    def setUp(self):
        super().setUp()
        folder = self.run / "A" / "P1"
        folder.mkdir(parents=True)
        with h5py.File(folder / "dose.h5", "w") as file:
            file.attrs["calibration_method"] = "administered_activity"
            file.create_group("scanner").attrs["name"] = "Test <b>scanner</b>"
            write_rows(file, "treatments", [
                {"treatment": "T1", "calibration_region": "liver", "calibration_factor": 1.05,
                 "activity_ratio": 0.95, "half_life_factor": 1.0002, "positron_fraction": 3.186e-5,
                 "image_activity_gbq": 1.0}])
        with h5py.File(folder / "segment.h5", "w") as file:
            file.create_group("liver").attrs.update(
                {"mean_gy": 44.0, "normal_bed_gy": 35.5, "tumour_to_normal_ratio": 3.3})
            file.create_group("lung").attrs.update(
                {"mean_gy": 7.7, "coverage": 0.4, "shunt_gy": 4.4})
            write_rows(file, "planning", [{**PLAN, "treatment": "T1", "liver_gy": 777.0}, {
                **PLAN, "model": "bsa", "prescribed_gbq": 1.625, "unknown": "height_cm"}, PLAN])
            write_rows(file, "tumour_to_normal", [
                {"lesion": "L1", "activity_bq_ml": 1.0, "tumour_to_normal_ratio": 4.75}])
        with h5py.File(folder / "stratify.h5", "w") as file:
            write_rows(file, "lesions", [LESION])
        for stage in ("dose", "segment", "stratify"):
            (self.run / "status" / f"{stage}.tsv").write_text(
                "center\tpatient\tstatus\treason\tseconds\nA\tP1\tdone\t\t1\n",
                encoding="utf-8")
        self.draw()
        self.page = (self.run / "report" / "A" / "P1.html").read_text(encoding="utf-8")

    def row(self, name):
        return re.search(rf'<tr><th scope="row">{name}</th>(.*?)</tr>', self.page)[1]

    def test_uncertainty_stands_beside_davg(self):
        self.assertNotIn("could not be drawn", self.page)
        self.assertIn("<strong>41.0</strong> ± 6.2", self.page)
        for text in ("50.0 ± 8.5", ">0.82<", ">44.4<", ">52.0<", ">33.0<", ">2.8<", ">4.8<",
                     "outline, registration"):
            self.assertIn(text, self.page)
        self.assertNotIn("by counting", self.page)  # not in the file

    def test_organs_and_calibration_are_stated(self):
        for text in ("T1: calibration administered activity, factor 1.050, scanner / net "
                     "administered 0.95 in the liver, the header&#39;s half-life undone by 1.0002, "
                     "the header&#39;s positron fraction 3.186e-05",
                     "scanner Test &lt;b&gt;scanner&lt;/b&gt;", "35.5 Gy", "<dd>3.3</dd>",
                     "lung in view, mean dose (40 % of it)", "7.7 Gy", "4.4 Gy"):
            self.assertIn(text, self.page)

    def test_planning_models_stand_beside_what_was_measured(self):
        self.assertEqual(re.findall(r">([\d.–]+)<", self.row("measured")),
                         ["44.0", "99.0", "27.0", "–"])
        partition = self.row("partition")
        self.assertIn('90.0 <span class="soft">(1.10)</span>', partition)
        self.assertIn('<td class="n">4.0</td>', partition)  # no measured lung, no ratio
        self.assertIn("1.625", self.row("BSA"))
        self.assertIn("height cm", self.row("BSA"))
        self.assertNotIn("777.0", self.page)  # of one treatment: not to be compared with the sum


class DavgChart(unittest.TestCase):
    def draw(self, **changes):
        return charts.davg_chart([{**LESION, **changes}], 30.0)

    def edges(self, drawn, pattern):
        return [float(number) for number in re.search(pattern, drawn).groups()]

    def scale(self, drawn):
        """The dose axis of the drawing, from its ticks: a function from x to Gy."""
        ticks = [(float(x), float(gy)) for x, gy in re.findall(
            r'<text x="([\d.]+)" y="[\d.]+" text-anchor="middle" class="tick">(\d+)</text>', drawn)]
        (x0, gy0), (x1, gy1) = ticks[0], ticks[-1]
        return lambda x: gy0 + (x - x0) * (gy1 - gy0) / (x1 - x0)

    def test_dot_bar_band_ring_and_line_are_where_the_numbers_say(self):
        drawn = self.draw()
        gy = self.scale(drawn)
        dot, = self.edges(drawn, r'class="enough" cx="([\d.]+)"')
        self.assertAlmostEqual(gy(dot), 41.0, delta=0.1)
        low, high = self.edges(drawn, r'class="whisker w-enough" d="M([\d.]+) [\d.]+H([\d.]+)')
        self.assertAlmostEqual(gy(low), 34.75, delta=0.1)
        self.assertAlmostEqual(gy(high), 47.25, delta=0.1)
        x, width = self.edges(drawn, r'class="band" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"')
        self.assertAlmostEqual(gy(x), 33.0, delta=0.1)
        self.assertAlmostEqual(gy(x + width), 52.0, delta=0.1)
        ring, = self.edges(drawn, r'circle class="recovered" cx="([\d.]+)"')
        self.assertAlmostEqual(gy(ring), 50.0, delta=0.1)
        line, = self.edges(drawn, r'class="limit" d="M([\d.]+)')
        self.assertAlmostEqual(gy(line), 30.0, delta=0.1)

    def test_what_is_unknown_is_not_drawn(self):
        lesion = {"lesion": "<i>", "davg_gy": -2.0, "underdosed": "unknown"}
        bare = charts.davg_chart([lesion], 30.0)
        for part in ("whisker", 'class="band"', 'class="recovered"', "uncertainty", "<i>"):
            self.assertNotIn(part, bare)
        self.assertIn('class="unsure"', bare)
        self.assertNotIn("whisker w-enough", self.draw(davg_uncertainty_gy=NAN))
        self.assertNotIn('class="band"', self.draw(davg_eroded_gy=NAN, davg_dilated_gy=NAN))
        self.assertEqual(charts.davg_chart([{"lesion": "L1", "davg_gy": NAN}], 30.0), "")

    def test_axis_holds_everything(self):
        drawn = self.draw(davg_recovered_gy=300.0, davg_gy=-5.0)
        numbers = [float(x) for x in re.findall(r'(?:cx|x)="([\d.-]+)"', drawn)]
        self.assertTrue(all(0 <= x <= 640 for x in numbers))


if __name__ == "__main__":
    unittest.main()
