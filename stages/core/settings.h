/* Settings: a YAML mapping read against a table of keys.
 *
 * A file is flattened to dotted keys ("sweep.threshold_gy.from"), each with its line. A caller
 * describes what it accepts in a table of SettingKey; every value, default included, is parsed
 * from text in one way and checked against its range or choices. */
#ifndef YTTRIA_CORE_SETTINGS_H
#define YTTRIA_CORE_SETTINGS_H

#include <stddef.h>

#include "core/error.h"

enum { SETTINGS_TEXT_SIZE = 256, SETTINGS_PATH_SIZE = 4096 };

typedef enum SettingKind {
    SETTING_NUMBER,         /* double */
    SETTING_NUMBER_OR_AUTO, /* double; "auto" is NaN */
    SETTING_CHOICE,         /* int: index into `choices` */
    SETTING_FLAG,           /* bool: index into `choices` (first: false, second: true) */
    SETTING_SET,            /* unsigned: bits of `choices`, from a YAML list */
    SETTING_TEXT,           /* char[SETTINGS_TEXT_SIZE] */
    SETTING_PATH            /* char[SETTINGS_PATH_SIZE], relative to the file's folder */
} SettingKind;

typedef struct SettingKey {
    const char *key; /* dotted */
    SettingKind kind;
    size_t offset;             /* of the target in the caller's struct */
    const char *default_value; /* as it would be written; NULL if the key must be there */
    double min, max;           /* inclusive, for numbers */
    const char *choices;       /* "kernel|local_deposition" */
} SettingKey;

/* Fills `target` from the YAML file and the defaults. An unknown key, a key twice, a value of the
 * wrong kind, range or choice, a missing key without default: STATUS_CONFIG with "file:line:". A
 * file that cannot be opened: STATUS_NO_INPUT. */
Status settings_read(const char *path, const SettingKey *keys, size_t n, void *target,
                     Error *error);

/* The value in effect as canonical text, without line end; `text` holds SETTINGS_PATH_SIZE. */
void settings_format(const SettingKey *key, const void *target, char *text);

/* `name` relative to the folder of the file `base`, or as it is when absolute. */
Status settings_resolve_path(const char *base, const char *name, char path[SETTINGS_PATH_SIZE],
                             Error *error);

#endif
