#!/usr/bin/python3
"""Compares two runs number by number: cohort tables as text, every dataset of every HDF5 file.

    compare_runs.py RUN_A RUN_B     prints what differs and the counts; exit code 1 if anything does
"""
import pathlib
import sys

import h5py
import numpy as np

TABLES = ("patients.csv", "lesions.csv", "sweep.csv")


def result_files(run):
    """HDF5 files of the patients, relative to the run."""
    return sorted(str(path.relative_to(run)) for path in run.glob("*/*/*.h5"))


def datasets(file):
    found = {}
    file.visititems(lambda name, node: found.update({name: node})
                    if isinstance(node, h5py.Dataset) else None)
    return found


def compare_datasets(name, first, second):
    """Names of the datasets of two files whose content is not the same, bit by bit."""
    with h5py.File(first, "r") as a, h5py.File(second, "r") as b:
        sets_a, sets_b = datasets(a), datasets(b)
        for path in sorted(set(sets_a) ^ set(sets_b)):
            yield f"{name}:/{path} is in one run only"
        for path in sorted(set(sets_a) & set(sets_b)):
            one, two = sets_a[path][()], sets_b[path][()]
            same = (np.array_equal(one, two, equal_nan=True)
                    if isinstance(one, np.ndarray) and one.dtype.kind == "f"
                    else np.array_equal(one, two))
            if not same:
                yield f"{name}:/{path} differs"


def compare(run_a, run_b):
    """(differences, number of files compared)."""
    differences = []
    for table in TABLES:
        first, second = run_a / "cohort" / table, run_b / "cohort" / table
        if first.read_bytes() != second.read_bytes():
            differences.append(f"cohort/{table} differs")
    files_a, files_b = result_files(run_a), result_files(run_b)
    differences += [f"{name} is in one run only" for name in sorted(set(files_a) ^ set(files_b))]
    common = [name for name in files_a if name in set(files_b)]
    for name in common:
        differences += compare_datasets(name, run_a / name, run_b / name)
    return differences, len(common) + len(TABLES)


def main():
    differences, n_files = compare(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    for difference in differences:
        print(difference)
    print(f"{n_files} files compared, {len(differences)} differences")
    return 1 if differences or n_files <= len(TABLES) else 0


if __name__ == "__main__":
    sys.exit(main())
