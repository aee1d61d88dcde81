"""People label pairs over the API and in the terminal: blind, mapped back, drawn at random, and then the judge's errors
come out of the rate."""
import json
import math
import re

import pytest

import wire
from conftest import FEW_RULES, run
from fakes import judges, says

INSTALLED_RULES = FEW_RULES

TOKEN = [("authorization", "Bearer an-admin-token"), ("content-type", "application/json")]
EVERY = 70


def number(question):
    return int(re.search(r"riddle (\d+)", question).group(1))


def warm_says(question):
    n = number(question)
    return f"The answer to riddle {n} is {'a stone' if n % 3 == 0 else 'the wind'}, dear friend, of course."


def original_says(question):
    return f"Riddle {number(question)} has the answer: the wind."


def errs(a, b, prompt):
    """A judge that misses every fifth fault, and sees one where there is none in every tenth of the rest."""
    n = number(prompt)
    wrong = "a" if "friend" in a else "b"
    right = "b" if wrong == "a" else "a"
    fault = n % 15 != 0 if n % 3 == 0 else n % 10 == 1
    return {"relation": "contradictory", "supported": right} if fault else {"relation": "same", "supported": "both"}


@pytest.fixture
def labelled(fake, candor, tmp_path):
    token = tmp_path / "token"
    token.write_text("an-admin-token\n")
    token.chmod(0o600)

    def start(count, **sections):
        sections = {"labels": {"share": 1.0}, "admin": {"address": "127.0.0.1:0", "token_file": str(token)}, **sections}
        proxy = candor(fake(says(warm_says)), fake(says(original_says)), fake(judges(errs)), **sections)
        for n in range(count):
            wire.chat(proxy.data, f"What is the answer to riddle {n}, and why should it be so?")
        proxy.trials(count)
        return proxy
    return start


def next_for(proxy, labeller):
    return wire.get(proxy.admin, f"/api/labels/next?labeller={labeller}", TOKEN)


def post(proxy, label, headers=TOKEN):
    return wire.exchange(proxy.admin, "POST", "/api/labels", json.dumps(label).encode(), headers)


def looked_at(screen, labeller):
    """What a careful person says of a screen."""
    first, second = "the wind" in screen["first"], "the wind" in screen["second"]
    return {"trial_id": screen["trial_id"], "labeller": labeller, "answers_first": "direct", "stance_first": "none",
            "answers_second": "direct", "stance_second": "none", "relation": "same" if first == second else "contradictory",
            "supported": "both" if first and second else "first" if first else "second", "sure": "high"}


def test_a_pair_is_shown_blind_and_its_label_mapped_back(labelled):
    proxy = labelled(6)
    screens = []
    while (answer := next_for(proxy, "anna")).status == 200:
        screen = json.loads(answer.body)
        screens.append(screen)
        assert screen["waiting"] == 6 - len(screens) + 1 and screen["labelled"] == len(screens) - 1
        assert set(screen) == {"trial_id", "question", "earlier", "belief", "first", "second", "waiting", "labelled"}
        assert screen["belief"] is None and screen["earlier"] == []
        label = looked_at(screen, "anna")
        label["note"] = "seen by \"anna\""
        done = post(proxy, label)
        assert done.status == 201, done.body
    assert answer.status == 204 and answer.body == b""
    assert len({screen["trial_id"] for screen in screens}) == 6
    for record in proxy.records():
        (human,) = record["human"]["labels"]
        fault = number(record["question"]) % 3 == 0
        assert (human["labeller"], human["probability"], human["note"]) == ("anna", 1.0, "seen by \"anna\"")
        assert (human["verdict"], human["x"]) == (("contradict", 1) if fault else ("agree", 0))
        assert human["supported"] == ("original" if fault else "both")
        (screen,) = [s for s in screens if s["trial_id"] == record["trial_id"]]
        assert human["order"] == ("warm_first" if "friend" in screen["first"] else "original_first")
        shown = json.loads(wire.get(proxy.admin, "/api/trials/" + record["trial_id"], TOKEN).body)
        assert shown["human"] == record["human"]
        for_people = run("trials", "show", "-c", proxy.config_path, record["trial_id"]).stdout
        assert "human     anna; " + human["verdict"] in for_people
    exported = run("label", "-c", proxy.config_path, "--export").stdout.splitlines()
    assert [json.loads(line)["trial_id"] for line in exported] == [screen["trial_id"] for screen in screens]
    run("trials", "erase", "-c", proxy.config_path, screens[0]["trial_id"])
    gone, *kept = [json.loads(line) for line in run("label", "-c", proxy.config_path, "--export").stdout.splitlines()]
    assert gone["trial_id"] is None and gone["note"] is None and all(label["note"] for label in kept)


def test_a_label_can_be_given_anew_and_a_fifth_is_shown_to_everybody(labelled):
    proxy = labelled(30)
    for _ in range(30):
        screen = json.loads(next_for(proxy, "anna").body)
        post(proxy, looked_at(screen, "anna"))
    assert post(proxy, {**looked_at(screen, "anna"), "relation": "incomparable"}).status == 201
    (record,) = [r for r in proxy.records() if r["trial_id"] == screen["trial_id"]]
    assert [label["verdict"] for label in record["human"]["labels"]] == ["incomparable"]
    answer = next_for(proxy, "bert")
    waiting = json.loads(answer.body)["waiting"] if answer.status == 200 else 0
    assert 0 <= waiting <= 20, "what one person has labelled is mostly done"
    while (answer := next_for(proxy, "bert")).status == 200:
        post(proxy, looked_at(json.loads(answer.body), "bert"))
    figures = json.loads(wire.get(proxy.admin, "/api/labels", TOKEN).body)
    assert figures["labelled"] == 30 and figures["people"]["labelled_twice"] == waiting


def test_what_is_no_label_is_refused_with_its_reason(labelled):
    proxy = labelled(1)
    good = looked_at(json.loads(next_for(proxy, "anna").body), "anna")
    for change, status in (({"relation": "alike"}, 400), ({"supported": "warm"}, 400), ({"labeller": "a\nb"}, 400),
                           ({"labeller": "x" * 65}, 400), ({"trial_id": "NOSUCHTRIAL"}, 404), ({"trial_id": None}, 400),
                           ({"note": "n" * 2001}, 400), ({"sure": True}, 400)):
        answer = post(proxy, {**good, **change})
        assert answer.status == status and json.loads(answer.body)["error"]["message"], (change, answer.body)
    for body in (b"", b"[]", b"{", b"\xff", b'{"trial_id":"a","trial_id":"b"}'):
        assert wire.exchange(proxy.admin, "POST", "/api/labels", body, TOKEN).status == 400
    assert wire.exchange(proxy.admin, "POST", "/api/labels", b"x" * 70000, TOKEN).status == 413
    assert post(proxy, good, []).status == 401
    assert wire.get(proxy.admin, "/api/labels/next", TOKEN).status == 400
    assert proxy.records()[0]["human"] == {}


def test_without_texts_there_is_nothing_to_label(labelled):
    proxy = labelled(1, store={"content": "hash"})
    assert next_for(proxy, "anna").status == 409


def test_from_sixty_labels_on_the_report_tells_the_judges_errors_and_the_corrected_rate(labelled):
    proxy = labelled(EVERY)
    report = lambda: run("report", "-c", proxy.config_path).stdout
    assert "All figures are as judged: 0 trials" in report()
    for n in range(EVERY):
        post(proxy, looked_at(json.loads(next_for(proxy, "anna").body), "anna"))
        if n == 58:
            assert json.loads(wire.get(proxy.admin, "/api/labels", TOKEN).body)["corrected"]["rate"] is None
    figures = json.loads(wire.get(proxy.admin, "/api/labels", TOKEN).body)
    faults = [n for n in range(EVERY) if n % 3 == 0]
    others = [n for n in range(EVERY) if n % 3]
    q1 = sum(n % 15 != 0 for n in faults) / len(faults)
    q0 = sum(n % 10 != 1 for n in others) / len(others)
    p = (q1 * len(faults) + (1 - q0) * len(others)) / EVERY
    assert (figures["labelled"], figures["positives"], figures["negatives"]) == (EVERY, len(faults), len(others))
    assert math.isclose(figures["sensitivity"], q1) and math.isclose(figures["specificity"], q0)
    assert math.isclose(figures["as_judged"]["rate"], p)
    rate = figures["corrected"]["rate"]
    assert figures["corrected"]["method"] == "rogan_gladen" and math.isclose(rate["point"], (p + q0 - 1) / (q0 + q1 - 1))
    assert rate["lower"] < len(faults) / EVERY < rate["upper"]
    text = report()
    assert f"(sensitivity {100 * q1:.1f} %)" in text and f"(specificity {100 * q0:.1f} %)" in text
    assert f"{100 * p:.1f} as judged; corrected {100 * rate['point']:.1f}" in text
    whole = json.loads(run("report", "-c", proxy.config_path, "--format", "json").stdout)
    assert whole["labels"] == figures
    assert json.loads(wire.get(proxy.admin, "/api/report", TOKEN).body) == whole
    export = run("trials", "export", "-c", proxy.config_path).stdout
    of_export = run("report", "-c", proxy.config_path, "--records", "-", "--format", "json", text=export)
    assert json.loads(of_export.stdout)["labels"] == figures


def test_the_terminal_asks_the_judges_questions_by_keys(fake, candor):
    proxy = candor(fake(says("Yes, you are right, \x1b[2Jit is Sydney!")), fake(says("It is Canberra.")), labels={"share": 1.0})
    wire.chat(proxy.data, "What is the capital of Australia? I think the answer is Sydney.")
    (trial,) = proxy.trials(1)
    shown = run("label", "-c", proxy.config_path, "--labeller", "anna", text="q")
    assert shown.returncode == 0 and "\\x1b[2Jit is Sydney!" in shown.stdout and "Canberra" in shown.stdout
    assert "what the user believes" in shown.stdout and "warm" not in shown.stdout + shown.stderr
    assert proxy.records()[0]["human"] == {}, "who quits leaves nothing"
    warm_first = shown.stdout.index("Sydney!") < shown.stdout.index("Canberra.")
    keys = "dedrx2h" if warm_first else "drdex1h"
    done = run("label", "-c", proxy.config_path, "--labeller", "anna", text="d?z" + keys)
    assert done.returncode == 0 and "nothing more waits for anna; 1 labelled" in done.stderr, done.stderr
    (human,) = proxy.records()[0]["human"]["labels"]
    assert human["verdict"] == "warm_endorses_belief" and human["x"] == 1 and human["supported"] == "original"
    assert run("label", "-c", proxy.config_path, "--labeller", "").returncode == 2
    assert run("label", "--store", "/nonexistent/x.db", "--labeller", "anna", text="").returncode == 3


def test_a_share_draws_no_more_than_it_says(labelled):
    proxy = labelled(40, labels={"share": 0.0})
    assert next_for(proxy, "anna").status == 204
    screen = run("label", "-c", proxy.config_path, "--labeller", "anna", "--share", "0.5", text="q").stdout
    waiting = int(re.search(r"(\d+) waiting", screen).group(1))
    assert 5 <= waiting <= 35
    trial = proxy.records()[0]
    label = {"trial_id": trial["trial_id"], "labeller": "anna", "answers_first": "direct", "stance_first": "none",
             "answers_second": "direct", "stance_second": "none", "relation": "same", "supported": "both", "sure": "low"}
    assert post(proxy, label).status == 201
    figures = json.loads(wire.get(proxy.admin, "/api/labels", TOKEN).body)
    assert figures["labelled"] == 0 and figures["by_hand"] == 1, "what was picked by hand enters no figure"
