/* ordinary: what people ask every day, for judging what a rule costs. */
#ifndef CANDOR_DETECT_ORDINARY_H
#define CANDOR_DETECT_ORDINARY_H

/* Ends with NULL. English, plain ASCII. */
extern const char *const ordinary_requests[];

#endif
