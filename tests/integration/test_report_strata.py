#!/usr/bin/python3
"""The report on the strata: probability, stability, other criteria, SBRT, response, scenarios."""
import pathlib
import re
import sys
import unittest

import h5py

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "pipeline" / "report")]

import scenario_facts  # noqa: E402
import strata_charts  # noqa: E402
import strata_facts  # noqa: E402
from made_up_run import MadeUpRun, write_rows  # noqa: E402
from run_facts import probability  # noqa: E402

NAN = float("nan")
DECISION = {"p_stratum_0": 0.0, "p_stratum_1": 0.98, "p_stratum_2": 0.004, "p_stratum_3": 0.0,
            "p_stratum_4": 0.016, "p_stratum_5": 0.0, "p_stratum": 0.98,
            "probability_note": "10000 samples <b>, seed 1",
            "modalities": "ablation (COLLISION): no, L2 32 mm > 30 mm; SBRT: yes",
            "response_recist_best": "PR", "response_recist_days_to_response": 90.0,
            "response_recist_days_to_progression": NAN, "response_recist_days_followed": 410.0,
            "response_recist_progression": "censored"}
STEPS = [{"parameter": "threshold_gy", "value": value, "stratum_at": at, "stratum_above": above}
         for value, at, above in ((0.0, 1.0, 1.0), (31.5, 1.0, 2.0), (40.0, 2.0, 4.0))]
STABILITY = [{"parameter": "threshold_gy", "lower_change": NAN, "lower_stratum": NAN,
              "upper_change": 1.5, "upper_stratum": 2.0},
             {"parameter": "calibration_percent", "lower_change": -4.76, "lower_stratum": 2.0,
              "upper_change": NAN, "upper_stratum": NAN}]
ANNOTATIONS = [{"rule_set": name, "title": title, "criterion": criterion, "answer": answer,
                "text": text} for name, title, criterion, answer, text in (
                    ("a", "ablation (COLLISION)", "eligible", "no", "L2 32 mm > 30 mm"),
                    ("a", "ablation (COLLISION)", "bile_ducts", "unknown", "no <bile> duct"),
                    ("s", "SBRT", "eligible", "yes", "1 of at most 5 lesions"))]
SBRT = {"model": "full dose to the margin", "fractions": 3.0, "dose_per_fraction_gy": 15.0,
        "margin_mm": 5.0, "spared_below_gy": 17.0, "tumour_bed_gy": 112.5, "tumour_eqd2_gy": 93.75,
        "liver_volume_ml": 1400.0, "y90_known_percent": 98.0, "y90_bed_gy": 35.5,
        "proposed_targets": 1.0, "proposed_spared_ml": 1234.0, "proposed_liver_bed_gy": 6.25,
        "proposed_cumulated_bed_gy": 41.75, "underdosed_targets": 2.0, "underdosed_spared_ml": NAN}
VISITS = [{"criterion": criterion, "date": "2020-01-01", "days_since_baseline": day + 7,
           "days_since_treatment": day, "change_percent": change, "response": response}
          for criterion, day, change, response in (
              ("recist", 30.0, -10.0, "SD"), ("recist", 90.0, -40.0, "PR"),
              ("mrecist", 90.0, -100.0, "CR"), ("mrecist", 200.0, NAN, "NE"))]
SCENARIOS = """\
center,patient,dose_method,partial_volume,calibration_percent,diameter,threshold_gy,\
ablation_max_diameter_mm,vessel_min_diameter_mm,stratum,n_underdosed
A,P1,kernel,none,0,3d,30,30,4,1,0
A,P1,kernel,none,10,3d,30,30,4,2,0
A,P1,local_deposition,none,0,3d,30,30,4,0,0
A,P1,kernel,recovered,0,3d,30,30,4,4,0
A,P1,kernel,none,0,axial,30,30,4,5,0
A,P1,kernel,none,0,3d,35,30,4,5,0
A,P9,kernel,none,0,3d,30,30,4,3,0
"""


class StrataOnPages(MadeUpRun):
    """P1 has everything; P2 failed and has nothing."""

    def setUp(self):
        super().setUp()
        (self.run / "A" / "P1").mkdir(parents=True)
        (self.run / "status" / "stratify.tsv").write_text(
            "center\tpatient\tstatus\treason\tseconds\nA\tP1\tdone\t\t1\n", encoding="utf-8")

    def page(self, with_all=True):
        with h5py.File(self.run / "A" / "P1" / "stratify.h5", "w") as file:
            lesion = {"lesion": "L1", "davg_gy": 31.5, "underdosed": "no"}
            write_rows(file, "lesions",
                       [{**lesion, "p_underdosed": 0.02, "p_amenable": 1.0} if with_all
                        else lesion])
            if with_all:
                file.attrs.update(DECISION)
                file.create_group("sbrt").attrs.update(SBRT)
                for name, rows in (("breakpoints", STEPS), ("stability", STABILITY),
                                   ("annotations", ANNOTATIONS), ("response", VISITS),
                                   ("sbrt_lesions", [{"lesion": "L7", "proposed": "yes",
                                                      "y90_bed_gy": 30.25, "sbrt_bed_gy": 112.5,
                                                      "cumulated_bed_gy": 142.75,
                                                      "cumulated_eqd2_gy": 118.96}])):
                    write_rows(file, name, rows)
        _, self.index = self.draw()
        page = (self.run / "report" / "A" / "P1.html").read_text(encoding="utf-8")
        self.assertNotIn("could not be drawn", page)
        return page

    def test_all_of_it_is_shown(self):
        page = self.page()
        for text in ("P(stratum 1) = 0.98 (others: 4 0.02, 2 &lt;0.01)",
                     "10000 samples &lt;b&gt;, seed 1", "P(underdosed)", '<td class="n">0.02</td>',
                     "<strong>stays stratum 1 up to 31.5 Gy; calibration −4.76 % … any</strong>",
                     "Stratum as the dose threshold changes, in 3 steps",
                     "ablation (COLLISION): no, L2 32 mm &gt; 30 mm; SBRT: yes",
                     '<td class="answer-no">no</td><td>L2 32 mm &gt; 30 mm</td>',
                     '<td class="answer-unknown">unknown</td><td>no &lt;bile&gt; duct</td>',
                     '<td class="answer-yes">yes</td><td>1 of at most 5 lesions</td>',
                     "3 × 15.0 Gy, margin 5 mm: tumour BED 112.5 Gy", ">142.8<",
                     "Change of the targets over 90 days by 2 criteria"):
            self.assertIn(text, page)
        rows = dict(re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page))
        self.assertEqual(re.findall(r">([\d.–]+)<", rows["liver spared by SBRT (mL)"]),
                         ["1234", "–"])
        self.assertEqual(re.findall(r">([\d.–]+)<", rows["BED of 90Y (Gy)"]), ["35.5", "35.5"])
        self.assertEqual(re.findall(r">([\w.–]+)<", rows["RECIST"]),
                         ["PR", "90", "–", "censored", "410"])
        self.assertEqual(page.count('scope="rowgroup"'), 2)

    def test_what_is_not_in_the_file_is_left_out(self):
        page = self.page(with_all=False)
        for text in ("P(", "How stable", "Other criteria", "<h2>SBRT", "<h2>Response"):
            self.assertNotIn(text, page)
        for text in ("expected", "Other methods", "breakpoints.csv"):
            self.assertNotIn(text, self.index)

    def test_cohort_has_expected_numbers_and_scenarios(self):
        (self.run / "cohort" / "patients.csv").write_text(
            "center,patient,stratum,reason,flags,n_lesions,n_underdosed,min_davg_gy,"
            + ",".join(f"p_stratum_{n}" for n in range(6)) + "\n"
            "A,P1,1,x,,2,0,31.5,0,0.75,0.25,0,0,0\nA,P2,0,x,,0,0,,,,,,,\n"
            "B,P3,1,x,,2,0,31.5,0,0.5,0,0,0.5,0\n", encoding="utf-8")
        (self.run / "cohort" / "scenarios.csv").write_text(SCENARIOS, encoding="utf-8")
        self.page()
        self.assertEqual(re.findall(r"expected ([\d.]+)<", self.index),
                         ["0.00", "1.25", "0.25", "0.00", "0.50", "0.00"])
        self.assertIn("the 2 patients who have them, of 3", self.index)
        self.assertIn("1 of 1 patients have another stratum in some scenario; 1 cannot be "
                      "evaluated in some", self.index)
        rows = re.findall(r'<th scope="row">([a-z ]+)</th><td>([a-z]+)</td>(.*?)</tr>', self.index)
        self.assertEqual([(method, volume, re.findall(r">(\d)<", counts))
                          for method, volume, counts in rows],
                         [("kernel", "none", list("010000")),
                          ("local deposition", "none", list("100000")),
                          ("kernel", "recovered", list("000010"))])
        self.assertIn("../cohort/scenarios.csv", self.index)


class Words(unittest.TestCase):
    def test_probability_is_never_rounded_to_sure(self):
        self.assertEqual([probability(p) for p in (0.0, 0.004, 0.5, 0.9951, 1.0, NAN, None)],
                         ["0.00", "<0.01", "0.50", ">0.99", "1.00", "–", "–"])

    def test_probability_line(self):
        line = strata_facts.probability_line
        self.assertEqual(line({}, 2), "")
        self.assertEqual(line({"p_stratum": NAN}, 2), "P(stratum 2) is unknown")
        self.assertEqual(line({"p_stratum": 1.0, "p_stratum_2": 1.0}, 2), "P(stratum 2) = 1.00")
        self.assertEqual(line({"p_stratum": 0.999, "p_stratum_1": 0.001}, 2),
                         "P(stratum 2) >0.99 (others: 1 <0.01)")

    def test_stability_line(self):
        def line(low, high, calibration_low, calibration_high):
            return strata_facts.stability_line(
                [{**STABILITY[0], "lower_change": low, "upper_change": high},
                 {**STABILITY[1], "lower_change": calibration_low,
                  "upper_change": calibration_high}], 2, 30.0)

        self.assertEqual(line(-8.6, -1.1, -6.0, 11.0),
                         "stays stratum 2 from 21.4 to 28.9 Gy; calibration −6 % … +11 %")
        self.assertEqual(line(-8.6, NAN, NAN, NAN),
                         "stays stratum 2 from 21.4 Gy up; calibration does not matter")
        self.assertIn("at any threshold", line(NAN, NAN, NAN, NAN))
        self.assertEqual(strata_facts.stability_line([], 2, 30.0), "")


class Drawings(unittest.TestCase):
    def test_steps_are_where_the_table_says(self):
        drawn = strata_charts.stratum_chart(STEPS, 30.0)
        frame = strata_charts.Frame(420, 190, (0.0, 50.0), (0, 5))  # 1.25 of the last step
        for low, high, stratum in ((0.0, 31.5, 1), (31.5, 40.0, 2), (40.0, 50.0, 4)):
            self.assertIn(f'class="line s{stratum}" d="M{frame.x(low):.1f} {frame.y(stratum):.1f}'
                          f'L{frame.x(high):.1f} {frame.y(stratum):.1f}"', drawn)
        self.assertIn(f'class="p1" cx="{frame.x(31.5):.1f}" cy="{frame.y(1):.1f}"', drawn)
        self.assertIn(f'class="limit" d="M{frame.x(30.0):.1f} ', drawn)
        self.assertEqual(strata_charts.stratum_chart([], 30.0), "")

    def test_unknown_changes_are_not_drawn(self):
        drawn = strata_charts.response_chart(VISITS, strata_facts.CRITERIA)
        self.assertEqual(drawn.count("<circle"), 3)
        self.assertIn("RECIST, day 90: -40 % PR", drawn)
        self.assertEqual(strata_charts.response_chart(VISITS[3:], strata_facts.CRITERIA), "")

    def test_no_scenarios_no_summary(self):
        self.assertIsNone(scenario_facts.scenario_summary(pathlib.Path("none.csv"), {}, {}))


if __name__ == "__main__":
    unittest.main()
