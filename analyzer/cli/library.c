#include "library.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"

#define NAME     "liblockhound.so"
#define RACE     "liblockhound-tsan.so"
#define DELETES  "liblockhound-delete.so"
#define VARIABLE "LOCKHOUND_LIBRARY"

/* The directory that this command lies in; malloced, NULL when unknown. */
static char *own_directory(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;

    if (length <= 0)
        return NULL;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return lh_text("%s", path);
}

/* The path if a library can be read there, resolved; frees path. */
static char *if_there(char *path)
{
    char *resolved = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;

    free(path);
    return resolved;
}

static char *search(void)
{
    char *directory = own_directory(), *found = NULL;

    if (directory) {
        /* As installed under any prefix; then as built. */
        found = if_there(lh_text("%s/../" LH_LIBDIR_NAME "/" NAME, directory));
        if (!found)
            found = if_there(lh_text("%s/../" LH_LIBDIR_NAME "/lockhound/" NAME, directory));
        if (!found)
            found = if_there(lh_text("%s/../../interpose/" NAME, directory));
    }
    if (!found)
        found = if_there(lh_text("%s", LH_LIBDIR "/" NAME));
    if (!found)
        found = if_there(lh_text("%s", LH_LIBDIR "/lockhound/" NAME));
    free(directory);
    return found;
}

/* LD_PRELOAD is split at blanks and colons, and knows no escape. */
static char *if_preloadable(char *path)
{
    if (!path[strcspn(path, " \t\n:")])
        return path;
    lh_complain("%s: a path with a blank or a colon cannot be preloaded (move the library, or link "
                "to it from another directory and set " VARIABLE ")",
                path);
    free(path);
    return NULL;
}

char *lh_library_find(void)
{
    const char *given = getenv(VARIABLE);
    char *path;

    if (given && *given) {
        path = if_there(lh_text("%s", given));
        if (!path)
            lh_complain("%s: %s (" VARIABLE " must name " NAME ")", given, strerror(errno));
        /* Not resolved: a link may be there to avoid a path that cannot be preloaded. */
        else if (*given == '/' && !given[strcspn(given, " \t\n:")]) {
            free(path);
            path = lh_text("%s", given);
        }
    } else {
        path = search();
        if (!path)
            lh_complain(NAME " is missing beside the command and in " LH_LIBDIR
                             " (install Lockhound again, or set " VARIABLE ")");
    }
    return path ? if_preloadable(path) : NULL;
}

/* In the directory of the shim, or at a place below or beside it; malloced, NULL: nowhere. */
static char *find_beside(const char *library, const char *name)
{
    static const char *const places[] = {"", "lockhound/", "../race/"};
    int length = (int)(strrchr(library, '/') - library);

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char *path = lh_text("%.*s/%s%s", length, library, places[i], name);

        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

char *lh_library_find_race(const char *library)
{
    char *found = find_beside(library, RACE);

    if (!found)
        lh_complain("%.*s: " RACE " is missing there, which finds data races (install Lockhound "
                    "again, or say --race=off)",
                    (int)(strrchr(library, '/') - library), library);
    return found;
}

char *lh_library_find_deletes(const char *library)
{
    char *found = find_beside(library, DELETES);

    if (!found)
        lh_complain("%.*s: " DELETES
                    " is missing there, so that locks in memory that is used again "
                    "are taken for the same ones (install Lockhound again)",
                    (int)(strrchr(library, '/') - library), library);
    return found;
}

bool lh_library_is_own(const char *path)
{
    static const char *const names[] = {NAME, RACE, DELETES};
    const char *slash = strrchr(path, '/');

    for (size_t i = 0; slash && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(slash + 1, names[i]) == 0)
            return true;
    }
    return false;
}
