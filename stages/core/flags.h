/* Flags: short names, separated by ';', of everything that a human should know about a patient
 * or a lesion ("late_imaging;diameter_choice"). Each name once, in order of first appearance. */
#ifndef YTTRIA_CORE_FLAGS_H
#define YTTRIA_CORE_FLAGS_H

#include <stdbool.h>

enum { FLAGS_SIZE = 512 };

typedef struct Flags {
    char text[FLAGS_SIZE]; /* "" when there are none */
} Flags;

/* Adds one name, or several separated by ';'; names already there are not repeated. Names that
 * no longer fit are replaced by the flag `more_flags`. */
void flags_add(Flags *flags, const char *names);

bool flags_has(const Flags *flags, const char *name);

#endif
