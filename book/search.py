"""What the search box looks through: the text of every section of every page."""

import json
import re
from html import unescape

TERM = re.compile(r'<tr>\s*<td><span id="(term-[^"]+)"></span>(.*?)</td>(.*?)</tr>', re.DOTALL)
HEADING = re.compile(r'<h([23]) id="([^"]+)">(.*?)<a [^>]*class="anchor-link"')
SILENT = re.compile(r"<svg.*?</svg>|<script.*?</script>|<style.*?</style>", re.DOTALL)


def plain(html):
    """The words of a piece of HTML, without its pictures."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", SILENT.sub(" ", html))).split())


def headings(body):
    """The sections of a page, for the list "On this page": the headings of the second rank."""
    return [{"anchor": anchor, "title": title} for rank, anchor, title in HEADING.findall(body) if rank == "2"]


def documents(page):
    """One entry for what comes before the first heading of a page, one for each section and one for each term."""
    body = page["body"]
    starts = [(match.start(), match[2], plain(match[3])) for match in HEADING.finditer(body)]
    bounds = [(0, "", ""), *starts, (len(body), "", "")]
    for (start, anchor, section), (end, *_) in zip(bounds, bounds[1:]):
        text = plain(TERM.sub("", body[start:end])).replace(" # ", " ", 1)
        if text:
            yield {"page": page["name"], "title": page["title"], "anchor": anchor, "section": section, "text": text}
    for anchor, term, rest in TERM.findall(body):  # a glossary's rows are found one by one
        yield {"page": page["name"], "title": page["title"], "anchor": anchor, "section": term, "text": plain(rest)}


def script(entries):
    """The entries as a script: pages that are opened from disk may load a script, but no other file."""
    numbered = [{"id": i, **entry} for i, entry in enumerate(entries)]
    return f"window.bookSections = {json.dumps(numbered, ensure_ascii=False)};\n"
