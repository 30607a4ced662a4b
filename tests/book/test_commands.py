"""`python -m book` says what it can do, and a command pays for what it needs alone."""

import subprocess
import sys

from book import notebook

import pytest

# Runs the command line of its arguments, then tells which of the heavy packages it has loaded.
LOADED = """
import runpy, sys
try:
    runpy.run_module("book", run_name="__main__", alter_sys=True)
finally:
    print("loaded:", *sorted({"mxnet", "matplotlib.pyplot", "nbconvert", "jinja2", "pygments"} & {*sys.modules}))
"""


def book(*arguments, **environment):
    command = [sys.executable, "-c", LOADED, *arguments]
    return subprocess.run(command, cwd=notebook.ROOT, capture_output=True, encoding="utf-8", **environment)


@pytest.mark.parametrize("arguments", [(), ("no_such_command",), ("html",), ("data", "too much")])
def test_what_is_no_command_gets_the_usage(arguments):
    done = book(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m book")
    assert "Traceback" not in done.stderr
    assert done.stdout == "loaded:\n"


def test_data_are_fetched_without_what_computes_and_draws(airfoil, mnist):
    done = book("data")
    assert done.returncode == 0, done.stderr
    assert "verified: " in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded:"
