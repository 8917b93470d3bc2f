"""Charts as SVG text: colours come from the page's style sheet through classes."""
from markupsafe import Markup, escape

from patient_record import is_number
from run_facts import STRATUM_NAMES

ROW_PX = 28  # of a lesion in the chart of Davg


class Frame:
    """A plotting area with linear axes; collects SVG elements."""

    def __init__(self, width, height, x_range, y_range, left=44, bottom=34, right=12, top=12):
        self.width, self.height = width, height
        self.x_range, self.y_range = x_range, y_range
        self.left, self.right = left, width - right
        self.top, self.bottom = top, height - bottom
        self.parts = []

    def x(self, value):
        low, high = self.x_range
        return self.left + (value - low) / ((high - low) or 1) * (self.right - self.left)

    def y(self, value):
        low, high = self.y_range
        return self.bottom - (value - low) / ((high - low) or 1) * (self.bottom - self.top)

    def add(self, element):
        self.parts.append(element)

    def text(self, x, y, words, anchor="middle", style="tick"):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">'
                 f'{escape(words)}</text>')

    def axes(self, x_label, y_label, x_ticks=True):
        for tick in ticks(*self.y_range):
            self.add(f'<path class="grid" d="M{self.left} {self.y(tick):.1f}H{self.right}"/>')
            self.text(self.left - 6, self.y(tick) + 4, f"{tick:g}", "end")
        for tick in ticks(*self.x_range) if x_ticks else ():
            self.text(self.x(tick), self.bottom + 15, f"{tick:g}")
        self.add(f'<path class="axis" d="M{self.left} {self.bottom}H{self.right}"/>')
        self.text((self.left + self.right) / 2, self.height - 3, x_label)
        self.add(f'<text transform="translate(11 {(self.top + self.bottom) / 2:.0f}) rotate(-90)" '
                 f'text-anchor="middle" class="tick">{escape(y_label)}</text>')

    def polyline(self, points, style, title="", raise_px=0.0):
        path = "L".join(f"{self.x(x):.1f} {self.y(y) - raise_px:.1f}" for x, y in points)
        self.add(f'<path class="{style}" d="M{path}"><title>{escape(title)}</title></path>')

    def svg(self, label):
        return Markup(f'<svg class="chart" viewBox="0 0 {self.width} {self.height}" role="img" '
                      f'aria-label="{escape(label)}">{"".join(self.parts)}</svg>')


def ticks(low, high, wanted=5):
    """About `wanted` round numbers from low to high."""
    span = (high - low) or 1
    step = 10.0 ** len(str(int(span)))
    for factor in (0.5, 0.4, 0.5, 0.5, 0.4, 0.5, 0.5, 0.4, 0.5):
        if span / step >= wanted:
            break
        step *= factor
    first = -(-low // step) * step
    return [first + n * step for n in range(int((high - first) / step + 1e-9) + 1)]


def sweep_chart(counts, threshold_gy):
    """Patients of each stratum against the threshold; each line is named at its right end."""
    if len(counts) < 2:
        return ""
    thresholds = list(counts)
    highest = max(max(strata) for strata in counts.values())
    frame = Frame(640, 280, (thresholds[0], thresholds[-1]), (0, max(highest, 5)), right=150)
    frame.axes("Davg threshold (Gy)", "patients")
    if thresholds[0] <= threshold_gy <= thresholds[-1]:
        frame.add(f'<path class="limit" d="M{frame.x(threshold_gy):.1f} {frame.top}'
                  f'V{frame.bottom}"/>')
    labels = []
    for stratum, name in enumerate(STRATUM_NAMES):
        line = [(threshold, strata[stratum]) for threshold, strata in counts.items()]
        if not any(value for _, value in line):
            continue
        # Equal counts would hide each other: each stratum a little above the one before.
        frame.polyline(line, f"line s{stratum}", f"stratum {stratum}, {name}", 2.5 * stratum)
        labels.append([frame.y(line[-1][1]) + 4, stratum, name])
    labels.sort()
    for above, below in zip(labels, labels[1:]):
        below[0] = max(below[0], above[0] + 14)
    for y, stratum, name in labels:
        frame.text(frame.right + 6, y, f"{stratum} {name}", "start", f"tick t{stratum}")
    return frame.svg("Patients of each stratum as the dose threshold changes from "
                     f"{thresholds[0]:g} to {thresholds[-1]:g} Gy")


def waterfall_chart(lesions, threshold_gy):
    """Davg of every lesion, highest first. `lesions` is (name, davg_gy, is_underdosed or None)."""
    lesions = sorted(lesions, key=lambda lesion: -lesion[1])
    if not lesions:
        return ""
    frame = Frame(640, 240, (0, len(lesions)), (0, max(lesions[0][1], threshold_gy) * 1.05))
    frame.axes(f"{len(lesions)} lesions, highest Davg first", "Davg (Gy)", x_ticks=False)
    step = frame.x(1) - frame.x(0)
    for index, (name, davg_gy, is_underdosed) in enumerate(lesions):
        style = {True: "under", False: "enough", None: "unsure"}[is_underdosed]
        top = frame.y(max(davg_gy, 0))
        frame.add(f'<rect class="{style}" x="{frame.x(index):.1f}" y="{top:.1f}" '
                  f'width="{max(step * 0.85, 0.4):.2f}" height="{frame.bottom - top:.1f}">'
                  f'<title>{escape(name)}: {davg_gy:.1f} Gy</title></rect>')
    _mark_threshold(frame, threshold_gy, is_vertical=False)
    return frame.svg(f"Average dose of {len(lesions)} lesions against the threshold of "
                     f"{threshold_gy:g} Gy")


def davg_chart(lesions, threshold_gy):
    """A row per lesion: Davg as a dot with its standard uncertainty as a bar, the band between
    the outlines moved out and in by a voxel, and a ring for the Davg corrected for recovery. What
    is not known is not drawn. `lesions` are rows of the lesion table."""
    lesions = [lesion for lesion in lesions if is_number(lesion.get("davg_gy"))]
    if not lesions:
        return ""
    reach = [_bar(lesion, key) for lesion in lesions for key in ("davg", "davg_recovered")]
    known = [edge for bar in reach if bar for edge in bar] + [
        edge for lesion in lesions for edge in _band(lesion) or ()]
    left = 16 + 7 * min(max(len(str(lesion["lesion"])) for lesion in lesions), 14)
    frame = Frame(640, 46 + ROW_PX * len(lesions), (min(known + [0]),
                  1.05 * max(known + [threshold_gy])), (0, len(lesions)), left=left)
    for tick in ticks(*frame.x_range):
        frame.add(f'<path class="grid" d="M{frame.x(tick):.1f} {frame.top}V{frame.bottom}"/>')
        frame.text(frame.x(tick), frame.bottom + 15, f"{tick:g}")
    frame.text((frame.left + frame.right) / 2, frame.height - 3, "Davg (Gy)")
    for index, lesion in enumerate(lesions):
        _davg_row(frame, frame.top + ROW_PX * (index + 0.5), lesion)
    x = frame.x(threshold_gy)
    frame.add(f'<path class="limit" d="M{x:.1f} {frame.top - 4}V{frame.bottom}">'
              f'<title>threshold {threshold_gy:g} Gy</title></path>')
    count = f"{len(lesions)} lesion{'s' if len(lesions) > 1 else ''}"
    is_bare = not any(is_number(lesion.get("davg_uncertainty_gy")) for lesion in lesions)
    return frame.svg(f"Davg of {count}{'' if is_bare else ' with uncertainty'} against the "
                     f"threshold of {threshold_gy:g} Gy")


def _bar(lesion, key):
    """Ends of the uncertainty bar; both at the value if its uncertainty is not known."""
    value, sigma = lesion.get(f"{key}_gy"), lesion.get(f"{key}_uncertainty_gy")
    if not is_number(value):
        return None
    return (value - sigma, value + sigma) if is_number(sigma) else (value, value)


def _band(lesion):
    """Lowest and highest Davg of the outlines moved out and in, and of the one drawn."""
    edges = [value for value in (lesion.get("davg_dilated_gy"), lesion.get("davg_eroded_gy"))
             if is_number(value)]
    edges += [lesion["davg_gy"]] if edges else []
    return (min(edges), max(edges)) if edges else None


def _davg_row(frame, y, lesion):
    style = {"yes": "under", "no": "enough"}.get(lesion.get("underdosed"), "unsure")
    name, davg_gy = str(lesion["lesion"]), lesion["davg_gy"]
    frame.text(frame.left - 8, y + 4, name if len(name) <= 14 else f"{name[:13]}…", "end")
    band = _band(lesion)
    if band:
        low, high = (frame.x(edge) for edge in band)
        frame.add(f'<rect class="band" x="{low:.1f}" y="{y - 7:.1f}" '
                  f'width="{max(high - low, 1):.1f}" height="14"><title>{escape(name)}, outline '
                  f'± 1 voxel: {band[0]:.1f} to {band[1]:.1f} Gy</title></rect>')
    _whisker(frame, y, _bar(lesion, "davg"), style)
    frame.add(f'<circle class="{style}" cx="{frame.x(davg_gy):.1f}" cy="{y:.1f}" r="5">'
              f'<title>{escape(name)}: {davg_gy:.1f} Gy</title></circle>')
    recovered = _bar(lesion, "davg_recovered")
    if recovered:
        value = lesion["davg_recovered_gy"]
        _whisker(frame, y + 6, recovered, "recovered")
        frame.add(f'<circle class="recovered" cx="{frame.x(value):.1f}" cy="{y + 6:.1f}" r="3.5">'
                  f'<title>{escape(name)}, corrected for recovery: {value:.1f} Gy</title></circle>')


def _whisker(frame, y, ends, style):
    low, high = (frame.x(end) for end in ends)
    if high > low:
        frame.add(f'<path class="whisker w-{style}" d="M{low:.1f} {y:.1f}H{high:.1f}'
                  f'M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"/>')


def dvh_chart(name, dose_gy, volume_percent, threshold_gy, davg_gy):
    """Volume of a lesion that receives at least a dose."""
    last = max((dose for dose, volume in zip(dose_gy, volume_percent) if volume > 0.5), default=1)
    frame = Frame(300, 240, (0, max(last, threshold_gy) * 1.1), (0, 100))
    frame.axes("dose (Gy)", "volume (%)")
    _mark_threshold(frame, threshold_gy, is_vertical=True)
    points = [point for point in zip(dose_gy, volume_percent) if point[0] <= frame.x_range[1]]
    frame.polyline(points, "line dvh", f"{name}, Davg {davg_gy:.1f} Gy")
    at = next((volume for dose, volume in points if dose >= threshold_gy), 0)
    return frame.svg(f"Dose-volume histogram of {name}: {at:.0f} % of it receives at least "
                     f"{threshold_gy:g} Gy")


def _mark_threshold(frame, threshold_gy, is_vertical):
    if is_vertical:
        x = frame.x(threshold_gy)
        frame.add(f'<path class="limit" d="M{x:.1f} {frame.top}V{frame.bottom}"/>')
        is_far = x > frame.left + 0.7 * (frame.right - frame.left)
        frame.text(x + (-4 if is_far else 4), frame.bottom - 8, f"{threshold_gy:g} Gy",
                   "end" if is_far else "start")
    else:
        y = frame.y(threshold_gy)
        frame.add(f'<path class="limit" d="M{frame.left} {y:.1f}H{frame.right}"/>')
        frame.text(frame.right, y - 5, f"{threshold_gy:g} Gy", "end")
