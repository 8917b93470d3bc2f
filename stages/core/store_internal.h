/* What the parts of the store share: the open file, and small steps that all of them take. Only
 * store_*.c include this. */
#ifndef YTTRIA_CORE_STORE_INTERNAL_H
#define YTTRIA_CORE_STORE_INTERNAL_H

#include <hdf5.h>

#include "core/store.h"

struct Store {
    hid_t file;
    char *path;
    char *temporary; /* NULL when open for reading */
};

/* "path: object: <what>" as STATUS_BAD_DATA (reading) or STATUS_IO (writing: with the cause). */
Status store_failed(const Store *store, const char *object, const char *what, Error *error);

/* Makes the groups above `object`, and `object` itself too if `itself`, where they do not exist:
 * one by one, because groups that HDF5 makes on its own keep time stamps. */
Status store_make_groups(Store *store, const char *object, bool itself, Error *error);

/* Dataset creation property list without time stamps; with chunks, shuffle and deflate if
 * `chunk` is not NULL. */
hid_t store_dataset_properties(int rank, const hsize_t *chunk);

/* The datatype of variable-length UTF-8 text. */
hid_t store_text_type(void);

/* Writes a simple dataset of `rank` dimensions and its `units` (NULL: none) and `long_name`. */
Status store_write_dataset(Store *store, const char *dataset, hid_t file_type, hid_t memory_type,
                           int rank, const hsize_t *size, const hsize_t *chunk, const void *values,
                           const char *units, const char *long_name, Error *error);

/* Opens a dataset and gives its size; rank must be `rank`. The caller closes `*id`. */
Status store_open_dataset(const Store *store, const char *dataset, int rank, hsize_t *size,
                          hid_t *id, Error *error);

#endif
