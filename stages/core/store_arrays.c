/* The store's arrays: images, label maps, vectors, matrices. */
#include <stdlib.h>
#include <string.h>

#include "core/store_internal.h"

/* Deflate shrinks at most 1032 : 1. An array that promises more than is stored was never written;
 * it would only ask for memory. */
enum { MAX_COMPRESSION = 1100 };

static Status write_values(Store *store, const char *dataset, hid_t id, hid_t memory_type,
                           const void *values, Error *error) {
    herr_t failed = H5Dwrite(id, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    return failed < 0 ? store_failed(store, dataset, "writing failed", error) : STATUS_OK;
}

Status store_write_dataset(Store *store, const char *dataset, hid_t file_type, hid_t memory_type,
                           int rank, const hsize_t *size, const hsize_t *chunk, const void *values,
                           const char *units, const char *long_name, Error *error) {
    if (store_make_groups(store, dataset, false, error) != STATUS_OK) {
        return error->status;
    }
    hid_t properties = store_dataset_properties(rank, chunk);
    hid_t space = rank > 0 ? H5Screate_simple(rank, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t id =
        H5Dcreate2(store->file, dataset, file_type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Pclose(properties);
    H5Sclose(space);
    if (id < 0) {
        return store_failed(store, dataset, "the dataset cannot be made", error);
    }
    Status status = write_values(store, dataset, id, memory_type, values, error);
    H5Dclose(id);
    if (status == STATUS_OK && units != NULL) {
        status = store_set_text(store, dataset, "units", units, error);
    }
    if (status == STATUS_OK && long_name != NULL) {
        status = store_set_text(store, dataset, "long_name", long_name, error);
    }
    return status;
}

Status store_open_dataset(const Store *store, const char *dataset, int rank, hsize_t *size,
                          hid_t *id, Error *error) {
    if (!store_has(store, dataset)) {
        return store_failed(store, dataset, "is missing", error);
    }
    *id = H5Dopen2(store->file, dataset, H5P_DEFAULT);
    if (*id < 0) {
        return store_failed(store, dataset, "is not a dataset", error);
    }
    hid_t space = H5Dget_space(*id);
    bool right = H5Sget_simple_extent_ndims(space) == rank;
    if (right && rank > 0) {
        H5Sget_simple_extent_dims(space, size, NULL);
    }
    H5Sclose(space);
    if (!right) {
        H5Dclose(*id);
        return store_failed(store, dataset, "has another number of dimensions than expected",
                            error);
    }
    return STATUS_OK;
}

/* The affine is an attribute of the image: readers find it where the voxels are. */
static Status write_affine_attribute(Store *store, const char *dataset, const Affine *affine,
                                     Error *error) {
    hsize_t size[2] = {4, 4};
    hid_t space = H5Screate_simple(2, size, NULL);
    hid_t attribute = H5Acreate_by_name(store->file, dataset, "affine", H5T_NATIVE_DOUBLE, space,
                                        H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int failed = attribute < 0 || H5Awrite(attribute, H5T_NATIVE_DOUBLE, affine->m) < 0;
    if (attribute >= 0) {
        H5Aclose(attribute);
    }
    H5Sclose(space);
    return failed ? store_failed(store, dataset, "the affine cannot be written", error) : STATUS_OK;
}

static Status read_affine_attribute(const Store *store, hid_t id, const char *dataset,
                                    Affine *affine, Error *error) {
    if (H5Aexists(id, "affine") <= 0) {
        return store_failed(store, dataset, "attribute 'affine' is missing", error);
    }
    hid_t attribute = H5Aopen(id, "affine", H5P_DEFAULT);
    hid_t space = H5Aget_space(attribute);
    bool right = H5Sget_simple_extent_npoints(space) == 16 &&
                 H5Aread(attribute, H5T_NATIVE_DOUBLE, affine->m) >= 0;
    H5Sclose(space);
    H5Aclose(attribute);
    return right ? STATUS_OK
                 : store_failed(store, dataset, "attribute 'affine' is not 4 x 4 numbers", error);
}

static Status open_image(const Store *store, const char *dataset, Grid *grid, hid_t *id,
                         Error *error) {
    hsize_t size[3];
    if (store_open_dataset(store, dataset, 3, size, id, error) != STATUS_OK) {
        return error->status;
    }
    for (int axis = 0; axis < 3; axis++) {
        grid->size[axis] = (size_t)size[2 - axis];
    }
    Status status = read_affine_attribute(store, *id, dataset, &grid->affine, error);
    double bytes = (double)size[0] * (double)size[1] * (double)size[2];
    if (status == STATUS_OK && (double)H5Dget_storage_size(*id) * MAX_COMPRESSION < bytes) {
        status = store_failed(store, dataset, "most of its voxels were never written", error);
    }
    if (status == STATUS_OK && grid_check(grid, error) != STATUS_OK) {
        status = error_add_context(error, "%s: %s", store->path, dataset);
    }
    if (status != STATUS_OK) {
        H5Dclose(*id);
    }
    return status;
}

static Status write_image(Store *store, const char *dataset, const Grid *grid, hid_t file_type,
                          hid_t memory_type, const void *voxels, const char *units,
                          const char *long_name, Error *error) {
    hsize_t size[3] = {grid->size[2], grid->size[1], grid->size[0]};
    hsize_t chunk[3] = {1, grid->size[1], grid->size[0]};
    Status status = store_write_dataset(store, dataset, file_type, memory_type, 3, size, chunk,
                                        voxels, units, long_name, error);
    return status == STATUS_OK ? write_affine_attribute(store, dataset, &grid->affine, error)
                               : status;
}

Status store_write_volume(Store *store, const char *dataset, const Volume *volume,
                          const char *units, const char *long_name, Error *error) {
    return write_image(store, dataset, &volume->grid, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
                       volume->voxels, units, long_name, error);
}

Status store_write_label_map(Store *store, const char *dataset, const LabelMap *map,
                             const char *long_name, Error *error) {
    return write_image(store, dataset, &map->grid, H5T_STD_U16LE, H5T_NATIVE_UINT16, map->labels,
                       "1", long_name, error);
}

Status store_read_volume(const Store *store, const char *dataset, Volume *volume, Error *error) {
    *volume = (Volume){0};
    Grid grid;
    hid_t id = H5I_INVALID_HID;
    if (open_image(store, dataset, &grid, &id, error) != STATUS_OK) {
        return error->status;
    }
    Status status = volume_create(&grid, volume, error);
    if (status == STATUS_OK &&
        H5Dread(id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, volume->voxels) < 0) {
        volume_free(volume);
        status = store_failed(store, dataset, "the voxels cannot be read", error);
    }
    H5Dclose(id);
    return status;
}

Status store_read_label_map(const Store *store, const char *dataset, LabelMap *map, Error *error) {
    *map = (LabelMap){0};
    Grid grid;
    hid_t id = H5I_INVALID_HID;
    if (open_image(store, dataset, &grid, &id, error) != STATUS_OK) {
        return error->status;
    }
    Status status = label_map_create(&grid, map, error);
    if (status == STATUS_OK &&
        H5Dread(id, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, map->labels) < 0) {
        label_map_free(map);
        status = store_failed(store, dataset, "the labels cannot be read", error);
    }
    H5Dclose(id);
    return status;
}

Status store_read_grid(const Store *store, const char *dataset, Grid *grid, Error *error) {
    hid_t id = H5I_INVALID_HID;
    if (open_image(store, dataset, grid, &id, error) != STATUS_OK) {
        return error->status;
    }
    H5Dclose(id);
    return STATUS_OK;
}

Status store_write_array(Store *store, const char *dataset, const double *values, size_t count,
                         const char *units, const char *long_name, Error *error) {
    hsize_t size = count;
    return store_write_dataset(store, dataset, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &size, NULL,
                               values, units, long_name, error);
}

Status store_read_array(const Store *store, const char *dataset, double **values, size_t *count,
                        Error *error) {
    enum { MAX_VALUES = 1 << 26 };
    *values = NULL;
    *count = 0;
    hsize_t size;
    hid_t id = H5I_INVALID_HID;
    if (store_open_dataset(store, dataset, 1, &size, &id, error) != STATUS_OK) {
        return error->status;
    }
    double *read = size <= MAX_VALUES ? malloc((size > 0 ? (size_t)size : 1) * sizeof *read) : NULL;
    Status status = STATUS_OK;
    if (read == NULL) {
        status = store_failed(store, dataset, "is too large", error);
    } else if (size > 0 &&
               H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read) < 0) {
        status = store_failed(store, dataset, "cannot be read as numbers", error);
    }
    H5Dclose(id);
    if (status != STATUS_OK) {
        free(read);
        return status;
    }
    *values = read;
    *count = (size_t)size;
    return STATUS_OK;
}

Status store_write_affine(Store *store, const char *dataset, const Affine *map,
                          const char *long_name, Error *error) {
    hsize_t size[2] = {4, 4};
    return store_write_dataset(store, dataset, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 2, size, NULL,
                               map->m, "mm", long_name, error);
}

Status store_read_affine(const Store *store, const char *dataset, Affine *map, Error *error) {
    hsize_t size[2] = {0, 0};
    hid_t id = H5I_INVALID_HID;
    if (store_open_dataset(store, dataset, 2, size, &id, error) != STATUS_OK) {
        return error->status;
    }
    bool right = size[0] == 4 && size[1] == 4 &&
                 H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, map->m) >= 0;
    H5Dclose(id);
    if (!right) {
        return store_failed(store, dataset, "is not a 4 x 4 matrix", error);
    }
    return affine_check_patient_map(map, error) == STATUS_OK
               ? STATUS_OK
               : error_add_context(error, "%s: %s", store->path, dataset);
}
