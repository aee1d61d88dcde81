/* yaml: reading a YAML file as nodes that know where they stand, for configuration and rule packs (libfyaml).
 *
 * A document is immutable once loaded; nodes belong to it. Duplicate keys, aliases, files over 4 MiB and
 * trees deeper than 64 are refused. Errors read "file:line:column: sentence". One thread at a time.
 */
#ifndef CANDOR_YAML_H
#define CANDOR_YAML_H

#include "str.h"

struct yaml;      /* a document */
struct yaml_node; /* a node in it */
enum yaml_type { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

MUST_USE struct yaml *yaml_load(const char *path, struct err *err);
/* name stands for the file in errors. */
MUST_USE struct yaml *yaml_parse(struct slice text, const char *name, struct err *err);
void yaml_free(struct yaml *yaml);
/* NULL for an empty document. */
const struct yaml_node *yaml_root(const struct yaml *yaml);

enum yaml_type yaml_type(const struct yaml_node *node);
/* The text of a scalar, zero-terminated behind its length; owned by the document. */
struct slice yaml_text(const struct yaml_node *node);
/* True for a scalar without quotes (so that true, 5 and ~ may mean more than text). */
bool yaml_plain(const struct yaml_node *node);
/* Whether a comment stands behind a scalar without quotes: " #" that was meant as text looks just like one. */
bool yaml_commented(const struct yaml_node *scalar);
/* Sequence items or mapping pairs. */
size_t yaml_count(const struct yaml_node *node);
const struct yaml_node *yaml_item(const struct yaml_node *sequence, size_t index);
const struct yaml_node *yaml_key(const struct yaml_node *mapping, size_t index);
const struct yaml_node *yaml_value(const struct yaml_node *mapping, size_t index);
/* The value under a key, NULL when there is none or node is NULL or no mapping. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
unsigned yaml_line(const struct yaml_node *node);   /* from 1 */
unsigned yaml_column(const struct yaml_node *node); /* from 1 */

/* Fills err with "file:line:column: " and the sentence. Returns -1. */
int yaml_error(struct err *err, const struct yaml_node *node, const char *format, ...) PRINTF(3, 4);
/* The same with the place of the byte at the offset of a scalar's text, in whatever way and over however many lines the
 * file writes it. */
int yaml_error_in(struct err *err, const struct yaml_node *scalar, size_t offset, const char *format, ...) PRINTF(4, 5);

#endif
