"""Compares the outputs of two runs of a notebook: words to the letter, numbers within a tolerance."""

import difflib
import re
import zlib

from . import notebook, run

TIMING = "timing"  # the tag of a cell whose numbers are times: another run gives others
# The tag of a cell whose numbers a run that jumps has magnified from last bits: other kernels give others. What the
# text says of them is asserted in the cell.
CHAOTIC = "chaotic"

# Another processor sums in another order. Losses of a run that jumps were seen to differ by 2e-4 of their
# size between instruction sets; a printed number may also round the other way in its last digit.
RELATIVE = 1e-3
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?(?![\w])")


def differences(old, new, words_only=False):
    """Say where two texts differ: a list of lines, empty where they agree."""
    if NUMBER.sub("#", squeezed(old)) != NUMBER.sub("#", squeezed(new)):
        return [f"words differ:\n{old}\n---\n{new}"]
    if words_only:
        return []
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new))
    return [f"{a} became {b}" for a, b in pairs if not close(a, b)]


def squeezed(text):
    """The text with runs of blanks as one: arrays are padded to the width of their numbers."""
    return re.sub(r"(?<=[\[(\s]) +| +(?=[\])])", "", text)


def close(a, b):
    if "." not in a + b and "e" not in a + b:
        return int(a) == int(b)
    return abs(float(a) - float(b)) <= max(RELATIVE * abs(float(a)), 1.5 * last_digit(a))


def last_digit(number):
    """The worth of the last digit that was printed: 0.01 for '3.25', 1e-05 for '2.46e-03'."""
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def as_text(output):
    """What an output says; a figure speaks by its alternative text."""
    if output.output_type == "stream":
        return f"{output.name}: {output.text}"
    alt = output.get("metadata", {}).get("image/svg+xml", {}).get("alt", "")
    return f"{output.output_type} {sorted(output.data)} {alt} {output.data.get('text/plain', '')}"


def lines(outputs):
    """All that outputs say, and a checksum of each picture."""
    for output in outputs:
        yield from as_text(output).splitlines()
        if "image/svg+xml" in output.get("data", ()):
            yield f"picture {zlib.crc32(output.data['image/svg+xml'].encode()):08x}"


def print_changes(*names):
    """Print each line of the last run's outputs that is not, to the letter, as it is stored; times are left out.

    Without names, those of all notebooks.
    """
    compared = changed = 0
    for name in names or notebook.names():
        pairs = zip(notebook.code_cells(notebook.read(name)), notebook.code_cells(run.executed(name)))
        for number, (old, new) in enumerate(pairs, start=1):
            if TIMING in old.metadata.get("tags", []):
                continue
            before, after = (list(lines(cell.outputs)) for cell in (old, new))
            compared += 1
            if before != after:
                changed += 1
                print(f"{name}, code cell {number}")
                print("\n".join(difflib.unified_diff(before, after, "stored", "now", n=0, lineterm="")))
    print(f"{changed} of {compared} cells gave something else than what is stored")
