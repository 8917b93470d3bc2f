#!/usr/bin/python3
"""Writes response_random.tsv: random follow-ups with the response that the criteria's prose asks for.

Independent of the C code: sizes are Fractions, so that ties are exact; a size that is missing is
tried as 0 and as enormous, and only what holds in both worlds is said; the criteria are sentences
of Miller 1981 (WHO), Therasse 2000 (RECIST), Eisenhauer 2009 (RECIST 1.1) and Lencioni 2010
(mRECIST). Run it in its own folder to write the table anew; test_response_cases.c reads the table.

Notation: lesions are `label:organ:target|non_target|new`; visits are `day: label=size ...`, joined
by `|`, the first being the baseline; a size is `40x30v20s15` (longest, perpendicular, enhancing,
short axis), `absent`, `small` (too small to measure) or `-` (not assessed).
"""
import pathlib
import random
import re
from fractions import Fraction

COLUMNS = ("case criterion lesions visits sum nadir response best days_to_response "
           "days_to_progression why").split()
CRITERIA = ("who", "recist", "recist_1_1", "mrecist")
LIMITS = {"who": (99, 99), "recist": (5, 10), "recist_1_1": (2, 5), "mrecist": (2, 5)}
ENORMOUS = Fraction(10 ** 6)
RANK = ["NE", "PD", "SD", "PR", "CR"]


class Lesion:
    """A label with what is said of it at every visit."""

    def __init__(self, text):
        self.label, self.organ, self.role = text.split(":")
        self.is_node = self.organ == "lymph_node"

    def size(self, visit, criterion):
        """Fraction, or None where it is not known."""
        said = visit["sizes"].get(self.label, "-")
        if said == "-":
            return None
        if said == "absent":
            return Fraction(0)
        if said == "small":
            return Fraction(25) if criterion == "who" else Fraction(5)
        parts = dimensions(said)
        if self.is_node and criterion in ("recist_1_1", "mrecist"):
            return parts.get("s")
        if criterion == "who":
            return parts["l"] * parts["x"] if "l" in parts and "x" in parts else None
        return parts.get("v" if criterion == "mrecist" else "l")

    def is_healthy(self, size, criterion):
        """No disease is left at this size."""
        node_rule = self.is_node and criterion in ("recist_1_1", "mrecist")
        return size is not None and (size == 0 or (node_rule and size < 10))


def dimensions(said):
    """{'l': 40, 'x': 30, 'v': 20, 's': 15} of '40x30v20s15'."""
    found = re.findall(r"([xvs]?)(\d+(?:\.\d+)?)", said)
    return {letter or "l": Fraction(number) for letter, number in found}


def parse_visits(text):
    visits = []
    for part in text.split("|"):
        day, items = part.split(":")
        said = dict(item.split("=") for item in items.split())
        progression = said.pop("nt", None)
        visits.append({"day": Fraction(day), "sizes": said, "non_target": progression})
    return visits


def choose_targets(lesions, baseline, criterion):
    """The largest of the chosen ones, as far as organ and total allow."""
    per_organ, total = LIMITS[criterion]
    wanted = [(lesion, lesion.size(baseline, criterion)) for lesion in lesions
              if lesion.role == "target"]
    wanted = [(lesion, ENORMOUS if size is None else size) for lesion, size in wanted if size != 0]
    chosen = []
    for lesion, _ in sorted(wanted, key=lambda pair: -pair[1]):  # a stable sort
        same = sum(other.organ == lesion.organ for other in chosen)
        if same < per_organ and len(chosen) < total:
            chosen.append(lesion)
    return chosen


def by_targets(sizes, chosen, baseline, nadir, criterion):
    """Response of the targets when every size is known."""
    if all(lesion.is_healthy(size, criterion) for lesion, size in zip(chosen, sizes)):
        return "CR"
    total = sum(sizes)
    share = Fraction(125, 100) if criterion == "who" else Fraction(120, 100)
    absolute = 5 if criterion == "recist_1_1" else 0
    # After complete response whatever is there again is progression (Eisenhauer 2009, 4.4).
    if total > nadir and total >= share * nadir and (nadir == 0 or total - nadir >= absolute):
        return "PD"
    remains = Fraction(50, 100) if criterion == "who" else Fraction(70, 100)
    return "PR" if total <= remains * baseline else "SD"


def new_disease(lesions, visits, criterion):
    """'yes', 'no' or 'unknown': has a new lesion that counts been seen so far?"""
    answers = set()
    for visit in visits:
        for lesion in lesions:
            said = visit["sizes"].get(lesion.label, "-")
            if lesion.role != "new" or said in ("-", "absent"):
                continue
            enhancing = None if said == "small" else dimensions(said).get("v")
            if criterion != "mrecist" or (enhancing is not None and enhancing > 0):
                answers.add("yes")
            elif enhancing is None:
                answers.add("unknown")
    return "yes" if "yes" in answers else "unknown" if answers else "no"


def at_visit(lesions, chosen, visits, n, baseline, nadir, criterion):
    """Overall response at visit n (Eisenhauer 2009, table 1)."""
    visit = visits[n]
    new = new_disease(lesions, visits[:n + 1], criterion)
    if new == "yes" or visit["non_target"] == "yes":
        return "PD"
    if not chosen or baseline is None:
        return "NE"
    known = [lesion.size(visit, criterion) for lesion in chosen]
    worlds = {by_targets([fill if size is None else size for size in known], chosen, baseline,
                         nadir, criterion) for fill in (Fraction(0), ENORMOUS)}
    if worlds == {"PD"}:
        return "PD"
    if new == "unknown" or None in known:
        return "NE"
    (answer,) = worlds
    others = [lesion for lesion in lesions if lesion not in chosen and lesion.role != "new"]
    if answer == "CR" and not all(lesion.is_healthy(lesion.size(visit, criterion), criterion)
                                  for lesion in others):
        return "PR"
    return answer


def judge(lesions_text, visits_text, criterion):
    """The cells from `sum` to `days_to_progression`."""
    lesions = [Lesion(text) for text in lesions_text.split()]
    visits = parse_visits(visits_text)
    chosen = choose_targets(lesions, visits[0], criterion)
    sums = []
    for visit in visits:
        sizes = [lesion.size(visit, criterion) for lesion in chosen]
        sums.append(None if not sizes or None in sizes else sum(sizes))
    nadirs, responses = [sums[0]], [None]
    for n in range(1, len(visits)):
        before = [total for total in sums[:n] if total is not None]
        nadirs.append(min(before) if sums[0] is not None else None)
        responses.append(at_visit(lesions, chosen, visits, n, sums[0], nadirs[n], criterion))
    return [join(sums), join(nadirs), "|".join(r or "." for r in responses),
            *summary(visits, responses)]


def summary(visits, responses):
    """Best response until progression, days to the first response and to progression."""
    seen = list(zip(visits, responses))[1:]
    first = next((n for n, (_, r) in enumerate(seen) if r == "PD"), None)
    until = seen if first is None else seen[:first + 1]
    start = visits[0]["day"]
    counted = [r for visit, r in until if r != "SD" or visit["day"] - start >= 42]
    best = max(counted, key=RANK.index, default="NE")
    answer = next((visit["day"] for visit, r in until if r in ("PR", "CR")), None)
    return [best, show(answer), show(None if first is None else seen[first][0]["day"])]


def show(number):
    return "nan" if number is None else f"{float(number):.10g}"


def join(numbers):
    return "|".join(show(number) for number in numbers)


def random_size(draw, lesion, scale):
    kind = draw.random()
    if kind < 0.06:
        return "-"
    if kind < 0.16:
        return "absent"
    if kind < 0.20:
        return "small"
    longest = max(1, round(scale * draw.choice([0.5, 0.6, 0.7, 0.8, 1, 1, 1.1, 1.2, 1.2, 1.4]), 1))
    short = round(longest * draw.choice([0.4, 0.5, 0.75, 1]), 1)
    text = f"{longest:g}"
    if draw.random() < 0.9:
        text += f"x{short:g}"
    if draw.random() < 0.9:
        text += f"v{round(longest * draw.choice([0, 0.5, 0.5, 1, 1]), 1):g}"
    return text + (f"s{short:g}" if lesion.is_node else "")


def random_case(draw):
    organs = ["liver"] * 5 + ["lung", "lymph_node", "lymph_node"]
    roles = ["target"] * 4 + ["non_target"]
    names = [f"L{n}:{draw.choice(organs)}:{draw.choice(roles)}"
             for n in range(draw.choice([1, 1, 2, 2, 3, 4, 7]))]
    names += ["N:liver:new"] if draw.random() < 0.25 else []
    lesions = [Lesion(text) for text in names]
    scale = {lesion.label: draw.choice([10, 15, 20, 25, 30, 40, 50]) for lesion in lesions}
    first_new = draw.randint(1, 3)
    visits, day = [], draw.choice([-20, 0, 1])
    for n in range(draw.randint(2, 5)):
        items = []
        for lesion in lesions:
            said = random_size(draw, lesion, scale[lesion.label])
            if n == 0 and lesion.role == "target" and (said in ("absent", "-", "small")):
                said = f"{scale[lesion.label]}x10v10" + ("s10" if lesion.is_node else "")
            if lesion.role != "new" or n >= first_new:
                items.append(f"{lesion.label}={said}")
        if n > 0 and draw.random() < 0.2:
            items.append("nt=" + draw.choice(["no", "no", "unknown", "yes"]))
        visits.append(f"{day}: " + " ".join(items))
        day += draw.choice([20, 42, 60])
    return " ".join(names), "|".join(visits)


def table_text(n_cases=400):
    """The stored table: deterministic."""
    draw = random.Random(20090101)
    lines = ["\t".join(COLUMNS)]
    for n in range(n_cases):
        lesions, visits = random_case(draw)
        for criterion in CRITERIA:
            answer = judge(lesions, visits, criterion)
            lines.append("\t".join([f"random_{n}", criterion, lesions, visits, *answer, "random"]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("response_random.tsv")
    path.write_text(table_text(), encoding="utf-8")
