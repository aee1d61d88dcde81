"""The detector's commands on whatever they are given, and what the proxy tells of it."""
import ctypes
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest
import yaml

import wire
from conftest import BINARY, TOP, Candor, run
from fakes import says

PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN = 65, 1
RUNAWAY = """pack: runaway
rules:
  - {id: runaway.a, label: "emotion:sad", keywords: [aa], match: "^(?:a|aa)+$", examples: {match: [aa]}}
"""


def detected(*lines):
    done = run("detect", text="".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def forbid_executable_memory():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        os._exit(77)


@pytest.mark.parametrize("pack", sorted((TOP / "rules").glob("*.yaml")), ids=lambda pack: pack.stem)
def test_the_interpreter_takes_over_where_executable_memory_is_forbidden(pack, tmp_path):
    """Pack by pack: under a thread sanitizer all of them together take longer than anybody waits. Those in English share guards."""
    guards = yaml.safe_load((TOP / "rules/beliefs.yaml").read_text())["guards"]
    shared = tmp_path / "shared.yaml"
    shared.write_text(json.dumps({"pack": "shared", "guards": {"person": guards["person"]}, "rules": []}))
    tested = run("rules", "test", pack, shared, preexec_fn=forbid_executable_memory)
    if tested.returncode == 77:
        pytest.skip("skipped: this kernel does not refuse executable memory on request")
    assert tested.returncode == 0 and "interpreted, this host forbids executable memory" in tested.stdout, tested.stdout


def test_what_is_interpreted_finds_the_same():
    text = json.dumps({"id": "1", "text": "I feel so sad today. I think the answer is Sydney."}) + "\n"
    if run("rules", "test", TOP / "rules/emoji.yaml", preexec_fn=forbid_executable_memory).returncode == 77:
        pytest.skip("skipped: this kernel does not refuse executable memory on request")
    assert run("detect", text=text, preexec_fn=forbid_executable_memory).stdout == run("detect", text=text).stdout


def test_the_proxy_says_that_its_rules_are_interpreted(fake, config, tmp_path):
    model = fake(says("Fine."))
    if run("rules", "test", TOP / "rules/emoji.yaml", preexec_fn=forbid_executable_memory).returncode == 77:
        pytest.skip("skipped: this kernel does not refuse executable memory on request")
    proxy = Candor(tmp_path, config(model), preexec_fn=forbid_executable_memory)
    try:
        assert proxy.event("rules are interpreted", level="warn")
        assert json.loads(wire.get(proxy.admin, "/api/status").body)["jit"] is False
        wire.chat(proxy.data, "I feel so sad today. Who wrote Emma?")
        assert proxy.trials(1)[0]["condition"] == "emotion:sad+none"
    finally:
        proxy.stop()


def test_every_rule_passes_its_own_examples():
    done = run("rules", "test")
    assert done.returncode == 0, done.stdout + done.stderr


def test_detect_reads_texts_and_conversations():
    lines = [{"id": "1", "text": "I feel so sad today. What is the capital of Australia? I think the answer is Sydney."},
             {"id": "2", "messages": [{"role": "user", "content": "What is the capital of Australia?"}]}]
    done = run("detect", text="".join(json.dumps(line) + "\n" for line in lines))
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert {"emotion:sad", "belief:asserted"} <= set(first["labels"]) and second["labels"] == []
    belief = first["belief"]
    assert belief["kind"] == "asserted" and "Sydney" in belief["text"]
    text = lines[0]["text"].encode()
    assert b"Sydney" in text[belief["start"]:belief["end"]]
    assert "Sydney" not in first["neutral"] and "capital of Australia?" in first["neutral"]


def test_detect_takes_any_text():
    hostile = ["", " ", "\n\n", "\x01\x7f I feel so sad today.", "a" * 1_000_000, "I feel so sad. " * 70_000, "\ud83d\ude22" * 5000,
               "\u202eI feel so sad\u202c", "`" * 3000, '"' * 3000, "?" * 5000]
    found = detected(*({"id": str(i), "text": text} for i, text in enumerate(hostile)))
    assert [line["id"] for line in found] == [str(i) for i in range(len(hostile))]
    assert found[5]["labels"] == ["emotion:sad"] and not any(line.get("detector_error") for line in found)
    for line, text in zip(found, hostile):
        for cue in line["cues"]:
            assert 0 <= cue["start"] < cue["end"] <= len(text.encode("utf8", "surrogatepass"))


def test_detect_reads_lists_of_parts_and_passes_over_what_is_no_text():
    parts = [{"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "text", "text": "I feel so sad today."}]
    found = detected({"id": 7, "messages": [{"role": "system", "content": "I feel so sad"},
                                            {"role": "user", "content": parts},
                                            {"role": "assistant", "content": None},
                                            {"role": "user", "content": []}, {"role": "tool", "content": 4}]},
                     {"id": None, "messages": []})
    assert found[0]["id"] == 7 and found[0]["labels"] == ["emotion:sad"] and found[0]["cues"][0]["turn"] == 1
    assert found[1]["labels"] == [] and found[1]["language"] == "und" and found[1]["neutral"] is None


@pytest.mark.parametrize("content", [[{"type": "input_text", "text": "I feel so sad."}], ["I feel so sad."],
                                     [{"type": "text", "text": "I feel"}, {"type": "text", "text": "so sad."}]])
def test_a_cue_has_the_place_of_its_message_as_in_the_record(fake, candor, content):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content},
                {"role": "tool", "tool_call_id": "1", "content": "I am so angry."},
                {"role": "assistant", "content": "Oh."}, {"role": "user", "content": "Who wrote Emma?"}]
    proxy = candor(fake(says("Jane Austen.")), fake(says("Jane Austen.")))
    wire.chat(proxy.data, messages)
    told, recorded = detected({"id": "1", "messages": messages})[0], proxy.trials(1)[0]
    assert told["cues"] == recorded["cues"] and {cue["turn"] for cue in told["cues"]} == {1}
    assert told["condition"] == recorded["condition"] == "emotion:sad+none"


def test_an_id_comes_back_as_it_was_written():
    ids = ["9007199254740993", "12345678901234567890", "1.50", '"a\\u0041"', "true", '{"a": 1}', "null"]
    done = run("detect", text="".join(f'{{"text": "Hi", "id": {id}}}\n' for id in ids))
    assert [re.match(r'\{"id":(.*),"labels"', line).group(1) for line in done.stdout.splitlines()] == ids, done.stderr


def test_detect_tells_of_lines_it_cannot_read_and_goes_on():
    broken = ['{"id":"1","text":"\\ud800"}', '{"id":"1","text":"\\u0000"}', '{"id":"1","text":"\\u00"}', "[]", '{"id":"1"}',
              '{"id":"1","messages":"Hi"}', '{"id":"1","text":4}']
    done = run("detect", text="".join(line + "\n" for line in ['{"id":"0","text":"fine"}', *broken, '{"id":"9","text":"fine"}']))
    assert done.returncode == 3
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["0", "9"]
    assert re.findall(r"standard input:(\d+):1: \S", done.stderr) == [str(i) for i in range(2, 2 + len(broken))], done.stderr


def test_detect_reads_bytes_that_are_no_text():
    done = subprocess.run([BINARY, "detect"], input=b'{"id":"1","text":"\xff\xfe I feel so sad"}\n{"id":"2","text":"fine"}\n',
                          capture_output=True, check=False)
    assert done.returncode in (0, 3) and json.loads(done.stdout.splitlines()[-1])["id"] == "2", done


def test_a_rule_that_hits_its_limit_is_named_counted_and_sampled_all_the_same(fake, candor, tmp_path):
    pack = tmp_path / "runaway.yaml"
    pack.write_text(RUNAWAY)
    proxy = candor(fake(says("Fine.")), fake(says("Fine.")), rules=[str(pack)],
                   shadow={"sample": {"default": 0.0, "belief": 1.0}})
    wire.chat(proxy.data, "a" * 60 + "b")
    assert proxy.trials(1)[0]["sample"]["stratum"] == "detector_error"
    assert proxy.metric("candor_detect_rule_errors_total", rule="runaway.a") == 1
    assert proxy.metric("candor_detect_languages_total", language="und") == 1
    line = json.dumps({"id": "1", "text": "a" * 60 + "b"}) + "\n"
    found = json.loads(run("detect", "-r", pack, text=line).stdout)
    assert found["detector_error"] is True and found["failed"] == ["runaway.a"]


def test_what_only_the_booster_suspects_is_sampled_and_says_so(fake, candor):
    suspect, plain = "My nerves are so frayed today, I just can't any more.", "Which metal melts first, tin or lead?"
    weights = TOP / "rules" / "booster.weights"
    found = [json.loads(line) for line in run("detect", "-b", weights, text="".join(
        json.dumps({"id": "1", "text": text}) + "\n" for text in (suspect, plain))).stdout.splitlines()]
    assert [line["labels"] for line in found] == [[], []]
    assert found[0]["suspicion"] > 0 > found[1]["suspicion"]
    proxy = candor(fake(says("Fine.")), fake(says("Fine.")), shadow={"sample": {"default": 0.0}, "booster": 1.0})
    wire.chat(proxy.data, plain)
    wire.chat(proxy.data, suspect)
    trial = proxy.trials(1)[0]
    assert trial["sample"]["stratum"] == "booster" and trial["sample"]["probability"] == 1
    assert trial["contexts"] == [] and trial["condition"] == "none+none" and trial["question"].startswith("My nerves")


def on_terminal(*arguments, columns=200):
    """What a command shows on a terminal that takes colours."""
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        os.execve(BINARY, [str(BINARY), *map(str, arguments)], environment)
    shown = b""
    try:
        while more := os.read(terminal, 4096):
            shown += more
    except OSError:
        pass  # the other side has closed
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode().replace("\r", "")


def test_explain_underlines_what_each_rule_found():
    text = "Ich wei\u00df. I feel so sad today. \u00c9mile won? I think the answer is Sydney."
    done = run("rules", "explain", text)
    assert done.returncode == 0 and "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    marks = [line for line in lines if re.match(r" *\^", line)]
    underlined = [text[line.index("^"):line.rindex("^") + 1] for line in marks]
    assert any("sad" in part for part in underlined) and any("Sydney" in part for part in underlined), done.stdout
    assert all(re.search(r"(emotion|relation|stake|belief):\w+  [a-z_.]+ \(\d+\)$", line) for line in marks)
    code, shown = on_terminal("rules", "explain", text)
    assert code == 0 and "\x1b[" in shown and re.sub(r"\x1b\[[0-9;]*m", "", shown) == done.stdout


def cells(row):
    """The character in each column of a terminal's row; a wide one has two."""
    return [c for c in row if not unicodedata.combining(c) for _ in range(2 if unicodedata.east_asian_width(c) in "WF" else 1)]


@pytest.mark.parametrize("columns", [40, 64, 200])
def test_marks_stand_under_what_they_mark_on_a_terminal_of_any_width(columns):
    text = "\u6211\u4eca\u5929\U0001f600 e\u0301\tI feel so sad today.\r\nAnd \x1b[2Jyou know me better than anyone. I am so happy!"
    code, shown = on_terminal("rules", "explain", text, columns=columns)
    rows = re.sub(r"\x1b\[\d*m", "", shown).split("\ncondition", 1)[0].splitlines()
    assert code == 0 and "\x1b[2J" not in shown and "\\x1b[2J" in shown
    marked, above = {}, ""
    for number, row in enumerate(rows):
        marks = re.match(r" *(\^+)", row)
        if marks:
            label = row[marks.end():] or (rows[number + 1] if rows[number + 1].startswith("  emotion") else "")
            marked.setdefault(label.split()[-2] if label else "", []).append(
                "".join(cells(above)[marks.start(1):marks.end(1)]))
        elif not re.match(r"  (?:emotion|relation):", row):
            above = row
            assert len(cells(row)) <= columns, row
    assert "I feel so sad".startswith(marked["sad.state.first_person"][0].rstrip())
    assert "I am so happy".startswith(marked["happy.state.first_person"][0].rstrip())
    if columns == 200:
        assert marked["sad.state.first_person"] == ["I feel so sad"] and marked["sad.word"] == ["sad"]


def test_explain_says_what_the_neutraliser_cut():
    done = run("rules", "explain", "I feel so sad today. Who wrote Emma?")
    assert re.search(r"^neutral +Who wrote Emma\?\ncut +I feel so sad today\.$", done.stdout, re.M), done.stdout


def test_the_examples_are_told_as_tap_and_in_colour_on_a_terminal(tmp_path):
    pack = tmp_path / "runaway.yaml"
    pack.write_text(RUNAWAY)
    tap = run("rules", "test", "--tap", pack)
    lines = tap.stdout.splitlines()
    assert tap.returncode == 1 and lines[0] == "TAP version 13" and lines[-1] == f"1..{len(lines) - 2}"
    assert any(line.startswith("not ok") and "stands the stress" in line for line in lines)
    code, shown = on_terminal("rules", "test", pack)
    assert code == 1 and "\x1b[31mFAIL" in shown and "runaway.a" in shown


def test_a_corpus_is_counted_with_samples(tmp_path):
    corpus = tmp_path / "messages.jsonl"
    corpus.write_text("".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in
                              enumerate(["I feel so sad today.", "Who wrote Emma?", "I'm so happy!"])))
    done = run("rules", "test", *sorted((TOP / "rules").glob("*.yaml")), "--corpus", corpus)
    assert done.returncode == 0, done.stderr
    assert "3 messages, 2 with a cue (66.67 %), 0 with an error" in done.stdout
    assert re.search(r"^ +1 +33\.33 % +\d+ +[\d.]+ % +\S*sad\S* +I feel so sad today\.$", done.stdout, re.M), done.stdout


def test_lines_of_a_corpus_that_cannot_be_read_are_told_and_the_others_counted(tmp_path):
    corpus = tmp_path / "messages.jsonl"
    corpus.write_text('{"text":"I feel so sad."}\nno JSON\n{"txt":"I feel so sad."}\n{"text":5}\n{"text":"Hi"}\n')
    done = run("rules", "test", TOP / "rules" / "cues.yaml", "--corpus", corpus)
    assert done.returncode == 3 and "2 messages, 1 with a cue" in done.stdout
    assert re.findall(rf"^{corpus}:(\d+):1: ", done.stderr, re.M) == ["2", "3", "4"], done.stderr
    folder = run("rules", "test", TOP / "rules" / "cues.yaml", "--corpus", tmp_path)
    assert folder.returncode == 3 and folder.stderr == f"candor: cannot read {tmp_path}: Is a directory\n"
    piped = run("rules", "test", TOP / "rules" / "cues.yaml", "--corpus", "-", text='{"text":"I feel so sad."}\n')
    assert piped.returncode == 0 and "1 messages, 1 with a cue" in piped.stdout


def test_an_experimental_rule_finds_nothing_and_is_counted(tmp_path):
    pack, corpus = tmp_path / "local.yaml", tmp_path / "messages.jsonl"
    pack.write_text("pack: local\nrules:\n  - {id: l.a, label: 'emotion:sad', status: experimental, match: gloom, "
                    "examples: {match: [gloom]}}\n")
    line = json.dumps({"id": 1, "text": "Such gloom."}) + "\n"
    corpus.write_text(line)
    assert json.loads(run("detect", "-r", pack, text=line).stdout)["cues"] == []
    done = run("rules", "test", pack, "--corpus", corpus)
    assert done.returncode == 0 and "1 messages, 0 with a cue" in done.stdout
    assert re.search(r"^ +1 +100\.00 % +1 +100\.00 % +l\.a +Such gloom\.$", done.stdout, re.M), done.stdout


@pytest.mark.parametrize("pattern, keywords, word", [
    (r"\b(?:the|you|so) [a-z]+ (?:to|of|in|ex)\b", "[]", "in"), ("[0-9]+|gloom", "[' ', '1']", " "), ("e ?[a-z]?x", "[]", "x")])
def test_a_rule_that_is_tried_on_everything_is_warned_of(tmp_path, pattern, keywords, word):
    pack = tmp_path / "local.yaml"
    pack.write_text(f"pack: local\nrules:\n  - {{id: l.rare, label: 'emotion:sad', match: gloom, examples: {{match: [gloom]}}}}\n"
                    f"  - {{id: l.common, label: 'emotion:sad', keywords: {keywords}, match: '{pattern}', examples: {{match: [the gloom ex]}}}}\n")
    done = run("rules", "test", pack)
    assert done.returncode == 0 and "1 tried too often" in done.stdout, done.stdout
    warned = re.search(r"^warn (\S+): (\S+) is tried on about (\d+) of 1,000 .* for \"(.*)\";", done.stdout, re.M)
    assert warned and warned[1] == f"{pack}:4" and warned[2] == "l.common" and warned[4] == word, done.stdout
    assert 100 < int(warned[3]) <= 1000
    configuration = tmp_path / "candor.yaml"
    configuration.write_text(json.dumps({"models": {"warm": {"url": "http://127.0.0.1:9/v1"}, "original": {"url": "http://127.0.0.1:9/v1", "model": "b"}},
                                         "listen": [{"address": "127.0.0.1:0"}], "rules": [str(pack)]}))
    checked = run("check", "-c", configuration)
    assert checked.returncode == 0 and "1 rules tried too often" in checked.stdout and f"warn {pack}:4: l.common" in checked.stderr
    told = run("rules", "test", "--cost", "--tap", pack).stdout
    assert re.search(rf"^# cost {pack}:3: l.rare is tried on about 0 of", told, re.M) and f"# warn {pack}:4" in told, told
    other = tmp_path / "other.yaml"
    other.write_text("pack: other\nlang: eo\nrules:\n  - {id: o.a, label: 'emotion:sad', match: malgaja, examples: {match: [Mi estas malgaja.]}}\n")
    told = run("rules", "test", "--cost", pack, other).stdout
    assert "o.a" not in told and "\nnote: nothing is said of 1 rules, for no requests in their languages" in told, told


def test_what_rules_of_other_languages_cost_is_told_to_who_asks(tmp_path):
    pack = tmp_path / "local.yaml"
    pack.write_text("pack: local\nlang: es\nrules:\n  - {id: l.rare, label: 'emotion:sad', match: melanc\u00f3lic, examples: {match: [Melanc\u00f3lico.]}}\n"
                    "  - {id: l.common, label: 'emotion:sad', match: 'd?el [a-z]+', examples: {match: [El d\u00eda.]}}\n")
    plain, told = run("rules", "test", pack), run("rules", "test", "--cost", pack)
    assert plain.returncode == told.returncode == 0 and "0 tried too often" in plain.stdout and "l.common" not in plain.stdout
    rare, common = re.findall(r"^cost \S+: l\.\w+ is tried on about (\d+) of 1,000 ordinary sentences(?:, often for \"el )?", told.stdout, re.M)
    assert int(rare) == 0 and int(common) > 100, told.stdout


def test_the_ordinary_requests_of_other_languages_are_in_them_and_hold_no_cue():
    source = (TOP / "src/detect/ordinary_others.c").read_text(encoding="utf8")
    lists = dict(re.findall(r'{"(\w\w)", (\w+)}', source))
    assert set(lists) == {path.stem for path in (TOP / "rules").glob("??.yaml")}, "those that we ship packs of"
    for language, name in lists.items():
        requests = re.findall(r'^    "(.*)",$', re.search(rf"\b{name}\[\] = {{(.*?)}};", source, re.S).group(1), re.M)
        found = detected(*({"id": str(i), "text": text} for i, text in enumerate(requests)))
        assert len(found) >= 40
        assert [(text, line["labels"]) for text, line in zip(requests, found) if line["labels"]] == []
        assert sum(line["language"] == language for line in found) > 0.6 * len(found), language


def test_every_macro_and_list_of_the_shipped_packs_is_used():
    packs = [path.read_text(encoding="utf8") for path in (TOP / "rules").glob("*.yaml")]
    named = [name for pack in map(yaml.safe_load, packs) for kind in ("macros", "lists") for name in pack.get(kind) or ()]
    assert len(named) > 50 and [name for name in named if f"{{{name}}}" not in "".join(packs)] == []


def test_the_shipped_packs_are_what_the_schema_says():
    jsonschema = pytest.importorskip("jsonschema", reason="skipped: python3-jsonschema is not here")
    schema = json.loads((TOP / "rules" / "pack.schema.json").read_text(encoding="utf8"))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    packs = sorted((TOP / "rules").glob("*.yaml"))
    assert packs
    for pack in packs:
        wrong = list(validator(schema).iter_errors(yaml.safe_load(pack.read_text(encoding="utf8"))))
        assert not wrong, f"{pack.name}: {wrong[0].json_path}: {wrong[0].message}"
    for mistake in ({}, {"pack": "a", "rule": []}, {"pack": "a", "rules": [{"id": "a", "label": "emotion:sad"}]},
                    {"pack": "a", "rules": [{"id": "a", "label": "sadness", "match": "sad"}]}, {"pack": "a", "engine": 99},
                    *({"pack": "a", "rules": [{"id": "a", "label": "belief", "match": "sad", **wrong}]} for wrong in (
                        {"match": r"sad\C"}, {"match": "(*UTF)sad"}, {"unless": "sad(?C1)"}, {"match": "sad(?R)?"},
                        {"keywords": ["Sad"]}, {"score": 101}, {"score": 0.8}, {"id": "a b"}, {"examples": ["sad"]}, {"colour": "red"}))):
        assert not validator(schema).is_valid(mistake), mistake


def test_detect_tells_what_the_neutraliser_cut():
    told = "Who was \u00c9mile Zola? I feel so sad today. Who wrote Emma? I think the answer is Poe."
    cut, asked, kept, refused = detected(*({"id": "1", "text": text} for text in (
        told, "I think Sydney is the capital of Australia.", "Who wrote Emma?", "I feel so sad today.")))
    gone = [told.encode()[span["start"]:span["end"]].decode() for span in cut["cuts"]]
    assert gone == ["I feel so sad today. ", "I think the answer is Poe."]
    assert asked["cuts"] == [{"start": 0, "end": 43}] and asked["neutral"].endswith("the capital of Australia?")
    assert kept["cuts"] == [] and "neutral_refused" not in kept
    assert refused["cuts"] == [] and refused["neutral_refused"]


def test_an_escape_before_a_list_is_an_error_with_its_place(tmp_path):
    pack = tmp_path / "escape.yaml"
    pack.write_text('pack: escape\nlists: {states: [sad]}\nrules:\n  - {id: escape.a, label: "emotion:sad",\n'
                    "     match: 'so \\b{states}'}\n")
    done = run("rules", "test", pack)
    assert done.returncode != 0 and f"{pack}:5:17: " in done.stderr and "(?:{states})" in done.stderr, done.stderr


def test_the_stress_of_a_guard_is_tested_too(tmp_path):
    pack = tmp_path / "guard.yaml"
    pack.write_text("pack: guard\nguards: {hedge: '^(?:a|aa)+$'}\nrules: []\n")
    done = run("rules", "test", pack)
    assert done.returncode == 1 and f"FAIL {pack}:2: guard hedge of en does not stand the stress" in done.stdout, done.stdout


def test_a_rule_of_whole_messages_sees_short_ones_over_several_sentences_and_no_long_ones(tmp_path):
    pack = tmp_path / "whole.yaml"
    pack.write_text('pack: whole\nrules:\n  - {id: whole.a, label: "emotion:sad", scope: message, '
                    'match: "\\\\bmarmot\\\\b.{1,999}\\\\bglacier\\\\b", examples: {match: ["A marmot. A glacier."]}}\n')
    for between, labels in (("It rained. ", ["emotion:sad"]), ("It rained all day. " * 30, [])):
        text = json.dumps({"id": "1", "text": f"We saw a marmot. {between}Then came the glacier."}) + "\n"
        done = run("detect", "-r", pack, text=text)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["labels"] == labels
