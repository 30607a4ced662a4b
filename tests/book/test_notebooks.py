"""The chapters run, say what their committed outputs say, and keep the shape that readers rely on."""

import re
import statistics

from book import notebook, outputs
from book.compare import CHAOTIC, TIMING, as_text, differences
from book.notebook import code_cells
from conftest import NO_PEERS
from d2l_utils import kernels

import pytest

NAMES = notebook.names()
CHAPTERS = [name for name in NAMES if name[0].isdigit() and "solutions" not in name]
REAL_DATA = re.compile(r"data\.(airfoil|mnist)\(")
LONGEST_CELL = 12  # lines; more than that is more than one thought
MEDIAN_CELL = 4
LONGEST_CHECK = 20
MOST_WORDS = 3200  # of a chapter: what is read in a sitting
COMMON = {"and", "are", "both", "each", "for", "from", "its", "line", "lines", "more", "not", "one", "the", "two"}


def figures(*cells):
    return [out for cell in cells for out in cell.outputs if "image/svg+xml" in out.get("data", {})]


def installed(cell):
    """Whether all that a cell compares with is there: without it, the cell prints that it was not run."""
    return all(outputs._version(peer) != "not installed" for peer in notebook.peers([cell]))


def size(output):
    return re.search(r'<svg[^>]*? width="([\d.]+pt)"', output.data["image/svg+xml"])[1]


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_committed(name, executed, request):
    committed = notebook.read(name)
    for used in sorted({name for source in notebook.sources(committed) for name in REAL_DATA.findall(source)}):
        request.getfixturevalue(used)  # or a skip
    pairs = list(zip(code_cells(committed), code_cells(executed(name))))
    comparable = [(number, *pair) for number, pair in enumerate(pairs, start=1) if installed(pair[0])]
    for number, old, new in comparable:
        assert len(old.outputs) == len(new.outputs), f"code cell {number}"
        for before, after in zip(old.outputs, new.outputs):
            assert before.output_type == after.output_type, f"code cell {number}"
            tags = old.metadata.get("tags", [])
            words_only = CHAOTIC in tags and not kernels.are_as_stored()
            if TIMING not in tags:
                assert differences(as_text(before), as_text(after), words_only) == [], f"code cell {number}"
        assert [size(out) for out in figures(old)] == [size(out) for out in figures(new)], f"code cell {number}"
    if len(comparable) < len(pairs):
        pytest.skip(f"{NO_PEERS}: {len(pairs) - len(comparable)} cells of {name} were not compared")


@pytest.mark.parametrize(
    ("old", "new", "agree"),
    [
        ("loss 0.2446", "loss 0.2447", True),
        ("loss 0.2446", "loss 0.2456", False),
        ("2.4617e-04", "2.4619e-04", True),
        ("2.4617e-04", "2.5617e-04", False),
        ("stopped at step 16", "stopped at step 17", False),
        ("starts at 1", "ends at 1", False),
        ("[ 0.1 -0.2]", "[0.1 -0.2]", True),
    ],
)
def test_comparison_itself(old, new, agree):
    assert (differences(old, new) == []) == agree


def test_comparison_of_words():
    assert differences("loss 0.2446, 9 of 10", "loss 0.31, 8 of 10", words_only=True) == []
    assert differences("loss 0.2446", "rate 0.2446", words_only=True) != []


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_its_own_alternative_text(name):
    alts = [figure.metadata["image/svg+xml"]["alt"] for figure in figures(*code_cells(notebook.read(name)))]
    assert all(len(alt) > 40 for alt in alts)
    assert len(set(alts)) == len(alts)


@pytest.mark.parametrize("name", NAMES)
def test_what_checks_is_folded_in_jupyter_and_what_teaches_is_not(name):
    for cell in notebook.code_cells(notebook.read(name)):
        folded = notebook.CHECK in cell.metadata.get("tags", [])
        assert cell.metadata.get("jupyter") == ({"source_hidden": True} if folded else None)


@pytest.mark.parametrize("name", NAMES)
def test_no_trace_of_a_machine(name):
    nb = notebook.read(name)
    assert set(nb.metadata) == {"kernelspec", "language_info"}
    assert nb.metadata.language_info == {"name": "python"}
    assert all(set(cell.metadata) <= {"tags", "jupyter"} for cell in nb.cells)
    text = (notebook.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    assert str(notebook.ROOT) not in text
    assert not re.search(r"/home/|/root/|/tmp/|ipykernel_", text)


@pytest.mark.parametrize("name", NAMES)
def test_no_file_of_the_system_is_written(name):
    """MXNet's profiler replaces the file that it is given: run by root, os.devnull would be a plain file then."""
    assert not re.search(r"devnull|/dev/", "".join(notebook.sources(notebook.read(name))))


def is_check(cell):
    return notebook.CHECK in cell.metadata.get("tags", [])


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_short_and_have_been_run(name):
    cells = code_cells(notebook.read(name))
    for cell in cells:
        assert len(cell.source.splitlines()) <= (LONGEST_CHECK if is_check(cell) else LONGEST_CELL), cell.id
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@pytest.mark.parametrize("name", CHAPTERS)
def test_most_of_the_code_that_is_open_is_a_few_lines(name):
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook.read(name)) if not is_check(cell)]
    assert statistics.median(lengths) <= MEDIAN_CELL


@pytest.mark.parametrize("name", NAMES)
def test_what_is_open_teaches_and_asserts_nothing(name):
    for cell in code_cells(notebook.read(name)):
        assert is_check(cell) or not re.search(r"^\s*assert |\bassert_\w+\(", cell.source, re.MULTILINE), cell.id


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_is_read_in_a_sitting(name):
    assert notebook.words(notebook.read(name)) <= MOST_WORDS


@pytest.mark.parametrize("name", NAMES)
def test_a_caption_names_what_is_drawn(name):
    cells = notebook.read(name).cells
    for cell, following in zip(cells, cells[1:]):
        for drawn in figures(*[cell] if cell.cell_type == "code" else []):
            assert following.source.startswith("**"), f"{cell.id}: the cell behind a figure is its caption"
            alt, caption = drawn.metadata["image/svg+xml"]["alt"], following.source.partition("\n\n")[0]
            named, told = (set(re.findall(r"[^\W_]{3,}|[ηγβμρε]", text.lower())) - COMMON for text in (alt, caption))
            assert named & told, f"{cell.id}: {caption}"


@pytest.mark.parametrize("name", NAMES)
def test_first_code_cell_imports_and_seeds_only(name):
    allowed = re.compile(r"import |from |(runtime|np\.random)\.seed\(|$")
    for first in code_cells(notebook.read(name))[:1]:
        assert all(allowed.match(line) for line in first.source.splitlines())


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_has_its_sections_and_its_solutions(name):
    text = "\n".join(cell.source for cell in notebook.read(name).cells if cell.cell_type == "markdown")
    for heading in ("## Where it breaks", "## Summary", "## Exercises", "## References"):
        assert heading in text
    exercises = text.partition("## Exercises")[2].partition("## References")[0]
    numbers = re.findall(r"^(\d)\. ", exercises, flags=re.MULTILINE)
    solutions = "\n".join(cell.source for cell in notebook.read(f"{name}_solutions").cells)
    assert re.findall(r"^## (\d)\. ", solutions, flags=re.MULTILINE) == numbers
    summary = text.partition("## Summary")[2].partition("## Exercises")[0]
    assert summary.count("\n- ") <= 5
    assert "try first" in summary
