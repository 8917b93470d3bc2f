/* What made a file is written beside its data, and read again to decide whether it is current. */
#include "core/provenance.h"

#include <fftw3.h>
#include <gsl/gsl_version.h>
#include <hdf5.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* The Makefile defines YTTRIA_VERSION, YTTRIA_GIT_COMMIT, YTTRIA_BUILD_FLAGS and
 * YTTRIA_SOURCE_DIGEST for this file. */

enum { LIBRARIES_SIZE = 512 };

const char *provenance_version(void) {
    return YTTRIA_VERSION;
}

const char *provenance_source_digest(void) {
    return YTTRIA_SOURCE_DIGEST;
}

static void describe_libraries(char text[LIBRARIES_SIZE]) {
    unsigned major, minor, release;
    H5get_libversion(&major, &minor, &release);
    int used = snprintf(text, LIBRARIES_SIZE, "HDF5 %u.%u.%u; libyaml %s; GSL %s; %s", major, minor,
                        release, yaml_get_version_string(), gsl_version, fftwf_version);
    snprintf(text + used, (size_t)(LIBRARIES_SIZE - used),
             "; MPI %d.%d (Open MPI %d.%d.%d); GCC %s", MPI_VERSION, MPI_SUBVERSION,
             OMPI_MAJOR_VERSION, OMPI_MINOR_VERSION, OMPI_RELEASE_VERSION, __VERSION__);
}

void provenance_print_version(const char *program) {
    char libraries[LIBRARIES_SIZE];
    describe_libraries(libraries);
    printf("%s %s\ngit commit: %s\nsources: %s\nflags: %s\nlibraries: %s\n", program,
           YTTRIA_VERSION, YTTRIA_GIT_COMMIT, YTTRIA_SOURCE_DIGEST, YTTRIA_BUILD_FLAGS, libraries);
}

Status provenance_write(Store *store, const Provenance *provenance, Error *error) {
    static const char group[] = "/provenance";
    char libraries[LIBRARIES_SIZE];
    describe_libraries(libraries);
    const struct {
        const char *name, *value;
    } attributes[] = {
        {"program", provenance->program},    {"version", YTTRIA_VERSION},
        {"git_commit", YTTRIA_GIT_COMMIT},   {"source_digest", YTTRIA_SOURCE_DIGEST},
        {"build_flags", YTTRIA_BUILD_FLAGS}, {"libraries", libraries},
    };
    for (size_t n = 0; n < sizeof attributes / sizeof *attributes; n++) {
        if (store_set_text(store, group, attributes[n].name, attributes[n].value, error) !=
            STATUS_OK) {
            return error->status;
        }
    }
    if (store_write_text(store, "/provenance/configuration", provenance->configuration, error) !=
            STATUS_OK ||
        store_write_text(store, "/provenance/inputs", provenance->inputs, error) != STATUS_OK) {
        return error->status;
    }
    return store_write_text(store, "/provenance/command", provenance->command, error);
}

static bool text_is(const Store *store, const char *dataset, const char *expected) {
    Error ignored;
    char *text;
    bool same = store_read_text(store, dataset, &text, &ignored) == STATUS_OK &&
                strcmp(text, expected) == 0;
    free(text);
    return same;
}

static bool attribute_is(const Store *store, const char *name, const char *expected) {
    Error ignored;
    char text[256];
    return store_get_text(store, "/provenance", name, text, sizeof text, &ignored) == STATUS_OK &&
           strcmp(text, expected) == 0;
}

bool provenance_is_current(const char *path, const Provenance *provenance) {
    Error ignored;
    Store *store;
    if (store_open(path, &store, &ignored) != STATUS_OK) {
        return false;
    }
    bool current = attribute_is(store, "program", provenance->program) &&
                   attribute_is(store, "version", YTTRIA_VERSION) &&
                   attribute_is(store, "source_digest", YTTRIA_SOURCE_DIGEST) &&
                   text_is(store, "/provenance/inputs", provenance->inputs) &&
                   text_is(store, "/provenance/configuration", provenance->configuration);
    store_close(store);
    return current;
}
