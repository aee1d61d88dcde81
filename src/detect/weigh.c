/* weigh: see weigh.h.
 *
 * A set beside the first of its branch saves tries of the pattern, as many as the first makes somebody look and as
 * there are texts without a word of the set; and its words cost each time they are seen. Those of "to" cost more than a
 * rare rule is ever tried, and save much where many rules ask for it. So sets are taken as long as they save more than
 * those of their words cost that nobody needs yet, what promises most first.
 */
#include "weigh.h"

#include <stdlib.h>

/* In processor cycles, measured with patterns and words out of the cache, as they are in a proxy. */
static const double SIGHT_COST = 50, TRY_COST = 3000;
static const double TEXT_BYTES = 100; /* of a sentence */
static const double MATCHES = 1e-5;   /* at a byte, of a rule: only then its exception is looked at */

struct weighing {
    struct rules *rules;
    const double *rarities; /* by word */
    bool *needed;           /* by word */
    double *looks;          /* by branch: how often its sets that were taken all stand in a text, at a byte */
    double *often;          /* by set: how often any of its words stands at a byte */
    uint32_t *first_user;   /* by set: where its branches begin in users; set_count + 1 of them */
    uint32_t *users;
    uint8_t *taken; /* by set */
};

double weigh_set(const struct rules *rules, const double *rarities, uint32_t number)
{
    const struct word_set *set = &rules->sets[number];
    double sum = 0;
    for (uint32_t i = set->first_word; i < set->first_word + set->word_count; i++)
        sum += rarities[rules->set_words[i]];
    return sum;
}

/* The share of texts that have a word of the set. */
static double presence(const struct weighing *w, uint32_t set)
{
    double share = w->often[set] * TEXT_BYTES;
    return share < 1 ? share : 1;
}

static void need_words(struct weighing *w, uint32_t number)
{
    const struct word_set *set = &w->rules->sets[number];
    for (uint32_t i = set->first_word; i < set->first_word + set->word_count; i++)
        w->needed[w->rules->set_words[i]] = true;
}

static void must_take(struct weighing *w, uint32_t set)
{
    w->taken[set] = true;
    need_words(w, set);
}

static void take(struct weighing *w, uint32_t set)
{
    must_take(w, set);
    for (uint32_t u = w->first_user[set]; u < w->first_user[set + 1]; u++)
        w->looks[w->users[u]] *= presence(w, set);
}

/* What the set saves and what its words cost beyond what is needed anyhow, both at a byte. */
static double saving(const struct weighing *w, uint32_t set)
{
    double tries = 0;
    for (uint32_t u = w->first_user[set]; u < w->first_user[set + 1]; u++)
        tries += w->looks[w->users[u]];
    return tries * (1 - presence(w, set)) * TRY_COST;
}

static double cost(const struct weighing *w, uint32_t number)
{
    const struct word_set *set = &w->rules->sets[number];
    double sights = 0;
    for (uint32_t i = set->first_word; i < set->first_word + set->word_count; i++)
        if (!w->needed[w->rules->set_words[i]])
            sights += w->rarities[w->rules->set_words[i]];
    return sights * SIGHT_COST;
}

static void list_users(struct weighing *w)
{
    const struct rules *rules = w->rules;
    for (size_t b = 0; b < rules->branch_count; b++)
        for (uint32_t s = 0; s < rules->branches[b].set_count; s++)
            w->first_user[rules->branches[b].sets[s] + 1]++;
    for (size_t s = 0; s < rules->set_count; s++)
        w->first_user[s + 1] += w->first_user[s];
    for (size_t b = rules->branch_count; b-- > 0;) /* the last place is filled first, and the start moves back */
        for (uint32_t s = 0; s < rules->branches[b].set_count; s++)
            w->users[--w->first_user[rules->branches[b].sets[s] + 1]] = (uint32_t)b;
    memmove(w->first_user, w->first_user + 1, rules->set_count * sizeof *w->first_user);
    size_t all = 0;
    for (size_t b = 0; b < rules->branch_count; b++)
        all += rules->branches[b].set_count;
    w->first_user[rules->set_count] = (uint32_t)all;
}

/* What makes somebody look at a match has to be there, and so has what the author of a rule asks for. */
static void take_what_must_be(struct weighing *w)
{
    const struct rules *rules = w->rules;
    for (size_t b = 0; b < rules->branch_count; b++) {
        const struct branch *branch = &rules->branches[b];
        w->looks[b] = branch->excepts ? MATCHES : w->often[branch->sets[0]];
        if (!branch->excepts)
            must_take(w, branch->sets[0]);
    }
    for (uint32_t s = 0; s < rules->set_count; s++)
        if (rules->sets[s].anywhere)
            must_take(w, s);
}

struct offer {
    uint32_t set;
    double worth; /* what it saves for each cycle that it costs */
};

static int compare_offers(const void *a, const void *b)
{
    const struct offer *x = a, *y = b;
    if (x->worth > y->worth || x->worth < y->worth)
        return x->worth > y->worth ? -1 : 1;
    return x->set < y->set ? -1 : x->set > y->set;
}

static void take_what_pays(struct weighing *w, struct offer *offers)
{
    size_t count = 0;
    for (uint32_t s = 0; s < w->rules->set_count; s++)
        if (!w->taken[s])
            offers[count++] = (struct offer){s, saving(w, s) / (cost(w, s) + 1e-9)};
    qsort(offers, count, sizeof *offers, compare_offers);
    for (size_t i = 0; i < count; i++)
        if (saving(w, offers[i].set) > cost(w, offers[i].set))
            take(w, offers[i].set);
}

/* An exception of which a branch asks for nothing any more is looked for wherever the rule matches. */
static void open_ways(struct rules *rules, struct pattern *pattern)
{
    for (size_t i = 0; i < pattern->way_count; i++) {
        struct way *way = &pattern->ways[i];
        for (uint32_t b = way->first_branch; b < way->first_branch + way->branch_count; b++)
            if (!rules->branches[b].set_count) {
                way->branch_count = 0;
                break;
            }
    }
}

static void drop_the_others(const struct weighing *w)
{
    struct rules *rules = w->rules;
    for (size_t b = 0; b < rules->branch_count; b++) {
        struct branch *branch = &rules->branches[b];
        uint8_t kept = 0;
        for (uint32_t s = 0; s < branch->set_count; s++)
            if (w->taken[branch->sets[s]])
                branch->sets[kept++] = branch->sets[s];
        branch->set_count = kept;
    }
    for (size_t r = 0; r < rules->count; r++)
        open_ways(rules, &rules->list[r].unless);
}

int weigh_sets(struct rules *rules, const double *rarities, bool *needed, struct err *err)
{
    size_t uses = 1;
    for (size_t b = 0; b < rules->branch_count; b++)
        uses += rules->branches[b].set_count;
    struct weighing w = {.rules = rules, .rarities = rarities, .needed = needed};
    struct offer *offers = calloc(rules->set_count + 1, sizeof *offers);
    w.looks = calloc(rules->branch_count + 1, sizeof *w.looks);
    w.often = calloc(rules->set_count + 1, sizeof *w.often);
    w.first_user = calloc(rules->set_count + 2, sizeof *w.first_user);
    w.users = calloc(uses, sizeof *w.users);
    w.taken = calloc(rules->set_count + 1, sizeof *w.taken);
    bool made = offers && w.looks && w.often && w.first_user && w.users && w.taken;
    if (made) {
        for (uint32_t set = 0; set < rules->set_count; set++)
            w.often[set] = weigh_set(rules, rarities, set);
        list_users(&w);
        take_what_must_be(&w);
        take_what_pays(&w, offers);
        drop_the_others(&w);
    }
    free(offers);
    free(w.looks);
    free(w.often);
    free(w.first_user);
    free(w.users);
    free(w.taken);
    return made ? 0 : err_set(err, "out of memory for the words of the rules");
}
