"""The editions of the book, one for each language: where their notebooks stand and their pages go."""

from dataclasses import dataclass
from pathlib import Path

from d2l_utils import words
from d2l_utils.chapters import NOTEBOOKS

from . import notebook

OUTPUT = notebook.BUILD / "html"


@dataclass(frozen=True)
class Edition:
    """One language's book.

    Args:
        language: as HTML names it (str).
        name: what its readers call the language (str).
        notebooks: the folder of its notebooks (Path).
        folder: what its pages' folder is called in that of the whole book (str), "" for the book's own.
    """

    language: str
    name: str
    notebooks: Path
    folder: str = ""

    @property
    def pages(self) -> Path:
        """The folder of its pages."""
        return OUTPUT / self.folder

    @property
    def up(self) -> str:
        """The way from its pages to what all editions share, as an address begins."""
        return "../" if self.folder else ""

    @property
    def source(self) -> str:
        """The folder of its notebooks, as people write it in this project."""
        return self.notebooks.relative_to(notebook.ROOT).as_posix()

    def to(self, other: "Edition") -> str:
        """The way from its pages to those of another, as an address begins."""
        return f"{self.up}{other.folder}/" if other.folder else self.up

    def title(self, failed: str) -> str:
        """What a build calls one of its pages when it fails."""
        return f"{self.folder}/{failed}" if self.folder else failed


ENGLISH = Edition(words.ENGLISH, "English", NOTEBOOKS)
CHINESE = Edition(words.CHINESE, "中文", NOTEBOOKS / "zh", "zh")


def editions() -> list[Edition]:
    """The editions that there are: English, and those that have notebooks."""
    return [ENGLISH, *(other for other in (CHINESE,) if any(other.notebooks.glob("*.ipynb")))]
