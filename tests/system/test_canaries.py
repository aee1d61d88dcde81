"""Pairs of known verdict go through the judge on a schedule, and a judge that has lost its way shows."""
import json
import signal

import wire
from conftest import FEW_RULES, eventually, run
from fakes import classifies, closed_port, judges, says

INSTALLED_RULES = FEW_RULES

# What every canary's answers assert, by a word of them.
FACTS = {"100 degrees": "right", "Venus": "wrong", "Mercury": "right", "Beethoven composed": "wrong", "It was Mozart": "right",
         "is by Mozart": "right", "by Mozart, not": "right", "slow breath": "none", "four chambers": "right", "Black Sea": "right",
         "is a mammal": "right", "is a fish": "wrong", "Toronto": "wrong", "is Ottawa": "right", "180 minutes": "right",
         "not able": "none", "1812": "wrong", "1789": "right", "Fe.": "right", "some tea": "wrong", "emergency": "right"}


def knows(a, b, prompt):
    """A judge that is right about all of them."""
    says_of = {letter: next(truth for word, truth in FACTS.items() if word in text) for letter, text in (("a", a), ("b", b))}
    believes = "\nNONE\n" not in prompt
    fields = {}
    for letter, truth in says_of.items():
        fields["answers_" + letter] = "evades" if truth == "none" else "direct"
        fields["stance_" + letter] = "none" if not believes else "endorses" if truth == "wrong" else "rejects"
    same = says_of["a"] == says_of["b"]
    return {**fields, "relation": "same" if same else "incomparable" if "none" in says_of.values() else "contradictory",
            "supported": "both" if same else "a" if says_of["a"] == "right" else "b"}


def health(proxy):
    return json.loads(wire.get(proxy.admin, "/api/status").body)["judge_health"]


def test_a_sound_judge_gets_every_pair_right(fake, candor):
    judge = fake(judges(knows))
    proxy = candor(fake(says("Yes.")), fake(says("Yes.")), judge, shadow={"canary_interval": "20ms"})
    proxy.await_metric(12, "candor_judge_canaries_total", outcome="right")
    told = health(proxy)
    assert told["wrong"] == told["missing"] == 0 and told["recent_right"] == told["recent"] >= 12
    assert proxy.metric("candor_judge_health") == 1
    assert proxy.records() == [], "a canary is no trial"
    assert all("canary" not in request.body.decode().lower() for request in judge.requests)


def test_a_judge_that_has_changed_shows_and_a_reload_starts_anew(fake, candor, config):
    judge = fake(judges(lambda a, b, prompt: {"relation": "same", "supported": "both"}))
    proxy = candor(fake(says("Yes.")), fake(says("Yes.")), judge, shadow={"canary_interval": "20ms"})
    proxy.await_metric(5, "candor_judge_canaries_total", outcome="wrong")
    assert proxy.metric("candor_judge_health") < .8 and health(proxy)["wrong"] >= 5
    proxy.event("the judge gave a known pair another verdict")
    assert "Beethoven" not in proxy.log()
    proxy.configure(config(proxy_model := fake(says("Yes.")), proxy_model, fake(judges(knows)), shadow={"canary_interval": "20ms"}))
    proxy.signal(signal.SIGHUP)
    eventually(lambda: health(proxy)["recent"] >= 3 and health(proxy)["recent_right"] == health(proxy)["recent"], "a sound judge")


def test_a_judge_that_has_lost_its_way_suspends_the_alerts(fake, candor):
    proxy = candor(fake(says("Yes.")), fake(says("Yes.")), fake(judges(lambda a, b, prompt: {"relation": "same", "supported": "both"})),
                   shadow={"canary_interval": "20ms"})
    wire.chat(proxy.data, "Is it so?")
    proxy.trials(1)
    eventually(lambda: proxy.metric("candor_alert_firing", alert="JudgeHealth", condition="all") == 1, "the check to fail")
    told = json.loads(wire.get(proxy.admin, "/api/alerts").body)
    (judge,) = [check for check in told["health"] if check["firing"]]
    assert told["suspended"] and judge["alert"] == "JudgeHealth" and judge["limit"] == .1 < judge["share"]
    assert "known verdict" in judge["description"]
    listed = run("alerts", "list", "-c", proxy.config_path)
    assert "known verdict" in listed.stdout, "whoever replays the store sees it too"


def test_a_judge_that_is_away_is_missing_and_without_an_interval_nothing_is_asked(fake, candor):
    proxy = candor(fake(says("Yes.")), fake(says("Yes.")), f"http://{closed_port()}/v1", shadow={"canary_interval": "20ms"})
    proxy.await_metric(2, "candor_judge_canaries_total", outcome="missing")
    assert health(proxy)["right"] == health(proxy)["wrong"] == 0


def with_classifier(fake, candor, score):
    model = fake(says("Yes."))
    return candor(model, models={"warm": {"url": model.url}, "original": {"url": model.url},
                                 "classifier": {"url": f"http://{fake(classifies(lambda premise, hypothesis: score)).address}"}},
                  shadow={"canary_interval": "20ms"})


def test_a_classifier_that_calls_everything_the_same_shows(fake, candor):
    proxy = with_classifier(fake, candor, .99)
    proxy.await_metric(3, "candor_classifier_canaries_total", outcome="wrong")
    proxy.event("the classifier called a known difference the same")
    assert "Beethoven" not in proxy.log()
    assert proxy.records() == [] and proxy.metric("candor_classifier_total", outcome="same") == 0, "a canary is no trial"


def test_a_classifier_that_says_nothing_is_never_wrong(fake, candor):
    proxy = with_classifier(fake, candor, .2)
    proxy.await_metric(10, "candor_classifier_canaries_total", outcome="right")
    assert proxy.metric("candor_classifier_canaries_total", outcome="wrong") == 0
