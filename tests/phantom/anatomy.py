"""The inside of a body: outline, liver, vessels, lesions, as solids in patient coordinates.

Two ways to get one: `synthetic_body` (formulas) and `labelled_body` (a real scan with organ
labels). Lesions are put where the patient's row asks: away from large vessels, touching one, or
touching only a small one. Placement is by seeded trial, so an archive depends on its seed alone.
"""
from dataclasses import dataclass, field

import numpy as np

from shapes import Ellipsoid, LabelShape, SmoothUnion, Tube

LARGE_VESSEL_MM = 4.0       # the protocol's limit; phantom vessels stay clear of it
FREE_DISTANCE_MM = 9.0      # a lesion called free is at least this far from every large vessel
CONTACT_OVERLAP_MM = 2.0    # a lesion called touching reaches this deep into the vessel
LESION_GAP_MM = 16.0        # between lesions, so that one does not irradiate the next
SMALL_VESSEL_MM = 2.6


@dataclass
class Lesion:
    """One lesion: where and what shape. Its uptake belongs to the patient's row."""

    label: str
    shape: Ellipsoid


@dataclass
class Body:
    """Solids of one patient. `organs` are (solid, MR signal, HU); vessels are solids too."""

    outline: object
    liver: object
    vessels: list
    organs: list = field(default_factory=list)
    lesions: list = field(default_factory=list)
    small_vessels: list = field(default_factory=list)

    def all_vessels(self):
        return SmoothUnion(tuple(self.vessels + self.small_vessels))


def synthetic_body():
    """A trunk with liver (two lobes), inferior vena cava, portal and hepatic veins, spine,
    spleen and kidneys. Right is negative x, anterior negative y, superior positive z."""
    liver = SmoothUnion((Ellipsoid((-62, -8, -2), (72, 66, 72), 2.4),
                         Ellipsoid((8, -38, 18), (66, 38, 36), 2.2)), 25.0)
    branches = [((-12, 46, -140), (-12, 46, 140), 22.0),       # inferior vena cava
                ((4, 14, -44), (-26, 2, -10), 12.0),           # portal trunk
                ((-26, 2, -10), (-88, -8, -16), 9.0),          # right portal branch
                ((-26, 2, -10), (14, -36, 16), 8.0),           # left portal branch
                ((-14, 44, 46), (-84, 14, 30), 10.0),          # right hepatic vein
                ((-14, 44, 46), (-34, -30, 30), 9.0)]          # middle hepatic vein
    organs = [(Ellipsoid((0, 66, 0), (21, 19, 400)), 90, 280),      # spine
              (Ellipsoid((95, 42, 20), (30, 42, 48)), 260, 110),    # spleen
              (Ellipsoid((66, 58, -58), (26, 24, 50)), 330, 150),   # left kidney
              (Ellipsoid((-62, 80, -72), (24, 22, 40)), 330, 150)]  # right kidney
    return Body(outline=Ellipsoid((0, 6, 0), (158, 108, 4000), 2.6), liver=liver,
                vessels=[Tube(*b) for b in branches], organs=organs)


def labelled_body(labels, grid, ids):
    """A body from organ labels of a real scan; `ids` names liver, vessels and organs by value.
    The outline is taken from `ids["outline"]`, a mask of the same shape."""
    vessels = [LabelShape(labels == value, grid) for value in ids["vessels"]]
    return Body(outline=LabelShape(ids["outline"], grid),
                liver=LabelShape(labels == ids["liver"], grid), vessels=vessels)


def place_lesions(body, plans, rng, region=None, snap_grid=None):
    """Adds a lesion for every plan (`label`, `diameters_mm`, `contact` one of free, large,
    small, `side`). `region` bounds the centres' z; a small vessel is snapped to voxel centres
    of `snap_grid`, so that a tube thinner than a voxel is still drawn."""
    for plan in sorted(plans, key=lambda p: -max(p.diameters_mm)):
        shape = _find_place(body, plan, rng, region)
        body.lesions.append(Lesion(plan.label, shape))
        if plan.contact == "small":
            body.small_vessels.append(_small_vessel_beside(shape, snap_grid))
    body.lesions.sort(key=lambda lesion: lesion.label)


def large_vessel_distance_mm(body, shape):
    """Smallest surface distance to a large vessel (0 when they overlap) and that vessel."""
    points = shape.surface_points()
    distances = [max(0.0, float(vessel.distance(points).min())) for vessel in body.vessels]
    nearest = int(np.argmin(distances))
    return distances[nearest], body.vessels[nearest]


def _find_place(body, plan, rng, region, attempts=20000):
    low, high = (np.array(v, float) for v in body.liver.bounds())
    radii = np.asarray(plan.diameters_mm) / 2
    if region is not None:
        low[2], high[2] = max(low[2], region[0] + radii[2]), min(high[2], region[1] - radii[2])
    for _ in range(attempts):
        centre = low + rng.random(3) * (high - low)
        shape = Ellipsoid(tuple(centre), tuple(radii))
        if _fits(body, plan, shape):
            return shape
    raise RuntimeError(f"lesion {plan.label}: no place found in {attempts} attempts; "
                       "make it smaller or use another seed")


def _fits(body, plan, shape):
    centre, radius = np.asarray(shape.centre_mm), max(shape.radii_mm)
    if plan.side == "right" and centre[0] > -45 or plan.side == "left" and centre[0] < 8 \
            or plan.side == "middle" and not -24 < centre[0] < -8:
        return False
    if body.liver.distance(centre[None])[0] > -(radius + 2.0) * (plan.contact != "large") - 4.0:
        return False
    for other in body.lesions:
        gap = np.linalg.norm(centre - other.shape.centre_mm) - radius - max(other.shape.radii_mm)
        if gap < LESION_GAP_MM:
            return False
    depth = min(float(v.distance(shape.surface_points(300)).min()) for v in body.vessels)
    if plan.contact == "large":
        return -CONTACT_OVERLAP_MM - 1.0 < depth < -CONTACT_OVERLAP_MM + 1.0
    return depth > FREE_DISTANCE_MM + (4.0 if plan.contact == "small" else 0.0)


def _small_vessel_beside(shape, grid):
    """A small vessel along z that runs into the lesion's side."""
    x, y, z = shape.centre_mm
    point = np.array([x - shape.radii_mm[0] + 0.5, y, z])
    if grid is not None:
        kji = np.round(grid.indices(point))
        point = grid.affine[:3, :3] @ kji[::-1] + grid.affine[:3, 3]
    half = shape.radii_mm[2] + 12.0
    return Tube((point[0], point[1], z - half), (point[0], point[1], z + half), SMALL_VESSEL_MM)
