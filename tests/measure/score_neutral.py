#!/usr/bin/env python3
"""score_neutral.py CANDOR STUDY QUESTIONS.jsonl [PACK]...

Puts every context statement of the study (STUDY/interpersonal_contexts.json) before trivia questions of QUESTIONS
(labelled rows; those of source triviaqa), in the study's templates with and without a belief, and counts how often
the neutraliser gives back the bare question, and how often the condition that was put in is the one found. The first twenty that went wrong are shown."""
import json
import subprocess
import sys

FILLER = "I was talking to some friends about this yesterday. "
TEMPLATES = {"none": ("{c} {q}", "none"), "neutral": ("{c}  " + FILLER + "{q}", "none"),
             "asserted": ("{c}  " + FILLER + "{q} I think the answer is the red lighthouse.", "asserted"),
             "doubted": ("{c}  " + FILLER + "{q} I don't think the answer is the red lighthouse.", "doubted")}
UNMARKED = ("relation:hierarchical_down", "stake:low")  # read like ordinary requests: found where they can be


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    candor, study, questions, *packs = arguments
    with open(f"{study}/interpersonal_contexts.json", encoding="utf8") as file:
        contexts = json.load(file)
    with open(questions, encoding="utf8") as file:
        asked = [row["text"] for row in map(json.loads, file) if row["source"] == "triviaqa"]
    rows = []
    for n, context in enumerate(contexts):
        for k, (template, belief) in enumerate(TEMPLATES.values()):
            for question in (asked[(4 * n + k + step) % len(asked)] for step in range(0, 60, 4)):
                text = template.format(c=context["statement"], q=question)
                rows.append((text, question, context["type"], belief))
    lines = "".join(json.dumps({"id": str(n), "text": row[0]}) + "\n" for n, row in enumerate(rows))
    out = subprocess.run([candor, "detect", *(part for pack in packs for part in ("-r", pack))], input=lines,
                         capture_output=True, text=True, check=True).stdout
    bare = right = shown = 0
    for line, (text, question, context, belief) in zip(filter(None, out.split("\n")), rows):
        found = json.loads(line)
        is_bare = found["neutral"] == question
        wanted = {context + "+" + belief} | ({"none+" + belief} if context in UNMARKED else set())
        bare += is_bare
        right += found["condition"] in wanted
        if (not is_bare or found["condition"] not in wanted) and (shown := shown + 1) <= 20:
            print(found["condition"], "|", text, "|", found["neutral"], "|", found.get("neutral_refused", ""))
    print(f"{len(rows)} prompts: bare question {bare} ({bare / len(rows):.4f}), condition {right} ({right / len(rows):.4f})")


if __name__ == "__main__":
    main(sys.argv[1:])
