"""Compares the outputs of two runs of a notebook: words to the letter, numbers within a tolerance."""

import re

# Another processor sums in another order. Losses of a run that jumps were seen to differ by 2e-4 of their
# size between instruction sets; a printed number may also round the other way in its last digit.
RELATIVE = 1e-3
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?(?![\w])")


def differences(old, new):
    """Say where two texts differ: a list of lines, empty where they agree."""
    if NUMBER.sub("#", squeezed(old)) != NUMBER.sub("#", squeezed(new)):
        return [f"words differ:\n{old}\n---\n{new}"]
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
