"""Prints the whole book into one PDF, with a browser: `make pdf`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from d2l_utils import words

from . import browser, guard, notebook, site, writing
from .edition import Edition

OUTPUT = notebook.BUILD / "pdf"
TIME_LIMIT = 1_200  # seconds to print the book, on a busy machine, too
OPTIONS = "--no-pdf-header-footer", "--generate-pdf-document-outline"
LINK = re.compile(r'(\bhref=")(?:([\w-]+)\.html)?(?:#([^"]*))?(")')


def write(edition: Edition, pages: list[dict]) -> Path:
    """Print the pages of an edition, each with its body, into book.pdf or book-zh.pdf, and return its path."""
    program = browser.find()
    if not program:
        sys.exit(f"make pdf prints with a browser; install Chromium (looked for {', '.join(browser.CANDIDATES)})")
    if edition.language == words.CHINESE and not has_chinese_font():
        sys.exit("The Chinese PDF needs a Chinese font, such as Debian's fonts-noto-cjk; fc-list knows none here")
    name = f"book-{edition.folder}" if edition.folder else "book"
    source = OUTPUT / f"{name}.html"
    printed = OUTPUT / f"{name}.pdf"
    joined = [{**entry, "body": within(entry["name"], entry["body"])} for entry in pages]
    text = site.TEMPLATES.get_template("print.html.j2").render(edition=edition, title=pages[0]["title"], pages=joined)
    writing.write(source, text)
    fresh = OUTPUT / f".{name}.pdf{writing.UNFINISHED}"
    command = guard.command(program, *browser.OPTIONS, *OPTIONS, f"--print-to-pdf={fresh}", source.as_uri())
    subprocess.run(command, check=True, capture_output=True, timeout=TIME_LIMIT, start_new_session=True)
    writing.write(printed, fresh.read_bytes())
    fresh.unlink()
    return printed


def has_chinese_font() -> bool:
    """Tell whether a browser will find a font for Chinese; where nothing can tell, we trust that it will."""
    fc_list = shutil.which("fc-list")
    if not fc_list:
        return True
    return bool(subprocess.run([fc_list, ":lang=zh"], capture_output=True, check=True).stdout.strip())


def within(name: str, body: str) -> str:
    """A page's text with ids and links of its own, so that it can stand in one document with the others."""

    def link(match: re.Match) -> str:
        start, other, anchor, end = match.groups()
        if other is None and anchor is None:
            return match[0]  # it leads out of the book
        return f"{start}#{other or name}{f'--{anchor}' if anchor else ''}{end}"

    body = re.sub(r'\bid="', f'id="{name}--', body)
    return LINK.sub(link, re.sub(r"url\(#", f"url(#{name}--", body))
