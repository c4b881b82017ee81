#include "read_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complain.h"

/* 0 or an errno. */
static int read_all(FILE *file, char **ret)
{
    char *text = NULL, buffer[65536];
    size_t size, n;
    FILE *copy = open_memstream(&text, &size);
    int error;

    if (!copy)
        return ENOMEM;
    errno = 0;
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
        fwrite(buffer, 1, n, copy);
    error = ferror(file) ? errno : 0;
    if (fclose(copy) != 0)
        error = ENOMEM;
    if (error == 0)
        *ret = text;
    else
        free(text);
    return error;
}

static int read_path(const char *path, char **ret)
{
    FILE *file = fopen(path, "re");
    int error = file ? read_all(file, ret) : errno;

    if (file)
        fclose(file);
    return error;
}

char *lh_read_text(const char *path)
{
    char *text = NULL;
    int error = read_path(path, &text);

    if (error)
        lh_complain("%s: %s", path, strerror(error));
    return text;
}

int lh_read_text_if_there(const char *path, char **ret)
{
    struct stat info;

    *ret = NULL;
    if (stat(path, &info) < 0 && errno == ENOENT)
        return 0;
    *ret = lh_read_text(path);
    return *ret ? 0 : -1;
}
