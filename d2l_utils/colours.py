"""The colours of all pictures, in the book and in the playground: their one home, which imports nothing."""

# Dark enough for white paper, light enough for a dark page, apart for every kind of colour vision
# (after Okabe and Ito); with the line styles and markers they survive greyscale.
COLOURS = "#0072b2", "#d55e00", "#00875f", "#a8518a"
GREY = "#808080"
INK = "#000000"  # the book's pages replace this and PAPER by their own
PAPER = "#ffffff"
# An optimizer has one colour, in every picture and in the playground, which can show all at once.
OPTIMIZERS = {
    "SGD": "#a8518a",
    "gradient descent": "#a8518a",
    "momentum": "#a18c38",
    "Nesterov": "#b84040",
    "Adagrad": "#00875f",
    "RMSProp": "#0072b2",
    "Adadelta": "#229ba8",
    "Adam": "#d55e00",
    "AdamW": "#3c9e08",
    "AMSGrad": "#e15ad2",
    "Lion": "#6970f8",
    "your rule": "#ff0f66",
}
