#include "core/atomic_file.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/suite.h"

enum { PATH_SIZE = 1024 };

static void scratch_path(const char *name, char path[PATH_SIZE]) {
    snprintf(path, PATH_SIZE, "%s/%s", scratch_folder(), name);
}

static void put(const char *name) {
    char path[PATH_SIZE];
    scratch_path(name, path);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("half", file);
    fclose(file);
}

static bool exists(const char *name) {
    char path[PATH_SIZE];
    scratch_path(name, path);
    return access(path, F_OK) == 0;
}

static void content_is_written_whole(void) {
    char path[PATH_SIZE], found[16] = "";
    Error error;
    scratch_path("new/folders/a.txt", path);
    CU_ASSERT_EQUAL(atomic_file_write_bytes(path, "a\0b", 3, &error), STATUS_OK);
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fread(found, 1, sizeof found, file), 3);
    CU_ASSERT_EQUAL(memcmp(found, "a\0b", 3), 0);
    fclose(file);
}

static void only_own_leftovers_are_removed(void) {
    char path[PATH_SIZE];
    put(".[x]*.h5.123.part");
    put(".[x]*.h5.old.123.part");
    put(".x.h5.123.part");
    put(".[x]*.h5.12a.part");
    scratch_path("[x]*.h5", path);
    atomic_file_abandon(path);
    CU_ASSERT_FALSE(exists(".[x]*.h5.123.part"));
    CU_ASSERT_TRUE(exists(".[x]*.h5.old.123.part"));
    CU_ASSERT_TRUE(exists(".x.h5.123.part"));
    CU_ASSERT_TRUE(exists(".[x]*.h5.12a.part"));
}

static void what_does_not_fit_leaves_the_old_file(void) {
    char path[PATH_SIZE], found[16] = "", large[4096];
    Error error;
    scratch_path("quota.txt", path);
    memset(large, 'x', sizeof large);
    CU_ASSERT_EQUAL(atomic_file_write(path, "old", &error), STATUS_OK);

    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){.rlim_cur = 1000, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    Status status = atomic_file_write_bytes(path, large, sizeof large, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);

    CU_ASSERT_EQUAL(status, STATUS_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "quota.txt: writing failed: File too large"));
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fread(found, 1, sizeof found, file), 3);
    fclose(file);
    char temporary[128];
    snprintf(temporary, sizeof temporary, ".quota.txt.%ld.part", (long)getpid());
    CU_ASSERT_FALSE(exists(temporary));
}

int main(void) {
    static const UnitTest tests[] = {
        {"content is written whole, folders are made", content_is_written_whole},
        {"only the leftovers of this very file are removed", only_own_leftovers_are_removed},
        {"what does not fit leaves the old file and says why",
         what_does_not_fit_leaves_the_old_file},
    };
    return suite_run("core/atomic_file", tests, sizeof tests / sizeof *tests);
}
