/* http1_names: names and values that another parser could take for a framing field. Internal to http1. */
#ifndef CANDOR_NET_HTTP1_NAMES_H
#define CANDOR_NET_HTTP1_NAMES_H

#include <stdbool.h>

#include "str.h"

/* True when the name, read as CGI-like or lax servers do (punctuation ignored, %XX decoded), is that of a field which
 * decides framing or rights, and is not that name: "Transfer_Encoding", "Content.Length", "TransferEncoding". */
bool http_name_is_disguise(struct slice name);
/* True when the name is one letter off a field that frames, by one more, one less or another: what is left when a
 * parser drops a byte it does not know. */
bool http_name_is_misspelt(struct slice name);
/* True when the name may not stand in a trailer (RFC 9110 6.5.1): it would frame, route or authorise a request whose
 * handling has begun, or say what its content is. */
bool http_name_is_no_trailer(struct slice name);
/* True when the value holds "Transfer-Encoding:" or the like: a field behind a line end that only some would see. */
bool http_value_hides_field(struct slice value);

#endif
