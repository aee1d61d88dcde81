/* conf_telemetry: where the log goes; where traces are told, and the headers that open the door there. */
#include "conf_load.h"

#define MAX_HEADERS 16

static const char *const log_places[] = {"stderr", "stdout", "journald"};

int conf_set_log_to(struct conf_load *load, const struct yaml_node *node, void *base)
{
    size_t index;
    if (conf_word(load, node, log_places, sizeof log_places / sizeof *log_places, &index) != 0)
        return -1;
    ((struct conf *)base)->log_to = (enum conf_log_to)index;
    return 0;
}

void conf_put_log_to(const void *base, struct buf *out)
{
    buf_add_text(out, log_places[((const struct conf *)base)->log_to]);
}

int conf_set_otlp_endpoint(struct conf_load *load, const struct yaml_node *node, void *base)
{
    return conf_url_parse(load, node, &((struct conf *)base)->telemetry.otlp);
}

void conf_put_otlp_endpoint(const void *base, struct buf *out)
{
    conf_put_text(((const struct conf *)base)->telemetry.otlp.text, out);
}

/* A field name, a colon, and a value of printable ASCII. */
static bool header_valid(struct slice line)
{
    size_t colon = slice_find(line, SLICE(":"), 0);
    if (colon == SLICE_NOT_FOUND || colon == 0 || slice_trim(slice_part(line, colon + 1, line.len)).len == 0)
        return false;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.data[i];
        bool plain = i < colon ? ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' : c >= ' ' && c < 0x7F;
        if (!plain && i != colon)
            return false;
    }
    return true;
}

static int headers_keep(struct conf_load *load, const struct yaml_node *node, struct slice text)
{
    struct conf *conf = load->conf;
    struct slice line;
    conf->telemetry.headers = arena_array(load->arena, MAX_HEADERS, sizeof *conf->telemetry.headers);
    if (!conf->telemetry.headers)
        return yaml_error(load->err, node, "the configuration is too large");
    while (slice_cut(&text, '\n', &line)) {
        line = slice_trim(line);
        if (line.len == 0)
            continue;
        if (conf->telemetry.header_count == MAX_HEADERS || !header_valid(line)) /* the line is not repeated: a secret */
            return yaml_error(load->err, node, "%s holds up to %d lines of NAME: VALUE and nothing else",
                              yaml_text(node).data, MAX_HEADERS);
        char *copy = conf_copy(load, node, line);
        if (!copy)
            return -1;
        conf->telemetry.headers[conf->telemetry.header_count++] = copy;
    }
    return 0;
}

int conf_set_otlp_headers(struct conf_load *load, const struct yaml_node *node, void *base)
{
    char room[CONF_SECRET_MAX_BYTES];
    struct slice text;
    (void)base;
    int rc = conf_file_read(load, node, room, &text);
    if (rc == 0)
        rc = headers_keep(load, node, text);
    explicit_bzero(room, sizeof room);
    return rc;
}
