/* store_private: the bounds of the store, which only its tests set otherwise. */
#ifndef CANDOR_STORE_PRIVATE_H
#define CANDOR_STORE_PRIVATE_H

#include "store.h"

struct store_bounds {
    size_t batch_rows;
    uint64_t batch_ms;
    size_t waiting;       /* trials that wait in memory while the file takes nothing */
    size_t waiting_bytes; /* and what they weigh */
    uint64_t margin_ms;   /* beyond a trial's deadline before its place is passed over */
    uint64_t retry_ms, retry_max_ms;
    uint64_t tell_ms; /* between two workings out of the gauges */
};

MUST_USE struct store *store_open_bounded(const char *path, struct conf *conf, const char *epoch, struct store_ops ops,
                                          const struct store_bounds *bounds, struct log *log, struct metrics *metrics,
                                          struct err *err);
#endif
