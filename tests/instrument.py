"""A page with a playground in a real browser: how it is opened, and what is asked of it."""

import chapter_rules
from d2l_utils import playground, plot
from d2l_utils.chapters import ROOT
from d2l_utils.playground.facts import FACTS
from engines import heard

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.support.ui import WebDriverWait

RULES = FACTS["rules"]
STILL = '<figure><svg width="70" height="50"></svg></figure>'  # drawing a real one would take longer than all the rest
LISTEN = """<script>window.thrown = [];
addEventListener("error", ({ message }) => thrown.push(message));
addEventListener("unhandledrejection", ({ reason }) => thrown.push(String(reason)));</script>"""
AXE = (ROOT / "tests" / "book" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """const [element, done] = arguments;
axe.run(element, {resultTypes: ["violations"], rules: {"page-has-heading-one": {enabled: false}}})
    .then(({violations}) => done(violations.map(({id, nodes}) => [id, nodes.map(({html}) => html)])));"""
HEAD = f"<!doctype html><meta charset='utf-8'><title>t</title>{LISTEN}<h1>t</h1>"
SCRIPT = '<script src="playground.js"></script>'


def known(rule, **knobs):
    """A run of a chapter's rule with the playground's own knobs, but for these."""
    return getattr(chapter_rules, rule), {**RULES[rule]["knobs"], **knobs}


def rmsprop_and_sgd():
    return plot.explore("ravine", known("rmsprop"), known("sgd"))


def open_page(driver, folder, body, hash=""):
    """Open a page with this body, beside it the playground's script; what the console said is gone before."""
    script = folder / "playground.js"
    if not script.exists():
        script.write_text(playground.script(), encoding="utf-8")
    (folder / "page.html").write_text(HEAD + body, encoding="utf-8")
    driver.get("about:blank")
    heard(driver)
    driver.get(f"{(folder / 'page.html').as_uri()}{hash}")
    return driver.find_elements("tag name", "optimizer-playground")


def wait(driver, condition):
    """Until it holds; a part that was drawn anew between the finding and the asking is asked for again."""
    patient = WebDriverWait(driver, 5, poll_frequency=0.02, ignored_exceptions=[StaleElementReferenceException])
    return patient.until(lambda _: condition())


def drawn(element):
    """The element, once it is drawn."""
    wait(element.parent, lambda: part(element, "stepText").text)
    return element


def part(element, name):
    return element.shadow_root.find_element("css selector", f"[data-part='{name}']")


def setting_of(element):
    return element.parent.execute_script("return arguments[0].setting", element)


def complaints(element):
    """What axe-core finds in a playground: each rule, and where it is broken."""
    element.parent.execute_script(AXE)
    return element.parent.execute_async_script(RUN_AXE, element)


def status(element, beginning):
    """What is spoken, once it begins like this and is the line that is seen."""
    spoken = lambda: part(element, "status").get_property("textContent")  # noqa: E731
    wait(element.parent, lambda: spoken().startswith(beginning) and spoken() == part(element, "line").text)
    return spoken()
