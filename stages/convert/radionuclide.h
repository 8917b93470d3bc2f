/* Which radionuclide a PET header means, and its half-life. */
#ifndef YTTRIA_CONVERT_RADIONUCLIDE_H
#define YTTRIA_CONVERT_RADIONUCLIDE_H

/* The name ("Y-90", "F-18", ...) for a code value of DICOM CID 18 / 4020, in SNOMED RT
 * ("C-162A7") or SNOMED CT ("14691008"). NULL if it is none of the known ones. */
const char *radionuclide_from_code(const char *code);

/* The name for a text that states a nuclide: "18F", "F-18", "^90^Yttrium", "Y90",
 * "Y-90 microspheres". NULL if it states none. */
const char *radionuclide_from_text(const char *text);

/* The name of the nuclide whose half-life agrees within 2 %; NULL if there is none. */
const char *radionuclide_from_half_life(double half_life_s);

#endif
