#!/usr/bin/python3
"""Writes richardson_lucy.tsv: a small image and its deconvolution, computed by another program.

Shares nothing with the C code but the method: weights by numerical integration (scipy.integrate),
blurring by scipy.ndimage, the iteration in NumPy in float64. Columns: image, plain Richardson-Lucy,
and Richardson-Lucy with total variation; i fastest.
"""
import pathlib

import numpy as np
from scipy import integrate, ndimage

SHAPE = (7, 9, 11)  # k, j, i
SPACING_MM = (4.0, 3.0, 2.5)
FWHM_MM = (5.0, 7.0, 6.0)
ITERATIONS, REGULARISATION = 5, 0.02


def weights(fwhm_mm, spacing_mm, reach=20):
    """Gaussian integrated over source and target voxel, both of length 1."""
    sigma = fwhm_mm / np.sqrt(8 * np.log(2)) / spacing_mm

    def share(offset):
        def density(x):
            return np.exp(-0.5 * (x / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi)) * (
                1 - abs(x - offset))
        return sum(integrate.quad(density, *ends, epsabs=1e-14)[0]
                   for ends in ((offset - 1, offset), (offset, offset + 1)))

    half = [share(offset) for offset in range(reach + 1)]
    return np.array(half[:0:-1] + half)


def blur(image):
    for axis, (fwhm, spacing) in enumerate(zip(FWHM_MM, SPACING_MM)):
        image = ndimage.correlate1d(image, weights(fwhm, spacing), axis=axis, mode="reflect")
    return image


def divergence_of_direction(estimate, regularisation):
    """div(grad o / |grad o|), lengths in the finest voxel edge, |grad o| smoothed."""
    scale = [min(SPACING_MM) / spacing for spacing in SPACING_MM]
    gradient = [scale[axis] * np.diff(estimate, axis=axis, append=np.take(
        estimate, [-1], axis=axis)) for axis in range(3)]
    length = np.sqrt(sum(part ** 2 for part in gradient) + (8 * regularisation * estimate) ** 2)
    return sum(scale[axis] * np.diff(gradient[axis] / length, axis=axis, prepend=0.0)
               for axis in range(3))


def deconvolve(image, regularisation):
    offset = max(0.0, -image.min())
    raised = estimate = image + offset
    for _ in range(ITERATIONS):
        if regularisation > 0:
            estimate = estimate / (1 - regularisation * divergence_of_direction(
                estimate, regularisation))
        estimate = estimate * blur(raised / blur(estimate))
    return estimate - offset


def main():
    random = np.random.default_rng(90)
    image = np.full(SHAPE, 1000.0)
    image[2:5, 3:7, 4:8] = 8000.0
    image = np.float32(blur(image) + random.normal(0.0, 600.0, SHAPE)).astype(float)
    columns = [image, deconvolve(image, 0.0), deconvolve(image, REGULARISATION)]
    path = pathlib.Path(__file__).with_name("richardson_lucy.tsv")
    np.savetxt(path, np.stack([column.ravel() for column in columns], axis=1), fmt="%.9g",
               delimiter="\t", header="image\tplain\tregularised", comments="")


if __name__ == "__main__":
    main()
