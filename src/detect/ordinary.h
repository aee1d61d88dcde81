/* ordinary: what people ask every day, for judging what a rule costs. */
#ifndef CANDOR_DETECT_ORDINARY_H
#define CANDOR_DETECT_ORDINARY_H

/* The requests in a language, by its code; NULL where we know none. They end with NULL. */
const char *const *ordinary_requests(const char *language);

/* Behind ordinary_requests: the languages beside English; language NULL ends them. */
struct ordinary {
    const char *language;
    const char *const *requests;
};
extern const struct ordinary ordinary_others[];

#endif
