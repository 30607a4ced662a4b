"""The kernels are chosen by the processor, the user's choice stands, and the last digits are those that they give."""

import os
import platform
import re
import subprocess
import sys

from book import notebook, outputs
from conftest import NO_KERNELS
from d2l_utils import kernels

import pytest

pytestmark = pytest.mark.core

CHAPTER = "07_rmsprop_linear_regression"
OF_TODAY = {"sse2", "avx", "avx2", "fma", "avx512f", "avx512bw"}
NEEDED = {"Haswell": "avx2", "Sandybridge": "avx", "Nehalem": "sse4_2", "Prescott": "pni"}  # in Linux's names
ON_ARM = "ARMV8"
RUN_CHAPTER_6 = f"""
from d2l_utils import data, runtime
from d2l_utils.chapters import definitions

*rules, train = definitions({CHAPTER!r}, "rmsprop", "rmsprop_bracketed", "train_by_hand")
for rule in rules:
    runtime.seed(1)
    made = data.synthetic_regression(1000, w=(2, -3.4), b=4.2, noise=0.01)
    for gamma in (0.9, 0.999):
        train(rule, *made, batch_size=10, lr=0.03, gamma=gamma, num_epochs=3, period=10)
"""
TELL = """
import d2l_utils, mxnet, numpy, threadpoolctl
for library in threadpoolctl.threadpool_info():
    if library["internal_api"] == "openblas":
        print("mxnet" if "mxnet" in library["filepath"] else "numpy", library["architecture"])
core = getattr(numpy, "_core", None) or numpy.core
print("above AVX2:", any(core._multiarray_umath.__cpu_features__.get(n, False) for n in ("AVX512_SKX", "X86_V4")))
"""


def python(code, *options, **environment):
    """What a fresh interpreter prints, its kernels chosen anew but for those that are named."""
    env = {name: value for name, value in os.environ.items() if name not in kernels.DECISIVE}
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(command, env={**env, **environment}, capture_output=True, text=True, cwd=notebook.ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def needs(feature):
    # An emulator of ARM shows the features of the machine that it runs on.
    if platform.machine() != "x86_64" or feature not in kernels.features():
        pytest.skip(f"{NO_KERNELS}: it is no x86-64 with {feature}")


def needs_kernel(kernel):
    if kernel != ON_ARM:
        needs(NEEDED[kernel])
    elif platform.machine() != "aarch64":
        pytest.skip(f"{NO_KERNELS}: it is no ARM64")


@pytest.fixture
def processor(monkeypatch):
    """Pretends that the processor has these features and that nobody has chosen anything."""

    def pretend(features, machine="x86_64"):
        monkeypatch.setattr(kernels, "features", lambda: frozenset(features))
        monkeypatch.setattr(platform, "machine", lambda: machine)
        for name in kernels.DECISIVE:
            monkeypatch.setenv(name, "any")  # so that what the test sets is taken back
            monkeypatch.delenv(name)

    return pretend


def test_every_library_is_held_to_avx2(processor):
    processor(OF_TODAY)
    kernels.choose()
    assert os.environ["OPENBLAS_CORETYPE"] == "Haswell"
    assert os.environ["DNNL_MAX_CPU_ISA"] == "AVX2"
    assert os.environ["ATEN_CPU_CAPABILITY"] == "avx2"
    assert set(os.environ["NPY_DISABLE_CPU_FEATURES"].split()) in ({"AVX512F", "AVX512_SKX"}, {"X86_V4"})
    assert kernels.in_force()["processor"] == ""
    assert kernels.are_as_stored()


@pytest.mark.parametrize("features", [OF_TODAY - {"avx2"}, OF_TODAY - {"fma"}, set()])
def test_without_avx2_nothing_is_chosen(processor, features):
    """Haswell's kernels would end in an illegal instruction there."""
    processor(features)
    kernels.choose()
    assert not set(kernels.DECISIVE) & set(os.environ)
    assert all(feature in kernels.in_force()["processor"] for feature in features)


@pytest.mark.parametrize("features", [set(), OF_TODAY])  # an emulator shows its host's
def test_on_arm_openblas_alone_is_held(processor, features):
    processor(features, "aarch64")
    kernels.choose()
    assert {name: os.environ[name] for name in kernels.DECISIVE if name in os.environ} == kernels.ON_ARM
    assert kernels.in_force()["processor"] == ""


@pytest.mark.parametrize("choice", ["SkylakeX", ""])
def test_the_users_choice_stands_and_the_cache_knows_it(processor, monkeypatch, choice):
    processor(OF_TODAY)
    monkeypatch.setenv("OPENBLAS_CORETYPE", choice)
    kernels.choose()
    assert os.environ["OPENBLAS_CORETYPE"] == choice
    assert "avx512f" in kernels.in_force()["processor"]
    assert not kernels.are_as_stored()


def test_notebooks_run_again_on_other_kernels(processor, monkeypatch):
    processor(OF_TODAY)
    kernels.choose()
    before = outputs.key(CHAPTER)
    assert outputs.key(CHAPTER) == before
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    assert outputs.key(CHAPTER) != before


def test_a_system_that_says_nothing_of_its_processor(monkeypatch):
    monkeypatch.setattr(kernels.Path, "read_text", lambda *args, **options: "CPU implementer : 0x41")
    assert kernels.features() == frozenset()


@pytest.mark.parametrize("first", ["", "import numpy\n"])
def test_the_libraries_use_them(first):
    """A NumPy that was imported before keeps its own; MXNet's are chosen all the same."""
    needs("avx2")
    told = python(first + TELL).splitlines()
    assert "mxnet Haswell" in told
    if not first:
        assert "numpy Haswell" in told
        assert "above AVX2: False" in told


def test_numpy_has_nothing_to_warn_of():
    """Neither here nor in the processes that inherit the variables."""
    again = "import subprocess, sys, d2l_utils; subprocess.run([sys.executable, *{!r}], check=True)"
    strict = ["-W", "error::RuntimeWarning", "-W", "error::ImportWarning"]
    python(again.format([*strict, "-c", "import numpy"]), *strict)


def table():
    """The rows of chapter 7's table by kernel: (kernel, the losses of each of its cells, as a run prints them)."""
    text = notebook.markdown(notebook.read(CHAPTER))
    heading = re.search(r"^\| kernels \|(.+)\|$", text, flags=re.MULTILINE).group(1)
    exponents = re.findall(r"10\^\{-(\d)\}", heading)
    rows = re.findall(r"^\| (\w+) \([\w.]+\) \|(.+)\|$", text, flags=re.MULTILINE)
    return [(kernel, [_losses(*cell) for cell in zip(row.split("|"), exponents)]) for kernel, row in rows]


def _losses(cell, exponent):
    return [f"{digits}e-0{exponent}" for digits in re.findall(r"\d\.\d+", cell)]


def test_table_has_every_kernel():
    assert [kernel for kernel, _ in table()] == [*NEEDED, ON_ARM]


@pytest.mark.parametrize(("kernel", "row"), table())
def test_digits_are_those_of_the_kernel(kernel, row):
    needs_kernel(kernel)
    printed = re.findall(r"epoch (\d), loss (\S+)", python(RUN_CHAPTER_6, OPENBLAS_CORETYPE=kernel))
    by_rule = [[loss for _, loss in printed[i : i + 6]] for i in (0, 6)]
    plain, brackets = by_rule
    assert [plain[1:3], brackets[1:3], plain[3:4]] == row
    assert plain[3:] == brackets[3:]  # at γ = 0.999 the order of operations shows in no digit
    assert kernel != ON_ARM or plain == brackets
