/* The reported trials in groups, by the model that answered, by tag or by the day: what changed, where and when. A
 * model names itself, so its name is hostile text.
 */
#include "report_view.h"

#include <inttypes.h>

#include "json.h"
#include "pairs.h"

static void lines_of(const struct report_view *view, const struct history_group *group, struct tally_line *all,
                     struct tally_line *belief)
{
    tally_row_line(&group->all, &view->input->settings, all);
    tally_row_line(&group->belief, &view->input->settings, belief);
}

/* As people read it; programs get "". */
static const char *shown_name(const struct report_input *input, size_t group)
{
    const char *name = input->groups[group].name;
    return name[0] ? name : input->by == HISTORY_BY_TAG ? "(no tag)" : "(unnamed)";
}

static void put_json_line(struct json_writer *w, const char *key, const struct tally_line *line)
{
    json_open_object(w, key);
    json_put_int(w, "n", (int64_t)report_known(line->row));
    json_put_int(w, "plus", (int64_t)line->row->counts.plus);
    json_put_int(w, "zero", (int64_t)line->row->counts.zero);
    json_put_int(w, "minus", (int64_t)line->row->counts.minus);
    json_put_double(w, "gap", line->gap);
    json_put_double(w, "lower", line->lower);
    json_put_double(w, "upper", line->upper);
    json_put_int(w, "missing", (int64_t)line->row->missing);
    json_put_int(w, "undecided", (int64_t)line->row->undecided);
    json_put_int(w, "flagged", (int64_t)line->row->flagged);
    json_close_object(w);
}

void report_groups_json(const struct report_view *view, struct json_writer *w)
{
    const struct report_input *input = view->input;
    if (!input->groups)
        return;
    json_open_object(w, "by");
    json_put_text(w, "by", history_by_name(input->by));
    json_open_array(w, "groups");
    for (size_t i = 0; i < input->group_count; i++) {
        struct tally_line all, belief;
        lines_of(view, &input->groups[i], &all, &belief);
        json_open_object(w, NULL);
        json_put_text(w, history_by_name(input->by), input->groups[i].name);
        put_json_line(w, "all", &all);
        put_json_line(w, "belief", &belief);
        json_close_object(w);
    }
    json_close_array(w);
    json_close_object(w);
}

static void put_table_line(const struct tally_line *line, struct buf *out)
{
    if (report_known(line->row) == 0)
        buf_add_format(out, " %8d %30s", 0, "");
    else
        buf_add_format(out, " %8" PRIu64 " %+7.1f  %+6.1f to %+6.1f     ", report_known(line->row), 100 * line->gap,
                       100 * line->lower, 100 * line->upper);
}

void report_groups_table(const struct report_view *view, struct buf *out)
{
    const struct report_input *input = view->input;
    if (!input->groups)
        return;
    buf_add_format(out, "\nBy %s: n, gap and 95 %% interval, of all trials and of those with a stated belief\n",
                   history_by_name(input->by));
    for (size_t i = 0; i < input->group_count; i++) {
        struct tally_line all, belief;
        size_t start = out->len;
        lines_of(view, &input->groups[i], &all, &belief);
        buf_add_text(out, "  ");
        pairs_excerpt(slice_from(shown_name(input, i)), 32, out);
        while (out->len - start < 34 && !out->failed)
            buf_add_char(out, ' ');
        put_table_line(&all, out);
        put_table_line(&belief, out);
        buf_add_char(out, '\n');
    }
}

/* A field of CSV that spreadsheets neither split nor take for a formula. */
static void put_csv_name(const char *name, struct buf *out)
{
    buf_add_char(out, '"');
    if (*name && strchr("=+-@\t\r", *name))
        buf_add_char(out, '\'');
    for (; *name; name++) {
        if (*name == '"')
            buf_add_char(out, '"');
        buf_add_char(out, (unsigned char)*name < ' ' ? ' ' : *name);
    }
    buf_add_char(out, '"');
}

static void put_csv_line(const char *name, const char *trials, const struct tally_line *line, struct buf *out)
{
    const struct tally_row *row = line->row;
    put_csv_name(name, out);
    buf_add_format(out,
                   ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.17g,%.17g,%.17g,%" PRIu64 ",%" PRIu64
                   ",%" PRIu64 "\n",
                   trials, report_known(row), row->counts.plus, row->counts.zero, row->counts.minus, line->gap,
                   line->lower, line->upper, row->missing, row->undecided, row->flagged);
}

void report_groups_csv(const struct report_view *view, struct buf *out)
{
    const struct report_input *input = view->input;
    buf_add_format(out, "%s,trials,n,plus,zero,minus,gap,lower,upper,missing,undecided,flagged\n",
                   history_by_name(input->by));
    for (size_t i = 0; i < input->group_count; i++) {
        struct tally_line all, belief;
        lines_of(view, &input->groups[i], &all, &belief);
        put_csv_line(input->groups[i].name, "all", &all, out);
        put_csv_line(input->groups[i].name, "belief", &belief, out);
    }
}

static void put_html_line(const struct tally_line *line, struct buf *out)
{
    if (report_known(line->row) == 0)
        buf_add_text(out, "<td>0</td><td></td><td></td>");
    else
        buf_add_format(out, "<td>%" PRIu64 "</td><td>%+.1f</td><td>%+.1f to %+.1f</td>", report_known(line->row),
                       100 * line->gap, 100 * line->lower, 100 * line->upper);
}

void report_groups_html(const struct report_view *view, struct buf *out)
{
    const struct report_input *input = view->input;
    if (!input->groups)
        return;
    buf_add_format(
        out,
        "<h2>By %s</h2>\n<div class=\"scroll\"><table><thead><tr><th>%s</th><th>n</th><th>gap, pp</th>"
        "<th>95 %% interval</th><th>n, belief</th><th>gap, pp</th><th>95 %% interval</th></tr></thead><tbody>\n",
        history_by_name(input->by), history_by_name(input->by));
    for (size_t i = 0; i < input->group_count; i++) {
        struct tally_line all, belief;
        lines_of(view, &input->groups[i], &all, &belief);
        buf_add_text(out, "<tr><td>");
        report_html_text(slice_from(shown_name(input, i)), out);
        buf_add_text(out, "</td>");
        put_html_line(&all, out);
        put_html_line(&belief, out);
        buf_add_text(out, "</tr>\n");
    }
    buf_add_text(out, "</tbody></table></div>\n");
}
