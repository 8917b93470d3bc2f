"""Closed contours of a level set in a plane (marching squares), as a reader's drawing would be.

The field is negative inside. Segments are found cell by cell with linear interpolation along the
edges and then chained through the edges they share.
"""
import numpy as np

# For every corner pattern (bits: top left 1, top right 2, bottom right 4, bottom left 8), the
# pairs of cell edges joined (0 top, 1 right, 2 bottom, 3 left). Saddles keep the corners apart.
PAIRS = {1: [(3, 0)], 2: [(0, 1)], 3: [(3, 1)], 4: [(1, 2)], 5: [(3, 0), (1, 2)], 6: [(0, 2)],
         7: [(3, 2)], 8: [(2, 3)], 9: [(2, 0)], 10: [(0, 1), (2, 3)], 11: [(2, 1)],
         12: [(1, 3)], 13: [(1, 0)], 14: [(0, 3)]}


def closed_contours(field):
    """List of closed polygons, arrays of (row, column), in which field < 0."""
    padded = np.pad(np.clip(field.astype(float), -50, 50), 1, constant_values=50.0)
    inside = padded < 0
    code = (inside[:-1, :-1] * 1 + inside[:-1, 1:] * 2 + inside[1:, 1:] * 4
            + inside[1:, :-1] * 8)
    links = {}
    for row, column in np.argwhere((code > 0) & (code < 15)):
        for a, b in PAIRS[int(code[row, column])]:
            first, second = _edge(row, column, a), _edge(row, column, b)
            links.setdefault(first, []).append(second)
            links.setdefault(second, []).append(first)
    return [np.array([_crossing(padded, edge) for edge in loop]) - 1 for loop in _loops(links)]


def _edge(row, column, side):
    """An edge of the lattice: (row, column, 0 along columns | 1 along rows)."""
    return [(row, column, 0), (row, column + 1, 1), (row + 1, column, 0), (row, column, 1)][side]


def _crossing(field, edge):
    row, column, along_rows = edge
    a = field[row, column]
    b = field[row + 1, column] if along_rows else field[row, column + 1]
    t = a / (a - b)
    return (row + t, column) if along_rows else (row, column + t)


def _loops(links):
    left = dict.fromkeys(links)
    while left:
        start = next(iter(left))
        loop, previous, current = [start], None, start
        del left[start]
        while True:
            a, b = links[current]
            previous, current = current, (b if a == previous else a)
            if current == start:
                break
            loop.append(current)
            left.pop(current, None)
        if len(loop) >= 3:
            yield loop
