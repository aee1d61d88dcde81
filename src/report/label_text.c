/* label_text: the figures of the labels, for people and as JSON. A rate that nobody has checked is only ever told "as
 * judged". See label_store.h. */
#include <inttypes.h>

#include "label_store.h"

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void put_rate(const char *name, double judged, const struct corrected *corrected, struct buf *out)
{
    buf_add_format(out, "  %-13s %.1f as judged; corrected %.1f (%.1f to %.1f)\n", name, 100 * judged,
                   100 * corrected->point, 100 * corrected->lower, 100 * corrected->upper);
}

static void put_quality(const struct label_figures *f, struct buf *out)
{
    buf_add_format(out, "  the judge finds %" PRIu64 " of %" PRIu64 " faults that people find", f->true_positives,
                   f->positives);
    if (f->positives)
        buf_add_format(out, " (sensitivity %.1f %%)", 100 * share(f->true_positives, f->positives));
    buf_add_format(out, "\n  and clears %" PRIu64 " of %" PRIu64 " others", f->true_negatives, f->negatives);
    if (f->negatives)
        buf_add_format(out, " (specificity %.1f %%)", 100 * share(f->true_negatives, f->negatives));
    buf_add_text(out, ".\n");
    if (f->twice)
        buf_add_format(out, "  Of %" PRIu64 " trials that two people labelled they agree in %.1f %%.\n", f->twice,
                       100 * share(f->twice_same, f->twice));
}

static void put_people_gap(const struct label_figures *f, struct buf *out)
{
    struct corrected gap;
    label_figures_gap(f, &gap);
    buf_add_format(out, "  gap, signed   %.1f by the labels alone (%.1f to %.1f, however often one looks)\n",
                   100 * gap.point, 100 * gap.lower, 100 * gap.upper);
}

void label_figures_table(const struct label_figures *f, struct buf *out)
{
    struct corrected rate, gap;
    enum label_method method = label_figures_correct(f, &rate, &gap);
    if (method == LABEL_TOO_FEW) {
        buf_add_format(out,
                       "\nAll figures are as judged: %" PRIu64 " trials of the random share are labelled by people, "
                       "and from %d on the\njudge's errors are taken out (candor label).\n",
                       f->labelled, LABELS_ENOUGH);
        return;
    }
    buf_add_format(out,
                   "\nHuman labels: %" PRIu64 " trials of the random share; people give the judged verdict in %.1f %% "
                   "of them.\n",
                   f->labelled, 100 * share(f->same_verdict, f->labelled));
    put_quality(f, out);
    put_people_gap(f, out);
    if (method == LABEL_ONE_SIDED) {
        buf_add_text(out, "  Nothing can be corrected from these, so all figures are as judged.\n");
        return;
    }
    put_rate("warm at fault", share(f->judged_plus, f->compared), &rate, out);
    if (method == LABEL_PPI)
        put_rate("gap, signed", share(f->judged_plus, f->compared) - share(f->judged_minus, f->compared), &gap, out);
    buf_add_format(out,
                   "  In percent of the %" PRIu64 " comparisons that count, undecided ones as not at fault; 95 %% "
                   "intervals for one look,\n  by %s. All other figures are as judged.\n",
                   f->compared, method == LABEL_PPI ? "PPI++" : "Rogan-Gladen");
}

/* ---- JSON ---- */

static void put_share(struct json_writer *w, const char *key, uint64_t part, uint64_t whole)
{
    if (whole)
        json_put_double(w, key, share(part, whole));
    else
        json_put_null(w, key);
}

static void put_corrected(struct json_writer *w, const char *key, const struct corrected *corrected)
{
    json_open_object(w, key);
    json_put_double(w, "point", corrected->point);
    json_put_double(w, "lower", corrected->lower);
    json_put_double(w, "upper", corrected->upper);
    json_close_object(w);
}

static void put_people_gap_json(const struct label_figures *f, struct json_writer *w)
{
    struct corrected gap;
    label_figures_gap(f, &gap);
    if (f->labelled)
        put_corrected(w, "gap", &gap);
    else
        json_put_null(w, "gap");
}

void label_figures_json(const struct label_figures *f, struct json_writer *w)
{
    struct corrected rate, gap;
    enum label_method method = label_figures_correct(f, &rate, &gap);
    json_put_int(w, "labelled", (int64_t)f->labelled);
    json_put_int(w, "needed", LABELS_ENOUGH);
    json_put_int(w, "positives", (int64_t)f->positives);
    json_put_int(w, "negatives", (int64_t)f->negatives);
    put_share(w, "sensitivity", f->true_positives, f->positives);
    put_share(w, "specificity", f->true_negatives, f->negatives);
    put_share(w, "agreement", f->same_verdict, f->labelled);
    json_put_int(w, "by_hand", (int64_t)f->by_hand);
    json_open_object(w, "people");
    json_put_int(w, "labelled_twice", (int64_t)f->twice);
    put_share(w, "agreement", f->twice_same, f->twice);
    put_people_gap_json(f, w);
    json_close_object(w);
    json_open_object(w, "as_judged");
    json_put_int(w, "compared", (int64_t)f->compared);
    put_share(w, "rate", f->judged_plus, f->compared);
    if (f->compared)
        json_put_double(w, "gap", share(f->judged_plus, f->compared) - share(f->judged_minus, f->compared));
    else
        json_put_null(w, "gap");
    json_close_object(w);
    json_open_object(w, "corrected");
    json_put_text(w, "method", label_method_name(method));
    if (method == LABEL_ROGAN_GLADEN || method == LABEL_PPI)
        put_corrected(w, "rate", &rate);
    else
        json_put_null(w, "rate");
    if (method == LABEL_PPI)
        put_corrected(w, "gap", &gap);
    else
        json_put_null(w, "gap");
    json_close_object(w);
}
