"""The truth's own arithmetic against closed forms: a wrong truth would make every test a lie."""
import sys
import unittest
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "phantom"))
import cohort  # noqa: E402
import truth  # noqa: E402
from contours import closed_contours  # noqa: E402
from dose_truth import gy_per_bq_ml, kernel_dose_gy, point_kernel, voxel_kernel  # noqa: E402
from grids import Grid, centred_grid, rigid, rotation, transform  # noqa: E402
from shapes import Ellipsoid, LabelShape, SmoothUnion, Tube, distance_on, occupancy_on  # noqa: E402


class Dose(unittest.TestCase):
    """Kernel and convolution."""

    def test_dose_factor(self):
        # 0.9331 MeV x 64.042 h / ln 2 = 49.73 J/GBq; 1 GBq in 1 kg of liver gives 49.73 Gy, and
        # 1 Bq/mL is 1/1.06 Bq/g. Literature: 49.38 to 49.98 J/GBq.
        self.assertAlmostEqual(gy_per_bq_ml() * 1.06 * 1e6, 49.73, delta=0.01)

    def test_energy_is_kept(self):
        _, fraction = point_kernel()
        self.assertAlmostEqual(voxel_kernel((3.0, 4.0, 4.0)).sum(), fraction.sum(), places=9)
        # Bremsstrahlung carries about 0.2 % of the energy beyond 12 mm.
        self.assertTrue(0.995 < fraction.sum() < 0.9999)

    def test_uniform_region(self):
        """Deep inside a uniform region the dose is activity times energy over mass."""
        grid = Grid((21, 21, 21), np.diag([4.0, 4.0, 4.0, 1.0]))
        dose = kernel_dose_gy(np.full(grid.shape, 1e6), grid)
        self.assertAlmostEqual(dose[10, 10, 10] / (1e6 * gy_per_bq_ml()), 1.0, delta=0.005)

    def test_sampling_of_the_kernel_is_fine_enough(self):
        coarse = voxel_kernel((4.0, 4.0, 4.0))
        fine = voxel_kernel((4.0, 4.0, 4.0), log2_rays=18)
        self.assertLess(np.abs(coarse - fine).max() / fine.max(), 0.003)
        # Cubic voxels: every axis alike, though the rays know nothing of that.
        self.assertLess(np.abs(fine - fine.transpose(1, 2, 0)).max() / fine.max(), 0.002)

    def test_published_voxel_s_values(self):
        """Lanconelli 2012 (Phys Med Biol 57:517), 2.21 mm voxels: S(0,0,1)/S(0,0,0) = 0.57/3.00
        and S(0,1,1)/S(0,0,0) = 0.226/3.00 mGy/MBq/s; three digits of another Monte Carlo code."""
        kernel = voxel_kernel((2.21, 2.21, 2.21))
        c = kernel.shape[0] // 2
        self.assertAlmostEqual(kernel[c, c, c + 1] / kernel[c, c, c], 0.190, delta=0.004)
        self.assertAlmostEqual(kernel[c, c + 1, c + 1] / kernel[c, c, c], 0.0753, delta=0.002)


class Geometry(unittest.TestCase):
    """Solids, grids and contours."""

    def test_volumes(self):
        grid = centred_grid((60, 60, 60), (1.0, 1.0, 1.0))
        ball = Ellipsoid((0.3, -0.2, 0.1), (20.0, 15.0, 12.0))
        self.assertAlmostEqual(occupancy_on(ball, grid).sum() / 1000, ball.volume_ml,
                               delta=0.003 * ball.volume_ml)
        # Relative to the lattice: a millimetre step on a 12 mm radius.
        self.assertAlmostEqual(len(ball.lattice()) / 1000, ball.volume_ml,
                               delta=0.01 * ball.volume_ml)

    def test_distances(self):
        point = np.array([[30.0, 0.0, 0.0]])
        self.assertAlmostEqual(Ellipsoid((0, 0, 0), (10, 10, 10)).distance(point)[0], 20.0)
        self.assertAlmostEqual(Tube((0, -50, 0), (0, 50, 0), 8.0).distance(point)[0], 26.0)
        both = SmoothUnion((Ellipsoid((0, 0, 0), (10, 10, 10)), Tube((25, 0, -9), (25, 0, 9), 6)))
        self.assertAlmostEqual(both.distance(point)[0], 2.0)

    def test_label_shape_is_the_shape(self):
        grid = centred_grid((40, 40, 40), (1.5, 1.5, 1.5))
        ball = Ellipsoid((0, 0, 0), (18, 18, 18))
        label = LabelShape(distance_on(ball, grid, 100) < 0, grid)
        points = ball.surface_points(400)
        # A voxelised surface is within one voxel diagonal's half of the true one.
        self.assertLess(np.abs(label.distance(points)).max(), 1.5 * 3 ** 0.5 / 2 + 0.2)

    def test_rigid_turns_about_its_point(self):
        m = rigid(rotation(2, 90), (1, 0, 0), about_mm=(5, 5, 5))
        np.testing.assert_allclose(transform(m, np.array([5.0, 5.0, 5.0])), [6, 5, 5])
        np.testing.assert_allclose(transform(m, np.array([6.0, 5.0, 5.0])), [6, 6, 5], atol=1e-12)

    def test_contours(self):
        """A disc and a ring: areas, and closed loops."""
        row, column = np.mgrid[:60, :60]
        radius = np.hypot(row - 29.3, column - 30.1)
        disc = closed_contours(radius - 12.0)
        self.assertEqual(len(disc), 1)
        # A polygon with vertices on the circle is inside it.
        self.assertAlmostEqual(_area(disc[0]), np.pi * 144, delta=0.01 * np.pi * 144)
        ring = closed_contours(np.abs(radius - 15.0) - 4.0)
        self.assertEqual(len(ring), 2)
        self.assertAlmostEqual(abs(_area(ring[0]) - _area(ring[1])), np.pi * (19**2 - 11**2),
                               delta=10)

    def test_contour_at_the_border_is_closed(self):
        self.assertEqual(len(closed_contours(np.full((5, 5), -1.0))), 1)


class Protocol(unittest.TestCase):
    """Strata, from rows written by hand."""

    def stratum(self, *lesions, progression="no", delay_h=20.0):
        rows = [{"underdosed": u, "amenable": a} for u, a in lesions]
        plan = cohort.PatientPlan("c", "p", 0, "", (), progression=progression,
                                  delay_h=(delay_h,))
        return truth.stratum_of(rows, plan)

    def test_strata(self):
        good, small, large = ("no", "no"), ("yes", "yes"), ("yes", "no")
        self.assertEqual(self.stratum(good, good), 1)
        self.assertEqual(self.stratum(good, small, small), 2)
        self.assertEqual(self.stratum(good, large), 3)
        self.assertEqual(self.stratum(small, large), 4)
        self.assertEqual(self.stratum(*[small] * 4), 2)
        self.assertEqual(self.stratum(*[small] * 5), 5)
        self.assertEqual(self.stratum(good, progression="yes"), 5)
        self.assertEqual(self.stratum(good, progression="unknown"), 0)
        self.assertEqual(self.stratum(good, delay_h=40.0), 0)

    def test_the_table_shows_everything(self):
        self.assertEqual({plan.stratum for plan in cohort.patients()}, {0, 1, 2, 3, 4, 5})
        self.assertGreaterEqual(len(cohort.patients()), 12)


def _area(loop):
    x, y = loop[:, 1], loop[:, 0]
    return 0.5 * abs(np.sum(x * np.roll(y, 1) - y * np.roll(x, 1)))


if __name__ == "__main__":
    unittest.main()
