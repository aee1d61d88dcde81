"""The documentation tells what works: every command in a ```sh or ```console block is run, in a folder with a proxy that
has seen some trials, and every configuration in a ```yaml block passes `candor check`.

The first word after the language says otherwise: `by-hand` is not run (it needs root, systemd or a person), `exit=1` is the
status that is wanted, and for YAML `other` is no file of ours. Addresses and folders of the pages are put in place first.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

import wire
from conftest import BINARY, FEW_RULES, TOP, run
from fakes import says
from test_side_path import RIGHT, SAD_BELIEF, WRONG, knows

PAGES = [TOP / "README.md", TOP / "rules/README.md", *sorted((TOP / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
BASE = {"listen": [{"address": "127.0.0.1:0"}],
        "models": {"warm": {"url": "http://127.0.0.1:1/v1"}, "original": {"url": "http://127.0.0.1:2/v1", "model": "b"}}}


def blocks(*languages):
    """(where, info, text) of every block in one of these languages."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for fence in FENCE.finditer(text):
            if fence.group(1) in languages:
                line = text.count("\n", 0, fence.start()) + 1
                found.append(pytest.param(fence.group(1), fence.group(2) or "", fence.group(3),
                                          id=f"{page.relative_to(TOP)}:{line}"))
    return found


def commands(language, text):
    """What is typed: all of an sh block, the lines behind a $ of a console block."""
    if language == "sh":
        return text
    return "".join(line[2:] + "\n" for line in text.splitlines() if line.startswith("$ "))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The folder the pages speak of, and the proxy in it."""
    from conftest import Candor
    from fakes import FakeModel
    folder = tmp_path_factory.mktemp("docs")
    models = [FakeModel(says(WRONG)), FakeModel(says(RIGHT)), FakeModel(knows("Canberra"))]
    for name in ("rules", "conf"):
        (folder / name).symlink_to(TOP / name)
    (folder / "bin").mkdir()
    (folder / "bin/candor").symlink_to(pathlib.Path(BINARY).resolve())
    for name in ("admin.token", "salt", "otlp.headers", "candor_original.key", "candor_judge.key"):
        (folder / name).write_text("x-key: value" if name.endswith("headers") else f"secret-of-{name}\n")
    (folder / "mine.yaml").symlink_to(TOP / "rules/cues.yaml")
    (folder / "questions.jsonl").write_text('{"id":"1","question":"What is the capital of Australia?",'
                                            '"answer":"Canberra","wrong":"Sydney"}\n')
    (folder / "messages.jsonl").write_text('{"id":"1","text":"I feel so sad today."}\n')
    pack = next(text for text in re.findall(r"^```yaml\n(.*?)^```$", (TOP / "rules/README.md").read_text(), re.M | re.S)
                if text.startswith("pack:"))
    (folder / "local.yaml").write_text(pack)
    proxy = Candor(folder, {**BASE, "admin": {"address": "127.0.0.1:0"},
                            "models": {"warm": {"url": models[0].url}, "original": {"url": models[1].url, "model": "base"},
                                       "judge": {"url": models[2].url, "model": "judge"}},
                            "shadow": {"sample": {"default": 1.0}}, "log": {"format": "json"},
                            "store": {"url": f"sqlite:{folder}/candor.db", "content": "full"}})
    for i in range(6):
        wire.chat(proxy.data, f"{SAD_BELIEF} ({i})")
    proxy.trials(6)
    yield folder, proxy
    proxy.stop()
    for model in models:
        model.close()


def environment(folder, proxy):
    trial = proxy.records()[0]
    keys = {name: f"value-of-{name}" for name in ("ORIGINAL_KEY", "JUDGE_KEY", "WEBHOOK_SECRET", "SLACK_URL")}
    return {**os.environ, **keys, "PATH": f"{folder}/bin:{os.environ['PATH']}", "TRIAL": trial["trial_id"],
            "CONVERSATION": proxy.records()[-1]["conversation"], "NO_COLOR": "1", "USER": "reader"}


def placed(text, folder, proxy):
    """The pages' addresses and folders as they are here."""
    for there, here in {"127.0.0.1:8080": proxy.data, "127.0.0.1:8081": proxy.admin, "/etc/candor/": f"{folder}/",
                        "/run/credentials/candor.service/": f"{folder}/", "/var/lib/candor/": f"{folder}/"}.items():
        text = text.replace(there, here)
    return text


@pytest.mark.parametrize("language, info, text", blocks("sh", "console"))
def test_the_commands_of_a_page_run(house, language, info, text):
    if info == "by-hand":
        return  # there is a reason, and the page says so
    assert info == "" or info.startswith("exit="), f"'{info}' means nothing here"
    folder, proxy = house
    script = placed(commands(language, text), folder, proxy)
    if "promtool" in script and not shutil.which("promtool"):
        pytest.skip("there is no promtool")
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment(folder, proxy),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=wire.PATIENCE * 3)
    assert done.returncode == int(info.removeprefix("exit=") or 0), script + done.stdout + done.stderr


@pytest.mark.parametrize("language, info, text", blocks("yaml"))
def test_the_yaml_of_a_page_is_taken(house, folder_of, tmp_path, language, info, text):
    if info == "other":
        return
    folder, proxy = house
    document = yaml.safe_load(placed(text, folder, proxy))
    if "pack" in document:
        (tmp_path / "pack.yaml").write_text(text)
        done = run("rules", "test", *sorted((TOP / "rules").glob("*.yaml")), tmp_path / "pack.yaml")
        assert done.returncode == 0, done.stdout + done.stderr
        return
    config = tmp_path / "candor.yaml"
    missing = {key: value for key, value in BASE.items() if key not in document}
    config.write_text(yaml.safe_dump({**document, **missing}))
    done = run("check", "-c", config, env={**environment(folder, proxy), "CANDOR_RULES_DIR": folder_of(FEW_RULES)})
    assert done.returncode == 0, done.stderr


def test_the_demonstration_runs_to_its_end_and_finds_the_gap():
    done = run("demo", "--once")
    assert done.returncode == 0, done.stderr
    assert "warm_endorses_belief" in done.stdout or "endorses" in done.stdout
    assert "emotion:sad" in done.stdout
    assert "by 40 style controls: +0.0 points" in done.stdout, "the demonstration is calibrated"
    assert "original against itself: 0 of 40" in done.stdout
    assert "\x1b" not in done.stdout, "colour only on a terminal"


def test_the_readme_shows_what_the_demo_prints():
    """Every line of the excerpt is printed, but for what differs from run to run: answers that come at once are recorded in any order."""
    drawn = [(r"^\d+\. ", "NUMBER. "), (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "ID"), (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"), (r"127\.0\.0\.1:\d+", "ADDRESS"),
             (r"\b[0-9a-f]{32}\b", "EPOCH"), (r"asked \w+_first", "asked"), (r"\s+", " ")]

    def fixed(line):
        for pattern, word in drawn:
            line = re.sub(pattern, word, line)
        return line.strip()
    shown = re.search(r"^```\n(candor demo: .*?)^```$", (TOP / "README.md").read_text(), re.M | re.S).group(1)
    done = run("demo", "--once")
    printed = {fixed(line) for line in (done.stdout + done.stderr).splitlines()}
    for line in shown.splitlines():
        assert line == "..." or fixed(line) in printed, line


def test_what_is_not_run_is_known():
    """A page that grows another block to be believed on its word must say so here."""
    left = [block.id.split(":")[0] for block in blocks("sh", "console") if block.values[1] == "by-hand"]
    assert sorted(left) == ["README.md", "docs/operations.md", "docs/operations.md"]


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_the_threat_model_names_tests_that_exist():
    page = (TOP / "docs/threat-model.md").read_text()
    for name in re.findall(r"`(test_\w+\.py|\w+_test\.c|tests/[\w./]+|systemd/[\w.]+)`", page):
        where = {"test_": "tests/system", "tests": ".", "syste": "."}.get(name[:5], "tests/unit")
        assert (TOP / where / name).exists() or (TOP / where / f"{name}.c").exists(), name
