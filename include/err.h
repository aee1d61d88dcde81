/* err: one sentence that tells an operator what failed, where, and why.
 *
 * A function that can fail returns 0 or -1 (or a pointer or NULL) and fills the struct err it was given; it does
 * not log. Whoever decides what happens next logs, once. A NULL err is allowed: then nobody wants the sentence.
 * Pure values, any thread.
 */
#ifndef CANDOR_ERR_H
#define CANDOR_ERR_H

#define MUST_USE      __attribute__((warn_unused_result))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define ERR_TEXT_SIZE 512

struct err {
    char text[ERR_TEXT_SIZE]; /* a zero-terminated sentence; "" while nothing failed */
};

/* Writes the sentence (truncated to fit). Always returns -1, so that a caller can `return err_set(...)`. */
int err_set(struct err *err, const char *format, ...) PRINTF(2, 3);

/* Puts "prefix: " before the sentence already in err. Always returns -1. */
int err_prefix(struct err *err, const char *format, ...) PRINTF(2, 3);

#endif
