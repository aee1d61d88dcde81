/* ruleset: what a loaded set of rules holds, for the files of this folder only.
 *
 * Everything is made by rules_load in the set's arena and never changes afterwards.
 */
#ifndef CANDOR_DETECT_RULESET_H
#define CANDOR_DETECT_RULESET_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "arena.h"
#include "literals.h"
#include "prefilter.h"
#include "rules.h"
#include "yaml.h"

enum {
    RULES_ENGINE = 1,   /* packs that ask for more are refused */
    RULES_MAX = 4096,   /* of all packs together */
    SUBJECT_MAX = 1000, /* bytes of a sentence that patterns see */
    MATCH_LIMIT = 20000,
    MATCH_LIMIT_INTERPRETED = 200000, /* the interpreter counts every step, compiled code only the ways it goes back */
    HEAP_LIMIT_KIB = 1024,
    DEPTH_LIMIT = 2000
};

enum scope { SCOPE_SENTENCE, SCOPE_MESSAGE, SCOPE_FIRST, SCOPE_LAST, SCOPE_COUNT };
enum gate { GATE_NONE, GATE_PERSON, GATE_ANSWER, GATE_REMARK, GATE_STORY, GATE_ASKED, GATE_REJECTED, GATE_COUNT };
enum target { TARGET_CONTEXT, TARGET_BELIEF, TARGET_BRIDGE, TARGET_LETTER };
enum polarity {
    POLARITY_ASSERT,
    POLARITY_DENY,
    POLARITY_ASK,
    POLARITY_ATTRIBUTE,
    POLARITY_PRESUPPOSE,
    POLARITY_PUSHBACK,
    POLARITY_COUNT
};

/* A part of a pattern that is a pattern of its own. Detectors compile it when they first try it. */
struct way {
    struct slice text;
    struct need_branch *needs;           /* one of these branches must be open; NULL: it may match anywhere */
    uint32_t first_branch, branch_count; /* the same among the branches of the rules */
};

/* Matches where the first of its ways does: see split.h. A text that has the words of a few ways only is not put
 * through the machine code of all. */
struct pattern {
    struct slice text; /* data NULL: there is none */
    bool unicode;      /* UTF and Unicode classes: for what is not English */
    const char *file;  /* where it stands */
    unsigned line, column;
    struct way *ways;
    size_t way_count, first_way; /* the number of the first among all ways of all patterns; the others follow */
};

/* Patterns of a language that are no rules; packs of the same language share them, the first pack that has one wins. */
enum guard {
    GUARD_MATERIAL,   /* a sentence that asks to work on text: what follows is that text, not the user speaking */
    GUARD_PERSON,     /* a sentence in which the user speaks of themselves: what `gate: person` asks for */
    GUARD_LEAD,       /* what a proposition does not begin with */
    GUARD_TAIL,       /* what a proposition does not end with */
    GUARD_HEDGE,      /* lowers the confidence by a step */
    GUARD_FACT,       /* a sentence that the neutraliser never cuts */
    GUARD_ASK,        /* the beginning of a clause that asks */
    GUARD_CLAIM,      /* a sentence that states something of the world: what `about: before` asks for */
    GUARD_UNFINISHED, /* a line that is not the end of a sentence */
    GUARD_COUNT
};

extern const char *const guard_names[GUARD_COUNT]; /* as packs write them */

struct language {
    char code[4];
    struct pattern guards[GUARD_COUNT];
};

struct example {
    struct slice text;
    struct slice prop; /* the proposition that must come out; data NULL: not said */
    unsigned line;
};

struct example_list {
    struct example *items;
    size_t count;
};

struct rule {
    const char *id;
    const char *file;
    unsigned line;
    struct slice description;
    enum target target;
    enum context context;
    enum belief belief;
    enum polarity polarity;
    enum scope scope;
    enum gate gate;
    double score, confidence;
    bool experimental, disabled;
    bool about_before; /* what it finds is said of the sentence before, which holds the proposition */
    size_t language;   /* index; 0 is "any" */
    struct pattern match, unless;
    struct literals keywords; /* the author's: one of them must stand in the subject; none: anything may */
    struct example_list matches, no_matches, todo_matches;
};

/* One way in which a pattern can match: a word of each of these sets must stand in the text. */
enum { BRANCH_SETS_MAX = 5 };
struct branch {
    uint16_t rule, way;
    uint8_t set_count;
    bool excepts;                   /* the way is one of the rule's exception */
    uint16_t sets[BRANCH_SETS_MAX]; /* the rarest first: its words make somebody look at the branch */
};

/* Of words, sets, branches and ways: so small a number of each keeps their tables in the cache. */
enum { NUMBERED_MAX = UINT16_MAX };

/* The words that turn up most have the lowest numbers. So many of them stand in nearly every text, and are in so many
 * sets, that these are asked for them rather than told of them. */
enum { COMMON_WORDS = 64 };

/* Words of which one must stand in the text, and how far behind the beginning of the match they begin. */
struct word_set {
    uint32_t first_word;
    uint32_t word_count : 31;
    uint32_t anywhere : 1; /* its words may stand where they like, also outside of the match */
    struct range start;
};

/* Texts that are English, or of no language that is known, need not be searched for the words of all others; and whole
 * messages, whose sentences have been, only for those of the few rules that look at messages. */
enum word_group { WORDS_ENGLISH, WORDS_OTHER, WORDS_MESSAGE, WORD_GROUPS };

struct rules {
    _Atomic size_t references;
    struct arena *arena;
    struct rule *list;
    size_t count;
    struct language *languages;
    size_t language_count;
    struct prefilter *words[WORD_GROUPS]; /* each finds words by number; some are in several */
    size_t word_count;
    uint32_t *first_set_of; /* by word: where its sets begin in sets_of; word_count + 1 of them */
    uint16_t *sets_of;      /* that hold the word; of a common word only those that make somebody look */
    struct word_set *sets;  /* those first that make somebody look */
    uint64_t *common;       /* by set: a bit for each common word that is in it */
    size_t set_count, trigger_count;
    uint32_t *first_branch;  /* by set that makes somebody look: where its branches begin; trigger_count + 1 of them */
    uint16_t *set_words;     /* of all sets */
    struct branch *branches; /* of the matches, by the set that makes somebody look; then of the exceptions */
    size_t branch_count;
    bool whole_messages;           /* some rule looks at a whole message */
    size_t way_count;              /* of all patterns */
    uint32_t captures;             /* the most groups a pattern has */
    bool jit;                      /* this host allows machine code */
    const struct booster *booster; /* NULL: none */
    char version[17];
};

enum { LANGUAGE_ANY, LANGUAGE_ENGLISH, LANGUAGES_MAX = 16 };

/* pattern.c: proves that the pattern can be compiled under the limits above, and counts its groups. -1, a sentence, and
 * at which byte of the pattern it is wrong. */
MUST_USE int pattern_check(const struct pattern *pattern, uint32_t *captures, size_t *wrong, struct err *err);
/* Compiles a way of a pattern that has been checked; NULL when memory runs out. */
pcre2_code *pattern_compile(const struct pattern *pattern, const struct way *way);
/* Whether this host allows machine code to be made. */
bool pattern_host_has_jit(void);
/* Limits for matching with or without machine code. */
void pattern_limit(pcre2_match_context *context, bool jit);

/* expand.c: puts macros and lists into a pattern. pack is the document's root, appended the `append` mappings of all
 * packs, where other packs add items to this one's lists. */
struct expansion {
    const struct yaml_node *pack;
    struct slice pack_name;
    const struct yaml_node *const *appended;
    size_t appended_count;
    struct arena *arena;
};
MUST_USE int expand_pattern(const struct expansion *expansion, const struct yaml_node *node, struct slice *out,
                            struct err *err);
/* The nth of what the name stands for: its macro, or the items of its list and those that other packs add. NULL: there
 * are no more. */
const struct yaml_node *expand_named(const struct expansion *expansion, struct slice name, size_t index);
/* Where in the node's text the byte at the offset of its expansion comes from. name: the macro or list that brings it,
 * which is used there; data NULL: none. */
size_t expand_source(const struct expansion *expansion, const struct yaml_node *node, size_t offset,
                     struct slice *name);
/* The same for text that may be a pattern or a plain word, such as a keyword; {NAME} may be a list: all its items. */
MUST_USE int expand_words(const struct expansion *expansion, const struct yaml_node *sequence, struct literals *out,
                          struct err *err);

/* words.c: gives every word of the rules a number, and builds the branches and the prefilters. arrange.c: puts what is
 * needed together that is often. */
MUST_USE int words_index(struct rules *rules, struct err *err);

/* pack.c: reads the packs at the paths into rules, patterns checked. */
MUST_USE int packs_read(struct rules *rules, const char *const *paths, size_t count, struct err *err);

#endif
