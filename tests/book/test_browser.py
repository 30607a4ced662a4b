"""The built book in real browsers: every page by day and by night, on desk and phone, with the network watched."""

import base64
import json
import re
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book import citations, notebook, site
from engines import every_engine, is_chromium, lay_on_paper
from local_server import serving

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

NAMES = [*notebook.names(), citations.PAGE]
SHOTS = notebook.BUILD / "shots"
SHOT_SCALE = 0.5  # a long page at full size is more than Chromium can draw at once
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that may give something else in another theme
OF_SCREENS = ["target-size", "scrollable-region-focusable", "meta-viewport"]  # or on another screen
WEIGHT = 300_000  # bytes of a page before its figures' own
WIDEST_LINE = 80  # characters
SCREENS = {"desktop": (1440, 1000), "phone": (390, 844), "narrow": (320, 844)}
PATIENCE = 10  # seconds for what a page does by itself

CLIPBOARD = ["clipboardReadWrite", "clipboardSanitizedWrite"]

RUN_AXE = """
const [rules, done] = arguments;
const told = ({id, help, nodes}) => `${id}: ${help}: ` + nodes.map((node) => node.html.slice(0, 200)).join(" | ");
axe.run(document, {preload: false, resultTypes: ["violations"], runOnly: rules})
    .then(({violations}) => done(violations.map(told)));
"""
LONGEST_LINE = """
let longest = [0, ""];
for (const block of document.querySelectorAll("main p, main li, figcaption")) {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), range = document.createRange();
  let line = "", right = 0;
  for (let node; (node = walker.nextNode());) {
    for (const { index, 0: word } of node.data.matchAll(/\\S+\\s*/g)) {
      range.setStart(node, index);
      range.setEnd(node, index + word.trimEnd().length);
      const box = range.getBoundingClientRect();
      if (box.left < right - 5) line = "";
      line += word.replace(/\\s+/, " ");
      right = box.right;
      if (line.trimEnd().length > longest[0]) longest = [line.trimEnd().length, line];
    }
  }
}
return longest;
"""
LINKS = "return [...document.querySelectorAll('a')].map((a) => a.href)"
PAGE_SIZE = "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"


@pytest.fixture
def open_page(driver):
    """Opens a page of the book on a desk, by day unless the reader's system is dark."""

    def open_page(name, theme="light"):
        if is_chromium(driver):
            set_screen(driver, "desktop")
            set_theme(driver, theme)
        driver.get((site.OUTPUT / f"{name}.html").as_uri())
        return driver

    for log in ("browser", "performance") if is_chromium(driver) else ():
        driver.get_log(log)  # what earlier pages have left
    yield open_page
    driver.execute_script("localStorage.clear()")


def set_screen(driver, screen):
    width, height = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": screen != "desktop"}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def set_theme(driver, theme):
    features = [{"name": "prefers-color-scheme", "value": theme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def requests(driver):
    """The addresses that a page has asked for, of files as paths."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [url for url in asked if not url.startswith("data:")]


def complaints(driver, rules):
    """What axe-core finds."""
    return driver.execute_async_script(RUN_AXE, rules)


def shoot(driver, name):
    """Leave a picture of the whole page in _build/shots/."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    width, height = driver.execute_script(PAGE_SIZE)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": SHOT_SCALE}
    options = {"captureBeyondViewport": True, "clip": clip, "format": "jpeg", "quality": 80}
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
    (SHOTS / f"{name}.jpg").write_bytes(base64.b64decode(picture))


def wait(driver, condition):
    return WebDriverWait(driver, PATIENCE, poll_frequency=0.02).until(condition)


def look(driver, name):
    """Nothing is complained of by day, by night and on a phone; a picture of each is left."""
    shoot(driver, f"{name}-desktop")
    driver.execute_script(AXE)
    assert not complaints(driver, STANDARDS)
    set_theme(driver, "dark")
    shoot(driver, f"{name}-dark")
    assert not complaints(driver, OF_COLOURS)
    set_theme(driver, "light")
    set_screen(driver, "phone")
    shoot(driver, f"{name}-phone")
    assert not complaints(driver, OF_SCREENS)


@pytest.mark.parametrize("name", NAMES)
def test_page(open_page, name):
    """Nothing leaves the folder, nothing is complained of, no line is too long: by day, by night and on a phone."""
    driver = open_page(name)
    asked = requests(driver)
    assert len(asked) > 3  # the page, its styles, its script: the log is alive
    assert all(url.startswith(site.OUTPUT.as_uri()) for url in asked), asked
    assert not [link for link in driver.execute_script(LINKS) if not leads_somewhere(link)]
    length, line = driver.execute_script(LONGEST_LINE)
    assert length <= WIDEST_LINE, line
    look(driver, name)
    set_screen(driver, "narrow")  # WCAG 2.2, 1.4.10: nobody has to scroll sideways at 320 px
    assert driver.execute_script(PAGE_SIZE)[0] <= SCREENS["narrow"][0]
    assert not driver.get_log("browser")


def leads_somewhere(link):
    url = urlsplit(link)
    if url.scheme == "https":
        return True  # out of the book: only where a reader clicks
    target = Path(unquote(url.path))
    return target.is_file() and (not url.fragment or f'id="{url.fragment}"' in target.read_text(encoding="utf-8"))


@every_engine
def test_search_finds_a_section_and_leads_there(open_page):
    driver = open_page("02_gradient_descent")
    box = driver.find_element(By.ID, "search")
    box.send_keys("a mean that forgets")
    first = wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".results li a"))[0]
    assert first.get_attribute("href").endswith("06_rmsprop.html#A-mean-that-forgets")
    assert driver.find_element(By.CSS_SELECTOR, ".results .status").text.endswith("sections")
    box.send_keys(Keys.ENTER)
    wait(driver, lambda d: d.current_url.endswith("#A-mean-that-forgets"))


@every_engine
@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("学习率", "glossary.html#term-learning-rate"),
        ("gamma1", "06_rmsprop.html#The-concise-form"),
        ("Tieleman", "references.html"),
    ],
)
def test_search_knows(open_page, words, place):
    driver = open_page("index")
    driver.find_element(By.ID, "search").send_keys(words)
    wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, f'.results a[href="{place}"]'))


def test_search_puts_what_explains_before_what_answers(open_page):
    driver = open_page("index")
    driver.find_element(By.ID, "search").send_keys("half-life")
    found = wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".results li a"))
    pages = [a.get_attribute("href").rpartition("/")[2] for a in found]
    assert pages[:2] == ["glossary.html#term-half-life", "06_rmsprop.html#A-mean-that-forgets"]
    assert any("_solutions" in page for page in pages[2:])


@every_engine
def test_search_says_what_it_does_not_find_and_closes(open_page):
    driver = open_page("index")
    box = driver.find_element(By.ID, "search")
    box.send_keys("qqqq")
    wait(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".results .status").text == "No sections")
    box.send_keys(Keys.ESCAPE)
    assert not driver.find_element(By.CLASS_NAME, "results").is_displayed()


PAPER = "return getComputedStyle(document.body).backgroundColor"


@every_engine
def test_theme_is_turned_and_remembered(open_page):
    driver = open_page("index")
    before = driver.execute_script(PAPER)
    driver.find_element(By.CLASS_NAME, "theme").click()
    turned = driver.execute_script(PAPER)
    assert turned != before
    assert open_page("06_rmsprop").execute_script(PAPER) == turned
    driver.find_element(By.CLASS_NAME, "theme").click()
    assert driver.execute_script(PAPER) == before


@every_engine
def test_without_a_choice_the_theme_is_the_system_s(open_page):
    driver = open_page("index")
    is_dark = driver.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
    red = int(re.search(r"\d+", driver.execute_script(PAPER))[0])
    assert red < 64 if is_dark else red > 192
    assert driver.find_element(By.CLASS_NAME, "theme").text == ("Light" if is_dark else "Dark")


def test_a_choice_holds_whatever_the_system_says(open_page):
    driver = open_page("index")
    light = driver.execute_script(PAPER)
    for _ in range(2):
        driver.find_element(By.CLASS_NAME, "theme").click()
    assert open_page("06_rmsprop", theme="dark").execute_script(PAPER) == light


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Says nothing."""


@every_engine
def test_on_paper_code_is_light_and_the_bar_is_gone_whatever_the_theme(driver):
    """From a server, since no script may read the rules of a page from disk (see lay_on_paper)."""
    colour = "return getComputedStyle(document.querySelector('.highlight .kn')).color"
    theme = "document.documentElement.dataset.theme = arguments[0]"
    with serving(partial(Quiet, directory=site.OUTPUT)) as host:
        driver.get(f"http://{host}/06_rmsprop.html")
        driver.execute_script(theme, "light")
        light = driver.execute_script(colour)
        driver.execute_script(theme, "dark")
        assert driver.execute_script(colour) != light
        lay_on_paper(driver)
        on_paper, bar = driver.execute_script(colour), driver.find_element(By.CLASS_NAME, "bar").is_displayed()
        lay_on_paper(driver, False)
    assert (on_paper, bar) == (light, False)


# No window of a desk is as narrow as a phone; a frame is.
PHONE = "<!doctype html><title>phone</title><iframe src='{}' style='width: {}px; height: {}px; border: 0'></iframe>"
STICKS_OUT = """
const { scrollWidth, clientWidth } = document.documentElement;
return scrollWidth > clientWidth && [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > clientWidth + 1).map((one) => one.outerHTML.slice(0, 90));
"""


@pytest.mark.parametrize("driver", ["firefox", "webkit"], indirect=True)
def test_on_a_phone_nobody_scrolls_sideways(driver, tmp_path):
    """WCAG 2.2, 1.4.10; what is too wide scrolls by itself. (In Chromium, test_page looks.)"""
    found = {}
    for name in NAMES:
        page = PHONE.format((site.OUTPUT / f"{name}.html").as_uri(), *SCREENS["narrow"])
        (tmp_path / "phone.html").write_text(page, encoding="utf-8")
        driver.get((tmp_path / "phone.html").as_uri())
        driver.switch_to.frame(driver.find_element(By.TAG_NAME, "iframe"))
        found[name] = driver.execute_script(STICKS_OUT)
        driver.switch_to.default_content()
    assert {name: what for name, what in found.items() if what} == {}


@every_engine
def test_an_anchor_leads_below_the_bar(driver):
    where = "return ['.bar', '#A-mean-that-forgets'].map((one) => document.querySelector(one).getBoundingClientRect())"
    driver.get("about:blank")
    driver.get(f"{(site.OUTPUT / '06_rmsprop.html').as_uri()}#A-mean-that-forgets")
    wait(driver, lambda d: 0 < d.execute_script(where)[1]["top"] < 200)
    bar, heading = driver.execute_script(where)
    assert bar["top"] == 0
    assert heading["top"] >= bar["bottom"]


@every_engine
def test_first_tab_leads_past_the_chapters_to_the_text(open_page):
    driver = open_page("06_rmsprop")
    driver.switch_to.active_element.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.text == "Skip to the text"
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert driver.switch_to.active_element.tag_name == "main"


def test_code_is_copied(open_page):
    driver = open_page("06_rmsprop")
    driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": CLIPBOARD})
    code = driver.find_element(By.CLASS_NAME, "highlight")
    source = code.find_element(By.TAG_NAME, "pre").get_property("innerText")
    code.find_element(By.CLASS_NAME, "copy").click()
    wait(driver, lambda d: code.find_element(By.CLASS_NAME, "copy").get_property("textContent") == "Copied")
    assert driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == source


@every_engine
def test_math_is_drawn_as_math(open_page):
    """A root grows with what stands under it, which takes the font that comes with the book."""
    driver = open_page("06_rmsprop")
    loaded = "return [...document.fonts].some(({family, status}) => family.includes('Math') && status === 'loaded')"
    wait(driver, lambda d: d.execute_script(loaded))
    height = "return document.querySelector('#equation-6-1 {}').getBoundingClientRect().height"
    letter, fraction, root = (driver.execute_script(height.format(tag)) for tag in ("mi", "mfrac", "msqrt"))
    assert fraction > root > 1.2 * letter > 0
    sign = """const sizes = [...document.querySelectorAll("mo")].filter((one) => one.textContent === "⊙")
        .map((one) => one.getBoundingClientRect().height);
    return [Math.min(...sizes), Math.max(...sizes)];"""
    smallest, largest = driver.execute_script(sign)
    assert largest < 1.1 * smallest  # Firefox takes it for one that is large in a line of its own


def test_without_scripts_everything_can_be_read(open_page, driver):
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver = open_page("06_rmsprop")
        assert "That sum only grows" in driver.find_element(By.TAG_NAME, "main").text
        assert not driver.find_elements(By.ID, "search")
        assert driver.find_element(By.CSS_SELECTOR, "figure svg").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("name", NAMES)
def test_page_is_light_before_its_figures(name):
    text = (site.OUTPUT / f"{name}.html").read_text(encoding="utf-8")
    assert len(re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL).encode()) < WEIGHT
