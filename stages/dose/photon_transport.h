/* Bremsstrahlung photons of 5 keV to 2.3 MeV in water: Compton scattering and absorption.
 *
 * Free Klein-Nishina electrons and a power law for the photoelectric effect; electrons set free
 * deposit their energy on the spot. Rayleigh scattering and pair production are left out. Meant
 * for the 0.4 % of 90Y's energy that photons carry away. */
#ifndef YTTRIA_DOSE_PHOTON_TRANSPORT_H
#define YTTRIA_DOSE_PHOTON_TRANSPORT_H

#include "dose/electron_transport.h"

/* Attenuation of water without coherent scattering, cm2/g. */
double photon_attenuation(double energy_mev);

/* Follows a photon until it is absorbed, falls below 5 keV or leaves. */
void photon_transport_follow(const TrackSpace *space, Track *photon, CounterRandom *random);

#endif
