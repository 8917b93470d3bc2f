#!/usr/bin/python3
"""Writes truth_table.tsv: boundary cases of the trial protocol with the outcome the prose asks for.

Independent of the C code: doses, sizes and vessels are written as words (below, at, above the
limit), and the outcome is derived from the words by the sentences of the protocol (NCT02611661)
and of the rules for what it leaves open, in Fractions and sets rather than floats and branches.
Run it in its own folder to write the table anew; test_truth_table.c reads the table.
"""
import itertools
import pathlib
from collections import namedtuple
from fractions import Fraction

DOSE = {"below": "29.999999999", "at": "30", "above": "30.000000001", "missing": "nan"}
SIZE = {"below": "29.9999", "at": "30", "above": "30.0001", "missing": "nan"}
MEASURED = ("below", "at", "above")
# Grid voxel diagonal 2 mm, so the tolerance is 2 mm and "marginal" reaches from 0 to 4 mm.
DISTANCE = {"contact": "0", "at": "2", "beyond": "2.0001", "marginal_end": "4", "far": "4.5"}
VESSEL = {"thin": "3.9999", "at": "4", "wide": "4.0001"}
DELAY = {"early": "1", "at": "36", "late": "36.0001", "unknown": "nan"}

Rules = namedtuple("Rules", "dose_tie size_tie vessel_tie late progression vessels diameter")
DEFAULT = Rules("underdosed", "not_amenable", "not_large", "refuse", "not_evaluable",
                "not_evaluable", "3d")
Lesion = namedtuple("Lesion", "dose size axial vessels outside")
# vessels: tuple of (distance word, width word), nearest first
FINE = Lesion("above", "below", "below", (), False)
LOW = FINE._replace(dose="below")
Case = namedtuple("Case", "rules delay progression segmented lesions")


def low(lesion, rules):
    """True, False or None (unknown): 'underdosed: Davg < 30 Gy'."""
    if lesion.outside or lesion.dose == "missing":
        return None
    return {"below": True, "above": False, "at": rules.dose_tie == "underdosed"}[lesion.dose]


def small(word, rules):
    """True, False or None (not measured): '< 3 cm'."""
    return {"below": True, "above": False, "at": rules.size_tie == "amenable",
            "missing": None}[word]


def large_vessel(lesion, rules):
    large = {"wide"} | ({"at"} if rules.vessel_tie == "large" else set())
    return next((v for v in lesion.vessels if v[1] in large), None)


def options(lesion, case):
    """The set of possible answers to 'amenable to ablation?'; more than one means unknown."""
    rules = case.rules
    is_small = small(lesion.size if rules.diameter == "3d" else lesion.axial, rules)
    sizes = {True, False} if is_small is None else {is_small}
    if not case.segmented:
        free = {True} if rules.vessels == "assume_no" else {True, False}
    else:
        vessel = large_vessel(lesion, rules)
        free = {vessel is None or Fraction(DISTANCE[vessel[0]]) > 2}
    return {size and clear for size in sizes for clear in free}


def stratum_without_progression(case):
    poor = [lesion for lesion in case.lesions if low(lesion, case.rules)]
    if not poor:
        return 1
    if len(poor) > 4:
        return 5
    outcomes = set()
    for answers in itertools.product(*(options(lesion, case) for lesion in poor)):
        outcomes.add(2 if all(answers) else 4 if any(answers) else 3)
    return outcomes.pop() if len(outcomes) == 1 else 0


def is_imaging_valid(case):
    return (bool(case.lesions) and case.delay != "unknown"
            and (case.delay != "late" or case.rules.late == "allow")
            and all(low(lesion, case.rules) is not None for lesion in case.lesions))


def stratum(case):
    if not is_imaging_valid(case):
        return 0
    base = stratum_without_progression(case)
    if case.progression == "yes" or base == 5:
        return 5
    if case.progression == "unknown" and case.rules.progression == "not_evaluable":
        return 0
    return base


def flags(case):
    rules, found = case.rules, set()
    if case.delay == "late":
        found.add("late_imaging")
    for lesion in case.lesions:
        if lesion.outside:
            found.add("lesion_outside_dose")
        elif lesion.dose == "missing":
            found.add("dose_missing")
        elif lesion.dose == "at":
            found.add("dose_tie")
    if not is_imaging_valid(case) or stratum(case) == 5:
        return found
    if case.progression == "unknown":
        found.add("progression_unknown")
    for lesion in case.lesions:
        if not low(lesion, rules):
            continue
        chosen = lesion.size if rules.diameter == "3d" else lesion.axial
        if chosen == "at":
            found.add("size_tie")
        if chosen == "missing":
            found.add("size_unknown")
        if {small(lesion.size, rules), small(lesion.axial, rules)} == {True, False}:
            found.add("diameter_choice")
        if not case.segmented:
            if small(chosen, rules) is not False:
                found.add("vessels_unknown")
            continue
        vessel = large_vessel(lesion, rules)
        reach = lesion.vessels.index(vessel) + 1 if vessel else len(lesion.vessels)
        if any(width == "at" for _, width in lesion.vessels[:reach]):
            found.add("vessel_tie")
        if vessel and abs(Fraction(DISTANCE[vessel[0]]) - 2) <= 2:
            found.add("contact_marginal")
    return found


def treatments(case):
    outcome = stratum(case)
    words = []
    for lesion in case.lesions:
        if not is_imaging_valid(case):
            words.append("unknown")
        elif outcome == 5 or not low(lesion, case.rules):
            words.append("none")
        elif case.progression == "unknown" and case.rules.progression == "not_evaluable":
            words.append("unknown")
        else:
            answers = options(lesion, case)
            one = "ablation" if True in answers else "sbrt"
            words.append(one if len(answers) == 1 else "unknown")
    return words


def cases():
    valid = Case(DEFAULT, "early", "no", True, ())
    rule_sets = [Rules(*choice) for choice in itertools.product(
        ("underdosed", "not_underdosed"), ("not_amenable", "amenable"), ("not_large", "large"),
        ("refuse",), ("not_evaluable",), ("not_evaluable",), ("3d", "axial"))]
    # One lesion: every dose, size and vessel word, under every choice of tie rules.
    for rules in rule_sets:
        for dose, size, axial in itertools.product(("below", "at", "above"), MEASURED, MEASURED):
            for vessels in [()] + [(v,) for v in itertools.product(DISTANCE, VESSEL)]:
                if size != axial and vessels not in ((), (("at", "wide"),), (("far", "at"),)):
                    continue  # the two diameters and the vessels do not act on each other
                yield valid._replace(rules=rules, lesions=(
                    Lesion(dose, size, axial, vessels, False),))
    # A thin vessel nearby must not hide a wide one behind it.
    for rules in rule_sets:
        for near, far in itertools.product(("thin", "at"), ("at", "wide")):
            for at in (("contact", "contact"), ("contact", "at"), ("contact", "beyond"),
                       ("at", "far")):
                if near != far:
                    yield valid._replace(rules=rules, lesions=(
                        LOW._replace(vessels=((at[0], near), (at[1], far))),))
    # Counts 0 to 6 of amenable, too large and touching lesions, with progression, delay, vessels
    # segmented or not, and what to do where something is unknown.
    large = LOW._replace(size="above", axial="above")
    touching = LOW._replace(vessels=(("contact", "wide"),))
    for progression, delay, segmented in itertools.product(
            ("no", "yes", "unknown"), DELAY, (True, False)):
        for late, on_progression, on_vessels in itertools.product(
                ("refuse", "allow"), ("not_evaluable", "assume_no"),
                ("not_evaluable", "assume_no")):
            rules = DEFAULT._replace(late=late, progression=on_progression, vessels=on_vessels)
            for fine in (0, 2):
                for n_low, n_large, n_touching in itertools.product(range(7), (0, 1, 4), (0, 1, 5)):
                    if n_low + n_large + n_touching > 6 or (n_touching and not segmented):
                        continue
                    if delay != "early" and n_low + n_large not in (0, 4, 5):
                        continue
                    yield Case(rules, delay, progression, segmented, (LOW,) * n_low
                               + (FINE,) * fine + (large,) * n_large + (touching,) * n_touching)
    # A lesion without a valid dose, alone, among good ones, and beside five underdosed ones.
    for bad in (FINE._replace(outside=True), FINE._replace(dose="missing"),
                LOW._replace(outside=True)):
        for progression, others in itertools.product(
                ("no", "yes", "unknown"), ((), (FINE,), (LOW,), (LOW,) * 5)):
            yield valid._replace(progression=progression, lesions=others + (bad,))
    # A diameter that is not measured, alone and beside others, with and without vessels.
    others = ((), (LOW,), (large,), (LOW, large), (LOW,) * 3, (LOW,) * 4, (FINE,) * 2)
    for size, axial in (("missing", "missing"), ("missing", "below"), ("missing", "above"),
                        ("below", "missing"), ("above", "missing")):
        for diameter, segmented, on_vessels, progression, beside, dose, vessels in itertools.product(
                ("3d", "axial"), (True, False), ("not_evaluable", "assume_no"),
                ("no", "yes", "unknown"), others, ("below", "at", "above"),
                ((), (("contact", "wide"),), (("far", "wide"),))):
            if vessels and not segmented:
                continue
            yield valid._replace(
                rules=DEFAULT._replace(diameter=diameter, vessels=on_vessels),
                progression=progression, segmented=segmented,
                lesions=beside + (Lesion(dose, size, axial, vessels, False),))
    # Doses missing at every count.
    for progression, n_low, n_missing in itertools.product(
            ("no", "yes", "unknown"), range(7), range(1, 7)):
        if n_low + n_missing <= 6:
            yield valid._replace(progression=progression, lesions=(LOW,) * n_low
                                 + (FINE._replace(dose="missing"),) * n_missing)


def as_text(lesion):
    vessels = "+".join(f"{DISTANCE[d]}@{VESSEL[w]}" for d, w in lesion.vessels) or "-"
    return ",".join((DOSE[lesion.dose], SIZE[lesion.size], SIZE[lesion.axial],
                     "outside" if lesion.outside else "inside", vessels))


def as_runs(words):
    """Equal neighbours once, with their number: 3*a|b."""
    return "|".join(f"{len(list(run))}*{word}" for word, run in itertools.groupby(words)) or "-"


def table_text():
    header = ["rules", "delay_h", "progression", "vessels", "stratum", "n_underdosed", "flags",
              "treatments", "lesions"]
    lines = ["\t".join(header)]
    for case in dict.fromkeys(cases()):
        lines.append("\t".join((
            "".join(word[0] for word in case.rules), DELAY[case.delay], case.progression,
            "segmented" if case.segmented else "none", str(stratum(case)),
            str(sum(low(lesion, case.rules) is True for lesion in case.lesions)),
            ";".join(sorted(flags(case))) or "-", as_runs(treatments(case)),
            as_runs(map(as_text, case.lesions)))))
    return "\n".join(lines) + "\n"


def main():
    path = pathlib.Path(__file__).with_name("truth_table.tsv")
    text = table_text()
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {text.count(chr(10)) - 1} cases")


if __name__ == "__main__":
    main()
