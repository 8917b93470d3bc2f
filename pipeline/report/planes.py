"""Planes through a patient: sampling volumes in patient space, contours, images for the page.

All planes are axis-aligned in patient millimetres (LPS), whatever the orientation of the images,
seen as radiologists do: the patient's right is on the left of axial and coronal planes.
"""
import base64
import io

import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates

# Name, patient axis (0 x, 1 y, 2 z) to the right and its sign, axis downwards and its sign,
# letters left, right, top, bottom.
VIEWS = (("axial", (0, 1), (1, 1), "RLAP"), ("coronal", (0, 1), (2, -1), "RLSI"),
         ("sagittal", (1, 1), (2, -1), "APSI"))

# Black-body-like colours of even lightness steps (after "inferno", van der Walt and Smith 2015).
COLOUR_STOPS = np.array([(20, 11, 53), (66, 10, 104), (106, 23, 110), (147, 38, 103),
                         (188, 55, 84), (221, 81, 58), (243, 120, 25), (252, 165, 10),
                         (246, 215, 70), (252, 255, 164)], float)


class Plane:
    """A rectangle of sample points; `points` is (rows, columns, 3) patient millimetres.

    It covers low..high exactly if the box is a multiple of the pixel, and to half a pixel if not.
    """

    def __init__(self, view, center, low, high, pixel_mm):
        self.name, (across, across_sign), (down, down_sign), self.letters = view
        self.pixel_mm = pixel_mm
        columns = _positions(low[across], high[across], pixel_mm, across_sign)
        rows = _positions(low[down], high[down], pixel_mm, down_sign)
        self.width, self.height = len(columns), len(rows)
        self.points = np.empty((len(rows), len(columns), 3))
        self.points[:] = center
        self.points[..., across] = columns[None, :]
        self.points[..., down] = rows[:, None]


def _positions(low, high, step, sign):
    count = max(2, round((high - low) / step))
    positions = low + (np.arange(count) + 0.5) * step
    return positions if sign > 0 else positions[::-1]


class Sampler:
    """A volume of a file, of which only the part inside the box low..high (mm) is read.

    `to_volume` maps the millimetres of the points asked for to those of the volume.
    """

    def __init__(self, dataset, low, high, to_volume=np.eye(4)):
        affine = np.asarray(dataset.attrs["affine"], float).reshape(4, 4)
        self.to_index = np.linalg.inv(affine) @ to_volume
        corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1])
                            for z in (low[2], high[2])])
        index = transform(self.to_index, corners)
        size = np.array(dataset.shape[::-1])
        start = np.clip(np.floor(index.min(0)).astype(int) - 1, 0, size - 1)
        stop = np.clip(np.ceil(index.max(0)).astype(int) + 2, start + 1, size)
        self.start = start
        self.voxels = dataset[start[2]:stop[2], start[1]:stop[1], start[0]:stop[0]]

    def at(self, points, outside=np.nan, voxels=None):
        """Trilinear values at points (..., 3); `voxels` stands in for the volume's own."""
        index = transform(self.to_index, points) - self.start
        voxels = self.voxels if voxels is None else voxels
        return map_coordinates(voxels.astype(np.float32, copy=False),
                               np.moveaxis(index[..., ::-1], -1, 0), order=1, cval=outside)


def transform(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def labelled_box(labels, affine):
    """Lower and upper corner (mm) of the box around everything labelled; None if nothing is."""
    found = [np.flatnonzero(labels.any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]
    if not found[0].size:
        return None
    ends = [(f[0] - 0.5, f[-1] + 0.5) for f in found]
    corners = np.array([[i, j, k] for i in ends[0] for j in ends[1] for k in ends[2]])
    corners = transform(affine, corners)
    return corners.min(0), corners.max(0)


def center_inside(mask, affine):
    """Millimetres of the voxel of the mask that is nearest to its centroid."""
    index = np.argwhere(mask)
    nearest = index[np.argmin(((index - index.mean(0)) ** 2).sum(1))]
    return transform(affine, nearest[::-1].astype(float))


# ---- images --------------------------------------------------------------------------------


def window(values, modality):
    """Grey levels limits: soft tissue for CT, percentiles of the values otherwise."""
    if modality == "CT":
        return -120.0, 240.0
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, (1, 99.5))
    return (low, high) if high > low else (low, low + 1)


def grey(values, limits):
    scaled = (values - limits[0]) / (limits[1] - limits[0])
    return (np.clip(np.nan_to_num(scaled), 0, 1) * 255).astype(np.uint8)


def grey_image(levels):
    return _data_uri(Image.fromarray(levels, "L"), "JPEG", quality=80)


def colour_levels(n):
    position = np.linspace(0, len(COLOUR_STOPS) - 1, n)
    stops = np.arange(len(COLOUR_STOPS))
    return np.stack([np.interp(position, stops, COLOUR_STOPS[:, c]) for c in range(3)], 1)


def overlay_image(values, maximum):
    """Colours of values from 0 to maximum, more transparent the lower; nothing below 4 %."""
    n = 128
    level = np.clip(np.nan_to_num(values) / maximum * (n - 1), 0, n - 1).astype(np.uint8)
    share = np.linspace(0, 1, n)
    opacity = np.where(share < 0.04, 0, np.minimum(0.25 + share, 0.65))
    image = Image.fromarray(level, "P")
    image.putpalette(colour_levels(n).round().astype(np.uint8).tobytes())
    return _data_uri(image, "PNG", transparency=(opacity * 255).astype(np.uint8).tobytes(),
                     optimize=True)


def _data_uri(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


# ---- contours ------------------------------------------------------------------------------


def contour_path(values, level, scale=1.0):
    """SVG path of the lines where an image crosses a level (marching squares), in pixels x scale.

    Pixel (row, column) has its centre at (column + 0.5, row + 0.5).
    """
    values = np.pad(np.nan_to_num(np.asarray(values, float), nan=-np.inf), 1,
                    constant_values=-np.inf)
    inside = values >= level
    if not inside.any():
        return ""
    lines = _link(_cell_segments(inside))
    return "".join(_path_of(line, values, level, scale) for line in lines)


def _cell_segments(inside):
    """Pairs of crossed grid edges of every cell. An edge is (row, column, is_vertical)."""
    corner = inside.astype(np.uint8)
    case = corner[:-1, :-1] | corner[:-1, 1:] << 1 | corner[1:, 1:] << 2 | corner[1:, :-1] << 3
    # Edges of a cell: top, right, bottom, left; the pairs that a line joins in each case.
    joined = {1: "LT", 2: "TR", 3: "LR", 4: "RB", 5: "LTRB", 6: "TB", 7: "LB", 8: "BL", 9: "BT",
              10: "TRBL", 11: "BR", 12: "RL", 13: "RT", 14: "TL"}
    edge = {"T": (0, 0, False), "B": (1, 0, False), "L": (0, 0, True), "R": (0, 1, True)}
    segments = []
    for row, column in np.argwhere((case > 0) & (case < 15)).tolist():
        names = joined[int(case[row, column])]
        ends = [(row + edge[n][0], column + edge[n][1], edge[n][2]) for n in names]
        segments += list(zip(ends[::2], ends[1::2]))
    return segments


def _link(segments):
    """Joins segments that share an edge into lines (lists of edges)."""
    neighbours = {}
    for first, second in segments:
        neighbours.setdefault(first, []).append(second)
        neighbours.setdefault(second, []).append(first)
    lines = []
    while neighbours:
        line = [next(iter(neighbours))]
        while nexts := neighbours.get(line[-1]):
            following = nexts.pop()
            if not nexts:
                del neighbours[line[-1]]
            back = neighbours[following]
            back.remove(line[-1])
            if not back:
                del neighbours[following]
            line.append(following)
        lines.append(line)
    return lines


def _path_of(line, values, level, scale):
    points = []
    for row, column, is_vertical in line:
        a = values[row, column]
        b = values[row + is_vertical, column + (not is_vertical)]
        share = (level - a) / (b - a) if np.isfinite(a) and np.isfinite(b) else 0.5
        # -1 for the padding, +0.5 for the pixel's centre.
        y, x = row - 0.5 + share * is_vertical, column - 0.5 + share * (not is_vertical)
        points.append(f"{x * scale:.1f} {y * scale:.1f}")
    return "M" + "L".join(points)
