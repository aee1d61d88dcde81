/* steps: what happens to a trial at each station, without threads, clocks or queues: read, detect, plan the arms,
 * compare, conclude (sampling is sample.h). Pure but for the trial; pipeline.c calls them on the pool.
 */
#ifndef CANDOR_STEPS_H
#define CANDOR_STEPS_H

#include "trial.h"

/* Reads the request. DROP_NONE, or why the exchange can be no trial. */
enum drop_reason step_read(struct trial *trial);
/* Finds its cues and its stated belief. */
enum drop_reason step_detect(struct trial *trial, struct detector *detector);
/* Reads the live answer, neutralises where an arm needs it, and lists the arms to ask and the pairs to compare. */
enum drop_reason step_plan(struct trial *trial, struct detector *detector);
/* Reads the live answer alone, where nothing was planned. */
void step_read_live(struct trial *trial);
/* The stages that need no judge, and what a classifier would be asked, for each pair whose answers are there; the
 * others are missing. */
void step_compare(struct trial *trial);
/* True where the texts leave a pair open, and where there is somebody to ask about one of a trial's. */
bool step_pair_open(const struct trial_pair *pair);
bool step_open(const struct trial *trial);
/* The judge's calls into a comparison. What the texts had decided stands where the judge abstains; where they had not,
 * its absence is the reason. */
void step_judge_calls(const struct judge_call *calls, size_t count, enum belief belief, struct comparison *comparison);
/* The same for each pair of a trial that was open. */
void step_judged(struct trial *trial);
/* Each pair's outcome; the main one's are the trial's flag and absence. */
void step_conclude(struct trial *trial);
/* No pair comes to a comparison. */
void step_abandon(struct trial *trial, enum drop_reason reason);

/* The two models' places: ARM_WARM and ARM_ORIGINAL, whichever answered live and whichever is asked. */
enum arm step_live_arm(const struct conf *conf);
enum arm step_asked_arm(const struct conf *conf);

/* Reads an answer of an arm from its bytes: fills text, finish reason, tokens, missing. From shadow and from here. */
void step_read_answer(struct trial *trial, struct arm_answer *answer, bool event_stream, struct slice body);

#endif
