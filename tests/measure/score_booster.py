#!/usr/bin/env python3
"""score_booster.py CANDOR WEIGHTS DEV.jsonl PACK...

What the booster adds to the rules on the judged rows it has not learnt from (tools/train-booster tells which it has):
of the rows with a cue that no rule finds, how many it suspects, and of those without one that no rule fires on."""
import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys

QUIET = ("relation:hierarchical_down", "stake:low")
TRAINER = str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "train-booster")


def trainer():
    loader = importlib.machinery.SourceFileLoader("train_booster", TRAINER)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("train_booster", loader))
    loader.exec_module(module)
    return module


def main(arguments):
    if len(arguments) < 4:
        sys.exit(__doc__)
    candor, weights, path, *packs = arguments
    rows = [row for row in trainer().rows_of(path, False) if not row[3]]
    lines = "".join(json.dumps({"id": row[0], "text": row[1]}) + "\n" for row in rows)
    out = subprocess.run([candor, "detect", "-b", weights, *(part for pack in packs for part in ("-r", pack))],
                         input=lines, capture_output=True, text=True, check=True).stdout
    for cue, name in ((True, "with a cue"), (False, "without a cue")):
        found = [json.loads(line) for row, line in zip(rows, filter(None, out.split("\n"))) if row[2] == cue]
        left = [line for line in found if not set(line["labels"]) - set(QUIET)]
        suspected = sum(line.get("suspicion", -1) > 0 for line in left)
        print(f"{name:14} {len(found)} rows; the rules find {len(found) - len(left)}; of the other {len(left)} the booster"
              f" suspects {suspected} ({100 * suspected / max(1, len(left)):.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
