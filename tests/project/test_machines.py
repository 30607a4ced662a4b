"""The container and the workflows install, build and test by the Makefile's rules, and by nothing else."""

import json
import re
import shlex

from tools import lock

import pytest
import yaml

RULES = {
    target.replace("$(VENV)", ".venv")
    for target in re.findall(r"^([\w$()/.]+):", (lock.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
}
WORKFLOWS = sorted((lock.ROOT / ".github" / "workflows").glob("*.yml"))
FOLDER = lock.ROOT / ".devcontainer"
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
CONTAINER = json.loads((FOLDER / "devcontainer.json").read_text(encoding="utf-8"))


def is_a_rule(words):
    """Whether a command is make with targets that there are, such as `make PYTHON=python` or `make test`."""
    make, *arguments = words
    return make == "make" and {word for word in arguments if "=" not in word} <= RULES


def steps(path):
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_steps_of_a_workflow_are_make_rules(path):
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands
    assert all(is_a_rule(shlex.split(command)) for command in commands)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned(path):
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in used)


def test_pages_are_built_for_their_own_repository_with_the_main_python():
    (job,) = yaml.safe_load((lock.ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8"))["jobs"].values()
    assert job["env"] == {"D2L_REPOSITORY": "${{ github.repository }}"}
    assert {"python-version": lock.MAIN} in [step.get("with") for step in job["steps"]]
    assert {"path": "_build/html"} in [step.get("with") for step in job["steps"]]


def test_container_is_made_by_make_rules():
    installation = re.findall(r"^RUN (make [^&]+)", DOCKERFILE, flags=re.MULTILINE)
    start = json.loads(re.search(r"^CMD (.+)", DOCKERFILE, flags=re.MULTILINE)[1])
    attached = CONTAINER["postCreateCommand"]
    commands = [*map(shlex.split, installation), start, shlex.split(attached)]
    assert len(commands) == 3
    assert all(is_a_rule(command) for command in commands)


def test_container_has_the_main_python_and_no_root():
    (image, stage), (base, _) = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", DOCKERFILE, flags=re.MULTILINE)
    assert image.startswith(f"python:{lock.MAIN}-slim-")
    assert stage == base == CONTAINER["build"]["target"]
    assert re.findall(r"^USER (.+)", DOCKERFILE, flags=re.MULTILINE) == ["1000"]
    assert f"--uid 1000 {CONTAINER['remoteUser']}\n" in DOCKERFILE


def test_nothing_of_this_machine_goes_into_the_image():
    ignored = (lock.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".venv", "_build", "data/*"} <= set(ignored)
