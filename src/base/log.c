/* log: see log.h. A line is composed in a bounded buffer and leaves in one write, so lines of threads never mix. */
#include "log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"

struct log {
    int fd;
    bool journal; /* fd is journald's: an entry is one datagram */
    atomic_int level, format;
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

struct log *log_new(int fd, enum log_level level, enum log_format format)
{
    struct log *log = calloc(1, sizeof *log);
    if (log) {
        log->fd = fd;
        log->journal = format == LOG_FORMAT_JOURNAL;
        log_configure(log, level, format);
    }
    return log;
}

int log_journal_open(const char *path, struct err *err)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    err_set(err, "no journald at %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

void log_free(struct log *log)
{
    free(log);
}

void log_configure(struct log *log, enum log_level level, enum log_format format)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
    atomic_store_explicit(&log->format, (int)format, memory_order_relaxed);
}

bool log_enabled(const struct log *log, enum log_level level)
{
    return log && (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

static void line_json(struct buf *line, enum log_level level, const char *event, const struct log_field *fields,
                      size_t count, const char *now)
{
    struct json_writer w;
    json_start(&w, line);
    json_open_object(&w, NULL);
    json_put_text(&w, "time", now);
    json_put_text(&w, "level", level_names[level]);
    json_put_text(&w, "event", event);
    for (size_t i = 0; i < count; i++) {
        switch (fields[i].type) {
        case LOG_TEXT:
            json_put_slice(&w, fields[i].key, fields[i].text);
            break;
        case LOG_INT:
            json_put_int(&w, fields[i].key, fields[i].integer);
            break;
        case LOG_DOUBLE:
            json_put_double(&w, fields[i].key, fields[i].number);
            break;
        }
    }
    json_close_object(&w);
}

/* key=value, quoted and escaped like JSON where it is not one plain word. */
static void text_value(struct buf *line, struct slice text)
{
    bool plain = text.len > 0;
    for (size_t i = 0; i < text.len && plain; i++) {
        unsigned char c = (unsigned char)text.data[i];
        plain = c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
    }
    if (plain)
        buf_add_slice(line, text);
    else
        json_escape(line, text);
}

/* event key=value ... */
static void line_words(struct buf *line, const char *event, const struct log_field *fields, size_t count)
{
    text_value(line, slice_from(event));
    for (size_t i = 0; i < count; i++) {
        buf_add_char(line, ' ');
        buf_add_text(line, fields[i].key);
        buf_add_char(line, '=');
        switch (fields[i].type) {
        case LOG_TEXT:
            text_value(line, fields[i].text);
            break;
        case LOG_INT:
            buf_add_int(line, fields[i].integer);
            break;
        case LOG_DOUBLE:
            buf_add_format(line, "%.6g", fields[i].number);
            break;
        }
    }
}

static void line_text(struct buf *line, enum log_level level, const char *event, const struct log_field *fields,
                      size_t count, const char *now)
{
    buf_add_text(line, now);
    buf_add_char(line, ' ');
    buf_add_text(line, level_names[level]);
    buf_add_char(line, ' ');
    line_words(line, event, fields, count);
}

/* A field's value on one line: what holds a line end or another control is escaped like JSON. */
static void journal_value(struct buf *entry, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < ' ') {
            json_escape(entry, text);
            return;
        }
    }
    buf_add_slice(entry, text);
}

/* Journald's own protocol: NAME=value lines. */
static void entry_journal(struct buf *entry, enum log_level level, const char *event, const struct log_field *fields,
                          size_t count)
{
    static const char priorities[] = {
        [LOG_LEVEL_ERROR] = '3', [LOG_LEVEL_WARN] = '4', [LOG_LEVEL_INFO] = '6', [LOG_LEVEL_DEBUG] = '7'};
    buf_add_format(entry, "SYSLOG_IDENTIFIER=candor\nPRIORITY=%c\nMESSAGE=", priorities[level]);
    line_words(entry, event, fields, count);
    buf_add_format(entry, "\nCANDOR_EVENT=%s", event);
    for (size_t i = 0; i < count; i++) {
        buf_add_text(entry, "\nCANDOR_");
        for (const char *p = fields[i].key; *p; p++)
            buf_add_char(entry, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
        buf_add_char(entry, '=');
        switch (fields[i].type) {
        case LOG_TEXT:
            journal_value(entry, fields[i].text);
            break;
        case LOG_INT:
            buf_add_int(entry, fields[i].integer);
            break;
        case LOG_DOUBLE:
            buf_add_format(entry, "%.6g", fields[i].number);
            break;
        }
    }
}

/* Adds one whole line. */
static void line_put(const struct log *log, struct buf *lines, enum log_level level, const char *event,
                     const struct log_field *fields, size_t count)
{
    char now[CLOCK_TEXT_SIZE];
    clock_format(clock_wall_ms(), now);
    if (log->journal)
        entry_journal(lines, level, event, fields, count);
    else if (atomic_load_explicit(&log->format, memory_order_relaxed) == (int)LOG_FORMAT_JSON)
        line_json(lines, level, event, fields, count, now);
    else
        line_text(lines, level, event, fields, count, now);
    buf_add_char(lines, '\n');
}

/* Takes back what did not fit behind `len`. */
static void line_undo(struct buf *lines, size_t len)
{
    lines->len = len;
    lines->failed = false;
}

void log_flush(const struct log *log, struct buf *batch)
{
    if (!log || !batch->len)
        return;
    /* A log that cannot be written must not stop the proxy: there is nobody left to tell. */
    ssize_t written = log->journal ? send(log->fd, batch->data, batch->len, MSG_DONTWAIT | MSG_NOSIGNAL)
                                   : write(log->fd, batch->data, batch->len);
    (void)written;
    buf_clear(batch);
}

void log_batch(const struct log *log, struct buf *batch, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    if (!log_enabled(log, level))
        return;
    size_t before = batch->len;
    line_put(log, batch, level, event, fields, count);
    if (batch->failed && before) {
        line_undo(batch, before);
        log_flush(log, batch);
        line_put(log, batch, level, event, fields, count);
    }
    if (batch->failed) { /* an oversized field: say that it happened rather than print half of it */
        line_undo(batch, 0);
        line_put(log, batch, LOG_LEVEL_WARN, "log line too long", NULL, 0);
    }
    if (log->journal) /* a datagram is an entry */
        log_flush(log, batch);
}

void log_write(struct log *log, enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
    struct buf line;
    buf_init(&line, LOG_BATCH_MAX);
    log_batch(log, &line, level, event, fields, count);
    log_flush(log, &line);
    buf_fini(&line);
}
