"""The field in which a reader writes a rule: by keys, for a screen reader, on a phone; and where the rule travels."""

import re

from d2l_utils import plot
from d2l_utils.playground import written
from d2l_utils.playground.facts import FACTS
from engines import every_engine, heard, undo
from instrument import (
    RULES,
    SCRIPT,
    STILL,
    complaints,
    drawn,
    known,
    open_page,
    part,
    rmsprop_and_sgd,
    setting_of,
    status,
    wait,
)

import numpy as np
import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select
from test_typed import broken_texts

RMSPROP = FACTS["rules"]["rmsprop"]["formula"]


@pytest.fixture
def page(driver, tmp_path):
    """A page with a playground, as the book has it; what the console said is gone before."""

    def open_it(hash="", play=None):
        body = (play or rmsprop_and_sgd()).html(STILL, address="") + SCRIPT
        (element,) = open_page(driver, tmp_path, body, hash)
        return drawn(element)

    yield open_it
    assert heard(driver) == []


@pytest.fixture
def own(page):
    """A playground with the reader's own rule, as yet a copy of RMSProp."""
    element = page()
    choose(element, "own")
    assert status(element, "Your rule ends at (−0.0106, 1.04·10⁻¹⁴) after 20 steps, loss 1.12·10⁻⁵.")
    return element


def choose(element, rule):
    select = part(element, "active")
    element.parent.execute_script("arguments[0].blur(); arguments[0].focus()", select)  # which a driver may leave out
    Select(select).select_by_value(rule)


def field(element):
    return part(element, "text")


def write(element, text):
    element.parent.execute_script("arguments[0].focus(); arguments[0].select()", field(element))
    ActionChains(element.parent, duration=0).send_keys(text.replace("\n", Keys.ENTER)).perform()


def sliders(element):
    return [
        one.get_attribute("data-knob") for one in element.shadow_root.find_elements("css selector", ".knobs input")
    ]


def points(element):
    return np.array(element.parent.execute_script("return arguments[0].traces.own.points", element), dtype=float)


@every_engine
def test_it_begins_as_a_copy_of_the_rule_chosen_before(page):
    element = page()
    assert not field(element).is_displayed()
    for rule in ("rmsprop", "adam", "lion"):
        choose(element, rule)
        before = setting_of(element)["runs"][rule]
        choose(element, "own")
        wait(element.parent, lambda rule=rule: field(element).get_property("value") == RULES[rule]["formula"])
        assert setting_of(element)["runs"]["own"] == before


def test_what_was_written_is_kept_when_other_rules_are_looked_at(own):
    write(own, "x = x - lr * g / 3")
    choose(own, "adam")
    assert not field(own).is_displayed()
    assert setting_of(own)["text"] == "x = x - lr * g / 3"
    choose(own, "own")
    own.shadow_root.find_element("css selector", "input[value='own']").click()
    assert "own" not in setting_of(own)["runs"]
    choose(own, "own")
    assert field(own).get_property("value") == "x = x - lr * g / 3"


@every_engine
def test_it_can_start_anew_from_another_rule(driver, own):
    write(own, "x = x − η g + (")
    choose(own, "momentum")
    choose(own, "own")
    assert field(own).get_property("value") == "x = x − η g + ("
    wait(driver, lambda: part(own, "anew").text == "start from momentum")
    part(own, "anew").click()
    assert field(own).get_property("value") == setting_of(own)["text"] == RULES["momentum"]["formula"]
    assert setting_of(own)["runs"]["own"] == RULES["momentum"]["knobs"]
    undo(field(own))
    assert field(own).get_property("value") == "x = x − η g + ("


@every_engine
def test_it_starts_anew_from_the_rule_that_was_looked_at_last(driver, own):
    assert set(setting_of(own)["runs"]) == {"sgd", "rmsprop", "own"}
    wait(driver, lambda: part(own, "anew").text == "start from RMSProp")


def box(element, rule):
    return element.shadow_root.find_element("css selector", f"input[value='{rule}']")


@every_engine
def test_who_ticks_its_box_before_anything_is_written_gets_the_field(driver, page):
    element = page()
    box(element, "own").click()
    wait(driver, lambda: field(element).is_displayed())
    assert setting_of(element)["active"] == "own"
    assert part(element, "anew").text == "start from RMSProp"
    write(element, "x = x - lr * g / 3")
    choose(element, "rmsprop")
    for _ in range(2):
        box(element, "own").click()
    assert setting_of(element)["active"] == "rmsprop"  # there is a path to compare with
    assert setting_of(element)["text"] == "x = x - lr * g / 3"


@every_engine
def test_rules_that_were_only_passed_in_the_menu_do_not_stay(driver, page):
    element = page()
    menu = part(element, "active")
    pass_by = """const [menu, rule] = arguments;
    menu.focus();
    menu.value = rule;
    menu.dispatchEvent(new Event("change"));"""
    for rule in ("adadelta", "adam", "lion", "own"):
        driver.execute_script(pass_by, menu, rule)
    assert set(setting_of(element)["runs"]) == {"sgd", "rmsprop", "own"}
    wait(driver, lambda: field(element).get_property("value") == RMSPROP)
    driver.execute_script("arguments[0].focus(); arguments[1].focus()", menu, field(element))
    driver.execute_script(pass_by, menu, "adam")
    assert set(setting_of(element)["runs"]) == {"sgd", "rmsprop", "adam", "own"}  # the menu was left in between


def test_arrows_in_the_closed_menu_pass_rules_by(driver, page):
    element = page()
    driver.execute_script("arguments[0].focus()", part(element, "active"))
    for rule in ("adadelta", "adam", "adamw"):
        ActionChains(driver, duration=0).send_keys(Keys.ARROW_DOWN).perform()
        wait(driver, lambda rule=rule: setting_of(element)["active"] == rule)
    assert set(setting_of(element)["runs"]) == {"sgd", "rmsprop", "adamw"}


@every_engine
def test_the_path_follows_each_keystroke_and_each_used_knob_has_its_slider(driver, own):
    write(own, "x = x − η g")
    wait(driver, lambda: sliders(own) == ["lr"])
    before = points(own)
    field(own).send_keys(" / 2")
    wait(driver, lambda: not np.array_equal(points(own), before))
    np.testing.assert_allclose(points(own)[1], [-5 + 0.2 * 1, -2 + 0.2 * 8])
    field(own).send_keys(" · μ")
    wait(driver, lambda: sliders(own) == ["lr", "mu"])
    own.shadow_root.find_element("css selector", "[data-knob='mu']").send_keys(Keys.HOME)
    wait(driver, lambda: setting_of(own)["runs"]["own"]["mu"] == 0)
    wait(driver, lambda: (points(own) == [-5, -2]).all())
    field(own).send_keys(Keys.BACKSPACE * 4)
    wait(driver, lambda: sliders(own) == ["lr"])
    field(own).send_keys(" · μ")
    assert setting_of(own)["runs"]["own"]["mu"] == 0  # where it was


@every_engine
def test_a_broken_line_is_marked_in_words_and_the_last_path_stays(driver, own):
    text, before = field(own), points(own)
    assert text.get_attribute("aria-invalid") == "false"
    text.send_keys(Keys.CONTROL, Keys.END)
    text.send_keys(Keys.BACKSPACE)
    words = "Line 2, after “… η g / √(s + ε”: a bracket is missing here."
    left = "The picture shows the last rule that could be read, with “x = x − η g / √(s + ε)”."
    assert status(own, words) == f"{words} {left}"
    assert text.get_attribute("aria-invalid") == "true"
    described = text.get_attribute("aria-describedby")
    assert own.shadow_root.find_element("id", described).text == words
    mark = own.shadow_root.find_element("css selector", "mark")
    assert mark.is_displayed()
    assert np.array_equal(points(own), before)
    assert setting_of(own)["text"] == RMSPROP
    assert text.get_property("value") == RMSPROP[:-1]
    own.shadow_root.find_element("css selector", "[data-knob='gamma']").send_keys(Keys.ARROW_LEFT)
    wait(driver, lambda: not np.array_equal(points(own), before))
    assert text.get_property("value") == RMSPROP[:-1]  # what is in hand stays in hand
    text.send_keys(")")
    assert status(own, "Your rule ends at")
    assert text.get_attribute("aria-invalid") == "false"


@every_engine
def test_a_rule_that_was_never_meant_is_named_and_not_copied_unseen(driver, own):
    driver.execute_script(CLIPBOARD % "async (text) => { window.kept = text; }")
    write(own, "s = γ s + (1 − γ) g²\nx = x − η g / sqr(s + ε)")
    said = status(own, "Line 2, after “x = x − η g / ”: sqr is no function here")
    assert said.endswith("The picture shows the last rule that could be read, with “x = x − η g / sqr”.")
    part(own, "copy").click()
    assert "The link is copied. It has the last rule that could be read." in status(own, "The link is copied.")
    kept = driver.execute_script("return window.kept")
    part(own, "python").click()
    status(own, "Nothing is copied: mend line 2 first.")
    assert driver.execute_script("return window.kept") == kept
    write(own, RMSPROP)
    status(own, "Your rule ends at")
    part(own, "copy").click()
    assert "last rule" not in status(own, "The link is copied.")


@every_engine
@pytest.mark.parametrize("text", ["x = x − η √(−g² − 1)", "x = x − η g / (g − g)"])
def test_what_is_no_number_is_told_from_what_goes_too_far(text, own):
    write(own, text)
    said = "Your rule has no number after step 1: divided by 0, or a root of a negative number?"
    assert status(own, said) == said


@every_engine
def test_what_is_done_can_be_undone(driver, own):
    before = points(own)
    field(own).send_keys(Keys.CONTROL, Keys.END)
    field(own).send_keys(" + 0.1")
    wait(driver, lambda: not np.array_equal(points(own), before))
    for _ in range(6):
        undo(field(own))
    wait(driver, lambda: np.array_equal(points(own), before))
    assert field(own).get_property("value") == RMSPROP


@every_engine
def test_a_name_that_is_never_set_is_said(own):
    write(own, "x = x − η gg")
    assert part(own, "message").text == "gg: never set, and so always 0."
    assert part(own, "message").get_attribute("class") == "wrong"
    assert field(own).get_attribute("aria-invalid") == "false"


NEAR = {"gama": "gamma", "gammma": "gamma", "gemma": "gamma", "sqr": "sqrt", "epsi": "eps", "m": None, "z": None}


@every_engine
def test_a_name_that_is_one_letter_away_is_asked_for(driver, own):
    type_ = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    for name, meant in NEAR.items():
        driver.execute_script(type_, field(own), f"x = x − η {name}")
        more = f" Did you mean {meant}?" if meant else ""
        assert part(own, "message").text == f"{name}: never set, and so always 0.{more}"


def test_the_hint_names_what_there_is(own):
    hint = part(own, "message").text
    assert hint.partition("Functions: ")[2].partition(".")[0].split() == list(written.FUNCTIONS)
    assert "βᵗ is beta**t" in hint


@every_engine
def test_the_address_keeps_the_rule(driver, page, own):
    write(own, "s = γ s + (1 − γ) g²\nx = x − η g / √(s + ε + 2) + 1e-3")
    wait(driver, lambda: "1e-3" in driver.current_url)
    address, before = driver.current_url.partition("#")[2], points(own)
    again = page(hash=f"#{address}")
    wait(driver, lambda: setting_of(again).get("text", "").endswith("1e-3"))
    assert status(again, "Your rule ends at")
    assert np.array_equal(points(again), before)
    assert field(again).get_property("value") == "s = γ s + (1 − γ) g²\nx = x − η g / √(s + ε + 2) + 1e-3"


@pytest.mark.parametrize("tail", ["own=0.4", "text=x%20=%20(&own=0.4", "text=x%3Dx-lr*g&own=0.4,0.9", "own=&text=%00"])
def test_a_rule_in_an_address_that_cannot_be_read_is_said(tail, page):
    element = page(hash=f"#play?rmsprop=0.4,0.9,1e-6&{tail}")
    assert re.search(r"\bown\b", status(element, "Not understood, and left at its default: "))
    assert list(setting_of(element)["runs"]) == ["rmsprop"]


CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: {writeText: %s}, configurable: true})"
FUNCTION = """from d2l_utils.rules import sqrt  # outside the book: from numpy import sqrt


def your_rule(x, g, state=(0,), lr=0.4, gamma=0.9, eps=0.000001):
    (s,) = state
    s = gamma * s + (1 - gamma) * g * g
    x = x - lr * g / sqrt(s + eps)
    return x, (s,)
"""


@every_engine
def test_it_is_copied_as_python_and_a_function_is_read(driver, own):
    driver.execute_script(CLIPBOARD % "async (text) => { window.kept = text; }")
    before = points(own)
    part(own, "python").click()
    status(own, "The function is copied.")
    assert part(own, "message").text == "The function is copied."  # beside the button, too
    assert driver.execute_script("return window.kept") == FUNCTION
    driver.execute_script(CLIPBOARD % "() => Promise.reject()")
    part(own, "python").click()
    status(own, "The function stands in the field, to be copied; undo brings the formula back.")
    assert field(own).get_property("value") == FUNCTION
    assert np.array_equal(points(own), before)
    undo(field(own))
    assert field(own).get_property("value") == RMSPROP


@every_engine
def test_a_pasted_function_brings_its_own_numbers(driver, own):
    paste = "arguments[0].select(); document.execCommand('insertText', false, arguments[1])"
    driver.execute_script(paste, field(own), FUNCTION.replace("lr=0.4", "lr=0.1"))
    wait(driver, lambda: setting_of(own)["runs"]["own"] == {"lr": 0.1, "gamma": 0.9, "eps": 1e-6})
    own.shadow_root.find_element("css selector", "[data-knob='lr']").send_keys(Keys.ARROW_RIGHT)
    wait(driver, lambda: setting_of(own)["runs"]["own"]["lr"] == 0.105)
    field(own).send_keys(Keys.CONTROL, Keys.END)
    field(own).send_keys("\n# a remark")
    assert setting_of(own)["runs"]["own"]["lr"] == 0.105


@every_engine
def test_after_a_reset_what_was_written_comes_back_with_its_knobs(driver, own):
    write(own, "x = x − η g / 7")
    wait(driver, lambda: sliders(own) == ["lr"])
    own.shadow_root.find_element("css selector", "[data-knob='lr']").send_keys(Keys.ARROW_RIGHT)
    before = setting_of(own)["runs"]["own"]
    assert before["lr"] > 0.4
    part(own, "reset").click()
    wait(driver, lambda: not field(own).is_displayed())
    assert "own" not in setting_of(own)["runs"]
    choose(own, "own")
    wait(driver, lambda: field(own).is_displayed())
    assert field(own).get_property("value") == setting_of(own)["text"] == "x = x − η g / 7"
    assert setting_of(own)["runs"]["own"] == before


@every_engine
def test_after_a_reset_what_was_not_written_begins_anew(driver, own):
    part(own, "reset").click()
    choose(own, "sgd")
    choose(own, "own")
    wait(driver, lambda: field(own).get_property("value") == RULES["sgd"]["formula"])


@every_engine
def test_reset_takes_back_what_is_in_hand_and_can_be_undone(driver, page):
    def mine(x, g, state=(), lr=0.1):
        return x - lr * g, state

    element = page(play=plot.explore("ravine", mine, known("rmsprop")))
    assert status(element, "Your rule ends at")
    field(element).send_keys(" (")
    assert status(element, "Line 1")
    part(element, "reset").click()
    wait(driver, lambda: field(element).get_property("value") == "x = x - lr * g")
    assert status(element, "Your rule ends at")
    focused = driver.execute_script("return arguments[0].shadowRoot.activeElement.dataset.part", element)
    assert focused == "reset"
    undo(field(element))
    wait(driver, lambda: field(element).get_property("value") == "x = x - lr * g (")


def test_the_table_and_the_key_know_it(driver, own):
    own.shadow_root.find_element("css selector", "summary").send_keys(Keys.ENTER)
    wait(driver, lambda: own.shadow_root.find_elements("css selector", "table"))
    assert part(own, "table").text.startswith("Your rule, a row for each step")
    rate = driver.execute_script("return arguments[0].traces.own.effective", own)
    built_in = driver.execute_script("return arguments[0].traces.rmsprop.effective", own)
    np.testing.assert_allclose(rate, built_in, rtol=1e-6)  # a small step loses digits in x before and after


@pytest.fixture(params=[320, 900])
def broken(request, driver, own):
    """A playground of some width in which a long line breaks."""
    driver.execute_script("arguments[0].style.width = arguments[1] + 'px'", own, request.param)
    wait(driver, lambda: driver.execute_script("return arguments[0].view.width", own) == request.param)
    write(own, "x = x − η g / (√(g² + ε) + √(g² + ε) + √(g² + ε) + √(g² + ε) + √(g² + ε)")
    status(own, "Line 1")
    return own


@every_engine
def test_the_field_has_room_for_what_is_written(driver, broken):
    sheet, text, mirror = driver.execute_script(
        """const { text, mirror } = arguments[0].view.parts;
        return [text.parentElement, text, mirror].map((one) => {
            const { left, right, top, bottom } = one.getBoundingClientRect();
            return [left, right, top, bottom, one.scrollHeight - one.clientHeight];
        });""",
        broken,
    )
    assert text[:4] == mirror[:4] == pytest.approx(sheet[:4], abs=0.5)
    assert text[4] <= 0  # nothing is hidden in it


@every_engine
def test_nothing_moves_when_a_line_breaks(driver, broken):
    height = "return arguments[0].view.parts.message.getBoundingClientRect().height"
    before = driver.execute_script(height, broken)
    write(broken, RMSPROP)
    status(broken, "Your rule ends at")
    assert driver.execute_script(height, broken) == pytest.approx(before, abs=1)


def test_the_field_has_an_edge_like_others_until_a_line_breaks(driver, own):
    edges = """const { text, surface } = arguments[0].view.parts;
    return [text, surface].map((one) => getComputedStyle(one).borderTopColor);"""
    field_edge, other = driver.execute_script(edges, own)
    assert field_edge == other
    write(own, "x = (")
    assert driver.execute_script(edges, own)[0] != other


HEIGHTS = """return [...arguments[0].shadowRoot.querySelectorAll("select, button, summary, .knobs label")]
    .map((one) => one.getBoundingClientRect().height).filter((height) => height > 0);"""


def test_a_finger_finds_its_button(driver, own):
    assert min(driver.execute_script(HEIGHTS, own)) < 30
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        wait(driver, lambda: min(driver.execute_script(HEIGHTS, own)) >= 40)
    finally:
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def test_axe_finds_nothing(driver, broken):
    assert complaints(broken) == []


# Types one text after the other and returns what went wrong: what was thrown, and what was drawn that is no number.
TYPE = """const [element, texts] = arguments, wrong = [];
const { text, message, line } = element.view.parts;
const isOdd = ({ value }) => /NaN|Infinity|undefined|\\[object/.test(value);
for (const one of texts) {
    try {
        text.value = one;
        text.dispatchEvent(new Event("input"));
        element.draw();
    } catch (error) {
        wrong.push(`${error}: ${one}`);
    }
    const attributes = [...element.shadowRoot.querySelectorAll("*")].flatMap((part) => [...part.attributes]);
    wrong.push(...attributes.filter(isOdd).map(({ name, value }) => `${name}=${value.slice(0, 80)}: ${one}`));
    if (!message.textContent || !line.textContent) wrong.push(`no words: ${one}`);
}
return wrong;"""


def test_whatever_is_typed_the_picture_is_one(driver, own):
    assert driver.execute_script(TYPE, own, list(broken_texts(300, seed=3))) == []
    write(own, RMSPROP)
    assert status(own, "Your rule ends at (−0.0106")
