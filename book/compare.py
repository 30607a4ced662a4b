"""Compares the outputs of two runs of a notebook: words to the letter, numbers within a tolerance."""

import difflib
import re
import zlib
from collections.abc import Iterable, Iterator

from nbformat import NotebookNode

from . import notebook, outputs

TIMING = "timing"  # the tag of a cell whose numbers are times: another run gives others
# The tag of a cell whose numbers a run that jumps has magnified from last bits: other kernels give others. What the
# text says of them is asserted in the cell.
CHAOTIC = "chaotic"

# Another processor sums in another order. Losses of a run that jumps were seen to differ by 2e-4 of their
# size between instruction sets; a printed number may also round the other way in its last digit.
RELATIVE = 1e-3
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?(?![\w])")


def differences(old: str, new: str, words_only: bool = False) -> list[str]:
    """Say where two texts differ: a list of lines, empty where they agree."""
    if NUMBER.sub("#", squeezed(old)) != NUMBER.sub("#", squeezed(new)):
        return [f"words differ:\n{old}\n---\n{new}"]
    if words_only:
        return []
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new))
    return [f"{a} became {b}" for a, b in pairs if not close(a, b)]


def squeezed(text: str) -> str:
    """The text with runs of blanks as one: arrays are padded to the width of their numbers."""
    return re.sub(r"(?<=[\[(\s]) +| +(?=[\])])", "", text)


def close(a: str, b: str) -> bool:
    """Tell whether two printed numbers agree: whole ones exactly, others within the tolerance."""
    if "." not in a + b and "e" not in a + b:
        return int(a) == int(b)
    return abs(float(a) - float(b)) <= max(RELATIVE * abs(float(a)), 1.5 * last_digit(a))


def last_digit(number: str) -> float:
    """The worth of the last digit that was printed: 0.01 for '3.25', 1e-05 for '2.46e-03'."""
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def as_text(output: NotebookNode) -> str:
    """What an output says; a figure speaks by its alternative text."""
    if output.output_type == "stream":
        return f"{output.name}: {output.text}"
    alt = output.get("metadata", {}).get("image/svg+xml", {}).get("alt", "")
    return f"{output.output_type} {sorted(output.data)} {alt} {output.data.get('text/plain', '')}"


def lines(shown: Iterable[NotebookNode]) -> Iterator[str]:
    """All that outputs say, and a checksum of each picture."""
    for output in shown:
        yield from as_text(output).splitlines()
        if "image/svg+xml" in output.get("data", ()):
            yield f"picture {zlib.crc32(output.data['image/svg+xml'].encode()):08x}"


def print_changes(*names: str) -> None:
    """Print each line of the last run's outputs that is not, to the letter, as it is stored; times are left out.

    Without names, those of all notebooks.
    """
    compared = 0
    changed = 0
    for name in names or notebook.names():
        for number, before, after in compared_cells(name):
            compared += 1
            if before != after:
                changed += 1
                print(f"{name}, code cell {number}")
                print("\n".join(difflib.unified_diff(before, after, "stored", "now", n=0, lineterm="")))
    print(f"{changed} of {compared} cells gave something else than what is stored")


def compared_cells(name: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """The number of each code cell that can be compared, and what it said when it was stored and at the last run."""
    pairs = zip(notebook.code_cells(notebook.read(name)), notebook.code_cells(outputs.executed(name)))
    for number, (old, new) in enumerate(pairs, start=1):
        if TIMING not in old.metadata.get("tags", []):
            yield number, list(lines(old.outputs)), list(lines(new.outputs))
