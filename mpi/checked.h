/* MPI calls whose failure ends the job with a sentence: after an MPI error nothing sensible can
 * be done in this process, and every patient already finished is safe in its own file. */
#ifndef YTTRIA_MPI_CHECKED_H
#define YTTRIA_MPI_CHECKED_H

/* Ends all ranks if `code` is not MPI_SUCCESS, naming the call. */
void mpi_check(int code, const char *call);

#define MPI_CHECKED(call) mpi_check((call), #call)

#endif
