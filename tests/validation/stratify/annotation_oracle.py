#!/usr/bin/env python3
"""Answers of the rule sets that annotate, from the prose of their sources.

Every criterion is a Python function of facts, written from the sentence beside it; nothing here
reads the rule files. What is unknown is tried with every value that matters (possible worlds): an
answer that is the same in all worlds is the answer, otherwise it is unknown. Cases go through all
combinations of below, at, above and missing. Prints annotation_cases.tsv:

    rule_set  criterion  patient  lesions  answer

with facts as name=value, separated by ',' and lesions by '|'; "-" is none, "?" a lesion of which
nothing is known.
"""
import itertools

YES_NO = ["yes", "no", None]


def around(*limits):
    """Below, at and above every limit, and missing."""
    values = sorted({round(limit + step, 3) for limit in limits for step in (-0.1, 0, 0.1)})
    return values + [None]


def number(*limits):
    """The same for counts."""
    return sorted({limit + step for limit in limits for step in (-1, 0, 1)}) + [None]


def counted(limit):
    """Of lesions: they are in the table, their number is never missing."""
    return [limit - 1, limit, limit + 1]


def every(test):
    """Of all underdosed lesions."""
    return lambda p, lesions: all(test(l) for l in lesions if l["underdosed"] == "yes")


# (rule set, criterion, facts of the patient, facts of a lesion, answer)
CRITERIA = [
    # Contraindicated: ECOG > 2; bilirubin > 2 mg/dL unless highly selective; ALT or AST > 5 x ULN;
    # tumour burden > 70 %; tumour > 50 % with albumin < 3 g/dL.
    ("radioembolization", "ecog_good", {"ecog": number(2)}, None, lambda p, _: p["ecog"] <= 2),
    ("radioembolization", "bilirubin_good",
     {"bilirubin_mg_dl": around(2), "highly_selective": YES_NO}, None,
     lambda p, _: p["bilirubin_mg_dl"] <= 2 or p["highly_selective"] == "yes"),
    ("radioembolization", "transaminases_good", {"alt_u_l": around(200), "ast_u_l": around(200)},
     None, lambda p, _: p["alt_u_l"] <= 5 * 40 and p["ast_u_l"] <= 5 * 40),
    ("radioembolization", "burden_good", {"tumour_burden_percent": around(50, 70)}, None,
     lambda p, _: p["tumour_burden_percent"] <= 70),
    ("radioembolization", "burden_with_albumin_good",
     {"tumour_burden_percent": around(50, 70), "albumin_g_dl": around(3)}, None,
     lambda p, _: not (p["tumour_burden_percent"] > 50 and p["albumin_g_dl"] < 3)),
    ("radioembolization", "lung_good",
     {"lung_dose_gy": around(30), "lung_dose_cumulative_gy": around(50),
      "lung_dose_complete": ["yes", None]}, None,
     lambda p, _: p["lung_dose_gy"] <= 30 and p["lung_dose_cumulative_gy"] <= 50
     and p["lung_dose_complete"] == "yes"),
    # Relative: creatinine > 2.0 mg/dL; platelets < 50; life expectancy < 3 months; burden < 20 %
    # for bilobar treatment; ascites or encephalopathy; lung function; contrast allergy.
    ("radioembolization", "creatinine_good", {"creatinine_mg_dl": around(2)}, None,
     lambda p, _: p["creatinine_mg_dl"] <= 2),
    ("radioembolization", "platelets_good", {"platelets_1e9_l": around(50)}, None,
     lambda p, _: p["platelets_1e9_l"] >= 50),
    ("radioembolization", "life_expectancy_good", {"life_expectancy_months": around(3)}, None,
     lambda p, _: p["life_expectancy_months"] >= 3),
    ("radioembolization", "bilobar_burden_good",
     {"tumour_burden_percent": around(20), "bilobar": YES_NO}, None,
     lambda p, _: not (p["tumour_burden_percent"] < 20 and p["bilobar"] == "yes")),
    ("radioembolization", "no_ascites", {"ascites": YES_NO}, None,
     lambda p, _: p["ascites"] == "no"),
    ("radioembolization", "no_encephalopathy", {"encephalopathy": YES_NO}, None,
     lambda p, _: p["encephalopathy"] == "no"),
    ("radioembolization", "lung_function_good", {"lung_function_compromised": YES_NO}, None,
     lambda p, _: p["lung_function_compromised"] == "no"),
    ("radioembolization", "no_contrast_allergy", {"contrast_allergy": YES_NO}, None,
     lambda p, _: p["contrast_allergy"] == "no"),
    # T:N 3:1 to 20:1. Response at >= 191.3 Gy; none below 72.8 Gy.
    ("radioembolization", "tn_usual", {"tumour_to_normal_ratio": around(3, 20)}, None,
     lambda p, _: 3 <= p["tumour_to_normal_ratio"] <= 20),
    ("radioembolization", "all_at_response_dose", {}, {"davg_gy": around(191.3)},
     lambda p, lesions: all(l["davg_gy"] >= 191.3 for l in lesions)),
    ("radioembolization", "all_at_any_response_dose", {}, {"davg_gy": around(72.8)},
     lambda p, lesions: all(l["davg_gy"] >= 72.8 for l in lesions)),
    # Contraindicated > 30 Gy in one treatment or > 50 Gy over all.
    ("lung_dose", "within_one", {"lung_dose_gy": around(30), "lung_dose_complete": ["yes", None]},
     None, lambda p, _: p["lung_dose_gy"] <= 30 and p["lung_dose_complete"] == "yes"),
    ("lung_dose", "within_all",
     {"lung_dose_cumulative_gy": around(50), "lung_dose_complete": ["yes", None]}, None,
     lambda p, _: p["lung_dose_cumulative_gy"] <= 50 and p["lung_dose_complete"] == "yes"),
    ("lung_dose", "within_limits",
     {"lung_dose_gy": around(30), "lung_dose_cumulative_gy": around(50),
      "lung_dose_complete": ["yes", None]}, None,
     lambda p, _: p["lung_dose_gy"] <= 30 and p["lung_dose_cumulative_gy"] <= 50
     and p["lung_dose_complete"] == "yes"),
    ("lung_dose", "measured_within_all", {"lung_mean_gy": around(50)}, None,
     lambda p, _: p["lung_mean_gy"] <= 50),
    # 25.4 Gy without hepatotoxicity, 59.1 Gy with it; EANM < 40 Gy unilobar, < 30 Gy bilobar.
    ("normal_liver_dose", "as_without_toxicity", {"normal_liver_mean_gy": around(25.4)}, None,
     lambda p, _: p["normal_liver_mean_gy"] <= 25.4),
    ("normal_liver_dose", "below_toxicity", {"normal_liver_mean_gy": around(59.1)}, None,
     lambda p, _: p["normal_liver_mean_gy"] < 59.1),
    ("normal_liver_dose", "within_unilobar", {"normal_liver_mean_gy": around(40)}, None,
     lambda p, _: p["normal_liver_mean_gy"] < 40),
    ("normal_liver_dose", "within_bilobar", {"normal_liver_mean_gy": around(30)}, None,
     lambda p, _: p["normal_liver_mean_gy"] < 30),
    # Panel: < 3 cm, well-placed < 5 cm may be suitable; 1-3 optimal, < 5 preferable, 6-9 maximum;
    # not next to major bile ducts (contact: 2.5 mm here); within 1 cm of the colon: displacement;
    # not > 20 % of the parenchyma in one sitting; contact with a vessel: careful follow-up.
    ("ablation_expert_panel", "size", {},
     {"underdosed": YES_NO, "diameter_mm": [29.9, 30, 49.9, 50, None], "well_placed": YES_NO},
     every(lambda l: l["diameter_mm"] < 30
           or (l["well_placed"] == "yes" and l["diameter_mm"] < 50))),
    ("ablation_expert_panel", "size_preferred", {},
     {"underdosed": YES_NO, "diameter_mm": around(30)}, every(lambda l: l["diameter_mm"] < 30)),
    ("ablation_expert_panel", "number", {"n_lesions": counted(9)}, None,
     lambda p, _: p["n_lesions"] <= 9),
    ("ablation_expert_panel", "number_preferable", {"n_lesions": counted(5)}, None,
     lambda p, _: p["n_lesions"] < 5),
    ("ablation_expert_panel", "number_optimal", {"n_lesions": counted(3)}, None,
     lambda p, _: p["n_lesions"] <= 3),
    ("ablation_expert_panel", "away_from_bile_ducts", {},
     {"underdosed": YES_NO, "bile_duct_distance_mm": around(2.5)},
     every(lambda l: l["bile_duct_distance_mm"] > 2.5)),
    ("ablation_expert_panel", "no_displacement", {"bowel_complete": ["yes", None]},
     {"underdosed": YES_NO, "bowel_distance_mm": around(10)},
     lambda p, lesions: p["bowel_complete"] == "yes"
     and every(lambda l: l["bowel_distance_mm"] > 10)(p, lesions)),
    ("ablation_expert_panel", "parenchyma", {"ablated_percent": around(20)}, None,
     lambda p, _: p["ablated_percent"] <= 20),
    ("ablation_expert_panel", "careful_follow_up", {},
     {"underdosed": YES_NO, "vessel_distance_mm": around(2.5)},
     lambda p, lesions: any(l["underdosed"] == "yes" and l["vessel_distance_mm"] <= 2.5
                            for l in lesions)),
    # COLLISION: <= 3 cm; <= 10 lesions; >= 15 mm to hepatic ducts, to stomach and bowel; remnant
    # > 20 %, > 30 % after chemotherapy.
    ("ablation_collision", "size", {}, {"underdosed": YES_NO, "diameter_mm": around(30)},
     every(lambda l: l["diameter_mm"] <= 30)),
    ("ablation_collision", "number", {"n_lesions": counted(10)}, None,
     lambda p, _: p["n_lesions"] <= 10),
    ("ablation_collision", "bile_ducts", {},
     {"underdosed": YES_NO, "bile_duct_distance_mm": around(15)},
     every(lambda l: l["bile_duct_distance_mm"] >= 15)),
    ("ablation_collision", "bowel", {"bowel_complete": ["yes", None]},
     {"underdosed": YES_NO, "bowel_distance_mm": around(15)},
     lambda p, lesions: p["bowel_complete"] == "yes"
     and every(lambda l: l["bowel_distance_mm"] >= 15)(p, lesions)),
    ("ablation_collision", "remnant",
     {"liver_remnant_percent": around(20, 30), "after_chemotherapy": YES_NO}, None,
     lambda p, _: p["liver_remnant_percent"] > (30 if p["after_chemotherapy"] == "yes" else 20)),
    # NET guideline: up to four lesions, each < 3 cm.
    ("ablation_net", "size", {}, {"underdosed": YES_NO, "diameter_mm": around(30)},
     every(lambda l: l["diameter_mm"] < 30)),
    ("ablation_net", "number", {"n_lesions": counted(4)}, None, lambda p, _: p["n_lesions"] <= 4),
    ("ablation_net", "eligible", {"n_lesions": counted(4), "n_underdosed": [0, 1, None]},
     {"underdosed": ["yes", "no"], "diameter_mm": [29.9, 30, None]},
     lambda p, lesions: p["n_lesions"] <= 4 and p["n_underdosed"] > 0
     and every(lambda l: l["diameter_mm"] < 30)(p, lesions)),
    # SBRT: up to 3-5 lesions, each < 8 cm; >= 700 mL spared; >= 48 Gy in 3 fractions: 16 Gy three
    # times, 48 (1 + 16 / 10) = 124.8 Gy; 89 % at BED > 132, 83 % at 100-112, 52 % at 60-80 Gy;
    # 32 Gy whole liver; 90 Gy to at most a third; bowel: ulceration above 30 Gy in 3 fractions.
    ("sbrt", "size", {}, {"underdosed": YES_NO, "diameter_mm": around(80)},
     every(lambda l: l["diameter_mm"] < 80)),
    ("sbrt", "number", {"n_lesions": counted(5)}, None, lambda p, _: p["n_lesions"] <= 5),
    ("sbrt", "number_few", {"n_lesions": counted(3)}, None, lambda p, _: p["n_lesions"] <= 3),
    ("sbrt", "spared", {"spared_liver_volume_ml": around(700)}, None,
     lambda p, _: p["spared_liver_volume_ml"] >= 700),
    ("sbrt", "eligible",
     {"n_lesions": counted(5), "spared_liver_volume_ml": around(700), "n_underdosed": [0, 1, None]},
     {"underdosed": ["yes", "no"], "diameter_mm": [79.9, 80, None]},
     lambda p, lesions: p["n_lesions"] <= 5 and p["spared_liver_volume_ml"] >= 700
     and p["n_underdosed"] > 0 and every(lambda l: l["diameter_mm"] < 80)(p, lesions)),
    ("sbrt", "control_one_year", {"sbrt_bed_gy": around(124.8)}, None,
     lambda p, _: p["sbrt_bed_gy"] >= 124.8),
    ("sbrt", "control_two_year_89", {"sbrt_bed_gy": around(132)}, None,
     lambda p, _: p["sbrt_bed_gy"] > 132),
    ("sbrt", "control_two_year_83", {"sbrt_bed_gy": around(100, 112)}, None,
     lambda p, _: 100 <= p["sbrt_bed_gy"] <= 112),
    ("sbrt", "control_two_year_52", {"sbrt_bed_gy": around(60, 80)}, None,
     lambda p, _: 60 <= p["sbrt_bed_gy"] <= 80),
    ("sbrt", "liver_alone", {"sbrt_liver_eqd2_gy": around(32)}, None,
     lambda p, _: p["sbrt_liver_eqd2_gy"] <= 32),
    ("sbrt", "liver_cumulated", {"cumulated_liver_eqd2_gy": around(32)}, None,
     lambda p, _: p["cumulated_liver_eqd2_gy"] <= 32),
    ("sbrt", "third_cumulated", {"cumulated_third_eqd2_gy": around(90)}, None,
     lambda p, _: p["cumulated_third_eqd2_gy"] <= 90),
    ("sbrt", "bowel", {"bowel_complete": ["yes", None]},
     {"underdosed": YES_NO, "sbrt_bowel_gy": around(30)},
     lambda p, lesions: p["bowel_complete"] == "yes"
     and every(lambda l: l["sbrt_bowel_gy"] <= 30)(p, lesions)),
]

# What a whole is made of: its parts as above, with facts that make them good, bad or unknown.
WHOLES = [
    ("radioembolization", "eligible",
     ["ecog_good", "bilirubin_good", "transaminases_good", "burden_good",
      "burden_with_albumin_good", "lung_good"]),
    ("radioembolization", "no_relative_contraindication",
     ["creatinine_good", "platelets_good", "life_expectancy_good", "bilobar_burden_good",
      "no_ascites", "no_encephalopathy", "lung_function_good", "no_contrast_allergy"]),
    ("ablation_collision", "eligible", ["size", "number", "bile_ducts", "bowel", "remnant", None]),
    ("ablation_expert_panel", "eligible",
     ["size", "number", "away_from_bile_ducts", "parenchyma", None]),
    ("ablation_expert_panel", "optimal",
     ["size", "size_preferred", "number", "number_optimal", "away_from_bile_ducts", "parenchyma",
      "no_displacement", None]),
]

# One value of each fact that is good in every criterion, and one that is bad.
GOOD = {"ecog": 0, "bilirubin_mg_dl": 1, "highly_selective": "no", "alt_u_l": 30, "ast_u_l": 30,
        "tumour_burden_percent": 30, "albumin_g_dl": 4, "lung_dose_gy": 5,
        "lung_dose_cumulative_gy": 5, "lung_dose_complete": "yes", "creatinine_mg_dl": 1,
        "platelets_1e9_l": 200, "life_expectancy_months": 12, "bilobar": "no", "ascites": "no",
        "encephalopathy": "no", "lung_function_compromised": "no", "contrast_allergy": "no",
        "n_lesions": 2, "n_underdosed": 1, "liver_remnant_percent": 95, "ablated_percent": 5,
        "after_chemotherapy": "yes", "bowel_complete": "yes", "underdosed": "yes",
        "diameter_mm": 20, "well_placed": "no", "bile_duct_distance_mm": 40,
        "bowel_distance_mm": 40}
BAD = {"ecog": 3, "bilirubin_mg_dl": 3, "alt_u_l": 300, "ast_u_l": 300,
       "tumour_burden_percent": 80, "albumin_g_dl": 2, "lung_dose_gy": 40,
       "lung_dose_cumulative_gy": 60, "creatinine_mg_dl": 3, "platelets_1e9_l": 20,
       "life_expectancy_months": 1, "bilobar": "yes", "ascites": "yes", "encephalopathy": "yes",
       "lung_function_compromised": "yes", "contrast_allergy": "yes", "n_lesions": 12,
       "n_underdosed": 0, "liver_remnant_percent": 10, "ablated_percent": 60, "diameter_mm": 60,
       "bile_duct_distance_mm": 1, "bowel_distance_mm": 1}
ONLY_YES = {"lung_dose_complete", "bowel_complete"}  # yes, or unknown


def worlds(facts, grids):
    """All ways to fill in what is missing."""
    choices = []
    for name, value in facts.items():
        known = [v for v in (*grids[name], GOOD.get(name), BAD.get(name)) if v is not None]
        if name in ONLY_YES:
            known = ["yes", "no"]
        choices.append([value] if value is not None else known)
    for values in itertools.product(*choices):
        yield dict(zip(facts, values))


def answer(test, patient, lesions, patient_grids, lesion_grids):
    """yes, no, or unknown if worlds differ."""
    found = set()
    of_lesions = [list(worlds(l, lesion_grids)) for l in lesions]
    for p in worlds(patient, patient_grids):
        for combination in itertools.product(*of_lesions):
            found.add(bool(test(p, combination)))
            if len(found) == 2:
                return "unknown"
    return "yes" if found.pop() else "no"


def facts_text(facts):
    return ",".join(f"{name}={value}" for name, value in facts.items()
                    if value is not None) or "-"


def row(rule_set, criterion, patient, lesions, expected):
    return "\t".join([rule_set, criterion, facts_text(patient),
                      "|".join(facts_text(l) if any(l.values()) else "?" for l in lesions) or "-",
                      expected])


def combinations(grids):
    for values in itertools.product(*grids.values()):
        yield dict(zip(grids, values))


def single_cases():
    """Every criterion with every combination; of lesions one, then (small grids) two."""
    for rule_set, criterion, patient_grids, lesion_grids, test in CRITERIA:
        for patient in combinations(patient_grids):
            of_one = [] if lesion_grids is None else list(combinations(lesion_grids))
            lists = [[]] if lesion_grids is None else [[l] for l in of_one]
            if lesion_grids is not None and len(of_one) <= 12 and patient_grids == {}:
                lists += [[a, b] for a, b in itertools.combinations_with_replacement(of_one, 2)]
            for lesions in lists:
                yield row(rule_set, criterion, patient, lesions,
                          answer(test, patient, lesions, patient_grids, lesion_grids or {}))


def whole_cases():
    """All facts good, then each and each pair of them bad or missing."""
    tests = {(s, c): (p, l, t) for s, c, p, l, t in CRITERIA}
    for rule_set, criterion, parts in WHOLES:
        patient_grids, lesion_grids, part_tests = {}, {}, []
        for part in parts:
            if part is None:  # there must be something to treat
                patient_grids["n_underdosed"] = [0, 1, None]
                part_tests.append(lambda p, _: p["n_underdosed"] > 0)
                continue
            p_grids, l_grids, test = tests[rule_set, part]
            patient_grids.update(p_grids)
            lesion_grids.update(l_grids or {})
            part_tests.append(test)
        if lesion_grids:
            lesion_grids["underdosed"] = YES_NO

        def whole(p, lesions, part_tests=part_tests):
            return all(test(p, lesions) for test in part_tests)

        names = list(patient_grids) + [n for n in lesion_grids if n != "underdosed"]
        changes = [()]
        changes += [((n, v),) for n in names for v in (BAD.get(n), None)]
        changes += [((a, v), (b, w)) for a, b in itertools.combinations(names, 2)
                    for v in (BAD.get(a), None) for w in (BAD.get(b), None)]
        for change in dict.fromkeys(changes):
            if ("n_lesions", None) in change:
                continue
            facts = {**GOOD, **dict(change)}
            patient = {n: facts[n] for n in patient_grids}
            lesions = [{n: facts[n] for n in lesion_grids}] if lesion_grids else []
            yield row(rule_set, criterion, patient, lesions,
                      answer(whole, patient, lesions, patient_grids, lesion_grids))


def table_text():
    lines = ["rule_set\tcriterion\tpatient\tlesions\tanswer"]
    return "\n".join(lines + list(dict.fromkeys([*single_cases(), *whole_cases()]))) + "\n"


if __name__ == "__main__":
    print(table_text(), end="")
