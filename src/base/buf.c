/* buf: see buf.h. Memory doubles, and never passes the cap. */
#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_fini(struct buf *buf)
{
    size_t max = buf->max;
    free(buf->data);
    buf_init(buf, max);
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->failed)
        return NULL;
    if (len > buf->max - buf->len) {
        buf->failed = true;
        return NULL;
    }
    if (buf->len + len > buf->size) {
        size_t size = buf->size ? buf->size : 256;
        while (size < buf->len + len)
            size = size > buf->max / 2 ? buf->max : size * 2;
        char *data = realloc(buf->data, size);
        if (!data) {
            buf->failed = true;
            return NULL;
        }
        buf->data = data;
        buf->size = size;
    }
    return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
    assert(len <= buf->size - buf->len);
    buf->len += len;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
    if (len == 0)
        return;
    char *at = buf_reserve(buf, len);
    if (at) {
        memcpy(at, data, len);
        buf->len += len;
    }
}

void buf_add_slice(struct buf *buf, struct slice s)
{
    buf_add(buf, s.data, s.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    if (buf->len < buf->size && buf->len < buf->max && !buf->failed)
        buf->data[buf->len++] = c;
    else
        buf_add(buf, &c, 1);
}

void buf_add_int(struct buf *buf, int64_t value)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        text[--at] = (char)('0' + left % 10);
    while ((left /= 10));
    if (value < 0)
        text[--at] = '-';
    buf_add(buf, text + at, sizeof text - at);
}

void buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *at = len < 0 ? NULL : buf_reserve(buf, (size_t)len + 1);
    if (at) {
        vsnprintf(at, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    } else {
        buf->failed = true;
    }
    va_end(again);
}

void buf_drop_front(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len -= len;
    if (buf->len && len)
        memmove(buf->data, buf->data + len, buf->len);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

const char *buf_text(struct buf *buf)
{
    if (buf->failed || buf->len == 0)
        return "";
    if (buf->len == buf->size) { /* one byte behind the end, outside the cap, for the zero */
        char *data = realloc(buf->data, buf->size + 1);
        if (!data)
            return "";
        buf->data = data;
        buf->size++;
    }
    buf->data[buf->len] = '\0';
    return buf->data;
}
