/* The history of one electron and its delta electrons, which wait on a stack. */
#include "dose/electron_transport.h"

#include <math.h>

#include "dose/photon_transport.h"

/* Where photons may leave, electrons below this that end in their voxel are still deposited there
 * at once: at most 6e-4 of their energy would become photons (ESTAR), 6e-5 of a decay's. */
static const double REJECT_BELOW_MEV = 0.1;

/* Waiting delta electrons: each holds more than the threshold, all together less than 4 MeV. */
enum { STACK_SIZE = 256 };

typedef struct History {
    const ElectronTransport *transport;
    const TrackSpace *space;
    CounterRandom *random;
    Track waiting[STACK_SIZE];
    int n_waiting;
} History;

/* A point in the unit disc, and its distance from the centre squared: an azimuth without sines. */
static double sample_disc(CounterRandom *random, double *x, double *y) {
    double r2;
    do {
        *x = 2.0 * counter_random_uniform(random) - 1.0;
        *y = 2.0 * counter_random_uniform(random) - 1.0;
        r2 = *x * *x + *y * *y;
    } while (r2 > 1.0);
    return r2;
}

void electron_transport_isotropic(CounterRandom *random, double direction[3]) {
    double x, y; /* Marsaglia 1972 */
    double r2 = sample_disc(random, &x, &y), root = 2.0 * sqrt(1.0 - r2);
    direction[0] = x * root;
    direction[1] = y * root;
    direction[2] = 1.0 - 2.0 * r2;
}

static void turn_at_azimuth(double direction[3], double cosine, double along, double across) {
    const double sine = sqrt(fmax(0.0, 1.0 - cosine * cosine));
    const double u = direction[0], v = direction[1], w = direction[2];
    const double tilt2 = u * u + v * v;
    if (tilt2 > 1e-12) {
        double scale = sine / sqrt(tilt2);
        direction[0] = u * cosine + scale * (u * w * along - v * across);
        direction[1] = v * cosine + scale * (v * w * along + u * across);
        direction[2] = w * cosine - scale * tilt2 * along;
    } else {
        direction[0] = sine * along;
        direction[1] = sine * across;
        direction[2] = w > 0.0 ? cosine : -cosine;
    }
}

/* Cosine and sine of twice the angle of a point in the disc: even around the circle. */
static void sample_azimuth(CounterRandom *random, double *cosine, double *sine) {
    double x, y, r2 = sample_disc(random, &x, &y);
    *cosine = (x * x - y * y) / r2;
    *sine = 2.0 * x * y / r2;
}

void electron_transport_turn(double direction[3], double cosine, CounterRandom *random) {
    double along, across;
    sample_azimuth(random, &along, &across);
    turn_at_azimuth(direction, cosine, along, across);
}

/* 1 - exp(-x) for 0 <= x < 2, to 1e-5: steps are shorter than a mean free path. */
static double one_minus_exp(double x) {
    return x *
           (1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0)))));
}

/* Cosine of the deflection in a step: (1 - cos)/2 is uniform below b with probability a and
 * uniform above it else, with a and b such that its mean and mean square are those of multiple
 * scattering (PENELOPE 2018, chapter 4). */
static double sample_deflection(const ElectronRow *row, double step, CounterRandom *random) {
    const double mean = 0.5 * one_minus_exp(step * row->scatter1);
    const double square = mean - one_minus_exp(step * row->scatter2) / 6.0;
    const double b = (2.0 * mean - 3.0 * square) / (1.0 - 2.0 * mean);
    const double a = 1.0 - 2.0 * mean + b;
    double uniform = counter_random_uniform(random);
    double mu = uniform < a ? uniform / a * b : b + (uniform - a) / (1.0 - a) * (1.0 - b);
    return 1.0 - 2.0 * mu;
}

/* The soft loss of a step of given mean and variance: uniform, or where the mean is too small for
 * that, 0 or uniform from 0 (PENELOPE 2018, chapter 4). */
static double sample_soft_loss(double mean, double variance, CounterRandom *random) {
    double uniform = counter_random_uniform(random);
    if (3.0 * variance <= mean * mean) {
        return mean + sqrt(3.0 * variance) * (2.0 * uniform - 1.0);
    }
    double square = mean * mean + variance;
    double top = 1.5 * square / mean, chance = 2.0 * mean / top;
    return uniform < chance ? top * uniform / chance : 0.0;
}

/* A delta electron leaves; both directions from the kinematics of free electrons. */
static void emit_delta(History *history, Track *track) {
    const double energy = track->energy_mev, least = ELECTRON_DELTA_THRESHOLD_MEV;
    CounterRandom *random = history->random;
    double loss;
    do { /* 1/W^2 times the exchange factor */
        double place = counter_random_uniform(random);
        loss = 1.0 / ((1.0 - place) / least + place * 2.0 / energy);
    } while (counter_random_uniform(random) * ELECTRON_MOLLER_MAX >
             electron_moller_factor(energy, loss));
    const double rest = energy - loss, twice = 2.0 * ELECTRON_MASS_MEV;
    const double cosine = sqrt(rest * (energy + twice) / (energy * (rest + twice)));
    const double delta_cosine = sqrt(loss * (energy + twice) / (energy * (loss + twice)));
    Track delta = *track;
    double along, across;
    sample_azimuth(random, &along, &across);
    delta.energy_mev = loss;
    turn_at_azimuth(delta.direction, delta_cosine, -along, -across);
    turn_at_azimuth(track->direction, cosine, along, across);
    track->energy_mev = rest;
    if (loss < history->transport->cutoff_mev || history->n_waiting == STACK_SIZE) {
        history->space->deposit(history->space->context, &delta, loss);
    } else {
        history->waiting[history->n_waiting++] = delta;
    }
}

/* A photon leaves at the angle of a relativistic dipole; the electron keeps its direction. */
static void emit_photon(History *history, Track *track) {
    const TrackSpace *space = history->space;
    CounterRandom *random = history->random;
    double fraction;
    const double least = ELECTRON_PHOTON_THRESHOLD_MEV / track->energy_mev;
    do {
        fraction = pow(least, counter_random_uniform(random));
    } while (counter_random_uniform(random) > electron_photon_factor(fraction));
    Track photon = *track;
    photon.energy_mev = fraction * track->energy_mev;
    track->energy_mev -= photon.energy_mev;
    if (history->transport->tail == BREMSSTRAHLUNG_NEAR) {
        space->deposit(space->context, &photon, photon.energy_mev);
    } else if (history->transport->tail == BREMSSTRAHLUNG_OMITTED) {
        space->escape(space->context, photon.energy_mev);
    } else {
        double total = track->energy_mev + photon.energy_mev + ELECTRON_MASS_MEV;
        double beta = sqrt(1.0 - ELECTRON_MASS_MEV * ELECTRON_MASS_MEV / (total * total));
        double even = 2.0 * counter_random_uniform(random) - 1.0;
        electron_transport_turn(photon.direction, (even + beta) / (1.0 + beta * even), random);
        photon_transport_follow(space, &photon, random);
    }
}

/* One step: two pieces about a random hinge, the loss even along it. False if the track has left.
 */
static bool make_step(History *history, Track *track, double step_g_cm2, double loss_mev,
                      double cosine) {
    const TrackSpace *space = history->space;
    const double hinge = counter_random_uniform(history->random);
    track->energy_mev -= loss_mev;
    if (!space->advance(space->context, track, hinge * step_g_cm2, hinge * loss_mev)) {
        space->escape(space->context, track->energy_mev + (1.0 - hinge) * loss_mev);
        return false;
    }
    electron_transport_turn(track->direction, cosine, history->random);
    if (!space->advance(space->context, track, (1.0 - hinge) * step_g_cm2,
                        (1.0 - hinge) * loss_mev)) {
        space->escape(space->context, track->energy_mev);
        return false;
    }
    return true;
}

static double sample_free_paths(CounterRandom *random) {
    return -log(counter_random_uniform(random));
}

static void follow_one(History *history, Track *track) {
    const ElectronTransport *transport = history->transport;
    const TrackSpace *space = history->space;
    const double reject_below_mev =
        transport->tail == BREMSSTRAHLUNG_NEAR ? INFINITY : REJECT_BELOW_MEV;
    double free_paths = sample_free_paths(history->random);
    ElectronRow row;
    for (;;) {
        electron_physics_at(transport->physics, track->energy_mev, &row);
        if (track->energy_mev < transport->cutoff_mev ||
            (track->energy_mev < reject_below_mev &&
             row.range_g_cm2 < space->margin(space->context, track))) {
            space->deposit(space->context, track, track->energy_mev);
            return;
        }
        /* Averages along the step are those at its middle. */
        double step = row.step_g_cm2;
        electron_physics_at(transport->physics, track->energy_mev - 0.5 * step * row.soft_loss,
                            &row);
        const double hard = row.hard_deltas + row.hard_photons;
        const bool is_hard = step * hard > free_paths;
        step = is_hard ? free_paths / hard : step;
        free_paths -= step * hard;
        double loss =
            sample_soft_loss(step * row.soft_loss, step * row.straggling, history->random);
        double cosine = sample_deflection(&row, step, history->random);
        if (!make_step(history, track, step, loss < track->energy_mev ? loss : track->energy_mev,
                       cosine)) {
            return;
        }
        if (is_hard) {
            free_paths = sample_free_paths(history->random);
            bool is_photon = counter_random_uniform(history->random) * hard < row.hard_photons;
            if (is_photon && track->energy_mev > ELECTRON_PHOTON_THRESHOLD_MEV) {
                emit_photon(history, track);
            } else if (!is_photon && track->energy_mev > 2.0 * ELECTRON_DELTA_THRESHOLD_MEV) {
                emit_delta(history, track);
            }
        }
    }
}

void electron_transport_follow(const ElectronTransport *transport, const TrackSpace *space,
                               const Track *start, CounterRandom *random) {
    History history; /* not initialised as a whole: its stack is large and starts empty */
    history.transport = transport;
    history.space = space;
    history.random = random;
    history.n_waiting = 0;
    Track track = *start;
    follow_one(&history, &track);
    while (history.n_waiting > 0) {
        track = history.waiting[--history.n_waiting];
        follow_one(&history, &track);
    }
}
