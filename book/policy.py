"""What may stand in a page: checked when prose and outputs become HTML, and told to the browser that shows it."""

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

_TEXT = """a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td
    tfoot th thead tr u ul var"""
_FORMULAS = """math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt
    mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none"""
_PICTURES = """circle clippath defs desc ellipse g image line lineargradient marker mask path pattern polygon polyline
    radialgradient rect stop style svg symbol text title tspan use"""
TAGS = {
    "text": frozenset(f"{_TEXT} {_FORMULAS}".split()),
    "picture": frozenset(_PICTURES.split()),
}
# Written so, a tag ends in the same place for every parser. Whatever else has a < in it is refused.
_ATTRIBUTE = r"""\s+[\w:-]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))?"""
TAG = re.compile(rf"</?([A-Za-z][\w-]*)((?:{_ATTRIBUTE})*)\s*/?>")
COMMENT = re.compile(r"<!-- [^<>]*? -->")
PAIR = re.compile(r"""([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""")
ADDRESSES = {"href", "xlink:href", "src"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
SCHEMES = {"http", "https", "mailto"}
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]")
IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f]")  # what browsers overlook in an address
EXCERPT = 60  # characters of what is refused


def checked(html: str, kind: str = "text") -> str:
    """The HTML as it is, if it holds text, formulas, tables and pictures alone.

    Args:
        html: what prose or an output has become (str).
        kind: "text", or "picture" for an SVG.

    Raises:
        ValueError: it has a script, a form, a frame or the like, an attribute that runs one, or an address that does.

    Example:
        >>> checked("<b>bold</b>")
        '<b>bold</b>'
    """
    pieces = TAG.split(html)
    for name, attributes in dict.fromkeys(zip(pieces[1::3], pieces[2::3])):
        _check(name, attributes, kind)
    _, sign, odd = COMMENT.sub("", "".join(pieces[::3])).partition("<")
    if sign:
        raise ValueError(
            f"{_excerpt(sign + odd)} has no place on a page; right would be tags of HTML, with each attribute as "
            f'name="value", or &lt; where the sign itself is meant'
        )
    return html


def _check(name: str, attributes: str, kind: str) -> None:
    """Refuse a tag that is not known, or one with an attribute that could run something."""
    tag = f"<{name}{attributes}>"
    if name.lower() not in TAGS[kind]:
        raise ValueError(f"{_excerpt(tag)} has no place on a page; right would be text, tables, formulas and pictures")
    for attribute, *values in PAIR.findall(attributes):
        if attribute.lower().startswith("on"):
            raise ValueError(f"{_excerpt(tag)} would run a script; right would be the tag without {attribute}")
        if attribute.lower() in ADDRESSES and not _leads_to_a_place("".join(values), name.lower()):
            raise ValueError(f"{_excerpt(tag)} leads to no page; right would be an address with http, https or mailto")


def _leads_to_a_place(address: str, tag: str) -> bool:
    """Tell whether an address is one of a page, or, in a picture, the picture itself."""
    bare = IGNORED.sub("", unescape(address)).lower()
    scheme = SCHEME.match(bare)
    return not scheme or scheme[1] in SCHEMES or (tag in ("img", "image") and bool(PICTURE.match(bare)))


def _excerpt(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= EXCERPT else f"{short[:EXCERPT]} ..."


def content(script: str) -> str:
    """The Content-Security-Policy of a page: what it uses and nothing else.

    Args:
        script: the only script that stands in the page itself (str).

    Returns:
        The policy (str), for a meta element.
    """
    known = b64encode(sha256(script.encode()).digest()).decode()
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{known}'",
        "style-src": "'self' 'unsafe-inline'",  # figures carry their styles with them
        "font-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())
