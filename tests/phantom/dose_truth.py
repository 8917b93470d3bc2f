"""Absorbed dose of a known activity, computed independently of the pipeline's C code.

The voxel kernel is made by following energy: along rays that start all over the source voxel in
all directions, the energy of every shell of the point kernel is dropped into the voxel it falls
in. That integrates over source and target voxel at once and has no singularity at
zero distance. The convolution is SciPy's.
"""
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml
from scipy import ndimage, signal
from scipy.stats import qmc

NUCLIDES = Path(__file__).resolve().parents[2] / "configs" / "nuclides"
DENSITY_G_ML = 1.06
KERNEL_RADIUS_MM = 12.0
JOULE_PER_MEV = 1.602176634e-13


@lru_cache
def nuclide():
    """configs/nuclides/y90.yaml as a dictionary."""
    return yaml.safe_load((NUCLIDES / "y90.yaml").read_text())


def half_life_s():
    return nuclide()["half_life_h"] * 3600.0


def decay(seconds):
    """Fraction left after a time."""
    return 0.5 ** (seconds / half_life_s())


def gy_per_bq_ml():
    """Dose of complete decay and complete local absorption per Bq/mL, at the liver's density."""
    joule = nuclide()["mean_energy_mev"] * JOULE_PER_MEV
    return 1000.0 * half_life_s() / np.log(2) * joule / DENSITY_G_ML


@lru_cache
def point_kernel():
    """Shell radii in liver (mm) and the fraction of the emitted energy left in each shell."""
    table = np.loadtxt(NUCLIDES / nuclide()["kernel"]["file"], delimiter=",", comments="#",
                       skiprows=2)
    radius = 0.5 * (table[:, 0] + table[:, 1])
    shrink = nuclide()["kernel"]["density_g_ml"] / DENSITY_G_ML
    fraction = table[:, 2] / table[:, 2].sum()
    near = table[:, 1] * shrink <= KERNEL_RADIUS_MM
    return radius[near] * shrink, fraction[near]


@lru_cache
def voxel_kernel(spacing_kji_mm, log2_rays=15):
    """Fraction of a voxel's energy that each voxel around it receives, [k][j][i], odd sizes."""
    spacing = np.asarray(spacing_kji_mm)
    reach = np.ceil(KERNEL_RADIUS_MM / spacing).astype(int) + 1
    kernel = np.zeros(2 * reach + 1)
    # Sobol points: where in the source voxel (3), which direction (2).
    u = qmc.Sobol(5, scramble=False).random_base2(log2_rays)
    source, z, turn = u[:, :3] - 0.5, 2 * u[:, 3] - 1, 2 * np.pi * u[:, 4]
    across = np.sqrt(1 - z * z)
    ray = np.stack([z, across * np.cos(turn), across * np.sin(turn)], axis=1) / spacing
    for radius, energy in zip(*point_kernel()):
        voxel = np.rint(source + radius * ray).astype(int) + reach
        flat = np.ravel_multi_index(voxel.T, kernel.shape)
        kernel += energy * np.bincount(flat, minlength=kernel.size).reshape(kernel.shape)
    for axis in range(3):  # the voxel is symmetric, the Sobol points are only nearly so
        kernel = (kernel + np.flip(kernel, axis)) / 2
    return kernel / len(u)


def kernel_dose_gy(activity_bq_ml, grid):
    """Dose map of complete decay, on the grid of the activity at administration."""
    kernel = voxel_kernel(tuple(np.round(grid.spacing_mm[::-1], 6)))
    fraction = signal.fftconvolve(activity_bq_ml.astype(float), kernel, mode="same")
    return fraction * gy_per_bq_ml()


def mean_at(dose, grid, points):
    """Mean over points, of a map that is constant within each voxel (a dose voxel is a mean)."""
    return float(ndimage.map_coordinates(dose, grid.indices(points), order=0).mean())


def linear_at(values, grid, points):
    """Linear interpolation; 0 beyond the grid."""
    return ndimage.map_coordinates(values, grid.indices(points), order=1, cval=0.0)
