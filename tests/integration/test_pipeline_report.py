#!/usr/bin/python3
"""The report: geometry of its planes and contours, charts, escaping, and the demo's own pages."""
import base64
import csv
import io
import os
import pathlib
import re
import sys
import tempfile
import unittest

import h5py
import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORT = ROOT / "pipeline" / "report"
sys.path[:0] = [str(REPORT), str(ROOT / "tests" / "integration")]

import charts  # noqa: E402
import figures  # noqa: E402
import patient_page  # noqa: E402
import planes  # noqa: E402
import run_facts  # noqa: E402
from made_up_run import MadeUpRun  # noqa: E402
from patient_record import PatientRecord  # noqa: E402

DEMO_RUN = pathlib.Path(os.environ.get("YTTRIA_DEMO_RUN", ROOT / "results" / "demo"))
MAX_PAGE_BYTES = 1_500_000


def path_length_and_area(path):
    """Total length and enclosed area (shoelace formula) of the lines of an SVG path."""
    length = area = 0.0
    for line in path.split("M")[1:]:
        points = np.array([[float(c) for c in pair.split()] for pair in line.split("L")])
        length += np.hypot(*np.diff(points, axis=0).T).sum()
        x, y = points.T
        area += abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
    return length, area


class Contours(unittest.TestCase):
    def test_circle_has_its_length_and_area(self):
        radius = 30.0
        y, x = np.mgrid[0:100, 0:100] + 0.5
        distance = np.hypot(x - 50, y - 50)
        length, area = path_length_and_area(planes.contour_path(-distance, -radius))
        # The level is crossed exactly along grid lines; chords of a pixel are shorter by 1e-3.
        self.assertAlmostEqual(length, 2 * np.pi * radius, delta=0.5)
        self.assertAlmostEqual(area, np.pi * radius**2, delta=3)

    def test_ring_has_two_closed_lines(self):
        y, x = np.mgrid[0:60, 0:60]
        distance = np.hypot(x - 30, y - 30)
        path = planes.contour_path(((distance < 25) & (distance > 10)).astype(float), 0.5)
        lines = path.split("M")[1:]
        self.assertEqual(len(lines), 2)
        for line in lines:
            points = line.split("L")
            self.assertEqual(points[0], points[-1])

    def test_touching_corners_do_not_lose_lines(self):
        mask = np.zeros((4, 4))
        mask[1, 1] = mask[2, 2] = 1
        length, _ = path_length_and_area(planes.contour_path(mask, 0.5))
        self.assertAlmostEqual(length, 8 * np.sqrt(0.5), delta=0.5)  # eight half-pixel diagonals

    def test_nothing_inside_is_no_path(self):
        self.assertEqual(planes.contour_path(np.zeros((5, 5)), 0.5), "")

    def test_object_at_the_edge_of_the_image_is_closed(self):
        _, area = path_length_and_area(planes.contour_path(np.ones((10, 20)), 0.5))
        self.assertAlmostEqual(area, 200, delta=1)  # cut corners: 4 x 1/8 pixel


class PlaneGeometry(unittest.TestCase):
    """A single bright voxel of an oblique, flipped volume is found where it belongs."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        turn = np.deg2rad(20)
        rotation = np.array([[np.cos(turn), -np.sin(turn), 0],
                             [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        self.affine = np.eye(4)
        self.affine[:3, :3] = rotation @ np.diag([2.0, -2.0, 3.0])
        self.affine[:3, 3] = (-30, 40, -20)
        voxels = np.zeros((20, 40, 40), np.float32)
        self.index = np.array([12, 25, 7])  # i, j, k
        voxels[7, 25, 12] = 1
        self.spot = planes.transform(self.affine, self.index.astype(float))
        self.file = h5py.File(pathlib.Path(scratch.name) / "volume.h5", "w")
        self.addCleanup(self.file.close)
        self.dataset = self.file.create_dataset("voxels", data=voxels)
        self.dataset.attrs["affine"] = self.affine
        self.low, self.high = self.spot - 25, self.spot + 35

    def test_spot_is_at_its_place_in_every_view(self):
        sampler = planes.Sampler(self.dataset, self.low, self.high)
        for view in planes.VIEWS:
            plane = planes.Plane(view, self.spot, self.low, self.high, 0.5)
            values = sampler.at(plane.points, 0.0)
            row, column = np.unravel_index(np.argmax(values), values.shape)
            self.assertLess(np.abs(plane.points[row, column] - self.spot).max(), 0.5, view[0])
            # At most 0.25 mm off along each of two axes, in voxels of 2 mm turned by 20 degrees.
            self.assertGreater(values.max(), (1 - 0.25 * (np.cos(0.35) + np.sin(0.35)) / 2) ** 2)

    def test_patient_right_is_left_and_head_is_up(self):
        axial = planes.Plane(planes.VIEWS[0], self.spot, self.low, self.high, 1.0).points
        coronal = planes.Plane(planes.VIEWS[1], self.spot, self.low, self.high, 1.0).points
        sagittal = planes.Plane(planes.VIEWS[2], self.spot, self.low, self.high, 1.0).points
        self.assertLess(axial[0, 0, 0], axial[0, -1, 0])        # L is +x, on the right
        self.assertLess(axial[0, 0, 1], axial[-1, 0, 1])        # P is +y, below
        self.assertGreater(coronal[0, 0, 2], coronal[-1, 0, 2])  # S is +z, above
        self.assertLess(sagittal[0, 0, 1], sagittal[0, -1, 1])  # anterior on the left

    def test_transform_is_applied_from_reference_to_image(self):
        shift = np.eye(4)
        shift[:3, 3] = (5, -3, 2)  # image mm = reference mm + shift
        sampler = planes.Sampler(self.dataset, self.low, self.high, shift)
        value = sampler.at((self.spot - shift[:3, 3])[None], 0.0)[0]
        self.assertAlmostEqual(float(value), 1.0, places=4)

    def test_labelled_box_holds_the_voxel(self):
        labels = (self.dataset[()] > 0).astype(np.uint16)
        low, high = planes.labelled_box(labels, self.affine)
        self.assertTrue((low < self.spot).all() and (self.spot < high).all())
        self.assertIsNone(planes.labelled_box(np.zeros_like(labels), self.affine))


def box_of_path(path):
    """Left, top, right and bottom of an SVG path."""
    points = np.array([float(c) for c in re.findall(r"-?[\d.]+", path)]).reshape(-1, 2)
    return np.concatenate([points.min(0), points.max(0)])


def drawn_levels(uri, size):
    """An image of a page, stretched to the view box as a browser does: grey or palette levels."""
    image = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    levels = Image.fromarray(np.asarray(image).astype(np.float32))
    return np.asarray(levels.resize(size, Image.Resampling.BILINEAR))


class DoseOnAnatomy(unittest.TestCase):
    """A hot box is drawn where the same box of the anatomy is, whatever the sizes of the box."""

    VOXEL_MM = 4.0

    def pictures(self, extent, first, last):
        """The planes of a liver of `extent` voxels with a box from voxel `first` to `last`."""
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder, pad = pathlib.Path(scratch.name), 8
        affine = np.diag([self.VOXEL_MM] * 3 + [1])
        affine[:3, 3] = (-101.3, 57.9, -1203.7)
        liver = np.zeros([n + 2 * pad for n in extent[::-1]], np.uint16)
        liver[pad:-pad, pad:-pad, pad:-pad] = figures.LIVER
        hot = tuple(slice(pad + a, pad + b) for a, b in zip(first[::-1], last[::-1]))
        anatomy, dose = np.full(liver.shape, -120, np.float32), np.zeros(liver.shape, np.float32)
        anatomy[hot], dose[hot] = 240, 100
        for stage, name, voxels in (("convert", "images/ct/voxels", anatomy),
                                    ("segment", "labels", liver), ("dose", "dose/kernel", dose)):
            with h5py.File(folder / f"{stage}.h5", "w") as file:
                file.create_dataset(name, data=voxels).attrs["affine"] = affine
                if stage == "convert":
                    file["images/ct"].attrs["modality"] = "CT"
        with h5py.File(folder / "register.h5", "w") as file:
            file.attrs["reference"] = file.attrs["pet"] = "ct"
        with PatientRecord(folder, run_facts.STAGES) as record:
            space = figures.PatientSpace(record, 100.0, 50.0)
            center = planes.transform(affine, pad + (np.array(first) + last) / 2)
            return space.pixel_mm, [space.picture(view, center, space.masks(None), "a box")
                                    for view in planes.VIEWS]

    def test_hot_box_is_on_the_same_pixels_as_in_the_anatomy(self):
        # Small livers of all remainders by 5 mm, and some that need larger pixels.
        sizes = [(n, n + 1, n + 2) for n in range(10, 15)] + [(54, 20, 33), (20, 31, 72)]
        seen = set()
        for extent in sizes:
            first = [1, extent[1] - 7, 1]
            pixel_mm, pictures = self.pictures(extent, first, [f + 6 for f in first])
            seen.add(pixel_mm)
            for picture in pictures:
                with self.subTest(extent=extent, plane=picture.name):
                    size = picture.width, picture.height
                    anatomy = box_of_path(planes.contour_path(
                        drawn_levels(picture.anatomy, size), 127.5))
                    overlay = box_of_path(planes.contour_path(
                        drawn_levels(picture.overlay, size), 63.5))
                    isodose = box_of_path(dict(picture.contours)["isodose"])
                    np.testing.assert_allclose(anatomy[2:] - anatomy[:2], 24 / pixel_mm, atol=0.5)
                    np.testing.assert_allclose(overlay, anatomy, atol=0.5)
                    np.testing.assert_allclose(isodose, anatomy, atol=0.5)
        self.assertEqual(seen, {1.0, 1.25, 2.5})

    def test_planes_of_all_pixels_cover_the_same_rectangle(self):
        low = np.array([-101.3, 57.9, -1203.7])
        for view in planes.VIEWS:
            for pixel_mm in figures.PIXELS_MM:
                plane = planes.Plane(view, low, low, low + (65, 105, 300), pixel_mm)
                for axis, sign in view[1:3]:
                    first, last = plane.points[0, 0, axis], plane.points[-1, -1, axis]
                    ends = sorted((first - sign * pixel_mm / 2, last + sign * pixel_mm / 2))
                    self.assertAlmostEqual(ends[0], low[axis], places=6)
                    self.assertAlmostEqual(ends[1] - ends[0], (65, 105, 300)[axis], places=6)


class PageFacts(unittest.TestCase):
    def test_every_flag_that_the_stages_raise_has_a_meaning(self):
        raised = set()
        for path in (ROOT / "stages").rglob("*.c"):
            for call in re.findall(r"flags_add\([^;]*;", path.read_text(encoding="utf-8")):
                raised.update(re.findall(r'"([a-z]+_[a-z_]+)"', call))
        self.assertGreater(len(raised), 15)
        self.assertEqual(sorted(raised - set(run_facts.FLAG_MEANINGS)), [])

    def test_histogram_of_a_lesion_with_a_slash_in_its_label_is_found(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        with h5py.File(folder / "segment.h5", "w") as file:
            group = file.create_group("dvh/S4_S8")
            group.attrs["columns"] = "dose_gy,volume_percent"
            group["dose_gy"], group["volume_percent"] = [0.0, 30.0, 60.0], [100.0, 80.0, 5.0]
        with PatientRecord(folder, run_facts.STAGES) as record:
            drawn = patient_page._dvh_charts(record, [{"lesion": "S4/S8", "davg_gy": 40.0}], 30.0)
        self.assertIn("Dose-volume histogram of S4/S8", drawn["S4/S8"])

    def test_activity_ratio_is_that_furthest_from_1_of_all_treatments(self):
        def worst(*ratios):
            return patient_page.worst_activity_ratio([{"activity_ratio": r} for r in ratios])

        self.assertEqual(worst(0.9), (0.9, "1 treatment"))
        self.assertEqual(worst(0.9, 1.3, 1.2), (1.3, "furthest from 1 of 3 treatments"))
        self.assertEqual(worst(1.3, 0.5), (0.5, "furthest from 1 of 2 treatments"))
        self.assertEqual(worst(1.1, float("nan")),
                         (1.1, "furthest from 1 of 2 treatments, 1 unknown"))
        self.assertIsNone(worst(float("nan"))[0])


class Charts(unittest.TestCase):
    def test_ticks_are_round_and_inside(self):
        for low, high in ((0, 1), (20, 50), (0, 83), (0, 1234), (3, 3)):
            found = charts.ticks(low, high)
            self.assertTrue(2 <= len(found) <= 13 or low == high, (low, high, found))
            self.assertTrue(all(low <= tick <= high + 1e-9 for tick in found))

    def test_names_are_escaped(self):
        drawn = charts.waterfall_chart([("<script>", 20.0, True)], 30.0)
        self.assertIn("&lt;script&gt;", drawn)
        self.assertNotIn("<script>", drawn)


class Pages(MadeUpRun):
    """Drawn, escaped, complete, and not drawn twice."""

    def test_text_of_the_archive_is_escaped(self):
        _, index = self.draw()
        page = (self.run / "report" / "A" / "P2.html").read_text(encoding="utf-8")
        for text in (index, page):
            self.assertIn("GML &lt;script&gt;alert(1)&lt;/script&gt;, wanted BQML", text)
            self.assertNotIn("<script>alert", text)
            self.assertIn("A &lt;b&gt;title&lt;/b&gt;", text)

    def test_failed_patients_come_before_all_others(self):
        _, index = self.draw()
        self.assertLess(index.index("1 of 2 patients failed"), index.index("Patients by stratum"))

    def test_a_page_is_drawn_again_only_if_something_changed(self):
        self.assertIn("2 of 2 patients' pages drawn", self.draw()[0])
        self.assertIn("0 of 2 patients' pages drawn", self.draw()[0])
        self.write_results("5")
        words, index = self.draw()
        self.assertIn("1 of 2 patients' pages drawn", words)
        self.assertIn("1 → 5", index)

    def test_pages_of_patients_who_left_are_removed(self):
        self.draw()
        (self.run / "cohort" / "patients.csv").write_text(
            "center,patient,stratum,reason,flags,n_lesions,n_underdosed,min_davg_gy\n"
            "A,P2,0,x,,0,0,\n", encoding="utf-8")
        (self.run / "status" / "convert.tsv").write_text(
            "center\tpatient\tstatus\treason\tseconds\nA\tP2\tfailed\tx\t0\n", encoding="utf-8")
        self.draw()
        self.assertFalse((self.run / "report" / "A" / "P1.html").exists())


@unittest.skipUnless((DEMO_RUN / "report" / "index.html").exists(),
                     f"no finished run in {DEMO_RUN}; run make demo")
class DemoPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(DEMO_RUN / "cohort" / "patients.csv", encoding="utf-8", newline="") as file:
            cls.patients = list(csv.DictReader(file))
        cls.pages = {f"{row['center']}/{row['patient']}": (
            DEMO_RUN / "report" / row["center"] / f"{row['patient']}.html").read_text("utf-8")
            for row in cls.patients}
        cls.index = (DEMO_RUN / "report" / "index.html").read_text("utf-8")

    def test_every_patient_has_a_page_that_the_cohort_links_to(self):
        for name, page in self.pages.items():
            self.assertIn(f'href="{name}.html"', self.index)
            self.assertIn(f"<h1>{name}</h1>", page)
            self.assertLess(len(page.encode()), MAX_PAGE_BYTES, name)

    def test_nothing_is_fetched_from_elsewhere(self):
        for name, page in {**self.pages, "index": self.index}.items():
            found = re.findall(r'(?:href|src|url)\s*[=(]\s*"?(?!data:)[a-z]*:?//', page)
            self.assertEqual(found, [], name)

    def test_patients_with_lesions_show_planes_and_histograms(self):
        for row in self.patients:
            page = self.pages[f"{row['center']}/{row['patient']}"]
            self.assertNotIn("could not be drawn", page)
            if int(row["n_lesions"] or 0) > 0:
                for view in ("axial", "coronal", "sagittal"):
                    self.assertRegex(page, f'aria-label="{view} plane through lesion')
                self.assertIn("Dose-volume histogram of", page)
                self.assertRegex(page, 'aria-label="Davg of [0-9]+ lesions? with uncertainty')

    def test_doses_have_an_uncertainty_and_plans_beside_them(self):
        done = [self.pages[f"{row['center']}/{row['patient']}"] for row in self.patients
                if row["tumour_to_normal_ratio"]]
        self.assertTrue(done)
        for page in done:
            self.assertIn("± by outline", page)
            self.assertIn("tumour to normal (T:N)", page)
            self.assertIn("lung, by the shunt", page)
            measured = re.search(r'<th scope="row">measured</th>(.*?)</tr>', page)[1]
            self.assertGreaterEqual(len(re.findall(r"<strong>[0-9]", measured)), 3)

    def test_every_picture_has_a_text_for_those_who_cannot_see_it(self):
        for name, page in {**self.pages, "index": self.index}.items():
            for svg in re.findall(r"<svg[^>]*>", page):
                self.assertIn('aria-label="', svg, name)


if __name__ == "__main__":
    unittest.main()
