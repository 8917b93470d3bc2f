#!/usr/bin/python3
"""Fits a scanner's recovery curve to measured spheres and writes its file for configs/scanners.

The sheet is tab-separated, a row per sphere from small to large, with the columns
  diameter_mm           inner diameter
  recovery_coefficient  measured / true activity concentration, mean within the true sphere
  standard_uncertainty  of that coefficient, absolute (optional; all spheres or none)
or, instead of the coefficient,
  measured_bq_ml, true_bq_ml and, for spheres in a hot background, background_bq_ml:
  RC = (measured - background) / (true - background), so that what spills in does not count.

The curve is RC(d) = 1 / (1 + (d0 / d)^exponent) (Gear 2018, Eur J Nucl Med Mol Imaging 45:2456, in
the diameter instead of the volume), by weighted least squares. Without uncertainties all spheres
weigh the same and the scatter about the curve gives the errors.

Example:
  fit_recovery.py pipeline/scanners/example_spheres.tsv north_mmr.yaml \\
      --manufacturer SIEMENS --model Biograph_mMR --center NORTH --picture north_mmr.png

With --replace, a file that is there keeps what it says of the scanner; only its recovery is new.
"""
import argparse
import dataclasses
import json
import math
import os
import pathlib
import sys

import numpy as np
import yaml
from scipy import optimize, special, stats

EXIT_BAD_DATA, EXIT_NO_INPUT, EXIT_CANNOT_CREATE = 65, 66, 73
MIN_SPHERES, GOOD_SPHERES = 3, 5
MAX_RECOVERY = 1.2  # noise and edge artefacts go a little over 1; more is a wrong calibration
COEFFICIENT = {"diameter_mm", "recovery_coefficient"}
CONCENTRATIONS = {"diameter_mm", "measured_bq_ml", "true_bq_ml"}
OPTIONAL = {"standard_uncertainty", "background_bq_ml"}
# As in stages/core/scanner.c, the reader of the file.
BOUNDS = {
    "calibration.factor": (1e-3, 1e3),
    "calibration.uncertainty": (0, 1),
    "psf.fwhm_transaxial_mm": (0.5, 30),
    "psf.fwhm_axial_mm": (0.5, 30),
    "sensitivity_cps_per_mbq": (1e-6, 1e6),
    "recovery.d0_mm": (0.1, 200),
    "recovery.exponent": (0.1, 20),
    "recovery.d0_standard_error_mm": (0, 200),
    "recovery.exponent_standard_error": (0, 20),
    "recovery.correlation": (-1, 1),
    "recovery.min_diameter_mm": (0, 1000),
    "recovery.max_diameter_mm": (0, 1000),
}
NAMES = ("manufacturer", "model", "center")
OPTIONS = {  # key: (option, help)
    "calibration.factor": ("--calibration-factor", "true / shown activity of a uniform phantom"),
    "calibration.uncertainty": ("--calibration-uncertainty", "its relative standard uncertainty"),
    "psf.fwhm_transaxial_mm": ("--fwhm-transaxial", "of a reconstructed point, mm"),
    "psf.fwhm_axial_mm": ("--fwhm-axial", "likewise along the scanner's axis, mm"),
    "sensitivity_cps_per_mbq": ("--sensitivity", "true coincidences per s and MBq of the nuclide"),
}


class BadSheet(Exception):
    """What is wrong with the measurements, as a sentence."""


@dataclasses.dataclass(frozen=True)
class Spheres:
    diameter_mm: np.ndarray
    recovery: np.ndarray
    uncertainty: np.ndarray  # NaN where the sheet gives none


@dataclasses.dataclass(frozen=True)
class Fit:
    """Parameters are (d0_mm, exponent)."""
    parameters: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray  # in standard uncertainties, or in RC where there are none
    chi_squared: float     # NaN where there are no uncertainties
    freedom: int

    @property
    def errors(self):
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self):
        product = float(np.prod(self.errors))
        return float(self.covariance[0, 1]) / product if product > 0 else 0.0


# ---- sheet ---------------------------------------------------------------------------------


def read_number(line, column, cell):
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadSheet(f"line {line}: {column} is '{cell}', wanted a number")
    return value


def read_columns(path):
    """{column: numbers}, and the line of each row."""
    rows = [(number, line.split("\t")) for number, line in
            enumerate(pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines(), start=1)
            if line.strip() and not line.startswith("#")]
    if not rows:
        raise BadSheet("the sheet is empty")
    header = [cell.strip() for cell in rows[0][1]]
    names = set(header)
    if len(names) < len(header):
        raise BadSheet(f"a column is there twice: {', '.join(header)}")
    for name in header:
        if name not in COEFFICIENT | CONCENTRATIONS | OPTIONAL:
            raise BadSheet(f"unknown column '{name}'; known are "
                           f"{', '.join(sorted(COEFFICIENT | CONCENTRATIONS | OPTIONAL))}")
    wanted = CONCENTRATIONS if "measured_bq_ml" in names else COEFFICIENT
    allowed = wanted | (OPTIONAL if wanted is CONCENTRATIONS else {"standard_uncertainty"})
    if not wanted <= names <= allowed:
        raise BadSheet(f"columns are {', '.join(header)}; wanted {' and '.join(sorted(wanted))}"
                       f", and perhaps {' and '.join(sorted(allowed - wanted))}")
    for number, cells in rows[1:]:
        if len(cells) != len(header):
            raise BadSheet(f"line {number}: {len(cells)} cells, the header has {len(header)}")
    columns = {name: np.array([read_number(number, name, cells[index].strip())
                               for number, cells in rows[1:]])
               for index, name in enumerate(header)}
    return columns, [number for number, _ in rows[1:]]


def recovery_of(columns, lines):
    if "recovery_coefficient" in columns:
        return columns["recovery_coefficient"]
    background = columns.get("background_bq_ml", np.zeros(len(lines)))
    for line, true, behind in zip(lines, columns["true_bq_ml"], background):
        if not true > behind >= 0:
            raise BadSheet(f"line {line}: true_bq_ml {true:g} and background_bq_ml {behind:g}; "
                           "wanted a sphere hotter than its background, and neither below 0")
    return (columns["measured_bq_ml"] - background) / (columns["true_bq_ml"] - background)


def read_spheres(path):
    """The measurements, checked; BadSheet if they cannot be fitted."""
    columns, lines = read_columns(path)
    diameter = columns["diameter_mm"]
    recovery = recovery_of(columns, lines)
    uncertainty = columns.get("standard_uncertainty", np.full(len(lines), np.nan))
    for index, line in enumerate(lines):
        if not 0 < diameter[index] <= 1000:
            raise BadSheet(f"line {line}: diameter_mm is {diameter[index]:g}, wanted 0 to 1000")
        if index and diameter[index] < diameter[index - 1]:
            raise BadSheet(f"line {line}: diameter_mm {diameter[index]:g} comes after "
                           f"{diameter[index - 1]:g}; sort the spheres from small to large")
        if not 0 < recovery[index] <= MAX_RECOVERY:
            raise BadSheet(f"line {line}: the recovery coefficient is {recovery[index]:g}, wanted "
                           f"more than 0 and at most {MAX_RECOVERY}: check the calibration and "
                           "the true activity")
        if uncertainty[index] <= 0:
            raise BadSheet(f"line {line}: standard_uncertainty is {uncertainty[index]:g}, wanted "
                           "more than 0")
    if len(set(diameter)) < MIN_SPHERES:
        raise BadSheet(f"{len(set(diameter))} different spheres, wanted {MIN_SPHERES} or more: two "
                       "parameters and their errors are fitted")
    return Spheres(diameter, recovery, uncertainty)


# ---- fit -----------------------------------------------------------------------------------


def curve(diameter_mm, d0_mm, exponent):
    return special.expit(exponent * np.log(diameter_mm / d0_mm))


def start_of_fit(spheres):
    """The straight line of logit RC on log d, kept off the bounds."""
    inner = np.clip(spheres.recovery, 0.02, 0.98)
    slope, level = np.polyfit(np.log(spheres.diameter_mm), special.logit(inner), 1)
    slope = min(max(slope, 0.5), 10)
    return [min(max(math.exp(-level / slope), 1.0), 100.0), slope]


def fit_curve(spheres):
    """Weighted least squares. Known uncertainties that the scatter exceeds are enlarged by
    sqrt(chi^2 / freedom); smaller scatter does not shrink them."""
    is_weighted = not np.isnan(spheres.uncertainty).any()
    weights = 1 / spheres.uncertainty if is_weighted else np.ones_like(spheres.recovery)

    def residuals(parameters):
        return (curve(spheres.diameter_mm, *parameters) - spheres.recovery) * weights

    lowest, highest = zip(BOUNDS["recovery.d0_mm"], BOUNDS["recovery.exponent"])
    found = optimize.least_squares(residuals, start_of_fit(spheres), bounds=(lowest, highest),
                                   x_scale=[10.0, 1.0], xtol=1e-14, ftol=1e-14, gtol=1e-14)
    freedom = len(spheres.recovery) - 2
    sum_squares = float(found.fun @ found.fun)
    scale = sum_squares / freedom
    covariance = np.linalg.pinv(found.jac.T @ found.jac) * (
        max(1.0, scale) if is_weighted else scale)
    return Fit(found.x, covariance, -found.fun, sum_squares if is_weighted else math.nan, freedom)


def band(fit, diameter_mm):
    """Ends of the 95 % confidence band, propagated on the logit so that it stays within 0 to 1."""
    d0_mm, exponent = fit.parameters
    logit = exponent * np.log(diameter_mm / d0_mm)
    slopes = np.stack([np.full_like(diameter_mm, -exponent / d0_mm),
                       np.log(diameter_mm / d0_mm)])
    error = np.sqrt(np.einsum("an,ab,bn->n", slopes, fit.covariance, slopes))
    quantile = stats.norm.ppf(0.975) if not math.isnan(fit.chi_squared) else stats.t.ppf(
        0.975, fit.freedom)
    return special.expit(logit - quantile * error), special.expit(logit + quantile * error)


def warnings_of(spheres, fit):
    """What a reader of the file should know before trusting it, a sentence each."""
    found = []
    if len(set(spheres.diameter_mm)) < GOOD_SPHERES:
        found.append(f"only {len(set(spheres.diameter_mm))} different spheres; the errors are "
                     "themselves uncertain")
    if np.isnan(spheres.uncertainty).any():
        found.append("no standard uncertainties: the errors come from the scatter alone")
    elif stats.chi2.sf(fit.chi_squared, fit.freedom) < 0.01:
        found.append(f"poor fit: chi^2 {fit.chi_squared:.1f} for {fit.freedom} degrees of freedom;"
                     " errors enlarged to match")
    misses = np.abs(spheres.recovery - curve(spheres.diameter_mm, *fit.parameters))
    if misses.max() > 0.1:
        found.append(f"poor fit: the sphere of {spheres.diameter_mm[misses.argmax()]:g} mm is "
                     f"{misses.max():.2f} off the curve")
    for name, value, error in zip(("d0_mm", "exponent"), fit.parameters, fit.errors):
        if error > 0.3 * value:
            found.append(f"{name} {value:.3g} is known to {error:.2g} only")
        if np.isclose(value, BOUNDS[f"recovery.{name}"], rtol=1e-3).any():
            found.append(f"{name} {value:.3g} is at the end of its range")
    if (np.diff(spheres.recovery) < 0).any():
        found.append("a larger sphere has a smaller coefficient than the one before")
    if (spheres.recovery > 1).any():
        found.append("a coefficient is over 1, which the curve can not reach")
    return found


# ---- outputs -------------------------------------------------------------------------------


def scanner_values(arguments, spheres, fit):
    """{dotted key: number} of the scanner's file, checked against what its reader takes."""
    values = {key: getattr(arguments, key) for key in OPTIONS}
    values.update({
        "recovery.d0_mm": fit.parameters[0],
        "recovery.exponent": fit.parameters[1],
        "recovery.d0_standard_error_mm": fit.errors[0],
        "recovery.exponent_standard_error": fit.errors[1],
        "recovery.correlation": fit.correlation,
        "recovery.min_diameter_mm": spheres.diameter_mm.min(),
        "recovery.max_diameter_mm": spheres.diameter_mm.max(),
    })
    values = {key: float(value) for key, value in values.items() if value is not None}
    for key, value in values.items():
        low, high = BOUNDS[key]
        if not low <= value <= high:
            raise BadSheet(f"{key} would be {value:g}, which is not within {low:g} to {high:g}")
    return values


def yaml_text(arguments, values, spheres, fit):
    quality = "" if math.isnan(fit.chi_squared) else (
        f", chi^2 {fit.chi_squared:.2f} for {fit.freedom} degrees of freedom")
    lines = [f"# Fitted by fit_recovery.py to {len(spheres.recovery)} spheres of "
             f"{arguments.measurements.name}{quality}."]
    lines += [f"# {sentence[0].upper()}{sentence[1:]}." for sentence in warnings_of(spheres, fit)]
    lines += [f"{key}: {json.dumps(getattr(arguments, key), ensure_ascii=False)}"
              for key in NAMES if getattr(arguments, key)]
    group = None
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        if section and section != group:
            lines.append(f"{section}:")
        group = section
        lines.append(f"{'  ' if section else ''}{name}: {value:.6g}")
    return "\n".join(lines) + "\n"


def draw(path, arguments, spheres, fit):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    diameter = np.linspace(0.02, 1.1, 400) * max(spheres.diameter_mm.max(), 40)
    figure, axes = pyplot.subplots(figsize=(6.4, 4.2), layout="constrained")
    axes.fill_between(diameter, *band(fit, diameter), color="#9ecae1", label="95 % band")
    axes.plot(diameter, curve(diameter, *fit.parameters), color="#08519c",
              label=f"$d_0$ = {fit.parameters[0]:.2f} ± {fit.errors[0]:.2f} mm, "
                    f"exponent {fit.parameters[1]:.2f} ± {fit.errors[1]:.2f}")
    axes.errorbar(spheres.diameter_mm, spheres.recovery, yerr=np.nan_to_num(spheres.uncertainty),
                  fmt="o", color="black", capsize=3, label="measured")
    axes.set(xlabel="diameter, mm", ylabel="recovery coefficient", ylim=(0, 1.2),
             xlim=(0, diameter[-1]), title=f"{arguments.manufacturer} {arguments.model}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120, format="png", metadata={"Software": None})
    pyplot.close(figure)


def print_table(spheres, fit):
    unit = "RC" if math.isnan(fit.chi_squared) else "sigma"
    print(f"diameter_mm\tmeasured\tcurve\tresidual_{unit}")
    for diameter, measured, residual in zip(spheres.diameter_mm, spheres.recovery, fit.residuals):
        print(f"{diameter:g}\t{measured:.4f}\t{curve(diameter, *fit.parameters):.4f}\t"
              f"{residual:+.3f}")
    print(f"d0 {fit.parameters[0]:.3f} +- {fit.errors[0]:.3f} mm, exponent "
          f"{fit.parameters[1]:.3f} +- {fit.errors[1]:.3f}, correlation {fit.correlation:+.3f}")
    if not math.isnan(fit.chi_squared):
        print(f"chi^2 {fit.chi_squared:.2f}, {fit.freedom} degrees of freedom, p "
              f"{stats.chi2.sf(fit.chi_squared, fit.freedom):.3f}")


def write_outputs(arguments, values, spheres, fit):
    if arguments.picture:
        draw(arguments.picture, arguments, spheres, fit)
    partial = arguments.scanner.with_name(arguments.scanner.name + ".part")
    partial.write_text(yaml_text(arguments, values, spheres, fit), encoding="utf-8")
    os.replace(partial, arguments.scanner)


def take_over(arguments, parser):
    """What the scanner's file says already holds where no option says otherwise."""
    try:
        document = yaml.safe_load(arguments.scanner.read_text(encoding="utf-8"))
        known = {f"{name}.{key}" if isinstance(node, dict) else name: value
                 for name, node in document.items()
                 for key, value in (node.items() if isinstance(node, dict) else [("", node)])}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        parser.error(f"{arguments.scanner}: not a scanner's file: {error}")
    for key, value in known.items():
        if key in NAMES and getattr(arguments, key) is None:
            setattr(arguments, key, str(value))
        elif key in OPTIONS and getattr(arguments, key) is None and value != "auto":
            try:
                setattr(arguments, key, float(value))
            except (TypeError, ValueError):
                parser.error(f"{arguments.scanner}: {key} is '{value}', wanted a number")
        elif key not in BOUNDS and key not in NAMES:
            parser.error(f"{arguments.scanner}: unknown key '{key}'")


def parse_arguments(words):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurements", type=pathlib.Path, help="sheet of spheres, TSV")
    parser.add_argument("scanner", type=pathlib.Path, help="file to write, .yaml")
    parser.add_argument("--manufacturer", help="as in the images' headers")
    parser.add_argument("--model", help="as in the images' headers")
    parser.add_argument("--center", help="only for this center's scanner")
    for key, (option, words_of_help) in OPTIONS.items():
        parser.add_argument(option, type=float, dest=key, help=words_of_help)
    parser.add_argument("--picture", type=pathlib.Path, help="PNG of points, curve and band")
    parser.add_argument("--replace", action="store_true", help="replace a file that is there")
    arguments = parser.parse_args(words)
    if arguments.scanner.suffix != ".yaml":
        parser.error(f"{arguments.scanner}: the name of a scanner's file ends in .yaml")
    if arguments.replace and arguments.scanner.exists():
        take_over(arguments, parser)
    if not arguments.manufacturer or not arguments.model:
        parser.error("give --manufacturer and --model")
    fwhm = ("psf.fwhm_transaxial_mm", "psf.fwhm_axial_mm")
    if len({getattr(arguments, key) is None for key in fwhm}) > 1:
        parser.error("give both --fwhm-transaxial and --fwhm-axial, or neither")
    return arguments


def main(words=None):
    arguments = parse_arguments(words)
    if arguments.scanner.exists() and not arguments.replace:
        print(f"{arguments.scanner}: is there already; choose another name, or --replace",
              file=sys.stderr)
        return EXIT_CANNOT_CREATE
    try:
        spheres = read_spheres(arguments.measurements)
        fit = fit_curve(spheres)
        values = scanner_values(arguments, spheres, fit)
    except OSError as error:
        print(f"{arguments.measurements}: {error.strerror}", file=sys.stderr)
        return EXIT_NO_INPUT
    except (BadSheet, UnicodeDecodeError) as error:
        print(f"{arguments.measurements}: {error}", file=sys.stderr)
        return EXIT_BAD_DATA
    try:
        write_outputs(arguments, values, spheres, fit)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_CANNOT_CREATE
    print_table(spheres, fit)
    for sentence in warnings_of(spheres, fit):
        print(f"{arguments.measurements}: warning: {sentence}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
