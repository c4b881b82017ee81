/*
 * `sqlite_work COUNT`: two threads with a connection each to one database in memory that they share
 * write and read rows, a hundred a transaction.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 2
#define BATCH   100

static size_t count;

static void must(int result, sqlite3 *base)
{
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW)
        return;
    fprintf(stderr, "sqlite_work: %s\n", sqlite3_errmsg(base));
    exit(1);
}

static sqlite3 *open_base(void)
{
    sqlite3 *base;

    must(sqlite3_open_v2("file:bench?mode=memory&cache=shared", &base,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
                             SQLITE_OPEN_FULLMUTEX,
                         NULL),
         NULL);
    return base;
}

/* The other thread may be writing. */
static void execute(sqlite3 *base, const char *words)
{
    int result;

    while ((result = sqlite3_exec(base, words, NULL, NULL, NULL)) == SQLITE_BUSY ||
           result == SQLITE_LOCKED)
        sqlite3_sleep(0);
    must(result, base);
}

static void step(sqlite3 *base, sqlite3_stmt *statement, size_t a, size_t b)
{
    must(sqlite3_bind_int64(statement, 1, (sqlite3_int64)a), base);
    must(sqlite3_bind_int64(statement, 2, (sqlite3_int64)b), base);
    must(sqlite3_step(statement), base);
    must(sqlite3_reset(statement), base);
}

static void *use_base(void *number)
{
    sqlite3 *base = open_base();
    sqlite3_stmt *put, *get;
    size_t first = (size_t)number * count;

    must(sqlite3_prepare_v2(base, "insert into t values(?, ?)", -1, &put, NULL), base);
    must(sqlite3_prepare_v2(base, "select sum(b) from t where a > ? and a < ?", -1, &get, NULL),
         base);
    for (size_t i = 0; i < count; i += BATCH) {
        execute(base, "begin immediate");
        for (size_t k = i; k < i + BATCH; k++) {
            step(base, put, first + k, k % 97);
            step(base, get, first + k - 20, first + k);
        }
        execute(base, "commit");
    }
    sqlite3_finalize(put);
    sqlite3_finalize(get);
    sqlite3_close(base);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (argc != 2)
        return 2;
    count = strtoull(argv[1], NULL, 10) / THREADS;
    sqlite3 *base = open_base();
    execute(base, "create table t(a integer primary key, b integer)");
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, use_base, (void *)i) != 0)
            return 1;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    sqlite3_close(base);
    return 0;
}
