"""What eyes make of colours: contrast, and how people see who lack one kind of receptor."""

import numpy as np
from matplotlib.colors import to_rgb

WHITE, DARK = "#ffffff", "#15181b"  # paper by day and by night: book/template/book.css


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# How people without red, green or blue receptors see linear RGB (Viénot, Brettel and Mollon, 1999).
BLINDNESS = {
    "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "full": np.eye(3),
}
