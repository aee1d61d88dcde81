/* tap: the bounded copy of an exchange that becomes a trial. Internal to relay.
 *
 * It fails open: past its limits it stops copying and says so; what it does never reaches the client.
 */
#ifndef CANDOR_RELAY_TAP_H
#define CANDOR_RELAY_TAP_H

#include "exchange.h"

struct tap_copy {
    struct exchange_context *context;
    struct trial *trial; /* NULL: this exchange is not looked into */
    size_t counted;      /* bytes reported to the relay's total */
    bool skip_bodies;    /* it will be dropped anyway */
};

struct tap_result {
    int status;
    size_t address; /* of the live model */
    double first_byte_ms, total_ms;
    bool client_gone, broken;
};

void tap_begin(struct tap_copy *tap, struct exchange_context *context, enum endpoint endpoint,
               const struct http_head *head, const char *id, const struct trace *trace, struct slice client);
void tap_request(struct tap_copy *tap, struct slice bytes);
void tap_answer_head(struct tap_copy *tap, const struct http_head *head);
void tap_answer(struct tap_copy *tap, struct slice bytes);
/* Hands the copy to the conveyor, if there is one. */
void tap_end(struct tap_copy *tap, struct tap_result result);

#endif
