#!/usr/bin/python3
"""Runs every test and ends with one line, `N passed, N failed`.

Test programs (CUnit) print `<suite>: N passed, N failed`; tests/integration/test_*.py are unittest
files. A program that dies, prints no such line or runs no test counts as one failure.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUITE_LINE = re.compile(r"^.*: (\d+) passed, (\d+) failed$", re.MULTILINE)
UNITTEST_RUN = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
UNITTEST_BAD = re.compile(r"(failures|errors|unexpected successes)=(\d+)")
UNITTEST_SKIPPED = re.compile(r"skipped=(\d+)")
TIMEOUT_S = 900


def environment(build):
    """What the tests find the programs and the demo run with."""
    env = dict(os.environ)
    env.setdefault("YTTRIA_BIN", str(build / "bin"))
    env.setdefault("YTTRIA_DEMO_RUN", str(ROOT / "results" / "demo"))
    env.setdefault("YTTRIA_DEMO_ARCHIVE", str(ROOT / "results" / "demo-archive"))
    env["LSAN_OPTIONS"] = f"suppressions={ROOT / 'tests' / 'lsan.supp'}:print_suppressions=0"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env


def run(command, env):
    """Runs one test file; returns its output and exit code (None if it ran too long)."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_S)
        return done.stdout, done.returncode
    except subprocess.TimeoutExpired as stopped:
        return f"{stopped.stdout or ''}\nran longer than {TIMEOUT_S} s", None


def count_suite(output, code):
    """Counts of a CUnit program."""
    lines = SUITE_LINE.findall(output)
    passed = sum(int(line[0]) for line in lines)
    failed = sum(int(line[1]) for line in lines)
    if failed == 0 and (code != 0 or passed == 0):
        failed = 1
    return passed, failed, 0


def count_unittest(output, code):
    """Counts of a unittest file."""
    ran = sum(int(number) for number in UNITTEST_RUN.findall(output))
    bad = sum(int(number) for _, number in UNITTEST_BAD.findall(output))
    skipped = sum(int(number) for number in UNITTEST_SKIPPED.findall(output))
    if bad == 0 and (code != 0 or ran == 0):
        bad = 1
    return max(ran - bad - skipped, 0), bad, skipped


def jobs(build, only_programs):
    """All test files as (name, command, counter)."""
    for kind in ("unit", "validation"):
        for program in sorted((build / "tests" / kind).glob("*/test_*")):
            source = ROOT / "tests" / kind / program.parent.name / f"{program.name}.c"
            if program.suffix == "" and source.exists():
                yield f"{kind}/{program.parent.name}/{program.name}", [str(program)], count_suite
    if not only_programs:
        for script in sorted((ROOT / "tests" / "integration").glob("test_*.py")):
            yield f"integration/{script.stem}", [sys.executable, str(script)], count_unittest


def report(name, command, count, env):
    """Runs one test file; returns what to print of it, and its counts."""
    start = time.monotonic()
    output, code = run(command, env)
    counts = count(output, code)
    lines = [f"{'FAIL' if counts[1] else 'ok':4} {name}: {counts[0]} passed, {counts[1]} failed"
             f"{f', {counts[2]} skipped' if counts[2] else ''} ({time.monotonic() - start:.1f} s)"]
    if counts[1]:
        lines += ["     | " + line for line in output.splitlines()[-60:]]
    return "\n".join(lines), counts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--only-programs", action="store_true", help="unit and validation only")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4),
                        help="test files at a time (default: the cores, at most 4)")
    arguments = parser.parse_args()
    build = (ROOT / arguments.build).resolve()
    env = environment(build)
    total = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for lines, counts in pool.map(lambda job: report(*job, env),
                                      jobs(build, arguments.only_programs)):
            print(lines, flush=True)
            total = [a + b for a, b in zip(total, counts)]
    skipped = f", {total[2]} skipped" if total[2] else ""
    print(f"{total[0]} passed, {total[1]} failed{skipped}")
    return 0 if total[1] == 0 and total[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
