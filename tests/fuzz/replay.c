/* replay: runs a fuzz target without a fuzzer, for `make check`: every seed, every cut of it, and some thousand copies
 * with bytes changed by a generator that gives the same ones each time. The seeds of tests/fuzz/x_fuzz are the files
 * of tests/fuzz/seeds/x_fuzz, or whatever files are named on the command line.
 *
 * With ./configure --enable-fuzz CC=clang the same targets become libFuzzer's, and this file is left out.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_MAX_BYTES (1u << 20)
#define CUTS_MAX       400
#define MUTATIONS      300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* On its own heap block of just this size, so that a sanitizer sees a read past it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_mutations(uint8_t *data, size_t size)
{
    static const char marks[] = "{}[]\",:\\\r\n\t 0-9ue\x80\xff";
    uint64_t state = 0x9E3779B97F4A7C15u ^ size;
    for (int i = 0; i < MUTATIONS && size > 0; i++) {
        size_t at[2] = {random_next(&state) % size, random_next(&state) % size};
        uint8_t old[2] = {data[at[0]], data[at[1]]};
        data[at[0]] = (uint8_t)marks[random_next(&state) % (sizeof marks - 1)];
        data[at[1]] = (uint8_t)random_next(&state);
        run(data, size);
        data[at[1]] = old[1];
        data[at[0]] = old[0];
    }
}

static int run_file(const char *path)
{
    static uint8_t data[SEED_MAX_BYTES];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    size_t step = size / CUTS_MAX + 1;
    for (size_t cut = 0; cut < size; cut += step)
        run(data, cut);
    run(data, size);
    run_mutations(data, size);
    return 0;
}

static int run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    if (!dir) {
        perror(folder);
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (len > 0 && (size_t)len < sizeof path && entry->d_name[0] != '.' && run_file(path) == 0)
            count++;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += run_file(argv[i]) == 0;
    if (argc < 2) {
        const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
        char folder[4096];
        snprintf(folder, sizeof folder, "%s/tests/fuzz/seeds/%s", top ? top : ".", name ? name + 1 : argv[0]);
        count = run_folder(folder);
    }
    printf("%d seeds\n", count);
    return count > 0 ? 0 : 1; /* no seeds is no test */
}
