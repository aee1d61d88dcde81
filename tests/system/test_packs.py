"""Rule packs that are wrong, each refused with its place, and local ones that change what is shipped."""
import json
import os
import re
import subprocess

import pytest

from conftest import BINARY, FEW_RULES, run

INSTALLED_RULES = FEW_RULES

RULE = 'pack: a\nrules:\n  - {id: a.b, label: "emotion:sad", match: gloom, examples: {match: [gloom]}}\n'
WRONG = {  # what is wrong: the pack, with a ^ in front of the place that is told, and a word of what is told
    "a wrong type": (RULE.replace("match: gloom", "match: gloom, score: [^1]"), "number"),
    "an unknown key": (RULE.replace("match: gloom", "^colour: red, match: gloom"), "colour"),
    "an unknown key of a pack": (RULE + "^rulez: []\n", "rulez"),
    "an id twice": (RULE + '  - {id: ^a.b, label: "emotion:sad", match: gloom}\n', "already"),
    "a key twice": (RULE.replace("id: a.b,", "id: a.b, ^id: a.c,"), "duplicate"),
    "an unknown label": (RULE.replace('"emotion:sad"', '"^emotion:jealous"'), "label"),
    "a score beyond its range": (RULE.replace("match: gloom", "score: ^101, match: gloom"), "0 to 100"),
    "an unknown macro": (RULE.replace("match: gloom", "match: 'gloom ^{NOPE}'"), "NOPE"),
    "macros in a circle": ("macros: {A: 'x{B}', B: 'y^{A}'}\n" + RULE.replace("match: gloom", "match: '{A}'"), "{A}"),
    "a later engine": ("engine: ^99\n" + RULE, "99"),
    "an engine that is no number": ("engine: ^two\n" + RULE, "number"),
    "a language that is none": ("lang: ^EN\n" + RULE, "small letters"),
    "a keyword that can never be there": (RULE.replace("match: gloom", "keywords: [^Gloom], match: gloom"), "Gloom"),
    "a reference of YAML": (RULE.replace("- {", "- &one {") + "  - *^one\n", "alias"),
    "a second document": (RULE + "---\n^pack: b\n", "second"),
    "bytes that are no UTF-8": (RULE.replace("[gloom]", "[gloo^\xff]"), "UTF-8"),
    "no examples where a mapping belongs": (RULE.replace("{match: [gloom]}", "[^gloom]"), "examples"),
    "nothing at all": ("^", "mapping"),
    "a pattern in a block that is none": (RULE.replace("{match: [gloom]}}", "{match: [gloom]}}\n  - id: a.c\n    label: belief\n"
                                                       "    match: |-\n      gloom\n        ^(?:y|ier\n"), "parenthesis"),
    "a macro that closes what it did not open": ("macros: {BAD: 'a', I: 'so) (a'}\n" + RULE.replace(
        "match: gloom", '\n      match: "gloom\n        \\xe9 ^{NO} indeed"'), "NO"),
    "a capital that is never there": (RULE.replace("match: gloom", "match: '(?<Name>gl)[A-Z]?\\p{Lu}?\\xE9?oo ^I'"), "lower case"),
    "a backslash that YAML takes": (RULE.replace("match: gloom", 'match: "^\\bgloom"'), "double quotes"),
    "an escape that YAML does not know": (RULE.replace("match: gloom", 'match: "^\\dgloom"'), "single quotes"),
    "text that wants quotes": (RULE.replace("match: gloom", "match: {SAD} ^gloom"), "quotes"),
    "a comment that may be half of the pattern": (RULE + "  - id: a.c\n    label: belief\n    match: we are^ #1\n", "comment"),
    "the same over lines": (RULE + "  - id: a.c\n    label: belief\n    match: we\n      are^\t #1\n", "comment"),
    "the same in a macro": ("macros:\n  FIRST: we are^ #1\n" + RULE, "comment"),
    "the same in a guard": ("guards: {ask: 'tell', tail: we are^ #1\n  }\n" + RULE, "comment"),
    "an id of two words": (RULE.replace("a.b", '"a^ b"'), "letters"),
    "a share for a score": (RULE.replace("match: gloom", "score: ^0.8, match: gloom"), "0.8"),
    "a macro that is wrong by itself": ("macros: {A: 'x{B}', B: 'y ^(z'}\n" + RULE.replace("match: gloom", "match: '{A}'"), "parenthesis"),
    "an item that is wrong by itself": ("lists: {a: [x, 'y ^(z']}\n" + RULE.replace("match: gloom", "match: '{a}'"), "parenthesis"),
    "an appended item that is wrong": ("lists: {l: [x]}\nappend: {a.l: [y, '^)z']}\n" + RULE.replace("match: gloom", "match: 'gloom {l}'"), "unmatched"),
    "an unknown rule to switch off": (RULE + "disable: [^a.c]\n", "a.c"),
    "an unknown rule to score": (RULE + "scores: {^a.c: 40}\n", "score"),
    "an unknown list to append to": (RULE + "append: {^b.c: [x]}\n", "append"),
}


@pytest.mark.parametrize("pack, word", WRONG.values(), ids=WRONG.keys())
def test_a_pack_is_refused_with_its_place(tmp_path, pack, word):
    path = tmp_path / "local.yaml"
    before = pack[:pack.index("^")]
    place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
    path.write_bytes(pack.replace("^", "").encode("latin-1"))
    for command in (("rules", "test", path), ("detect", "-r", path)):
        done = run(*command, text='{"id":"1","text":"gloom"}\n')
        assert done.returncode == 3 and done.stdout == ""
        assert done.stderr.startswith(f"{path}:{place}: ") and word in done.stderr, done.stderr
        assert done.stderr.count("\n") == 1, "one sentence:\n" + done.stderr


@pytest.mark.parametrize("pattern", [r"gloom\C", "gloom(?C1)", "(*UTF)gloom", "(*UCP)gloom", "(*LIMIT_MATCH=9)gloom",
                                     "gloom(?R)?", "(gloom)(?1)?", "(?<x>gloom)(?&x)?", "(gloom)(?-1)?", "(gloom)(?+1)?(x)",
                                     r"(gloom)\g<1>?", "(?<x>gloom)(?P>x)?", "(?i)gloom", "(?s)gloom", "(?-i:gloom)",
                                     "(gloom)(?(1)a|b)"])
def test_a_pattern_may_not_do_what_packs_are_not_trusted_with(tmp_path, pattern):
    path = tmp_path / "local.yaml"
    path.write_text(RULE.replace("match: gloom", f"keywords: [gloom], match: '{pattern}'"))
    column = path.read_text().splitlines()[2].index("'") + 2 + re.search(r"\(\?[^<]|\(\?P>|\(\*|\\", pattern).start()
    done = run("rules", "test", path)
    assert done.returncode == 3 and done.stderr.startswith(f"{path}:3:{column}: "), done.stderr


def test_two_packs_of_one_name_are_refused(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(RULE)
    second.write_text(RULE.replace("a.b", "a.c"))
    done = run("rules", "test", first, second)
    assert done.returncode == 3 and done.stderr == f'{second}:1:7: there is already a pack "a", {first}\n', done.stderr


def test_an_item_may_end_with_a_colon(tmp_path):
    path = tmp_path / "local.yaml"
    path.write_text("lists: {l: ['note:', gloom]}\n" + RULE.replace("match: gloom", "match: '{l}'"))
    assert run("rules", "test", path).returncode == 0


def test_a_comment_behind_quotes_or_on_a_line_of_its_own_cuts_nothing(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("pack: a  # mine\nmacros:\n  # first\n  FIRST: 'we are #1' # loud\nrules:\n  - id: a.b # one\n"
                    "    label: belief\n    match: '{FIRST}' # all of it\n    unless: no#thing\n    # and\n"
                    "    examples: {match: ['We are #1 here.'], no_match: [We are here.]}\n")
    done = run("rules", "test", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nobody_waits_for_a_pipe_that_nobody_writes_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = run("rules", "test", pipe)
    assert done.returncode == 3 and done.stderr == f"candor: {pipe}: nobody writes to this pipe\n"
    assert subprocess.run(["bash", "-c", '"$0" rules test <(printf "%s" "$1")', BINARY, RULE], check=False).returncode == 0
    endless = run("rules", "test", "/dev/zero")
    assert endless.returncode == 3 and "larger than 4 MiB" in endless.stderr


def test_what_fails_is_told_as_it_is(tmp_path):
    path = tmp_path / "local.yaml"
    path.write_text("pack: a\nrules:\n  - {id: a.none, label: belief, match: gloom}\n  - id: a.all\n    label: belief\n"
                    "    match: gloom is (?<prop>.*)\n    keywords: [is]\n    examples:\n"
                    "      match: [blue is, gloom, {text: gloom is near, prop: far}]\n      no_match: [gloom is here]\n")
    told = run("rules", "test", path).stdout.splitlines()
    assert told[:5] == [
        f"FAIL {path}:3: a.none has no example of what it finds (examples: match)",
        f'FAIL {path}:9: a.all does not find: "blue is"',
        f'FAIL {path}:9: a.all does not find, for none of its keywords stands there: "gloom"',
        f'FAIL {path}:9: a.all finds "near" to be held, not "far": "gloom is near"',
        f'FAIL {path}:10: a.all finds what it should leave alone: "gloom is here"'], told


def test_a_class_may_hold_what_is_refused_elsewhere(tmp_path):
    path = tmp_path / "local.yaml"
    path.write_text(RULE.replace("match: gloom", r"match: '[(*]?[](?R]?\(?\(?gloom'"))
    assert run("rules", "test", path).returncode == 0


def test_what_is_no_file_of_rules_is_told(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_text("pack: a\ndescription: '" + "x" * 10_000_000 + "'\nrules: []\n")
    for path in (tmp_path, tmp_path / "none.yaml", big):
        done = run("rules", "test", path)
        assert (done.returncode, done.stdout) == (3, "") and str(path) in done.stderr and done.stderr.count("\n") == 1, done


def test_a_local_pack_disables_rescores_and_extends_what_another_ships(tmp_path):
    shipped, local = tmp_path / "shipped.yaml", tmp_path / "local.yaml"
    shipped.write_text("pack: shipped\nlists: {states: [gloomy]}\nrules:\n"
                       "  - {id: s.state, label: 'emotion:sad', match: 'i am {states}', examples: {match: [I am gloomy]}}\n"
                       "  - {id: s.word, label: 'emotion:anger', score: 80, match: 'grumpy', examples: {match: [grumpy]}}\n"
                       "  - {id: s.off, label: 'emotion:fear', match: 'eerie', examples: {match: [eerie]}}\n")
    local.write_text("pack: local\ndisable: [s.off]\nscores: {s.word: 30}\nappend: {shipped.states: [knackered]}\n")
    texts = ["I am knackered", "I am gloomy", "grumpy", "eerie"]
    lines = "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts))

    def labels(*packs):
        done = run("detect", *(part for pack in packs for part in ("-r", pack)), text=lines)
        return [json.loads(line)["labels"] for line in done.stdout.splitlines()]
    assert labels(shipped) == [[], ["emotion:sad"], ["emotion:anger"], ["emotion:fear"]]
    assert labels(shipped, local) == labels(local, shipped) == [["emotion:sad"], ["emotion:sad"], [], []]


@pytest.mark.parametrize("pattern, example", [("^(?:a|aa)+gloom$", "aagloom"), ("gloom(?:[a-z]+ ?)+!$", "gloomy!"),
                                              ("zork(?:x+x+)+y", "zorkxxy"), ("gloom(?: [a-z]*)*(?:, ?[a-z]*)*(?: [a-z]*)*;", "gloom a;"),
                                              ("gloom(?:(?:ly)*)*s", "gloomlys"), ("(?:so,? ?)+gloom, (?:[a-z]*,? ?)+end", "so gloom, a, end")])
def test_check_finds_the_pattern_that_a_short_text_makes_run_away(tmp_path, pattern, example):
    pack, configuration = tmp_path / "local.yaml", tmp_path / "candor.yaml"
    pack.write_text(f"pack: local\nrules:\n  - id: l.a\n    label: emotion:sad\n    keywords: [gloom, zork]\n    match: '{pattern}'\n"
                    f"    examples: {{match: ['{example}']}}\n")
    configuration.write_text(json.dumps({
        "listen": [{"address": "127.0.0.1:0"}], "models": {"warm": {"url": "http://127.0.0.1:9/v1"},
                                                           "original": {"url": "http://127.0.0.1:9/v1", "model": "b"}},
        "rules": [str(pack)]}))
    for done in (run("check", "-c", configuration), run("rules", "test", pack)):
        told = done.stdout + done.stderr
        assert done.returncode == 1 and f"{pack}:6: l.a does not stand the stress" in told and "limit" in told, told
        assert " finds" not in told, "the example itself is found"


def test_more_words_than_can_be_looked_for_are_refused(tmp_path):
    pack, each = tmp_path / "local.yaml", 500
    rules = [f"  - {{id: l.r{rule}, label: 'emotion:sad', match: gloom, examples: {{match: [gloom]}}, keywords: "
             f"[{', '.join(f'w{rule}x{word}' for word in range(each))}]}}\n" for rule in range((1 << 16) // each + 1)]
    pack.write_text("pack: local\nrules:\n" + "".join(rules))
    done = run("rules", "test", pack)
    assert done.returncode == 3 and "the packs ask for more than 65535 words" in done.stderr, done.stderr[-300:]
