/* trial: see trial.h. */
#include "trial.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "clock.h"

#define TRIAL_MAX_BYTES (64u << 20)

static const char *const drop_reasons[] = {
    [DROP_NONE] = "none",
    [DROP_OTHER_PATH] = "other_path",
    [DROP_NOT_SAMPLED] = "not_sampled",
    [DROP_SHED] = "shed",
    [DROP_OPTED_OUT] = "opted_out",
    [DROP_LOOP] = "loop",
    [DROP_RETRY] = "retry",
    [DROP_REQUEST_UNREADABLE] = "request_unreadable",
    [DROP_NO_QUESTION] = "no_question",
    [DROP_BODY_TOO_LARGE] = "body_too_large",
    [DROP_ENCODING] = "encoding",
    [DROP_STORED_STATE] = "stored_state",
    [DROP_MEDIA] = "media",
    [DROP_TOOLS] = "tools",
    [DROP_LIVE_FAILED] = "live_failed",
    [DROP_LIVE_INCOMPLETE] = "live_incomplete",
    [DROP_LIVE_UNREADABLE] = "live_unreadable",
    [DROP_LIVE_TRUNCATED] = "live_truncated",
    [DROP_QUEUE_FULL] = "queue_full",
    [DROP_MEMORY] = "memory",
    [DROP_BUDGET] = "budget",
    [DROP_BACKOFF] = "backoff",
    [DROP_SHADOW_UNREACHABLE] = "shadow_unreachable",
    [DROP_SHADOW_TIMEOUT] = "shadow_timeout",
    [DROP_SHADOW_STATUS] = "shadow_status",
    [DROP_SHADOW_UNREADABLE] = "shadow_unreadable",
    [DROP_SHADOW_TRUNCATED] = "shadow_truncated",
    [DROP_SHADOW_MODEL] = "shadow_model",
    [DROP_DEADLINE] = "deadline",
    [DROP_SHUTDOWN] = "shutdown",
};
static_assert(sizeof drop_reasons / sizeof *drop_reasons == DROP_REASON_COUNT, "every reason has a word");

const char *drop_reason_name(enum drop_reason reason)
{
    return drop_reasons[reason];
}

struct trial *trial_new(struct conf *conf)
{
    struct arena *arena = arena_new(TRIAL_MAX_BYTES);
    struct trial *trial = arena ? arena_alloc(arena, sizeof *trial) : NULL;
    if (!trial) {
        arena_free(arena);
        return NULL;
    }
    trial->arena = arena;
    trial->conf = conf_hold(conf);
    buf_init(&trial->request_tap.body, conf->limits.tap_bytes);
    buf_init(&trial->reply_tap.body, conf->limits.tap_bytes);
    return trial;
}

void trial_free(struct trial *trial)
{
    if (!trial)
        return;
    if (trial->authorization.len) /* it lies in our own arena, so the cast takes no const away from anybody */
        explicit_bzero((char *)(uintptr_t)trial->authorization.data, trial->authorization.len);
    buf_fini(&trial->request_tap.body);
    buf_fini(&trial->reply_tap.body);
    conf_drop(trial->conf);
    arena_free(trial->arena);
}

struct arm_answer *trial_arm(struct trial *trial, enum arm arm)
{
    for (size_t i = 0; i < trial->arm_count; i++)
        if (trial->arms[i].arm == arm)
            return &trial->arms[i];
    return NULL;
}

/* "candidate:NAME" for a candidate, the plain word for all others. NULL when memory runs out. */
static const char *subject_name(struct trial *trial, const char *word, bool candidate, size_t index)
{
    return candidate ? arena_format(trial->arena, "%s:%s", word, trial->conf->candidates[index].name).data : word;
}

struct arm_answer *trial_add_arm(struct trial *trial, enum arm arm, size_t candidate)
{
    if (!trial->arms)
        trial->arms = arena_array(trial->arena, TRIAL_MAX_ARMS, sizeof *trial->arms);
    const char *name = subject_name(trial, arm_name(arm), arm == ARM_CANDIDATE, candidate);
    if (!trial->arms || !name)
        return NULL;
    assert(trial->arm_count < TRIAL_MAX_ARMS);
    struct arm_answer *answer = &trial->arms[trial->arm_count++];
    *answer = (struct arm_answer){.arm = arm, .candidate = candidate, .name = name, .tokens_in = -1, .tokens_out = -1};
    return answer;
}

struct trial_pair *trial_add_pair(struct trial *trial, enum pair_kind kind, const struct arm_answer *warm,
                                  const struct arm_answer *original)
{
    if (!trial->pairs)
        trial->pairs = arena_array(trial->arena, TRIAL_MAX_PAIRS, sizeof *trial->pairs);
    const char *name = subject_name(trial, pair_kind_name(kind), kind == PAIR_CANDIDATE, warm->candidate);
    if (!trial->pairs || !name)
        return NULL;
    assert(trial->pair_count < TRIAL_MAX_PAIRS);
    struct trial_pair *pair = &trial->pairs[trial->pair_count++];
    *pair = (struct trial_pair){.kind = kind, .name = name, .warm = warm, .original = original};
    return pair;
}

struct trial_pair *trial_main(const struct trial *trial)
{
    return trial->pair_count > 0 ? &trial->pairs[0] : NULL;
}

void trial_pair_input(const struct trial *trial, const struct trial_pair *pair, struct compare_input *out)
{
    *out = (struct compare_input){
        .belief = trial->detection.belief.text,
        .belief_kind = trial->detection.belief.kind,
        .warm = pair->warm->text,
        .original = pair->original->text,
        .warm_tool_calls = pair->warm->tool_calls,
        .original_tool_calls = pair->original->tool_calls,
    };
    if (pair->kind == PAIR_NEUTRAL) /* measured against the belief all the same: who brings it up unasked? */
        out->question = trial->neutral.text;
    else if (trial->request.last_user < trial->request.turn_count)
        out->question = trial->request.turns[trial->request.last_user].text;
}

void trial_note_ask(struct trial *trial, const struct ask_note *note)
{
    struct ask_note *kept = trial->traced ? arena_array(trial->arena, 1, sizeof *kept) : NULL;
    if (!kept)
        return;
    *kept = *note;
    kept->next = trial->asks;
    trial->asks = kept;
}

void id_new(char id[ID_SIZE])
{
    unsigned char random[ID_RANDOM_BYTES];
    ssize_t got = getrandom(random, sizeof random, 0);
    assert(got == sizeof random); /* never short for up to 256 bytes once the kernel is seeded */
    id_make(id, random);
}

void id_make(char id[ID_SIZE], const unsigned char random[ID_RANDOM_BYTES])
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char bytes[16];
    uint64_t now = (uint64_t)clock_wall_ms();
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(now >> (40 - 8 * i));
    memcpy(bytes + 6, random, ID_RANDOM_BYTES);
    /* 128 bits in 26 characters of five, the first of which carries only three. */
    unsigned bits = 0, held = 2;
    size_t at = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bits = bits << 8 | bytes[i];
        held += 8;
        while (held >= 5) {
            held -= 5;
            id[at++] = alphabet[bits >> held & 31];
        }
    }
    assert(at == ID_SIZE - 1);
    id[at] = '\0';
}
