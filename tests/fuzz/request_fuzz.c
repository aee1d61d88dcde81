/* Requests: reading never fails badly; a splice without edits gives the same bytes; a splice with all of them gives
 * well-formed JSON that says what was asked for, and that a second splice leaves alone. */
#include "request.h"

#include "fuzz.h"
#include "json.h"

#define BODY_MAX (1u << 16)

static int splice(enum endpoint endpoint, struct slice body, const struct request_edits *edits, struct buf *out)
{
    struct err err = {""};
    buf_init(out, 4 * BODY_MAX);
    int rc = request_splice(endpoint, body, edits, out, &err);
    MUST_HOLD(rc == 0 || err.text[0]);
    return rc;
}

static enum request_fault read_checked(enum endpoint endpoint, struct slice body, struct arena *arena,
                                       struct chat_request *request)
{
    enum request_fault fault = request_read(endpoint, body, arena, request);
    MUST_HOLD(fault != REQUEST_FINE || (request->turn_count > 0 && request->last_user <= request->turn_count));
    for (size_t i = 0; fault == REQUEST_FINE && i < request->turn_count; i++) {
        const struct turn *turn = &request->turns[i];
        MUST_HOLD(utf8_valid(turn->text));
        MUST_HOLD(!turn->raw.data ||
                  (turn->raw.data >= body.data && turn->raw.data + turn->raw.len <= body.data + body.len));
    }
    return fault;
}

static void edit_all(enum endpoint endpoint, struct slice body, bool drop_system)
{
    struct request_edits edits = {.model = SLICE("base"),
                                  .cut_stream = true,
                                  .store_false = true,
                                  .cut_identity = true,
                                  .single_choice = true,
                                  .cut_server_tools = true,
                                  .drop_system = drop_system,
                                  .max_tokens = 7};
    if (!drop_system)
        edits.replace_system = SLICE("Be \"brief\".\n");
    struct buf once, twice;
    struct arena *arena = arena_new(8u << 20);
    MUST_HOLD(arena);
    if (splice(endpoint, body, &edits, &once) == 0) {
        struct chat_request request;
        MUST_HOLD(json_check(buf_slice(&once), (struct json_limits){SIZE_MAX, 70}, NULL) == 0);
        if (read_checked(endpoint, buf_slice(&once), arena, &request) == REQUEST_FINE) {
            MUST_HOLD(slice_is(request.model, "base") && !request.stream && request.n == 1 && !request.server_tools);
            for (size_t i = 0; i < request.turn_count; i++)
                MUST_HOLD(request.turns[i].role != ROLE_SYSTEM ||
                          (!drop_system && slice_is(request.turns[i].text, "Be \"brief\".\n")));
        }
        MUST_HOLD(splice(endpoint, buf_slice(&once), &edits, &twice) == 0);
        MUST_HOLD(!drop_system || slice_equal(buf_slice(&once), buf_slice(&twice)));
        buf_fini(&twice);
    }
    buf_fini(&once);
    arena_free(arena);
}

static void edit_user(enum endpoint endpoint, struct slice body)
{
    struct request_edits edits = {.last_user_text = SLICE("only the question?")};
    struct buf out;
    struct arena *arena = arena_new(8u << 20);
    struct chat_request request;
    MUST_HOLD(arena);
    if (splice(endpoint, body, &edits, &out) == 0 &&
        read_checked(endpoint, buf_slice(&out), arena, &request) == REQUEST_FINE &&
        request.last_user < request.turn_count)
        MUST_HOLD(slice_is(request.turns[request.last_user].text, "only the question?"));
    buf_fini(&out);
    arena_free(arena);
}

static int model_find(const struct json_member *member, void *arg)
{
    if (json_key_is(member, "model"))
        *(struct slice *)arg = member->value;
    return 0;
}

/* Of one edit every other byte is left where it was. */
static void edit_model(enum endpoint endpoint, struct slice body)
{
    struct slice old = SLICE_NONE;
    struct buf out;
    if (json_members(body, 64, model_find, &old) != 0 || !old.data)
        return;
    if (splice(endpoint, body, &(struct request_edits){.model = SLICE("base")}, &out) == 0) {
        size_t at = (size_t)(old.data - body.data);
        struct slice spliced = buf_slice(&out), behind = slice_part(body, at + old.len, body.len);
        MUST_HOLD(slice_equal(slice_part(spliced, 0, at), slice_part(body, 0, at)));
        MUST_HOLD(slice_equal(slice_part(spliced, at, at + 6), SLICE("\"base\"")));
        MUST_HOLD(slice_equal(slice_part(spliced, at + 6, spliced.len), behind));
    }
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = fuzz_slice(data, size < BODY_MAX ? size : BODY_MAX);
    request_endpoint(body);
    for (enum endpoint endpoint = ENDPOINT_CHAT; endpoint < ENDPOINT_OTHER; endpoint++) {
        struct arena *arena = arena_new(4u << 20);
        struct chat_request request;
        MUST_HOLD(arena);
        read_checked(endpoint, body, arena, &request);
        arena_free(arena);
        struct buf out;
        if (splice(endpoint, body, &(struct request_edits){.max_tokens = 0}, &out) == 0)
            MUST_HOLD(slice_equal(buf_slice(&out), body));
        buf_fini(&out);
        edit_all(endpoint, body, true);
        edit_all(endpoint, body, false);
        edit_user(endpoint, body);
        edit_model(endpoint, body);
    }
    return 0;
}
