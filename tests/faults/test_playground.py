"""What may come to the playground from outside: addresses, hands, windows, pages without its script."""

import re

from book.page import TEMPLATE
from d2l_utils import playground
from d2l_utils.playground.facts import FACTS
from engines import heard
from instrument import HEAD, RULES, SCRIPT, drawn, open_page, part, rmsprop_and_sgd, setting_of, status, wait

import numpy as np
import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

ADDRESSES = 40
SLOW = 10_000  # milliseconds; a browser that waits for a busy machine is no fault
ONE = "<optimizer-playground address></optimizer-playground>"
NUMBERS = (
    *("1e999", "-1e999", "-0", "0", "1e-400", "5e-324", "1e-310", "1e308", "1.7976931348623157e308", "-1e308", "NaN"),
    *("Infinity", "0x10", "1_000", "", "  5 ", "١٢", "1e", "--1", "0.1.2", "9" * 400, "null", "[]", "{}", "%00", "%"),
    *("%zz", "%F0%9F%98%80", "😀", "__proto__", "constructor", "0.9999999999999999", "1", "2.5", "501", "4294967296"),
    *("-5", "-2", "1", "20", "500", "0.4", "1e-8"),
)
KEYS = (
    *("surface", "start", "steps", "seed", "step", "active", "runs", "num_steps", "toString", "__proto__", "<b>", ""),
    *("constructor", "😀", "%zz", *RULES),
)
# Sets one address after the other and returns what went wrong: what was drawn that is no number, and what took
# long; an address counts once two pictures of the screen have come after it.
TRY = """const [element, addresses, slow, done] = arguments, wrong = [];
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const isOdd = ({ value }) => /NaN|Infinity|undefined|\\[object/.test(value);
const odd = () => [...element.shadowRoot.querySelectorAll("*")].flatMap((one) => [...one.attributes]).filter(isOdd);
(async () => {
    for (const address of addresses) {
        const began = performance.now();
        location.hash = address;
        await later(10);
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const took = performance.now() - began;
        wrong.push(...odd().map(({ name, value }) => `${name}=${value} at ${address}`.slice(0, 400)));
        if (took > slow) wrong.push(`${took} ms at ${address.slice(0, 400)}`);
    }
    done(wrong);
})();"""


@pytest.fixture
def page(driver, tmp_path):
    """Opens a page; whatever was thrown, or said in the console, is an error in the end."""
    yield lambda body=ONE + SCRIPT, hash="": [drawn(one) for one in open_page(driver, tmp_path, body, hash)]
    assert heard(driver) == []


# Losses and effective steps beyond what a power of ten can be written for, and a start without a height.
AT_THE_ENDS = (
    "#play?sgd=1e308",
    "#play?sgd=5e-324",
    "#play?surface=rotated&sgd=1e-310",
    "#play?surface=noisy&start=0,0",
    "#play?start=0,0&lion=0.2,0.9,0.99,1e308",
    "#play?lion=1e308,1,1,0&adamw=5e-324,0,0,0,1e308&active=adamw",
)


def addresses(number, seed):
    """Addresses that begin well and go wrong, in all the ways that are listed above."""
    draw = np.random.RandomState(seed)

    def some(texts, count=1):
        return ",".join(texts[draw.randint(len(texts))] for _ in range(count))

    for _ in range(number):
        parts = [f"surface={some(list(FACTS['surfaces']))}", f"start={some(NUMBERS[-7:], 2)}"]
        parts += [f"{rule}={some(NUMBERS, len(RULES[rule]['knobs']))}" for rule in RULES if draw.rand() < 0.4]
        parts += [f"{some(KEYS)}={some(NUMBERS)}" for _ in range(draw.randint(5))]
        draw.shuffle(parts)
        text = "#play?" + "&".join(parts)
        place = draw.randint(len(text))
        yield (text, text, text[:place], text[:place] + some(NUMBERS) + text[place + 1 :])[draw.randint(4)]


def test_no_address_throws_or_hangs(driver, page):
    (element,) = page()
    driver.set_script_timeout(60)
    assert driver.execute_async_script(TRY, element, [*AT_THE_ENDS, *addresses(ADDRESSES, seed=13)], SLOW) == []


LONG = ("x" * 10**6, "&".join(f"{i}=1" for i in range(9_000)), "sgd=" + "1," * 50_000, ";" * 10**5, "%" * 10**5)


def test_a_million_characters_are_read_and_forgotten(driver, page):
    (element,) = page(hash="#play?step=3")
    assert driver.execute_async_script(TRY, element, [f"#play?step=4&{tail}" for tail in LONG], SLOW) == []
    assert setting_of(element)["step"] == 4
    assert len(part(element, "line").text) < 500
    part(element, "forward").click()
    wait(driver, lambda: driver.current_url.endswith("&step=5"))


def test_a_start_at_the_minimum_shows_its_losses(driver, page):
    (element,) = page(hash="#play?surface=noisy&start=0,0&steps=20&sgd=0.4")
    line = "return arguments[0].view.loss.lines.querySelector('path').getAttribute('d')"
    assert driver.execute_script(line, element).count("L") > 15


@pytest.mark.parametrize("given_setting", ["{", "null", "[]", "3", '{"runs": 3}', '{"runs": {"sgd": {"lr": "0.4"}}}'])
def test_a_setting_that_is_none_is_said(given_setting, page):
    (element,) = page(f"<optimizer-playground setting='{given_setting}'></optimizer-playground>{SCRIPT}")
    assert status(element, "Not understood, and left at its default: ")
    assert list(setting_of(element)["runs"]) == ["rmsprop"]


TYPED = "1e999", "-0", "1e-400", "abc", "--", "1e308", "9" * 300, "+5", ".", "e", "2,5", "😀", "1" * 500


def test_whatever_is_typed_the_setting_stays_good(driver, page):
    (element,) = page(hash="#play?surface=noisy&start=-5,-2&steps=20&seed=1&rmsprop=0.4,0.9,1e-6")
    for name in ("start1", "start2", "num_steps", "seed"):
        field = part(element, name)
        for text in TYPED:
            paste = "arguments[0].select(); document.execCommand('insertText', false, arguments[1])"
            driver.execute_script(paste, field, text)
            field.send_keys(Keys.ENTER)
        left = setting_of(element)
        assert -6 <= left["start"][0] <= 2.4
        assert -3 <= left["start"][1] <= 3
        assert 1 <= left["num_steps"] <= 500
        assert 0 <= left["seed"] < 2**32
        assert field.get_property("valueAsNumber") is not None


def test_mashed_keys(driver, page):
    """Every key on every control, with the boxes of the optimizers among them; a setting with no optimizer is none."""
    (element,) = page(hash="#play?step=3")
    draw = np.random.RandomState(0)
    keys = [Keys.ARROW_UP, Keys.ARROW_RIGHT, Keys.HOME, Keys.END, Keys.PAGE_UP, Keys.SPACE, Keys.ENTER, *"e-.9x"]
    for _ in range(4):
        chain = ActionChains(driver, duration=0)
        for _ in range(30):
            chain.send_keys(Keys.TAB, *draw.choice(keys, 3))
        chain.perform()
    assert 1 <= len(setting_of(element)["runs"]) <= len(RULES)
    assert part(element, "line").text


def test_windows_of_any_width_and_themes_while_it_plays(driver, page):
    (element,) = page(hash="#play?surface=noisy&steps=500&step=1&sgd=0.4&adam=0.4,0.9,0.999,1e-8")
    part(element, "play").click()
    width = "arguments[0].style.maxWidth = 'none'; arguments[0].style.width = arguments[1] + 'px'"
    for pixels in (0, 1, 40, 200, 10_000, 0, 620, 619.5, 10_000, 1, 400):
        driver.execute_script(width, element, pixels)
        scheme = "dark" if pixels % 2 else "light"
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
        driver.execute_script("document.documentElement.style.colorScheme = arguments[0]", scheme)
        driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    wait(driver, lambda: driver.execute_script("return arguments[0].view.width", element) == 400)
    box = "const { width, height } = arguments[0].getBoundingClientRect(); return [width, height]"
    assert driver.execute_script(box, part(element, "map"))[0] == 400
    assert setting_of(element)["step"] > 1


TWO = f"{ONE}<div style='height: 300vh'></div>{ONE}"


def test_two_instruments_have_an_address_each(driver, page):
    """The link of one opens that one; what both show is in the address, and comes back with it."""
    first, second = page(TWO + SCRIPT)
    part(first, "back").click()
    wait(driver, lambda: re.search(r"#play\?[^;]*step=19$", driver.current_url))
    part(second, "back").click()
    part(second, "back").click()
    wait(driver, lambda: re.search(r"#play-2\?[^;]*step=18;play\?[^;]*step=19$", driver.current_url))
    both = driver.current_url.partition("#")[2]
    first, second = page(TWO + SCRIPT, f"#{both}")
    assert [setting_of(one)["step"] for one in (first, second)] == [19, 18]
    assert driver.execute_script("return scrollY") > 0  # to the one whose part comes first
    of_second = both.partition(";")[0]
    first, second = page(TWO + SCRIPT, f"#{of_second}")
    assert [setting_of(one)["step"] for one in (first, second)] == [20, 18]


def test_a_copied_link_is_that_of_one_instrument(driver, page):
    first, second = page(TWO + SCRIPT, "#play-2?step=7")
    keep = (
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (text) => { window.kept = text; }}})"
    )
    driver.execute_script(keep)
    part(first, "copy").click()
    status(first, "The link is copied.")
    kept = driver.execute_script("return window.kept")
    assert re.search(r"/page\.html#play\?surface=[^;]*$", kept)
    assert re.search(r"#play\?[^;]*;play-2\?[^;]*step=7$", driver.current_url)


def test_a_link_from_before_opens_the_first(page):
    first, second = page(TWO + SCRIPT, "#play?surface=saddle&start=-4,0.5&steps=30&sgd=0.4&step=5")
    assert setting_of(first)["surface"] == "saddle"
    assert setting_of(second)["surface"] == "ravine"


@pytest.fixture
def book_page(driver, tmp_path):
    """Opens a page as the book has it: the still figure in the element, the book's own script beside it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "book.js").write_text((TEMPLATE / "book.js").read_text(encoding="utf-8"), encoding="utf-8")
    still = rmsprop_and_sgd().html('<svg width="70" height="50" id="still"></svg>', address="")
    scripts = '<script src="assets/book.js" defer></script><script src="assets/playground.js" defer></script>'
    body = f'<header class="bar"></header>{still}{scripts}'
    (tmp_path / "page.html").write_text(HEAD + body, encoding="utf-8")
    yield lambda: driver.get((tmp_path / "page.html").as_uri())
    driver.get_log("browser")  # the browser itself says what it could not load


@pytest.mark.parametrize("broken", [None, "", "const broken = ;", "throw new Error('no facts')"])
def test_a_script_that_does_not_load_is_said_and_asked_for_again(broken, driver, tmp_path, book_page):
    script = tmp_path / "assets" / "playground.js"
    if broken is not None:
        script.write_text(broken, encoding="utf-8")
    book_page()
    notices = lambda: driver.find_elements("css selector", "p[role=status].notice")  # noqa: E731
    wait(driver, notices)
    assert "This picture should move" in notices()[0].text
    assert driver.find_element("id", "still").is_displayed()
    again = notices()[0].find_element("tag name", "button")
    again.click()
    script.write_text(playground.script(), encoding="utf-8")
    again.click()
    wait(driver, lambda: not notices())
    drawn(driver.find_element("tag name", "optimizer-playground"))


def test_a_script_that_loads_at_once_is_not_spoken_of(driver, tmp_path, book_page):
    (tmp_path / "assets" / "playground.js").write_text(playground.script(), encoding="utf-8")
    book_page()
    drawn(driver.find_element("tag name", "optimizer-playground"))
    assert not driver.find_elements("css selector", ".notice")
