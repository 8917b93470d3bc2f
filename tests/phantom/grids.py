"""Voxel grids in patient coordinates.

Everything in the phantom lives in millimetres of the patient, LPS as in DICOM. A grid is an
array shape (slices, rows, columns) and an affine from voxel index (i, j, k) to millimetres.
"""
from dataclasses import dataclass

import numpy as np


def rotation(axis, degrees):
    """3x3 rotation about a coordinate axis (0 x, 1 y, 2 z), right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    m = np.eye(3)
    a, b = [(1, 2), (2, 0), (0, 1)][axis]
    m[a, a], m[a, b], m[b, a], m[b, b] = c, -s, s, c
    return m


def rigid(rotation_matrix, translation_mm, about_mm=(0, 0, 0)):
    """4x4 transform that turns about a point, then shifts."""
    m = np.eye(4)
    about = np.asarray(about_mm, float)
    m[:3, :3] = rotation_matrix
    m[:3, 3] = about + np.asarray(translation_mm, float) - rotation_matrix @ about
    return m


def transform(matrix, points):
    """Applies a 4x4 matrix to points[..., 3]."""
    return points @ matrix[:3, :3].T + matrix[:3, 3]


@dataclass(frozen=True)
class Grid:
    """A regular grid: `shape` is (k, j, i), `affine` maps (i, j, k, 1) to LPS millimetres."""

    shape: tuple
    affine: np.ndarray

    @property
    def spacing_mm(self):
        """Distances between neighbouring voxels along i, j and k."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def voxel_ml(self):
        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    def points(self, box=None):
        """Voxel centres, [k][j][i][3], of the whole grid or of a (lo, hi) box of k, j, i."""
        lo, hi = box if box is not None else ((0, 0, 0), self.shape)
        k, j, i = (np.arange(a, b, dtype=float) for a, b in zip(lo, hi))
        m = self.affine
        return (k[:, None, None, None] * m[:3, 2] + j[None, :, None, None] * m[:3, 1]
                + i[None, None, :, None] * m[:3, 0] + m[:3, 3])

    def indices(self, points):
        """Fractional (k, j, i) of points[..., 3], as an array with the axis first."""
        ijk = transform(np.linalg.inv(self.affine), points)
        return np.moveaxis(ijk, -1, 0)[::-1]

    def box(self, bounds_mm):
        """The (lo, hi) box of k, j, i that covers (minimum, maximum) millimetres; None if empty."""
        corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
        low, high = np.asarray(bounds_mm[0], float), np.asarray(bounds_mm[1], float)
        kji = self.indices(low + corners * (high - low))
        lo = np.clip(np.floor(kji.min(axis=1)).astype(int), 0, self.shape)
        hi = np.clip(np.ceil(kji.max(axis=1)).astype(int) + 1, 0, self.shape)
        return (tuple(lo), tuple(hi)) if np.all(hi > lo) else None


def centred_grid(shape, spacing_mm, centre_mm=(0, 0, 0), directions=None):
    """A grid of (k, j, i) voxels around a centre; `directions` has the i, j, k axes as columns."""
    directions = np.eye(3) if directions is None else directions
    affine = np.eye(4)
    affine[:3, :3] = directions * np.asarray(spacing_mm, float)
    middle = (np.asarray(shape[::-1], float) - 1) / 2
    affine[:3, 3] = np.asarray(centre_mm, float) - affine[:3, :3] @ middle
    return Grid(tuple(shape), affine)
