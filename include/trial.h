/* trial: the object that travels the conveyor: one exchange picked to be measured.
 *
 * One thread owns it at a time; its state is the queue it sits in. Everything in it lives in its arena and dies with
 * it; the request's credentials are wiped first. It ends in one place, trial_free, after the store has taken it or
 * pipeline_drop has given the reason.
 */
#ifndef CANDOR_TRIAL_H
#define CANDOR_TRIAL_H

#include "compare.h"
#include "conf.h"
#include "detect.h"
#include "entailment.h"
#include "outcome.h"
#include "reply.h"
#include "request.h"
#include "trace.h"

#define ID_SIZE 27 /* 26 characters of Crockford's base 32, sortable by time, and a zero */

/* Why a trial did not come to a comparison, or an exchange to a trial. The reason is also the metric label and what
 * the record says. */
enum drop_reason {
    DROP_NONE,
    DROP_OTHER_PATH, /* no conversation; here for its trace alone */
    DROP_NOT_SAMPLED,
    DROP_SHED,      /* sampled, and let go at random because the side path is loaded */
    DROP_OPTED_OUT, /* x-candor-shadow: off */
    DROP_LOOP,      /* came from another candor's shadow */
    DROP_RETRY,     /* a client's retry of what was seen already */
    DROP_REQUEST_UNREADABLE,
    DROP_NO_QUESTION, /* no user turn */
    DROP_BODY_TOO_LARGE,
    DROP_ENCODING,
    DROP_STORED_STATE,
    DROP_MEDIA,
    DROP_TOOLS,
    DROP_LIVE_FAILED,     /* not 200 */
    DROP_LIVE_INCOMPLETE, /* the client left, or upstream broke */
    DROP_LIVE_UNREADABLE,
    DROP_LIVE_TRUNCATED, /* finish_reason length */
    DROP_QUEUE_FULL,
    DROP_MEMORY,
    DROP_BUDGET,
    DROP_BACKOFF, /* the shadow side asked us to slow down */
    DROP_SHADOW_UNREACHABLE,
    DROP_SHADOW_TIMEOUT,
    DROP_SHADOW_STATUS,
    DROP_SHADOW_UNREADABLE,
    DROP_SHADOW_TRUNCATED,
    DROP_SHADOW_MODEL, /* another model answered than was asked */
    DROP_DEADLINE,
    DROP_SHUTDOWN,
    DROP_REASON_COUNT
};
const char *drop_reason_name(enum drop_reason reason);

/* How far an arm has come. */
enum arm_state { ARM_PLANNED, ARM_ASKED, ARM_ENDED };

struct arm_answer {
    enum arm arm;
    size_t candidate; /* which of the configured ones; ARM_CANDIDATE alone */
    const char *name; /* "original_again", "candidate:NAME": in records and metrics; in the arena */
    const struct arm_answer
        *rewrites; /* the answer it is a rewriting of, and waits for; NULL: it answers the request */
    enum arm_state state;
    enum drop_reason missing; /* DROP_NONE: text is there, once it has ended */
    int status;               /* HTTP */
    struct slice model, finish_reason, text, tool_calls, fingerprint;
    int64_t tokens_in, tokens_out; /* -1 unknown */
    double first_byte_ms, total_ms;
    bool server_acted; /* its provider used a tool of its own */
};
#define TRIAL_MAX_ARMS  (ARM_CANDIDATE + CONF_MAX_CANDIDATES)
#define TRIAL_MAX_PAIRS (PAIR_CANDIDATE + CONF_MAX_CANDIDATES)

struct judge_call {
    char order; /* 'w': the warm answer stood first, 'o' */
    bool parsed;
    enum drop_reason missing;
    enum verdict verdict;
    struct judgement judgement;
    struct slice reason; /* why it did not parse */
};

/* One request of the side path, as its trace tells of it; kept only where the exchange is traced. */
struct ask_note {
    struct ask_note *next;
    const char *arm;                /* "original", "judge", ... */
    const struct conf_model *model; /* who was asked; of the trial's conf */
    size_t address;                 /* and at which of its addresses, at last */
    int64_t started_ms, ended_ms;   /* wall time */
    enum drop_reason missing;       /* DROP_NONE: answered */
    int status;                     /* HTTP; 0: none */
    struct slice answered_by, finish_reason;
    int64_t tokens_in, tokens_out; /* -1 unknown */
};

/* Two arms and what comes of comparing them: the texts alone, then the judge where they leave it open. */
struct trial_pair {
    enum pair_kind kind;
    const char *name;                         /* "main", "candidate:NAME"; in the arena */
    const struct arm_answer *warm, *original; /* what stands in the two places */
    enum drop_reason missing;                 /* DROP_NONE: compared, once the trial is concluded */
    struct comparison comparison;
    const struct entailment *entailment; /* what the classifier is asked; NULL: nothing. In the arena */
    struct judge_call judge[2];
    size_t judge_count;
    struct outcome x; /* the condition's primary outcome */
};

/* A bounded copy of one side of an exchange. */
struct tap {
    struct buf body;
    bool truncated;
    char encoding[16]; /* Content-Encoding */
    bool event_stream;
};

struct trial {
    struct arena *arena; /* which it lies in itself */
    struct conf *conf;   /* the snapshot of its exchange, held */

    /* the exchange, filled by the relay */
    char exchange_id[ID_SIZE];
    int64_t wall_ms;
    enum endpoint endpoint;
    struct slice target;        /* path and query behind "/v1", or the whole of another path */
    struct slice authorization; /* the client's, wiped at the end */
    struct slice client;        /* the client's address */
    struct slice tag;           /* what the client's operator calls this traffic; empty: nothing */
    struct tap request_tap, reply_tap;
    int live_status;
    size_t live_address; /* at which of the live model's addresses, at last */
    double live_first_byte_ms, live_total_ms;
    bool opted_out, shadow_loop, retried, client_gone, live_broken;
    struct trace trace;
    bool traced; /* its trace is told */

    /* observe: pool */
    char trial_id[ID_SIZE];
    uint64_t seq;                           /* 0: not sampled */
    uint64_t started_ns;                    /* monotonic, of the sampling decision, for the deadline */
    char conversation[33], client_hash[33]; /* salted hashes, hex */
    uint64_t draw[2];                       /* uniform bits of the conversation, for sampling; never recorded */
    unsigned turn;                          /* user turns so far, from 1 */
    struct chat_request request;
    struct slice request_body; /* inflated where need be */
    struct detection detection;
    bool detected; /* detection was run: its condition is known */
    struct neutral neutral;
    char stratum[CONDITION_NAME_SIZE]; /* the label whose share applied */
    double probability, shed;          /* of being sampled, and the share that load took away from it */
    char epoch[33];
    const char *detector_version; /* in the arena, as are the names of the cues' rules once it is sampled */

    /* ask: shadow loop */
    struct arm_answer *arms; /* in the arena, made with the first */
    size_t arm_count;
    unsigned pending;      /* asks in the line or under way */
    struct ask_note *asks; /* the newest first */

    /* compare and judge */
    struct trial_pair *pairs; /* in the arena; the main one first; none where the trial came to no plan */
    size_t pair_count;

    /* tell */
    enum drop_reason missing; /* of the main pair; DROP_NONE: compared */
    bool counted;
    const char *not_counted_reason; /* "later_turn", "missing", ... */
    bool flagged;

    struct trial *next; /* in an intrusive queue */
};

MUST_USE struct trial *trial_new(struct conf *conf); /* holds conf; NULL when memory runs out */
void trial_free(struct trial *trial);                /* accepts NULL */

/* The answer of an arm, NULL when it is not asked. */
struct arm_answer *trial_arm(struct trial *trial, enum arm arm);
/* A new arm; candidate: its place in the configuration, for ARM_CANDIDATE. NULL when memory runs out. */
struct arm_answer *trial_add_arm(struct trial *trial, enum arm arm, size_t candidate);
/* A new pair, the main one first. NULL when memory runs out. */
struct trial_pair *trial_add_pair(struct trial *trial, enum pair_kind kind, const struct arm_answer *warm,
                                  const struct arm_answer *original);
/* The main pair; NULL when there is none. */
struct trial_pair *trial_main(const struct trial *trial);
/* What is compared: the two answers, the question both were asked, and the belief. */
void trial_pair_input(const struct trial *trial, const struct trial_pair *pair, struct compare_input *out);

/* Keeps a copy of the note where the exchange is traced; the slices stay the trial's. */
void trial_note_ask(struct trial *trial, const struct ask_note *note);

/* A fresh id: 48 bits of wall time, 80 random ones. */
void id_new(char id[ID_SIZE]);
/* The same from random bytes of the caller, who gets many at once. */
#define ID_RANDOM_BYTES 10
void id_make(char id[ID_SIZE], const unsigned char random[ID_RANDOM_BYTES]);

#endif
