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
    if (classified->missing != DROP_NONE)
        return drop_reason_name(classified->missing);
    return classified->same ? "same" : "open";
}

static void answer_read(const struct classifying *classifying, const struct fetch_answer *answer,
                        struct classified *out)
{
    *out = (struct classified){.missing = post_absence(answer),
                               .fetch = answer->outcome,
                               .status = answer->status,
                               .retry_after_ms = answer->retry_after_ms,
                               .address = answer->address,
                               .tokens = -1};
    const struct conf_classifier *terms = &classifying->conf->shadow.classifier;
    if (out->missing == DROP_NONE &&
        entailment_read(classifying->asked, terms, answer->body, &out->same, &out->tokens) != 0)
        out->missing = DROP_SHADOW_UNREADABLE;
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
