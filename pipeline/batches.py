#!/usr/bin/python3
"""Patients into batches before the stages, status tables into one after them.

A patient's batch is a hash of center and patient modulo the number of batches, so a new patient
does not move the others to other batches. A patient listed twice is in no batch: which row is
right is not for a program to guess. It fails, the others go on.
"""
import argparse
import collections
import hashlib
import pathlib
import sys

STATUS_COLUMNS = ("center", "patient", "status", "reason", "seconds")
FIRST_STAGE = "convert"
RESULTS = ("convert.h5", "register.h5", "dose.h5", "segment.h5", "stratify.h5")


def batch_of(center, patient, n_batches):
    digest = hashlib.sha256(f"{center}/{patient}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % n_batches


def read_rows(path):
    """Header cells, and (line number, cells) of every row that is not blank."""
    text = pathlib.Path(path).read_text(encoding="utf-8-sig")
    rows = [(number, line.split("\t"))
            for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    return rows[0][1], rows[1:]


def read_patients(sheet):
    """Header, and {(center, patient): [(line, cells), ...]} in the order of the sheet."""
    header, rows = read_rows(sheet)
    center, patient = header.index("center"), header.index("patient")
    patients = collections.OrderedDict()
    for number, cells in rows:
        patients.setdefault((cells[center], cells[patient]), []).append((number, cells))
    return header, patients


def write(path, rows):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(cells) + "\n" for cells in rows), encoding="utf-8")


def split(sheet, everyone, outputs):
    """Writes one sheet per batch to the paths `outputs`, and one with each patient once."""
    header, patients = read_patients(sheet)
    parts = [[header] for _ in outputs]
    for key, rows in patients.items():
        if len(rows) == 1:
            parts[batch_of(*key, len(outputs))].append(rows[0][1])
    for path, rows in zip(outputs, parts):
        write(path, rows)
    write(everyone, [header] + [rows[0][1] for rows in patients.values()])


def remove_refused(sheet, run):
    """Removes earlier results of patients now listed twice, as stages do when they fail one."""
    for (center, patient), rows in read_patients(sheet)[1].items():
        for name in RESULTS if len(rows) > 1 else ():
            (pathlib.Path(run) / center / patient / name).unlink(missing_ok=True)


def refusal(stage, key, rows):
    """The status row of a patient who is listed twice."""
    lines = " and ".join(str(number) for number, _ in rows)
    if stage == FIRST_STAGE:
        return [*key, "failed", f"patients.tsv: listed twice, in lines {lines}; delete one", "0"]
    return [*key, "skipped", f"no {FIRST_STAGE}.h5: see the status of stage {FIRST_STAGE}", "0"]


def merge(sheet, stage, tables, output):
    """Writes the rows of a stage's status tables as one, patients in the order of the sheet."""
    found = {}
    for table in tables:
        columns, rows = read_rows(table)
        if tuple(columns) != STATUS_COLUMNS:
            raise ValueError(f"{table}: found columns {columns}, wanted {STATUS_COLUMNS}")
        found.update({(cells[0], cells[1]): cells for _, cells in rows})
    for key, rows in read_patients(sheet)[1].items():
        if len(rows) > 1:
            found[key] = refusal(stage, key, rows)
    order = [key for key in read_patients(sheet)[1] if key in found]
    write(output, [STATUS_COLUMNS] + [found[key] for key in order])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", required=True, help="patients.tsv")
    commands = parser.add_subparsers(dest="command", required=True)
    splitting = commands.add_parser("split")
    splitting.add_argument("--everyone", required=True, help="sheet with each patient once")
    splitting.add_argument("--batches", nargs="+", required=True, help="sheets to write")
    merging = commands.add_parser("merge")
    merging.add_argument("--stage", required=True)
    merging.add_argument("--tables", nargs="+", required=True, help="status tables to merge")
    merging.add_argument("--output", required=True)
    arguments = parser.parse_args()
    if arguments.command == "split":
        split(arguments.patients, arguments.everyone, arguments.batches)
        remove_refused(arguments.patients, ".")
    else:
        merge(arguments.patients, arguments.stage, arguments.tables, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
