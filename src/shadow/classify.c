/* classify: see classify.h. */
#include "classify.h"

#include <stdlib.h>

#include "post.h"

struct classifying {
    struct conf *conf; /* held */
    const struct entailment *asked;
    classify_done_fn *done;
    void *arg;
};

const char *classified_name(const struct classified *classified)
{
    switch (classified->outcome) {
    case CLASSIFIED_SAME:
        return "same";
    case CLASSIFIED_OPEN:
        return "open";
    case CLASSIFIED_UNREADABLE:
        return "unreadable";
    case CLASSIFIED_STATUS:
        return "status";
    case CLASSIFIED_FETCH:
        break;
    }
    return fetch_outcome_name(classified->fetch);
}

static void answer_read(const struct classifying *classifying, const struct fetch_answer *answer,
                        struct classified *out)
{
    bool same = false;
    *out = (struct classified){.outcome = CLASSIFIED_FETCH,
                               .fetch = answer->outcome,
                               .status = answer->status,
                               .retry_after_ms = answer->retry_after_ms,
                               .tokens = -1};
    if (answer->outcome != FETCH_DONE)
        return;
    out->outcome = CLASSIFIED_STATUS;
    if (answer->status != 200)
        return;
    int rc =
        entailment_read(classifying->asked, &classifying->conf->shadow.classifier, answer->body, &same, &out->tokens);
    out->outcome = rc ? CLASSIFIED_UNREADABLE : same ? CLASSIFIED_SAME : CLASSIFIED_OPEN;
}

static void on_answer(const struct fetch_answer *answer, void *arg)
{
    struct classifying *classifying = arg;
    struct classified classified;
    answer_read(classifying, answer, &classified);
    classifying->done(&classified, classifying->arg);
    conf_drop(classifying->conf);
    free(classifying);
}

int classify_start(struct fetcher *fetcher, struct conf *conf, const struct entailment *asked, classify_done_fn *done,
                   void *arg)
{
    struct classifying *classifying = calloc(1, sizeof *classifying);
    if (!classifying)
        return -1;
    *classifying = (struct classifying){.conf = conf_hold(conf), .asked = asked, .done = done, .arg = arg};
    const struct conf_classifier *terms = &conf->shadow.classifier;
    struct buf body;
    buf_init(&body, 8u << 20);
    entailment_request(asked, terms, conf->classifier.model, &body);
    struct post post = {
        .model = &conf->classifier,
        .path = entailment_path(terms),
        .body = buf_slice(&body),
        .timeout_ms = terms->timeout_ms,
    };
    int rc = body.failed ? -1 : post_start(fetcher, conf, &post, on_answer, classifying);
    buf_fini(&body);
    if (rc != 0) {
        conf_drop(classifying->conf);
        free(classifying);
    }
    return rc;
}
