/* Blocks of histories over threads, and integer sums turned into dose. */
#include "dose/monte_carlo.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

#include "dose/activity_sampler.h"
#include "dose/beta_spectrum.h"
#include "dose/voxel_space.h"

static const double MEV_PER_KEV = 1e-3;

/* The stream that draws a group's rotation of energies, beside those of its histories. */
static const uint64_t GROUP_STREAM = UINT64_C(1) << 63;

/* What all threads share. */
typedef struct Simulation {
    const Volume *activity;
    const Volume *density_g_ml;
    BetaSpectrum spectrum;
    ElectronPhysics physics;
    ElectronTransport transport;
    ActivitySampler sampler;
    EnergySums sums;
    uint64_t seed;
    uint64_t blocks;
    EnergyTally *tallies; /* one a thread */
} Simulation;

void monte_carlo_dose_free(MonteCarloDose *result) {
    if (result != NULL) {
        volume_free(&result->dose);
        volume_free(&result->standard_error);
        volume_free(&result->additive_variance);
    }
}

static Status check_range(double value, double least, double most, const char *name, Error *error) {
    if (value >= least && value <= most) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_CONFIG, "Monte Carlo: %s is %g, wanted %g to %g", name, value,
                     least, most);
}

Status monte_carlo_check_settings(const MonteCarloSettings *settings, Error *error) {
    if (check_range(settings->histories, 1e3, 1e11, "histories", error) != STATUS_OK ||
        check_range(settings->seed, 0.0, 0x1p53, "seed", error) != STATUS_OK ||
        check_range(settings->cutoff_kev, 1.0, 1000.0, "cutoff_kev", error) != STATUS_OK) {
        return error->status;
    }
    if (settings->bremsstrahlung_tail != BREMSSTRAHLUNG_NEAR &&
        settings->bremsstrahlung_tail != BREMSSTRAHLUNG_OMITTED &&
        settings->bremsstrahlung_tail != BREMSSTRAHLUNG_FAR) {
        return error_set(error, STATUS_CONFIG, "Monte Carlo: bremsstrahlung_tail %d is unknown",
                         settings->bremsstrahlung_tail);
    }
    return STATUS_OK;
}

static Status check_density(const Volume *activity, const Volume *density, Error *error) {
    const size_t *size = density->grid.size;
    if (!grid_is_same(&activity->grid, &density->grid, 1e-3)) {
        return error_set(error, STATUS_BAD_DATA,
                         "the density map (%zu x %zu x %zu voxels) is not on the activity's grid "
                         "(%zu x %zu x %zu); resample it",
                         size[0], size[1], size[2], activity->grid.size[0], activity->grid.size[1],
                         activity->grid.size[2]);
    }
    for (size_t n = 0; n < grid_voxel_count(&density->grid); n++) {
        float value = density->voxels[n];
        if (!(value > 0.0f) || !isfinite(value)) {
            return error_set(error, STATUS_BAD_DATA,
                             "density is %g g/mL at i=%zu j=%zu k=%zu, wanted a positive number",
                             (double)value, n % size[0], n / size[0] % size[1],
                             n / (size[0] * size[1]));
        }
    }
    return STATUS_OK;
}

/* Prepares all that threads share; the caller frees it with end_simulation in any case. */
static Status begin_simulation(const MonteCarloSettings *settings, Simulation *simulation,
                               Error *error) {
    const size_t voxels = grid_voxel_count(&simulation->activity->grid);
    simulation->blocks = (uint64_t)ceil(settings->histories / ENERGY_TALLY_BLOCK);
    simulation->seed = (uint64_t)settings->seed;
    simulation->transport = (ElectronTransport){
        .physics = &simulation->physics,
        .cutoff_mev = settings->cutoff_kev * MEV_PER_KEV,
        .tail = (BremsstrahlungTail)settings->bremsstrahlung_tail,
    };
    beta_spectrum_y90(&simulation->spectrum);
    electron_physics_tabulate(&simulation->physics);
    const double largest = simulation->spectrum.energy_mev[BETA_SPECTRUM_BINS];
    const double histories = (double)simulation->blocks * ENERGY_TALLY_BLOCK;
    if (activity_sampler_create(simulation->activity, &simulation->sampler, error) != STATUS_OK ||
        energy_sums_create(voxels, histories, largest, &simulation->sums, error) != STATUS_OK) {
        return error->status;
    }
    size_t threads = (size_t)omp_get_max_threads();
    simulation->tallies = malloc(threads * sizeof *simulation->tallies);
    return simulation->tallies != NULL ? STATUS_OK : error_no_memory(error, "Monte Carlo threads");
}

static void end_simulation(Simulation *simulation) {
    activity_sampler_free(&simulation->sampler);
    energy_sums_free(&simulation->sums);
    free(simulation->tallies);
}

/* The block's sixteen histories. */
static void simulate_block(const Simulation *simulation, VoxelSpace *space, uint64_t block) {
    const TrackSpace tracks = voxel_space_for_tracks(space);
    const ActivitySampler *sampler = &simulation->sampler;
    const double stratum = sampler->total / ((double)simulation->blocks * ENERGY_TALLY_BLOCK);
    size_t element = 0;
    unsigned rotation = 0;
    for (unsigned n = 0; n < ENERGY_TALLY_BLOCK; n++) {
        const uint64_t history = block * ENERGY_TALLY_BLOCK + n;
        const unsigned group = n / ENERGY_TALLY_GROUP;
        CounterRandom random;
        if (n % ENERGY_TALLY_GROUP == 0) {
            random = counter_random_start(simulation->seed, history | GROUP_STREAM);
            rotation = (unsigned)(counter_random_uniform(&random) * ENERGY_TALLY_GROUP);
        }
        random = counter_random_start(simulation->seed, history);
        const double place = ((double)history + counter_random_uniform(&random)) * stratum;
        element = activity_sampler_find(sampler, place, element);
        const double share = (3 * n + rotation) % ENERGY_TALLY_GROUP;
        Track track;
        voxel_space_enter(space, sampler->voxel[element], &random, &track);
        electron_transport_isotropic(&random, track.direction);
        track.energy_mev = beta_spectrum_sample(
            &simulation->spectrum, (share + counter_random_uniform(&random)) / ENERGY_TALLY_GROUP);
        energy_tally_begin_history(space->tally, (int)group, track.energy_mev,
                                   simulation->activity->voxels[track.voxel] < 0.0f ? -1.0 : 1.0);
        electron_transport_follow(&simulation->transport, &tracks, &track, &random);
    }
    energy_tally_flush(space->tally);
}

static void simulate(Simulation *simulation) {
#pragma omp parallel
    {
        EnergyTally *tally = &simulation->tallies[omp_get_thread_num()];
        energy_tally_start(tally, &simulation->sums);
        VoxelSpace space =
            voxel_space(&simulation->density_g_ml->grid, simulation->density_g_ml->voxels, tally);
#pragma omp for schedule(dynamic, 64)
        for (uint64_t block = 0; block < simulation->blocks; block++) {
            simulate_block(simulation, &space, block);
        }
    }
}

/* Sums to Gy: one history stands for S / N becquerel, its energy for that over the mean. */
static void scale_to_dose(const Simulation *simulation, double dose_factor,
                          MonteCarloDose *result) {
    const EnergySums *sums = &simulation->sums;
    const double volume_ml = grid_voxel_volume_ml(&simulation->activity->grid);
    const double histories = (double)simulation->blocks * ENERGY_TALLY_BLOCK;
    const double gy_g_per_mev = dose_factor * simulation->sampler.total * volume_ml / histories /
                                simulation->spectrum.mean_mev;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < sums->count; n++) {
        const double gram = (double)simulation->density_g_ml->voxels[n] * volume_ml;
        const double gy_per_mev = gy_g_per_mev / gram;
        const double variance = (double)sums->variance[n] * sums->square_unit_mev2;
        const double additive = (double)sums->additive[n] * sums->square_unit_mev2;
        result->dose.voxels[n] =
            (float)((double)sums->energy[n] * sums->energy_unit_mev * gy_per_mev);
        result->standard_error.voxels[n] = (float)(sqrt(variance) * gy_per_mev);
        result->additive_variance.voxels[n] = (float)(additive * gy_per_mev * gy_per_mev);
    }
    result->escaped_fraction = (double)sums->escaped / (double)sums->emitted;
    result->histories = simulation->blocks * ENERGY_TALLY_BLOCK;
}

Status monte_carlo_dose(const Volume *activity, const Volume *density_g_ml,
                        const MonteCarloSettings *settings, double dose_factor_gy_per_bq_g,
                        MonteCarloDose *result, Error *error) {
    *result = (MonteCarloDose){0};
    Simulation *simulation = calloc(1, sizeof *simulation);
    Status status = STATUS_INTERNAL;
    if (simulation == NULL) {
        status = error_no_memory(error, "a Monte Carlo simulation");
        goto done;
    }
    simulation->activity = activity;
    simulation->density_g_ml = density_g_ml;
    if ((status = monte_carlo_check_settings(settings, error)) != STATUS_OK ||
        (status = check_density(activity, density_g_ml, error)) != STATUS_OK ||
        (status = begin_simulation(settings, simulation, error)) != STATUS_OK ||
        (status = volume_create(&activity->grid, &result->dose, error)) != STATUS_OK ||
        (status = volume_create(&activity->grid, &result->standard_error, error)) != STATUS_OK ||
        (status = volume_create(&activity->grid, &result->additive_variance, error)) != STATUS_OK) {
        goto done;
    }
    simulate(simulation);
    scale_to_dose(simulation, dose_factor_gy_per_bq_g, result);
done:
    if (simulation != NULL) {
        end_simulation(simulation);
    }
    free(simulation);
    if (status != STATUS_OK) {
        monte_carlo_dose_free(result);
    }
    return status;
}
