/* See shown_path.h. */
#include "convert/shown_path.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_SHOWN_RUN = 15, KEPT_OF_RUN = 6 };

const char *shown_path(const char *path, char text[SHOWN_PATH_SIZE]) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    size_t start = length;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    size_t written = 0;
    while (start < length && written + LONGEST_SHOWN_RUN + 1 < SHOWN_PATH_SIZE) {
        size_t run = strspn(path + start, "0123456789.");
        run = run > length - start ? length - start : run;
        if (run <= LONGEST_SHOWN_RUN) {
            run = run == 0 ? 1 : run;
            memcpy(text + written, path + start, run);
            written += run;
        } else {
            memcpy(text + written, "..", 2);
            memcpy(text + written + 2, path + start + run - KEPT_OF_RUN, KEPT_OF_RUN);
            written += 2 + KEPT_OF_RUN;
        }
        start += run;
    }
    text[written] = '\0';
    return text;
}
