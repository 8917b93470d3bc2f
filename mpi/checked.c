/* The one place that turns an MPI error code into a sentence. */
#include "mpi/checked.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

void mpi_check(int code, const char *call) {
    if (code == MPI_SUCCESS) {
        return;
    }
    char message[MPI_MAX_ERROR_STRING] = "unknown error";
    int length = 0;
    MPI_Error_string(code, message, &length);
    fprintf(stderr, "yttria: MPI failed in %s: %s\n", call, message);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    abort();
}
