/* A flag list is text from start to end: what is stored is what is shown. */
#include "core/flags.h"

#include <string.h>

static bool list_has(const char *list, const char *name, size_t length) {
    for (const char *at = list; *at != '\0';) {
        size_t item = strcspn(at, ";");
        if (item == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += item + (at[item] == ';');
    }
    return false;
}

static void append(Flags *flags, const char *name, size_t length) {
    static const char overflow[] = "more_flags";
    size_t used = strlen(flags->text);
    bool fits = used + length + 1 + sizeof overflow < sizeof flags->text;
    if (!fits) {
        if (list_has(flags->text, overflow, sizeof overflow - 1)) {
            return;
        }
        name = overflow;
        length = sizeof overflow - 1;
    }
    if (used > 0) {
        flags->text[used++] = ';';
    }
    memcpy(flags->text + used, name, length);
    flags->text[used + length] = '\0';
}

void flags_add(Flags *flags, const char *names) {
    for (const char *at = names; *at != '\0';) {
        size_t length = strcspn(at, ";");
        if (length > 0 && !list_has(flags->text, at, length)) {
            append(flags, at, length);
        }
        at += length + (at[length] == ';');
    }
}

bool flags_has(const Flags *flags, const char *name) {
    return list_has(flags->text, name, strlen(name));
}
