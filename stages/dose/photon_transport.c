/* One photon: exponential free paths, Klein-Nishina energies by composition and rejection. */
#include "dose/photon_transport.h"

#include <math.h>

static const double CUTOFF_MEV = 0.005;

/* pi re^2 NA Z/A of water, cm2/g: Klein & Nishina's total cross section is 2 pi re^2 times a
 * function of energy. */
static const double COMPTON_CM2_G = 2.0 * 0.3004607 / 2.0 * 10.0 / 18.01528;

static double compton_attenuation(double energy) {
    const double a = energy / ELECTRON_MASS_MEV, b = 1.0 + 2.0 * a;
    const double bracket = (1.0 + a) / (a * a) * (2.0 * (1.0 + a) / b - log(b) / a) +
                           log(b) / (2.0 * a) - (1.0 + 3.0 * a) / (b * b);
    return COMPTON_CM2_G * bracket;
}

/* Through 4.94 cm2/g at 10 keV and 0.00276 at 100 keV (values of NIST XCOM). */
static double photoelectric_attenuation(double energy) {
    return 4.94 * pow(energy / 0.010, -3.253);
}

double photon_attenuation(double energy_mev) {
    return compton_attenuation(energy_mev) + photoelectric_attenuation(energy_mev);
}

/* Share of its energy that the photon keeps; between 1/(1 + 2a) and 1, with
 * p(e) ~ (1/e + e) (1 - e sin^2 / (1 + e^2)). Sets the cosine of the angle. */
static double scatter(double energy, CounterRandom *random, double *cosine) {
    const double a = energy / ELECTRON_MASS_MEV, least = 1.0 / (1.0 + 2.0 * a);
    const double first = -log(least), second = 0.5 * (1.0 - least * least);
    for (;;) {
        double e =
            counter_random_uniform(random) * (first + second) < first
                ? exp(-first * counter_random_uniform(random))
                : sqrt(least * least + (1.0 - least * least) * counter_random_uniform(random));
        double turned = (1.0 - e) / (a * e), sine2 = turned * (2.0 - turned);
        if (counter_random_uniform(random) <= 1.0 - e * sine2 / (1.0 + e * e)) {
            *cosine = 1.0 - turned;
            return e;
        }
    }
}

void photon_transport_follow(const TrackSpace *space, Track *photon, CounterRandom *random) {
    while (photon->energy_mev > CUTOFF_MEV) {
        const double attenuation = photon_attenuation(photon->energy_mev);
        const double path = -log(counter_random_uniform(random)) / attenuation;
        if (!space->advance(space->context, photon, path, 0.0)) {
            space->escape(space->context, photon->energy_mev);
            return;
        }
        if (counter_random_uniform(random) * attenuation <
            photoelectric_attenuation(photon->energy_mev)) {
            break;
        }
        double cosine;
        double kept = scatter(photon->energy_mev, random, &cosine);
        space->deposit(space->context, photon, (1.0 - kept) * photon->energy_mev);
        photon->energy_mev *= kept;
        electron_transport_turn(photon->direction, cosine, random);
    }
    space->deposit(space->context, photon, photon->energy_mev);
}
