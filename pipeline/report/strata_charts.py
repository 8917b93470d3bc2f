"""Charts of a patient's stratum against the threshold, and of the response over time."""
from markupsafe import escape

from charts import Frame
from patient_record import is_number

ROOM = 1.25  # of the last step, so that what holds beyond it can be seen


def stratum_chart(breakpoints, threshold_gy):
    """Stratum as a function of the dose threshold. `breakpoints` are rows of that table: the
    stratum at a value (a dot, where it is another than above), and above it up to the next."""
    points = [row for row in breakpoints
              if row["parameter"] == "threshold_gy" and is_number(row["value"])]
    if not points:
        return ""
    last = ROOM * max(points[-1]["value"], threshold_gy)
    frame = Frame(420, 190, (points[0]["value"], last), (0, 5))
    frame.axes("Davg threshold (Gy)", "stratum")
    ends = [point["value"] for point in points[1:]] + [last]
    for point, end in zip(points, ends):
        stratum = point["stratum_above"]
        frame.polyline([(point["value"], stratum), (end, stratum)], f"line s{stratum:.0f}",
                       f"stratum {stratum:.0f} from {point['value']:.1f} to {end:.1f} Gy")
    for before, point in zip(points, points[1:]):
        x, low, high = (frame.x(point["value"]), frame.y(before["stratum_above"]),
                        frame.y(point["stratum_above"]))
        frame.add(f'<path class="step" d="M{x:.1f} {low:.1f}V{high:.1f}"/>')
        at = point["stratum_at"]
        frame.add(f'<circle class="p{at:.0f}" cx="{x:.1f}" cy="{frame.y(at):.1f}" r="3">'
                  f'<title>stratum {at:.0f} at {point["value"]:.1f} Gy</title></circle>')
    x = frame.x(threshold_gy)
    frame.add(f'<path class="limit" d="M{x:.1f} {frame.top}V{frame.bottom}">'
              f'<title>threshold {threshold_gy:g} Gy</title></path>')
    return frame.svg(f"Stratum as the dose threshold changes, in {len(points)} steps; the "
                     f"threshold in use is {threshold_gy:g} Gy")


def response_chart(visits, criteria):
    """Change of the targets since baseline over days, a line per criterion. `visits` are rows of
    /response, `criteria` {name in the file: name for a reader}."""
    lines = {}
    for row in visits:
        day, change = row["days_since_treatment"], row["change_percent"]
        day = day if is_number(day) else row["days_since_baseline"]
        if is_number(day) and is_number(change) and row["criterion"] in criteria:
            lines.setdefault(row["criterion"], []).append((day, change, row["response"]))
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    days, changes = [point[0] for point in points], [point[1] for point in points]
    frame = Frame(420, 220, (min(days + [0]), max(days + [1])),
                  (min(changes + [-30]), max(changes + [20])), right=92, left=52)
    frame.axes("days since treatment", "change (%)")
    frame.add(f'<path class="axis" d="M{frame.left} {frame.y(0):.1f}H{frame.right}"/>')
    labels = []
    for index, (name, line) in enumerate(sorted(lines.items(), key=lambda item: list(
            criteria).index(item[0]))):
        line.sort()
        frame.polyline([point[:2] for point in line], f"line s{index + 1}", criteria[name])
        for day, change, response in line:
            frame.add(f'<circle class="p{index + 1}" cx="{frame.x(day):.1f}" '
                      f'cy="{frame.y(change):.1f}" r="3"><title>{escape(criteria[name])}, day '
                      f'{day:.0f}: {change:+.0f} % {escape(response)}</title></circle>')
        labels.append([frame.y(line[-1][1]) + 4, index + 1, criteria[name]])
    labels.sort()
    for above, below in zip(labels, labels[1:]):
        below[0] = max(below[0], above[0] + 14)
    for y, index, name in labels:
        frame.text(frame.right + 6, y, name, "start", f"tick t{index}")
    return frame.svg(f"Change of the targets over {max(days):.0f} days by {len(lines)} criteria")
