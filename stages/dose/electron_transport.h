/* Electrons on their way through a medium: condensed histories with random hinges.
 *
 * A step of given mass length is two straight pieces with one deflection between them at a random
 * point (Fernandez-Varea et al. 1993, Nucl Instrum Meth B 73:447); the deflection has the first
 * two Legendre moments of multiple scattering, so that the moments of the electrons' positions
 * which depend on them alone are right (Lewis 1950, Phys Rev 78:526). Delta electrons and photons
 * above the thresholds of electron_physics.h are simulated one by one.
 *
 * Where the electron is, is the business of a TrackSpace: transport knows mass lengths only, so
 * steps do not stop at voxel boundaries, and a density that changes only stretches them. */
#ifndef YTTRIA_DOSE_ELECTRON_TRANSPORT_H
#define YTTRIA_DOSE_ELECTRON_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"
#include "core/counter_random.h"
#include "dose/electron_physics.h"

/* A particle. Position, cell and voxel mean what its space says. */
typedef struct Track {
    double energy_mev;
    double direction[3]; /* unit vector along x, y, z */
    double position[3];
    size_t cell[3];
    size_t voxel;
} Track;

/* A geometry that also counts energy. `context` is its own. */
typedef struct TrackSpace {
    void *context;
    /* Mass length, g/cm2, within which the track cannot leave its voxel; 0 if nothing is gained
     * by knowing. */
    double (*margin)(const void *context, const Track *track);
    /* Moves by a mass length and deposits `energy_mev` evenly on the way. False if the track has
     * left; what was not deposited has then been counted as escaped. */
    bool (*advance)(void *context, Track *track, double mass_g_cm2, double energy_mev);
    void (*deposit)(void *context, const Track *track, double energy_mev);
    void (*escape)(void *context, double energy_mev);
} TrackSpace;

typedef struct ElectronTransport {
    const ElectronPhysics *physics;
    double cutoff_mev;       /* an electron below it deposits its energy where it is */
    BremsstrahlungTail tail; /* what becomes of photons above the threshold */
} ElectronTransport;

/* Follows an electron and all it sets free until every energy is deposited or has escaped. An
 * electron whose range ends inside its voxel is deposited there at once: with BREMSSTRAHLUNG_NEAR
 * always, else below 0.1 MeV.
 * `start` is at most 4 MeV. */
void electron_transport_follow(const ElectronTransport *transport, const TrackSpace *space,
                               const Track *start, CounterRandom *random);

/* A unit vector, all directions alike. */
void electron_transport_isotropic(CounterRandom *random, double direction[3]);

/* Turns `direction` by the angle of the given cosine, evenly around it. */
void electron_transport_turn(double direction[3], double cosine, CounterRandom *random);

#endif
