#!/usr/bin/python3
"""Checks a configuration and its sheets before any work starts.

What is wrong is named with file and line (or row), with the nearest valid name for a misspelt
one. An error stops the run. A warning concerns one patient: the stages will fail that patient
or ignore that row, and the others go on.
"""
import argparse
import dataclasses
import difflib
import json
import pathlib
import re
import sys

import jsonschema
import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parent / "schemas"
SHEETS = ("patients", "treatments", "images")
OPTIONAL_SHEETS = ("followup",)
KEYS = ("center", "patient")
MISSING = ("", "n/a")
BLANKS = " \t\r\n\v\f"
NAME_RULE = "letters, digits, '.', '_' and '-' (not first a '.'), at most 64"
EXIT_BAD_DATA, EXIT_NO_INPUT, EXIT_CONFIG = 65, 66, 78


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it stands, and the exit code it calls for (0: a warning)."""
    file: str
    line: int
    message: str
    exit_code: int

    def __str__(self):
        kind = "error" if self.exit_code else "warning"
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {kind}: {self.message}"


def load_schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def suggest(name, known):
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(sorted(known))}"


# ---- configuration -------------------------------------------------------------------------


def load_configuration(path):
    """The configuration as a dict (None if unreadable) and the problems found in it."""
    path = pathlib.Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        return None, [Problem(str(path), 0, f"cannot be read: {error.strerror}", EXIT_NO_INPUT)]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        detail = getattr(error, "problem", None) or error
        return None, [Problem(str(path), line, f"is not valid YAML: {detail}", EXIT_CONFIG)]
    if not isinstance(document, dict):
        return None, [Problem(str(path), 1, "holds no keys; start from configs/trial.yaml",
                              EXIT_CONFIG)]
    lines, problems = {}, []
    _collect_lines(root, (), lines, str(path), problems)
    validator = jsonschema.Draft7Validator(load_schema("config"))
    for error in validator.iter_errors(document):
        problems.extend(_configuration_problems(str(path), error, lines))
    problems.extend(_order_problems(str(path), document, lines))
    return document, sorted(problems, key=lambda problem: problem.line)


def _collect_lines(node, path, lines, file, problems):
    """Line of every key and value by its path; a key written twice is a problem."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                problems.append(Problem(file, line, f"key '{key.value}' is there twice; keep one",
                                        EXIT_CONFIG))
            seen.add(key.value)
            lines[path + (key.value,)] = line
            _collect_lines(value, path + (key.value,), lines, file, problems)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, path + (index,), lines, file, problems)


def _configuration_problems(file, error, lines):
    path = tuple(error.absolute_path)
    name = ".".join(map(str, path))
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        for key in sorted(set(error.instance) - set(known), key=str):
            full = ".".join(map(str, path + (key,)))
            yield Problem(file, lines.get(path + (str(key),), lines.get(path, 0)),
                          f"unknown key '{full}'{suggest(str(key), list(known))}", EXIT_CONFIG)
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                full = ".".join(map(str, path + (key,)))
                yield Problem(file, lines.get(path, 0), f"key '{full}' is missing", EXIT_CONFIG)
    else:
        yield Problem(file, lines.get(path, 0), f"{name}: found {_spell(error.instance)}, wanted "
                      f"{_wanted(error.schema)}", EXIT_CONFIG)


def _order_problems(file, document, lines):
    """What a schema cannot say: the sweep ends after it starts."""
    sweep = document.get("sweep") or {}
    span = sweep.get("threshold_gy") if isinstance(sweep, dict) else None
    span = span if isinstance(span, dict) else {}
    ends = span.get("from"), span.get("to")
    if all(isinstance(end, (int, float)) for end in ends) and ends[1] < ends[0]:
        yield Problem(file, lines.get(("sweep", "threshold_gy", "to"), 0),
                      f"sweep.threshold_gy.to: found {ends[1]}, wanted at least {ends[0]} "
                      "(sweep.threshold_gy.from)", EXIT_CONFIG)


def _spell(value):
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _wanted(schema):
    """A schema of one value in words."""
    if "anyOf" in schema:
        return " or ".join(_wanted(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(schema["enum"])
    kind = {"integer": "a whole number", "number": "a number", "boolean": "true or false",
            "string": "text", "array": "a list", "object": "keys below it"}
    words = [kind.get(schema.get("type"), "another value")]
    bounds = (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "up to"))
    words += [f"{word} {schema[key]}" for key, word in bounds if key in schema]
    if "items" in schema:
        words.append(f"of {_wanted(schema['items'])}")
    if "pattern" in schema:
        words.append(f"such as {schema['description']}" if "such as" not in schema["description"]
                     else schema["description"][schema["description"].index("such as"):])
    return " ".join(words)


# ---- sheets --------------------------------------------------------------------------------


def read_sheet(path):
    """Header and rows (line number, cells) of a tab-separated sheet; BOM and CRLF are fine."""
    text = pathlib.Path(path).read_bytes().decode("utf-8-sig")
    rows = [(number, [cell.strip(BLANKS) for cell in line.split("\t")])
            for number, line in enumerate(text.split("\n"), start=1) if line.strip(BLANKS)]
    return (rows[0], rows[1:]) if rows else ((1, []), [])


def check_sheet(path, name):
    """(rows as dicts of text with their line, problems) of one of the sheets.

    As in yttria-convert, a bad row stops its patient only: a warning. What leaves open whose row
    it is stops the run, and so does a row of patients.tsv whose number of cells is wrong, because
    every stage takes its list of patients from there."""
    schema = load_schema(name)
    try:
        (header_line, header), rows = read_sheet(path)
    except OSError as error:
        return [], [Problem(str(path), 0, f"cannot be read: {error.strerror}", EXIT_NO_INPUT)]
    except UnicodeDecodeError:
        return [], [Problem(str(path), 0, "is not UTF-8; save it as UTF-8 text", EXIT_BAD_DATA)]
    zero = next((line for line, cells in [(header_line, header), *rows]
                 if any("\0" in cell for cell in cells)), None)
    if zero is not None:
        return [], [Problem(str(path), zero, "holds a zero byte; save it as UTF-8 text",
                            EXIT_BAD_DATA)]
    problems = list(_header_problems(str(path), header_line, header, schema))
    if problems:
        return [], problems
    records = []
    for line, cells in rows:
        record = dict(zip(header, cells))
        if len(cells) != len(header):
            problems.append(Problem(str(path), line, f"has {len(cells)} cells, the header has "
                                    f"{len(header)}; separate cells by one tab",
                                    EXIT_BAD_DATA if name == "patients" else 0))
            record = {key: record.get(key, "") for key in KEYS}
        problems.extend(_row_problems(str(path), line, record, schema, name))
        records.append((line, record))
    return records, problems


def _header_problems(file, line, header, schema):
    known = list(schema["properties"])
    for column in dict.fromkeys(header):
        if column not in known:
            yield Problem(file, line, f"unknown column '{column}'{suggest(column, known)}",
                          EXIT_BAD_DATA)
        elif header.count(column) > 1:
            yield Problem(file, line, f"column '{column}' is there twice; keep one",
                          EXIT_BAD_DATA)
    for column in schema["required"]:
        if column not in header:
            yield Problem(file, line, f"column '{column}' is missing", EXIT_BAD_DATA)


def _row_problems(file, line, record, schema, name):
    """Names that cannot be folders matter where the batch is listed; elsewhere they are unknown."""
    for column, cell in record.items():
        rule = schema["properties"][column]
        if cell in MISSING:
            if column in KEYS:
                yield Problem(file, line, f"column '{column}' is empty; fill it in or remove the "
                              "row", EXIT_BAD_DATA)
            elif column in schema["required"]:
                yield Problem(file, line, f"column '{column}' of {record['center']}/"
                              f"{record['patient']} is empty", 0)
            continue
        if column in KEYS and name != "patients":
            continue
        if not jsonschema.Draft7Validator(rule).is_valid(_typed(cell, rule)):
            yield Problem(file, line, f"column '{column}': found {_spell(cell)}, wanted "
                          f"{_wanted_cell(rule)}", EXIT_BAD_DATA if column in KEYS else 0)


def _typed(cell, rule):
    """The cell as the number that the schema wants, or unchanged where it is none."""
    if rule.get("type") == "integer" and re.fullmatch(r"[+-]?\d+", cell):
        return int(cell)
    if rule.get("type") == "number" and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
                                                     cell):
        return float(cell)
    return cell


def _wanted_cell(rule):
    if "not" in rule:
        return (f"{NAME_RULE}, other than {', '.join(rule['not']['enum'])}, which are folders of "
                "a run")
    return NAME_RULE if "A-Za-z0-9" in rule.get("pattern", "") else _wanted(rule)


def _patient_problems(paths, records):
    """Patients listed twice, and rows of patients whom patients.tsv does not have."""
    first = {}
    for line, record in records["patients"]:
        key = record["center"], record["patient"]
        if key in first:
            yield Problem(str(paths["patients"]), line, f"patient {'/'.join(key)} is listed twice "
                          f"(first in line {first[key]}): not processed; delete one row", 0)
        first.setdefault(key, line)
    names = ["/".join(key) for key in first]
    for sheet in (name for name in records if name != "patients"):
        reported = set()
        for line, record in records[sheet]:
            key = record["center"], record["patient"]
            if key in first or key in reported:
                continue
            reported.add(key)
            near = difflib.get_close_matches("/".join(key), names, n=1, cutoff=0.8)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield Problem(str(paths[sheet]), line, f"patient {'/'.join(key)} is not in "
                          f"patients.tsv, the row is not used{hint}", 0)


# ---- both ----------------------------------------------------------------------------------


def sheet_paths(config_path, document):
    """Paths of the sheets, resolved against the configuration's folder; follow-up if it is named."""
    folder, cohort = pathlib.Path(config_path).resolve().parent, document["cohort"]
    return {name: folder / cohort[name] for name in (*SHEETS, *OPTIONAL_SHEETS)
            if name in SHEETS or cohort.get(name)}


def check_all(config_path):
    """Every problem of a configuration and its sheets, configuration first."""
    document, problems = load_configuration(config_path)
    if document is None or any(problem.exit_code for problem in problems):
        return problems
    paths, records = sheet_paths(config_path, document), {}
    for name in paths:
        records[name], found = check_sheet(paths[name], name)
        problems.extend(found)
    if not any(problem.exit_code for problem in problems):
        if not records["patients"]:
            problems.append(Problem(str(paths["patients"]), 0, "lists no patient", EXIT_BAD_DATA))
        problems.extend(_patient_problems(paths, records))
    return problems


def exit_code(problems):
    return next((problem.exit_code for problem in problems if problem.exit_code), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", help="the configuration (YAML)")
    parser.add_argument("--output", help="also write what was found to this file, if no error")
    arguments = parser.parse_args()
    problems = check_all(arguments.config)
    for problem in problems:
        print(problem, file=sys.stderr)
    code = exit_code(problems)
    if arguments.output and code == 0:
        text = "".join(f"{problem}\n" for problem in problems)
        pathlib.Path(arguments.output).write_text(text, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
