"""tools/renumber.py: a chapter moves, and all that speaks of it."""

from tools.renumber import moves, references, renamed, renumber

import pytest

BOOK = "01_one", "02_two", "03_two_more"


@pytest.mark.parametrize(
    ("name", "place", "new"),
    [
        ("00_new", 1, {"00_new": "01_new", "01_one": "02_one", "02_two": "03_two", "03_two_more": "04_two_more"}),
        ("03_two_more", 1, {"03_two_more": "01_two_more", "01_one": "02_one", "02_two": "03_two"}),
        ("00_new", 4, {"01_one": "01_one", "02_two": "02_two", "03_two_more": "03_two_more", "00_new": "04_new"}),
    ],
)
def test_the_chapters_behind_move_on(name, place, new):
    assert moves(name, place, BOOK) == new


@pytest.mark.parametrize("place", [0, 5])
def test_a_place_beyond_the_end_is_refused(place):
    with pytest.raises(SystemExit, match=f"the place is {place}; it should be from 1 to 4"):
        moves("00_new", place, BOOK)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('definitions("02_two", "f")', 'definitions("03_two", "f")'),
        ("[chapter 2](02_two.ipynb#term) and its [solutions](02_two_solutions.ipynb)",
         "[chapter 3](03_two.ipynb#term) and its [solutions](03_two_solutions.ipynb)"),
        ("[2](02_two.ipynb), not [2](https://example.org)", "[3](03_two.ipynb), not [2](https://example.org)"),
        ("2. [Two](02_two.ipynb)", "3. [Two](03_two.ipynb)"),
        ("| [2. Two](notebooks/02_two.ipynb) |", "| [3. Two](notebooks/03_two.ipynb) |"),
        ("Chapters 1, 2 and 3; chapter 12 is none of them", "Chapters 2, 3 and 4; chapter 12 is none of them"),
        ("见第2章，不是第12章", "见第3章，不是第12章"),
        ("| [2. 二](notebooks/zh/02_two.ipynb) |", "| [3. 二](notebooks/zh/02_two.ipynb) |".replace("02", "03")),
        (r"x = 2 \tag{2.1}, \tag{S2.10}", r"x = 2 \tag{3.1}, \tag{S3.10}"),
        ("two.html#equation-2-1", "two.html#equation-3-1"),
        ("2 chapters, 02_twofold, 102_two, f(2.1)", "2 chapters, 02_twofold, 102_two, f(2.1)"),
    ],
)  # fmt: skip
def test_prose_names_the_new_numbers(before, after):
    assert renamed(before, moves("00_new", 1, BOOK), prose=True) == after


def test_only_what_is_an_equations_number_is_renumbered():
    text = "By (2.1) and (S2.1) the step is f(2.2), not (2.2)."
    after = references(text, {"2.1", "S2.1"}, moves("00_new", 1, BOOK))
    assert after == "By (3.1) and (S3.1) the step is f(2.2), not (2.2)."


def test_another_books_chapter_stays():
    assert renamed("whose chapter 2 they serve", moves("00_new", 1, BOOK), prose=False) == "whose chapter 2 they serve"


def test_a_chapter_that_is_not_there_is_refused_before_anything_is_written():
    with pytest.raises(SystemExit, match="the chapter is '06_rmspropp'; notebooks/ has index, 01_landscape"):
        renumber("06_rmspropp", 2)
