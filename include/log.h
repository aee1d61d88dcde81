/* log: one line an event, key=value or JSON, to a file descriptor; or one entry an event to journald.
 *
 * error = somebody must act; warn = we coped; info = one line an exchange; debug = anything. Message text, keys and
 * secrets never come here. Values are escaped; a line is one write. Any thread.
 */
#ifndef CANDOR_LOG_H
#define CANDOR_LOG_H

#include <stdio.h>

#include "buf.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_JOURNAL };

struct log; /* lives as long as the process; made by whoever runs one */

/* LOG_FORMAT_JOURNAL wants a descriptor of log_journal_open, and keeps that format whatever log_configure says. */
MUST_USE struct log *log_new(int fd, enum log_level level, enum log_format format);
/* Journald's socket, whose entries have fields: CANDOR_EVENT, CANDOR_EXCHANGE, ... Unlike libsystemd's, writing to it
 * never waits: what finds journald's queue full is lost. -1 where there is no journald. */
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"
MUST_USE int log_journal_open(const char *path, struct err *err);
void log_free(struct log *log);
/* May be called while other threads log (SIGHUP). */
void log_configure(struct log *log, enum log_level level, enum log_format format);
bool log_enabled(const struct log *log, enum log_level level);

/* A field: values are typed so that JSON gets numbers as numbers. */
struct log_field {
    const char *key;
    enum { LOG_TEXT, LOG_INT, LOG_DOUBLE } type;
    struct slice text;
    int64_t integer;
    double number;
};
#define LOG_S(k, slice_value) ((struct log_field){.key = (k), .type = LOG_TEXT, .text = (slice_value)})
#define LOG_Z(k, c_string)    ((struct log_field){.key = (k), .type = LOG_TEXT, .text = slice_from(c_string)})
#define LOG_I(k, value)       ((struct log_field){.key = (k), .type = LOG_INT, .integer = (int64_t)(value)})
#define LOG_D(k, value)       ((struct log_field){.key = (k), .type = LOG_DOUBLE, .number = (value)})

/* A NULL log is silent. `event` is a fixed word or sentence of ours. */
void log_write(struct log *log, enum log_level level, const char *event, const struct log_field *fields, size_t count);
/* For who writes a line an exchange: the line is kept in batch, which the caller owns and gave a maximum of
 * LOG_BATCH_MAX (what a pipe takes in one piece, so that lines of threads never mix), and leaves when that is full or
 * with log_flush. */
#define LOG_BATCH_MAX 4096
void log_batch(const struct log *log, struct buf *batch, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);
void log_flush(const struct log *log, struct buf *batch);
#define LOG_FIELDS_(...)                                                                                               \
    (const struct log_field[])                                                                                         \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define LOG_AT_(log, level, event, ...)                                                                                \
    log_write((log), (level), (event), LOG_FIELDS_(__VA_ARGS__),                                                       \
              sizeof(LOG_FIELDS_(__VA_ARGS__)) / sizeof(struct log_field))
#define log_error(log, event, ...) LOG_AT_(log, LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warn(log, event, ...)  LOG_AT_(log, LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_info(log, event, ...)  LOG_AT_(log, LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(log, event, ...) LOG_AT_(log, LOG_LEVEL_DEBUG, event, __VA_ARGS__)

#endif
