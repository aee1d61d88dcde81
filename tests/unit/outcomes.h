/* A store with outcomes in it, written as the store's thread would, for tests of what reads them. */
#ifndef CANDOR_TESTS_OUTCOMES_H
#define CANDOR_TESTS_OUTCOMES_H

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "simulate.h"
#include "store_db.h"

static const struct condition sad = {CONTEXT_SAD, BELIEF_ASSERTED};

struct place {
    char folder[64], path[96];
    uint64_t seq;
    struct random random;
};

static inline int place_open(void **state)
{
    static struct place place;
    place = (struct place){.random = {5}};
    snprintf(place.folder, sizeof place.folder, "/tmp/candor-alerts-XXXXXX");
    if (!mkdtemp(place.folder))
        return -1;
    snprintf(place.path, sizeof place.path, "%s/candor.db", place.folder);
    *state = &place;
    return 0;
}

static inline int place_close(void **state)
{
    struct place *place = *state;
    char path[128];
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", place->path, endings[i]);
        unlink(path);
    }
    return rmdir(place->folder);
}

/* Writes trials of one condition as the store's thread would. */
static inline void write_trials(struct place *place, const char *epoch, size_t count, struct simulate_stream stream)
{
    struct err err = {""};
    unsigned number;
    struct store_db *db = store_db_open(place->path, &err);
    if (!db)
        fail_msg("%s", err.text);
    assert_int_equal(store_db_begin(db, &err), STORE_WRITTEN);
    assert_int_equal(store_db_epoch(db, epoch, 1, &number, &err), STORE_WRITTEN);
    for (size_t i = 0; i < count; i++) {
        char id[27];
        snprintf(id, sizeof id, "%026llu", (unsigned long long)++place->seq);
        struct store_row row = {
            .trial_id = id, .exchange_id = id, .epoch = epoch, .conversation = "", .wall_ms = 1, .record = SLICE("{}")};
        row.tally = (struct tally_trial){.seq = place->seq,
                                         .condition = sad,
                                         .counted = true,
                                         .has_outcome = true,
                                         .x = simulate_draw(&place->random, stream),
                                         .verdict = VERDICT_AGREE};
        assert_int_equal(store_db_add(db, &row, &err), STORE_WRITTEN);
    }
    assert_int_equal(store_db_commit(db, &err), STORE_WRITTEN);
    store_db_close(db);
}

#endif
