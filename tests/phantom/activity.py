"""90Y activity in a body, and what a PET scanner makes of it.

Truth lives on a fine grid (2 mm) in the body's space. The scanner blurs it with a Gaussian
(the whole resolution, voxels included), samples it at its own voxel centres, adds noise that
grows with the square root of the signal, and stores integers. Concentrations are written as the
dose they would give in equilibrium, in Gy, because that is what a cohort's table is about.
"""
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from dose_truth import gy_per_bq_ml, kernel_dose_gy, linear_at, mean_at
from grids import Grid, centred_grid, transform
from shapes import occupancy_on

FINE_MM = 2.0
PSF_FWHM_MM = 5.5
BODY_UPTAKE = 0.03       # scatter and blood, relative to the liver
NOISE = 0.035            # standard deviation of a voxel at the liver's level
LOBE_PLANE_X_MM = -16.0  # between the lobes of a patient treated in two sessions


@dataclass
class PetImage:
    """One simulated PET. Values in Bq/mL at the administration of its own treatment."""

    grid: Grid
    clean: np.ndarray   # blurred, without noise
    noisy: np.ndarray


def fine_grid(centre_mm, size_mm):
    """A 2 mm grid of a given size (k, j, i in mm) around a point of the body."""
    shape = tuple(int(np.ceil(s / FINE_MM)) for s in size_mm)
    return centred_grid(shape, (FINE_MM,) * 3, centre_mm)


def true_activity(body, grid, uptake_gy, liver_gy, lobe=None):
    """Bq/mL at administration on the fine grid. `uptake_gy` maps a lesion's label to its level;
    `lobe` right or left leaves normal liver of the other side without activity."""
    liver = occupancy_on(body.liver, grid)
    if lobe is not None:
        x = grid.points()[..., 0]
        liver *= (x < LOBE_PLANE_X_MM) == (lobe == "right")
    level = BODY_UPTAKE * liver_gy * occupancy_on(body.outline, grid)
    level += (liver_gy - level) * liver
    for lesion in body.lesions:
        inside = occupancy_on(lesion.shape, grid)
        level += (uptake_gy[lesion.label] - level) * inside
    return level / gy_per_bq_ml()


def scan(truth, fine, pet_grid, body_to_pet, noise_level_bq_ml, rng):
    """What the scanner shows of a true activity. `body_to_pet` maps body to PET millimetres."""
    sigma = PSF_FWHM_MM / 2.354820045 / FINE_MM
    blurred = ndimage.gaussian_filter(truth, sigma)
    body_points = transform(np.linalg.inv(body_to_pet), pet_grid.points())
    clean = ndimage.map_coordinates(blurred, fine.indices(body_points), order=3, cval=0.0)
    clean = np.maximum(clean, 0.0)
    grain = ndimage.gaussian_filter(rng.standard_normal(pet_grid.shape), 0.6)
    grain /= grain.std()
    spread = NOISE * np.sqrt(noise_level_bq_ml * (clean + 0.02 * noise_level_bq_ml))
    return PetImage(pet_grid, clean, clean + spread * grain)


def true_davg_gy(body, truth, fine):
    """Lesion means of the dose of the true activity: no scanner in between."""
    spans = [lesion.shape.bounds() for lesion in body.lesions]
    low = np.min([s[0] for s in spans], axis=0) - 2 * 12.0
    high = np.max([s[1] for s in spans], axis=0) + 2 * 12.0
    box = fine.box((low, high))
    part = tuple(slice(a, b) for a, b in zip(*box))
    corner = fine.affine.copy()
    corner[:3, 3] += fine.affine[:3, :3] @ np.asarray(box[0], float)[::-1]
    grid = Grid(truth[part].shape, corner)
    dose = kernel_dose_gy(truth[part], grid)
    return {lesion.label: float(linear_at(dose, grid, lesion.shape.lattice()).mean())
            for lesion in body.lesions}


def image_davg_gy(body, images, body_to_pet, noisy=False):
    """Lesion means of the kernel dose of PET images: what an ideal reader of these images finds.
    Doses of later images are interpolated onto the first one's voxels, then summed."""
    first = images[0]
    dose = np.zeros(first.grid.shape)
    for image in images:
        part = kernel_dose_gy(image.noisy if noisy else image.clean, image.grid)
        dose += part if image is first else linear_at(part, image.grid, first.grid.points())
    return {lesion.label: mean_at(dose, first.grid, transform(body_to_pet,
                                                              lesion.shape.lattice()))
            for lesion in body.lesions}
