"""Asks whether anything that is pinned has a known advisory: `make audit`.

What pip-audit takes it takes as well: `python -m tools.audit -s osv` asks another service than PyPI. Where no service
answers it says so, and that nothing was checked.
"""

import json
import re
import subprocess
import sys
import tempfile
from datetime import date
from itertools import zip_longest

from .lock import CUDA, DEVELOPERS, OPTAX, PEERS, ROOT, SCALE

# The developers' lock holds the readers'.
LISTS = DEVELOPERS, PEERS, CUDA, OPTAX, SCALE, ROOT / "requirements-arm.txt", ROOT / "requirements-d2l.txt"
PIN = re.compile(r"^([a-z0-9][\w.-]*)==([^\s;\\]+)", flags=re.MULTILINE)
# How pip-audit ends where a service does not answer, or answers what is none of its answers.
NO_ANSWER = re.compile(
    r"^requests\.exceptions\.(?!Missing|Invalid)|^pip_audit\._service\.|Could not connect", flags=re.MULTILINE
)
LIMIT = 600  # seconds


class NoAnswer(Exception):
    """No service tells of advisories here."""


def pinned() -> dict[str, list[str]]:
    """package -> its versions: a Python that needs another one has it."""
    found: dict[str, list[str]] = {}
    for path in LISTS:
        for name, version in PIN.findall(path.read_text(encoding="utf-8")):
            if version not in found.setdefault(name, []):
                found[name].append(version)
    return found


def ask(pins: list[str], options: list[str]) -> list[dict]:
    """What pip-audit says of pins, each of another package."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(pins))
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "-r", file.name, "--no-deps", "--disable-pip", "--format=json"]
        command += ["--progress-spinner=off", *options]
        try:
            done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=LIMIT)
        except subprocess.TimeoutExpired:
            raise NoAnswer(f"no answer within {LIMIT} s") from None
    if done.stdout:
        return json.loads(done.stdout)["dependencies"]
    *_, last = done.stderr.splitlines() or ["no output"]
    if NO_ANSWER.search(done.stderr):
        raise NoAnswer(last)
    sys.exit(f"pip-audit failed: {last}")


def check(packages: dict[str, list[str]], options: list[str]) -> list[dict]:
    """What pip-audit says of all versions. It takes one of a package at a time."""
    answers = []
    for versions in zip_longest(*packages.values()):
        pins = [f"{name}=={version}" for name, version in zip(packages, versions) if version]
        answers += ask(pins, options)
    unknown = [answer["skip_reason"] for answer in answers if "skip_reason" in answer]
    if len(unknown) == len(answers):
        raise NoAnswer(unknown[0])
    for reason in unknown:
        print(f"Not checked: {reason}")
    return answers


def describe(answer: dict) -> list[str]:
    """A line for each advisory on a pin."""
    return [
        f"{answer['name']} {answer['version']}: {known['id']}, mended in {', '.join(known['fix_versions']) or 'none'}"
        for known in answer.get("vulns", ())
    ]


def main(options: list[str]) -> None:
    packages = pinned()
    asked = f"{date.today()}: {sum(map(len, packages.values()))} pinned versions of {len(packages)} packages"
    try:
        answers = check(packages, options)
    except NoAnswer as reason:
        print(f"{asked} were not checked for advisories, since no service answers here: {reason}")
        return
    advisories = [line for answer in answers for line in describe(answer)]
    print(*advisories, f"{asked}: {len(advisories) or 'no'} known advisories", sep="\n")
    sys.exit(bool(advisories))


if __name__ == "__main__":
    main(sys.argv[1:])
