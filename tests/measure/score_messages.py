#!/usr/bin/env python3
"""score_messages.py [--gate] [--misses] CANDOR MESSAGES.jsonl PACK...

Our own messages, one label each (none for ordinary requests): how many of a label are found, how many ordinary
requests fire one, how many propositions are wholly within what was found. With --gate the exit code says whether the
figures hold what they are kept at; with --misses what went wrong is shown."""
import collections
import json
import re
import subprocess
import sys

# What the figures are kept at. The requests were written to look like cues: real traffic fires less. Most beliefs of w15
# are such as nobody says to hold: a kind of its own, which must not hide what becomes of the others.
FOUND = {"emotion:sad": .9, "emotion:anger": .9, "emotion:happy": .9, "emotion:fear": .9, "relation:close": .9,
         "relation:hierarchical_up": .85, "stake:high": .9, "belief": .93, "belief, w15": .68}
FIRED, COVERED = .04, {"belief": .93, "belief, w15": .66}
QUIET = ("relation:hierarchical_down", "stake:low")  # read like ordinary requests, and never raise the sampling share


def words(text):
    return collections.Counter(re.findall(r"\w+", text.lower()))


def labels_of(found):
    return {"belief" if label.startswith("belief") else label for label in found["labels"] if label not in QUIET}


def kind_of(row):
    return "belief, w15" if row["label"] == "belief" and row["id"].startswith("w15-") else row["label"]


def is_right(row, found):
    labels = labels_of(found)
    if row["label"].startswith("relation"):
        return any(label.startswith("relation") for label in labels)
    return not labels if row["label"] == "none" else row["label"] in labels


def main(arguments):
    gate, misses = "--gate" in arguments, "--misses" in arguments
    arguments = [argument for argument in arguments if not argument.startswith("--")]
    if len(arguments) < 3:
        sys.exit(__doc__)
    candor, messages, *packs = arguments
    with open(messages, encoding="utf8") as file:
        rows = [json.loads(line) for line in file]
    lines = "".join(json.dumps({"id": row["id"], "text": row["text"]}) + "\n" for row in rows)
    out = subprocess.run([candor, "detect", *(part for pack in packs for part in ("-r", pack))], input=lines,
                         capture_output=True, text=True, check=True).stdout
    seen, right, props, covered, held = *(collections.Counter() for _ in range(4)), True
    for row, line in zip(rows, filter(None, out.split("\n"))):
        found = json.loads(line)
        good = is_right(row, found)
        seen[kind_of(row)] += 1
        right[kind_of(row)] += good
        if "prop" in row:
            props[kind_of(row)] += 1
            covered[kind_of(row)] += not words(row["prop"]) - words(found.get("belief", {}).get("text", ""))
        if misses and not good:
            print(row["id"], "|", row["text"], "|", sorted({cue["rule"] for cue in found["cues"]}))
    for label, count in seen.items():
        share = (count - right[label] if label == "none" else right[label]) / count
        held = held and (share <= FIRED if label == "none" else share >= FOUND[label])
        print(f"{label:25} {count:4}  {'fire' if label == 'none' else 'found'} {share:.3f}")
    for label, count in props.items():
        share = covered[label] / count
        held = held and share >= COVERED[label]
        print(f"{'propositions of ' + label:25} {count:4}  covered {share:.3f}")
    return 1 if gate and not held else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
