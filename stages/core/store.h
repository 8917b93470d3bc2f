/* The HDF5 store: the only place that calls HDF5.
 *
 * A store being written lives under a temporary name beside its target; store_commit flushes,
 * syncs and renames it, so that a reader sees the whole file or none. No time stamps are kept:
 * same content, same bytes. Object names are absolute paths ("/dose/kernel"); missing groups on
 * the way are made. Arrays are [k][j][i], chunked by slice, shuffle + deflate. */
#ifndef YTTRIA_CORE_STORE_H
#define YTTRIA_CORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/table.h"
#include "core/volume.h"

typedef struct Store Store;

/* Starts a new file that will appear at `path`; the folder is made if need be.
 * STATUS_CANNOT_CREATE if it cannot. */
Status store_create(const char *path, Store **store, Error *error);

/* Makes the file appear under its name and closes the store (also when it fails: then the
 * temporary file is removed). */
Status store_commit(Store *store, Error *error);

/* Opens an existing file for reading. STATUS_NO_INPUT if it is not there, STATUS_BAD_DATA if it
 * is truncated or no HDF5. Close with store_close. */
Status store_open(const char *path, Store **store, Error *error);

/* Closes; a store under creation is abandoned and its temporary file removed. NULL is fine. */
void store_close(Store *store);

const char *store_path(const Store *store);

/* True if the object (group or dataset) exists. */
bool store_has(const Store *store, const char *object);

/* True if the object exists and has that attribute. */
bool store_has_attribute(const Store *store, const char *object, const char *name);

/* Names of the members of a group, sorted by name. `*names` is an array of `*count` strings; free
 * with store_free_names. A group that is not there has none. */
Status store_list(const Store *store, const char *group, char ***names, size_t *count,
                  Error *error);
void store_free_names(char **names, size_t count);

/* Images, label maps. Reading allocates; the caller frees. Reading checks rank, size and affine
 * (grid_check); it does not check voxel values. */
Status store_write_volume(Store *store, const char *dataset, const Volume *volume,
                          const char *units, const char *long_name, Error *error);
Status store_read_volume(const Store *store, const char *dataset, Volume *volume, Error *error);
Status store_write_label_map(Store *store, const char *dataset, const LabelMap *map,
                             const char *long_name, Error *error);
Status store_read_label_map(const Store *store, const char *dataset, LabelMap *map, Error *error);
/* Only the geometry of a stored image or label map. */
Status store_read_grid(const Store *store, const char *dataset, Grid *grid, Error *error);

/* One-dimensional arrays of doubles. Reading allocates `*values`; the caller frees. */
Status store_write_array(Store *store, const char *dataset, const double *values, size_t count,
                         const char *units, const char *long_name, Error *error);
Status store_read_array(const Store *store, const char *dataset, double **values, size_t *count,
                        Error *error);

/* A map of patient millimetres to patient millimetres, 4 x 4. Reading checks that it can be one
 * (affine_check_patient_map). */
Status store_write_affine(Store *store, const char *dataset, const Affine *map,
                          const char *long_name, Error *error);
Status store_read_affine(const Store *store, const char *dataset, Affine *map, Error *error);

/* Tables: a group of equal-length one-dimensional datasets, one per column, order kept in the
 * group's attribute `columns`. Text is UTF-8, variable length. */
Status store_write_table(Store *store, const char *group, const Table *table, Error *error);
Status store_read_table(const Store *store, const char *group, Table **table, Error *error);

/* Attributes. `object` is "/" or an existing object; a group that does not exist is made on
 * writing. Text read is copied into `value` (cut at `size`); missing attributes:
 * STATUS_BAD_DATA naming file, object and attribute. */
Status store_set_text(Store *store, const char *object, const char *name, const char *value,
                      Error *error);
Status store_set_number(Store *store, const char *object, const char *name, double value,
                        Error *error);
Status store_get_text(const Store *store, const char *object, const char *name, char *value,
                      size_t size, Error *error);
Status store_get_number(const Store *store, const char *object, const char *name, double *value,
                        Error *error);

/* Copies every text and number attribute of `object` to the same object of another store. An
 * object that the source does not have is no error. */
Status store_copy_attributes(const Store *source, Store *target, const char *object, Error *error);

/* Names of the attributes of an object, sorted; as store_list. */
Status store_list_attributes(const Store *store, const char *object, char ***names, size_t *count,
                             Error *error);

/* A long text (configuration, JSON) as a scalar string dataset; reading allocates. */
Status store_write_text(Store *store, const char *dataset, const char *text, Error *error);
Status store_read_text(const Store *store, const char *dataset, char **text, Error *error);

#endif
