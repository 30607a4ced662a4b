"""Chooses the kernels that MXNet, NumPy and PyTorch compute with, so that all processors give the same last bits."""

import os
import platform
import re
from importlib import metadata
from pathlib import Path

# Libraries choose their kernels by the processor, and other kernels round otherwise. Held to AVX2, they give the
# same bits on every processor that has it: MXNet's and NumPy's OpenBLAS, oneDNN, PyTorch.
HELD = {"OPENBLAS_CORETYPE": "Haswell", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
# OpenBLAS's name for the kernels that every ARM64 processor has; the others need no holding there.
ON_ARM = {"OPENBLAS_CORETYPE": "ARMV8"}
# NumPy takes a list of what it shall not use. Its names for what lies above AVX2, beside Linux's.
NUMPYS = "NPY_DISABLE_CPU_FEATURES"
ABOVE_AVX2 = {
    "AVX512F": "avx512f",
    "AVX512CD": "avx512cd",
    "AVX512_SKX": "avx512bw",
    "AVX512_CLX": "avx512_vnni",
    "AVX512_CNL": "avx512vbmi",
    "AVX512_ICL": "avx512_vbmi2",
}
ABOVE_AVX2_SINCE_2_4 = {"X86_V4": "avx512bw", "AVX512_ICL": "avx512_vbmi2", "AVX512_SPR": "avx512_fp16"}
# All variables that change numbers.
DECISIVE = (
    *(*HELD, NUMPYS, "OMP_NUM_THREADS", "MXNET_ENGINE_TYPE"),
    *("MXNET_SUBGRAPH_BACKEND", "MKL_CBWR", "KERAS_BACKEND"),
)


def choose() -> None:
    """Hold every library to kernels that all processors of a kind share: x86-64 with AVX2 and FMA, or ARM64.

    Sets the environment variables of shared(). One that is set already, be it to nothing, is the user's choice and
    stays. On x86-64 without AVX2 the libraries choose for themselves, and last bits differ. A library reads its
    variable when it is imported: a NumPy that was imported before keeps the kernels that it has.

    Source: the references of OpenBLAS (OPENBLAS_CORETYPE), oneDNN (DNNL_MAX_CPU_ISA) and NumPy
        (NPY_DISABLE_CPU_FEATURES); PyTorch's ATen/native/DispatchStub.cpp (ATEN_CPU_CAPABILITY).
    """
    for name, value in shared().items():
        os.environ.setdefault(name, value)


def shared() -> dict[str, str]:
    """The variables, and their values, that choose what all processors of this kind share (dict of str)."""
    # Asked first: an emulator shows the features of the machine that it runs on.
    if platform.machine() == "aarch64":
        return ON_ARM
    units = features()
    if {"avx2", "fma"} <= units:
        return {**HELD, NUMPYS: above_avx2(units)}
    return {}


def features() -> frozenset[str]:
    """What the processor can do, in Linux's names (frozenset of str); empty where the system does not say."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    return frozenset("".join(re.findall(r"^flags\s*:(.*)", told, flags=re.MULTILINE)[:1]).split())


def above_avx2(units: frozenset[str]) -> str:
    """Which of these units lie above AVX2, in the words of the NumPy that is installed: it warns of any other."""
    version = tuple(map(int, metadata.version("numpy").split(".")[:2]))
    names = ABOVE_AVX2 if version < (2, 4) else ABOVE_AVX2_SINCE_2_4
    return " ".join(name for name, feature in names.items() if feature in units)


def in_force() -> dict[str, str]:
    """What decides on the last bits of a result here: the variables that change numbers, and the processor.

    Returns:
        A mapping of names to values (dict of str). 'processor' tells its vector units where any library is left to
        choose its kernels by them, and is empty where all are held to what is shared.

    Example:
        >>> sorted(set(in_force()) - set(DECISIVE))
        ['processor']
    """
    found = {name: os.environ.get(name, "") for name in DECISIVE}
    units = sorted(feature for feature in features() if re.match(r"s?sse|avx|fma", feature))
    wanted = shared()
    held = wanted and found.items() >= wanted.items()
    return {**found, "processor": "" if held else " ".join([platform.machine(), *units])}


def are_as_stored() -> bool:
    """Whether the kernels are those that the notebooks' stored outputs come from: held to AVX2."""
    found = in_force()
    return found["processor"] == "" and found.items() >= HELD.items()
