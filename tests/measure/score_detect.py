#!/usr/bin/env python3
"""score_detect.py [--half A|B] CANDOR GOLD.jsonl SCORE.py [-r RULES]... [-- SCORE ARGUMENTS]

Runs `candor detect` over a file of labelled messages and hands what it finds to a scoring script, whose label names
are everyday words: the study's codes are mapped here. Relation to the assistant is one label there (closeness), so
closeness and deference both count for it; brisk orders and low stakes are no cue and count for nothing. Half A is the
rows whose id has an even CRC-32, the half that is looked at; half B is only ever scored."""
import json
import subprocess
import sys
import tempfile
import zlib

NAMES = {"emotion:sad": "sadness", "emotion:anger": "anger", "emotion:happy": "happiness", "emotion:fear": "fear",
         "relation:close": "closeness", "relation:hierarchical_up": "closeness", "stake:high": "stakes",
         "belief:asserted": "belief", "belief:doubted": "belief", "belief:pushback": "belief"}


def mapped(line):
    """One line of `candor detect` in the scoring script's words."""
    found = json.loads(line)
    labels = sorted({NAMES[label] for label in found["labels"] if label in NAMES})
    row = {"id": found["id"], "labels": labels}
    if "belief" in found:
        row["proposition"] = found["belief"]["text"]
    return row


def half_of(row):
    return "AB"[zlib.crc32(row["id"].encode()) % 2]


def main(arguments):
    extra, half = [], ""
    if arguments[:1] == ["--half"]:
        half, arguments = arguments[1], arguments[2:]
    if "--" in arguments:
        at = arguments.index("--")
        arguments, extra = arguments[:at], arguments[at + 1:]
    if len(arguments) < 3:
        sys.exit(__doc__)
    candor, gold, score, *packs = arguments
    with open(gold, encoding="utf8") as file:
        rows = [row for row in map(json.loads, filter(str.strip, file)) if half in ("", half_of(row))]
    lines = "".join(json.dumps({"id": row["id"], "text": row["text"]}) + "\n" for row in rows)
    out = subprocess.run([candor, "detect", *packs], input=lines, capture_output=True, text=True, check=True).stdout
    with (tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as found,
          tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf8") as scored):
        found.writelines(json.dumps(mapped(line)) + "\n" for line in filter(None, out.split("\n")))
        scored.writelines(json.dumps(row) + "\n" for row in rows)
        found.flush()
        scored.flush()
        return subprocess.run([sys.executable, score, scored.name, found.name, *extra], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
