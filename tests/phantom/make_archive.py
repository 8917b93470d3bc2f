#!/usr/bin/python3
"""Makes an archive of post-radioembolization studies with known truth.

    make_archive.py --out results/demo-archive --seed 20260121 [--small] [--only north/N01]

The folder then holds what centers would send (north: PET/MR in DICOM with RTSTRUCT; south: PET/CT
in DICOM with SEG; island: NIfTI with PET-BIDS JSON), the three sheets, and truth/. The same seed
gives the same archive; if it is there already, nothing is done.
"""
import argparse
import hashlib
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

sys.dont_write_bytecode = True

from cohort import patients  # noqa: E402
from patient import make_patient  # noqa: E402
from sheets import Sheets  # noqa: E402
from truth import write_truth  # noqa: E402

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
STAMP = "archive.stamp"


def main():
    args = parse_arguments()
    out = Path(args.out)
    stamp = stamp_of(args)
    if (out / STAMP).is_file() and (out / STAMP).read_text() == stamp:
        print(f"archive: {out} is up to date")
        return 0
    if out.exists() and any(out.iterdir()) and not (out / STAMP).is_file():
        print(f"archive: {out} holds files that are not an archive of this program; "
              "give an empty folder", file=sys.stderr)
        return 73
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    make(partial, args)
    (partial / STAMP).write_text(stamp)
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)
    size = sum(f.stat().st_size for f in out.rglob("*") if f.is_file()) / 1e6
    print(f"archive: {out}, {size:.0f} MB")
    return 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument("--seed", type=int, default=20260121)
    parser.add_argument("--small", action="store_true", help="three coarse patients, for tests")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4),
                        help="patients made at once; each takes up to 0.6 GB")
    parser.add_argument("--only", metavar="CENTER/PATIENT", help="only this patient")
    return parser.parse_args()


def make(folder, args):
    """Writes all patients, the sheets and the truth into an empty folder. Patients depend on the
    seed and their own row only, so they can be made side by side."""
    everybody = patients(args.small)
    rows = patients(args.small, args.only)
    sheets, patient_rows, lesion_rows = Sheets(), [], []
    with ProcessPoolExecutor(min(args.jobs, len(rows))) as pool:
        results = pool.map(make_patient, rows, repeat(args.seed), map(everybody.index, rows),
                           repeat(folder))
        for done, (plan, result) in enumerate(zip(rows, results), 1):
            sheets.extend(result[0])
            patient_rows.append(result[1])
            lesion_rows.extend(result[2])
            print(f"archive: {done}/{len(rows)} {plan.key}: {plan.why}", flush=True)
    sheets.write(folder)
    write_truth(folder / "truth", patient_rows, lesion_rows)


def stamp_of(args):
    """Digest of everything that the archive depends on."""
    digest = hashlib.sha256(f"{args.seed} {args.small} {args.only}\n".encode())
    sources = [*HERE.glob("*.py"), *(REPOSITORY / "configs" / "nuclides").iterdir(),
               *(REPOSITORY / "tests" / "data" / "totalseg_abdomen").rglob("*")]
    for path in sorted(p for p in sources if p.is_file()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest() + "\n"


if __name__ == "__main__":
    sys.exit(main())
