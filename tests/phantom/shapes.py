"""Solids with a signed distance: negative inside, positive outside, zero on the surface.

Synthetic organs are formulas, real organs are label maps turned into distance fields; both
answer `distance(points)` in millimetres (points[..., 3], LPS) and `bounds()`.
The distance of ellipsoids is first order near the surface, which is what partial occupancy needs.
"""
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

OUTSIDE_MM = 1.0e3


@dataclass(frozen=True)
class Ellipsoid:
    """|x/a|^n + |y/b|^n + |z/c|^n <= 1; n = 2 is an ellipsoid, more is boxier."""

    centre_mm: tuple
    radii_mm: tuple
    power: float = 2.0

    def distance(self, points):
        q = np.abs((points - np.asarray(self.centre_mm)) / np.asarray(self.radii_mm))
        level = np.sum(q ** self.power, axis=-1) ** (1 / self.power)
        # f = level - 1 over |grad f|, bounded away from the centre where the gradient vanishes.
        safe = np.maximum(level, 1e-6)
        slope = (q / safe[..., None]) ** (self.power - 1) / np.asarray(self.radii_mm)
        return (level - 1) / np.maximum(np.linalg.norm(slope, axis=-1), 1e-6)

    def bounds(self):
        c, r = np.asarray(self.centre_mm), np.asarray(self.radii_mm)
        return c - r, c + r

    @property
    def volume_ml(self):
        """Only for power 2."""
        return 4 / 3 * np.pi * float(np.prod(self.radii_mm)) / 1000

    def surface_points(self, count=1500):
        """Points spread over the surface (Fibonacci sphere, stretched)."""
        return np.asarray(self.centre_mm) + sphere_directions(count) * np.asarray(self.radii_mm)

    def lattice(self, step_mm=1.0):
        """Points of a regular lattice inside, for means over the exact shape."""
        axes = [np.arange(-r + step_mm / 2, r, step_mm) for r in self.radii_mm]
        offsets = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        inside = np.sum((offsets / np.asarray(self.radii_mm)) ** 2, axis=1) <= 1
        return offsets[inside] + np.asarray(self.centre_mm)


@dataclass(frozen=True)
class Tube:
    """A straight vessel with round ends."""

    start_mm: tuple
    end_mm: tuple
    diameter_mm: float

    def distance(self, points):
        a, b = np.asarray(self.start_mm, float), np.asarray(self.end_mm, float)
        along = np.clip((points - a) @ (b - a) / np.dot(b - a, b - a), 0, 1)
        nearest = a + along[..., None] * (b - a)
        return np.linalg.norm(points - nearest, axis=-1) - self.diameter_mm / 2

    def bounds(self):
        ends = np.array([self.start_mm, self.end_mm])
        return ends.min(axis=0) - self.diameter_mm / 2, ends.max(axis=0) + self.diameter_mm / 2


@dataclass(frozen=True)
class SmoothUnion:
    """Union of solids whose seams are rounded over about `blend_mm` (polynomial smooth minimum)."""

    parts: tuple
    blend_mm: float = 0.0

    def distance(self, points):
        total = self.parts[0].distance(points)
        for part in self.parts[1:]:
            other = part.distance(points)
            if self.blend_mm > 0:
                h = np.maximum(self.blend_mm - np.abs(total - other), 0) / self.blend_mm
                total = np.minimum(total, other) - h * h * self.blend_mm / 4
            else:
                total = np.minimum(total, other)
        return total

    def bounds(self):
        lows, highs = zip(*(part.bounds() for part in self.parts))
        return np.min(lows, axis=0) - self.blend_mm, np.max(highs, axis=0) + self.blend_mm


class LabelShape:
    """A solid from a binary label map; beyond the map's edge its border slices go on."""

    def __init__(self, mask, grid):
        spacing = grid.spacing_mm[::-1]
        self.grid = grid
        self.field = (ndimage.distance_transform_edt(~mask, sampling=spacing)
                      - ndimage.distance_transform_edt(mask, sampling=spacing)).astype(np.float32)
        # Distance transforms measure to voxel centres; the surface lies half a voxel away.
        half = np.float32(spacing.min() / 2)
        self.field -= np.where(mask, -half, half)
        occupied = np.argwhere(mask)
        self._low, self._high = occupied.min(axis=0), occupied.max(axis=0)

    def distance(self, points):
        return ndimage.map_coordinates(self.field, self.grid.indices(points), order=1,
                                       mode="nearest")

    def bounds(self):
        """Bounds of the labelled voxels, stretched far along k where the label is cut off."""
        low, high = self._low.astype(float), self._high.astype(float)
        if low[0] == 0:
            low[0] = -OUTSIDE_MM
        if high[0] == self.grid.shape[0] - 1:
            high[0] = OUTSIDE_MM
        ends = np.array([self.grid.affine[:3, :3] @ v[::-1] + self.grid.affine[:3, 3]
                         for v in (low, high)])
        return ends.min(axis=0), ends.max(axis=0)


def sphere_directions(count):
    """Unit vectors spread evenly over the sphere (Fibonacci lattice)."""
    n = np.arange(count) + 0.5
    z, turn = 1 - 2 * n / count, np.pi * (1 + 5 ** 0.5) * n
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], axis=1)


def distance_on(shape, grid, margin_mm=6.0):
    """Signed distance on a grid; only near the shape is it computed, elsewhere OUTSIDE_MM."""
    field = np.full(grid.shape, OUTSIDE_MM, np.float32)
    low, high = shape.bounds()
    box = grid.box((low - margin_mm, high + margin_mm))
    if box is not None:
        part = tuple(slice(a, b) for a, b in zip(*box))
        field[part] = shape.distance(grid.points(box))
    return field


def occupancy_on(shape, grid):
    """Fraction of every voxel inside the shape, from the distance of its centre."""
    step = float(np.mean(grid.spacing_mm))
    return np.clip(0.5 - distance_on(shape, grid, 2 * step) / step, 0, 1).astype(np.float32)
