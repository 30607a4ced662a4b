"""The playground in a real browser: its numbers, its keys, its links, and what is there without it."""

import functools
import itertools
import json
import re
import warnings

import chapter_rules
from d2l_utils import plot, train
from d2l_utils.playground.facts import FACTS
from d2l_utils.playground.surfaces import SURFACES
from d2l_utils.train.history import DivergenceWarning
from engines import every_engine, heard, lay_on_paper
from instrument import RULES, SCRIPT, STILL, drawn, known, open_page, part, rmsprop_and_sgd, setting_of, status, wait

import numpy as np
import pytest
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.keys import Keys

# What JSON has no word for comes as text; the shortest text that means a double gives the same double back.
KIN_OF_ADAM = "adam", "adamw", "amsgrad"
RUN = """return JSON.stringify(arguments[0].map((setting) => customElements.get("optimizer-playground").run(setting)),
    (key, value) => (typeof value === "number" ? String(value) : value))"""


def random_settings(number=200):
    """Settings of all surfaces and rules in turn; some rates are far too large."""
    draw, settings = np.random.RandomState(0), []
    every = list(itertools.product(SURFACES.values(), RULES))
    for surface, rule in (every * (number // len(every) + 1))[:number]:
        knobs = {}
        for name in RULES[rule]["knobs"]:
            if name == "lr":
                knobs[name] = 10 ** draw.uniform(-4, 3)
            else:
                knobs[name] = 10 ** draw.uniform(-10, 0) if name == "eps" else 1 - 10 ** draw.uniform(-4, 0)
        setting = {"surface": surface.name, "start": [draw.uniform(*surface.x1), draw.uniform(*surface.x2)]}
        setting |= {"num_steps": int(draw.randint(1, 201)), "seed": int(draw.randint(2**31))}
        settings.append({**setting, "runs": {rule: knobs}})
    return settings


@functools.cache
def by_python_all():
    """The settings, and the way of each: every engine is held to them."""
    settings = random_settings()
    return settings, [by_python(setting) for setting in settings]


def by_python(setting):
    ((rule, knobs),) = setting["runs"].items()
    surface = SURFACES[setting["surface"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        slope = surface.slope(setting["seed"])
        return train.descend(
            getattr(chapter_rules, rule), surface.f, slope, setting["start"], setting["num_steps"], **knobs
        )


@pytest.fixture
def page(driver, tmp_path):
    """Opens a page with a playground, as the book has it; what the console said is gone before."""

    def open_it(play=None, address="", hash="", scripts=1):
        play = play or rmsprop_and_sgd()
        body = play.html(STILL, **({} if address is None else {"address": address})) + SCRIPT * scripts
        (element,) = open_page(driver, tmp_path, body, hash)
        return drawn(element) if scripts else element

    yield open_it
    assert heard(driver) == []


@every_engine
def test_the_same_numbers_as_the_chapters_own_rules(driver, page):
    """Both do the same operations in double precision: the bits are equal but for Adam and its kin, whose β ** t NumPy
    takes from a library that may be off in the last digit. 1 - β ** t makes up to 1e-12 of that where β is close to 1,
    and a path that jumps about makes more of it; 1e-9 leaves room for both, and for no other formula."""
    page()
    (settings, paths), diverged = by_python_all(), dict.fromkeys(RULES, 0)
    for setting, ours, traces in zip(settings, paths, json.loads(driver.execute_script(RUN, settings))):
        ((rule, theirs),) = traces.items()
        assert theirs["diverged_at"] == (ours.diverged_at and str(ours.diverged_at)), setting
        recorded = {name: getattr(ours, name) for name in ("points", "losses", "gradients")}
        for name, expected in {**recorded, "states": ours.states.transpose(0, 2, 1)}.items():
            got = np.array(theirs[name], dtype=float).reshape(expected.shape)
            rtol = 1e-9 if rule in KIN_OF_ADAM else 0
            np.testing.assert_allclose(got, expected, rtol=rtol, atol=0, err_msg=f"{name} of {setting}")
        diverged[rule] += ours.diverged_at is not None
    assert {rule for rule, times in diverged.items() if times} == {"sgd", "momentum", "nesterov", "adamw", "lion"}
    assert 20 < sum(diverged.values()) < 100


@every_engine
def test_effective_steps(driver, page):
    """Against the chapters' formulas, from the states that Python recorded; β ** t costs 1e-12, as above."""
    page()
    settings = random_settings(len(RULES))
    for setting, traces in zip(settings, json.loads(driver.execute_script(RUN, settings))):
        ((rule, knobs),) = setting["runs"].items()
        got = np.array(traces[rule]["effective"], dtype=float)
        np.testing.assert_allclose(got, effective(by_python(setting), **knobs), rtol=1e-12)


def effective(path, lr=None, eps=None, beta2=None, mu=0, **others):
    s, t = path.states, np.arange(1, len(path.gradients) + 1)[:, np.newaxis]
    if path.rule in ("adagrad", "rmsprop"):
        return lr / np.sqrt(s[:, 0] + eps)
    if path.rule == "adadelta":
        return np.sqrt(np.vstack([np.zeros((1, 2)), s[:-1, 1]]) + eps) / np.sqrt(s[:, 0] + eps)
    if path.rule in KIN_OF_ADAM:
        v = s[:, 2 if path.rule == "amsgrad" else 1]  # its largest so far
        return lr / (np.sqrt(v / (1 - beta2**t)) + eps)
    if path.rule == "lion":
        m = np.vstack([np.zeros((1, 2)), s[:-1, 0]])
        return lr / np.abs(others["beta1"] * m + (1 - others["beta1"]) * path.gradients)
    return np.full((len(t), 2), lr / (1 - mu))  # chapter 4's effective rate; without momentum it is the rate


def test_a_setting_travels_through_the_address_and_back(driver, page):
    page()
    settings = random_settings(5 * len(RULES))
    for i, setting in enumerate(settings):
        setting |= {"active": list(setting["runs"])[0], "step": i % setting["num_steps"]}
        setting["seed"] = setting["seed"] if setting["surface"] == "noisy" else 0
    back = driver.execute_script(
        """const { toAddress, fromAddress, checked } = customElements.get("optimizer-playground");
        return arguments[0].map((setting) => checked(fromAddress(toAddress(setting, "play"), "play")));""",
        settings,
    )
    assert [one["setting"] for one in back] == settings
    assert not any(one["ignored"] for one in back)


@every_engine
def test_a_link_restores_the_state_and_a_change_keeps_the_address(driver, page):
    element = page(hash="#play?surface=saddle&start=-4,0.5&steps=30&adam=0.3,0.9,0.99,1e-8&sgd=0.4&active=adam&step=5")
    assert status(element, "Adam at step 5")
    setting = setting_of(element)
    assert setting["runs"] == {"sgd": {"lr": 0.4}, "adam": {"lr": 0.3, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8}}
    assert (setting["start"], setting["num_steps"]) == ([-4, 0.5], 30)
    part(element, "forward").click()
    wait(driver, lambda: driver.current_url.endswith("&active=adam&step=6"))
    assert "start=-4,0.5" in driver.current_url


def knob(element, name):
    return element.shadow_root.find_element("css selector", f"[data-knob='{name}']")


@every_engine
def test_knobs_of_the_descendants_are_turned_by_keys_and_stand_in_the_address(driver, page):
    element = page(plot.explore("ravine", known("lion"), known("adamw")))
    assert status(element, "Lion ends at (−1, 0.4) after 20 steps")
    for rule, before, expected in (("lion", "0", 1e-4), ("adamw", "0.1", 0.15)):
        driver.execute_script("arguments[0].activate(arguments[1])", element, rule)
        wait(driver, lambda before=before: knob(element, "weight_decay").get_attribute("aria-valuetext") == before)
        knob(element, "weight_decay").send_keys(Keys.ARROW_RIGHT)
        assert knob(element, "weight_decay").get_attribute("aria-label") == "weight decay λ"
        assert setting_of(element)["runs"][rule]["weight_decay"] == expected
    wait(driver, lambda: "adamw=0.4,0.9,0.999,1e-8,0.15&lion=0.2,0.9,0.99,1e-4&active=adamw" in driver.current_url)


def test_a_bad_link_is_ignored_and_said(driver, page):
    element = page(hash="#play?surface=moon&start=-4&steps=1e9&rmsprop=0.4,2,0&adam=1,0.9,0.9,0&nonsense=1&sgd=x")
    words = status(element, "Not understood")
    assert set(re.findall(r"\w+", words.partition(": ")[2].partition(".")[0])) == {
        *("nonsense", "surface", "start", "num_steps", "rmsprop", "sgd")
    }
    assert list(setting_of(element)["runs"]) == ["adam"]


def test_another_address_is_left_alone(driver, page):
    element = page(hash="#heading")
    driver.execute_async_script("setTimeout(arguments[0], 500)")  # as long as an address takes, and longer
    assert driver.current_url.endswith("#heading")
    assert setting_of(element)["step"] == 20


def test_without_the_attribute_the_address_is_never_touched(driver, page):
    element = page(address=None, hash="#play?step=3")
    part(element, "back").click()
    status(element, "RMSProp at step 19")
    driver.execute_async_script("setTimeout(arguments[0], 100)")
    assert driver.current_url.endswith("#play?step=3")
    assert not part(element, "copy").is_displayed()


@every_engine
def test_everything_can_be_done_with_keys(driver, page):
    element = page()
    assert status(element, "RMSProp ends at (−0.0106, 1.04·10⁻¹⁴) after 20 steps, loss 1.12·10⁻⁵.")
    rate = knob(element, "lr")
    assert rate.get_attribute("aria-valuetext") == "0.4"
    assert rate.get_attribute("type") == "range"
    rate.send_keys(Keys.ARROW_RIGHT)
    wait(driver, lambda: rate.get_attribute("aria-valuetext") == "0.41")
    assert setting_of(element)["runs"]["rmsprop"] == {"lr": 0.41, "gamma": 0.9, "eps": 1e-6}
    wait(driver, lambda: "1.12·10⁻⁵" not in part(element, "status").get_property("textContent"))
    part(element, "back").send_keys(Keys.ENTER)
    status(element, "RMSProp at step 19: ")
    part(element, "forward").send_keys(Keys.SPACE)
    status(element, "RMSProp ends at ")
    start = part(element, "start1")
    start.send_keys(Keys.CONTROL, "a")
    start.send_keys("-3.5")
    assert setting_of(element)["start"] == [-5, -2]  # it may go on as -3.55
    start.send_keys(Keys.ENTER)
    assert setting_of(element)["start"] == [-3.5, -2]
    part(element, "start2").send_keys(Keys.ARROW_UP)
    assert setting_of(element)["start"] == [-3.5, -1.9]


@every_engine
def test_a_number_that_cannot_be_goes_back_and_the_line_says_what_can(driver, page):
    element = page(plot.explore("noisy", known("rmsprop"), num_steps=20))
    before = setting_of(element)
    for name, typed, words in (
        ("num_steps", "501", "steps: a whole number from 1 to 500."),
        ("start1", "", "start x1: −6 to 2.4."),
        ("num_steps", "2.5", "steps: a whole number from 1 to 500."),
        ("start2", "3.01", "start x2: −3 to 3."),
        ("seed", "-1", "seed: a whole number from 0 to 4294967295."),
    ):
        field = part(element, name)
        old = field.get_property("value")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.DELETE, typed, Keys.TAB)
        assert status(element, words) == words
        assert field.get_property("value") == old
    assert setting_of(element) == before
    part(element, "back").click()
    status(element, "RMSProp at step 19")


def test_the_line_is_true_at_once_and_spoken_later(driver, page):
    element = page()
    status(element, "RMSProp ends at")
    seen = driver.execute_async_script(
        """const [element, done] = arguments, { back, play, step, line, status } = element.view.parts;
        const shown = async (fits) => {
            while (!fits(Number(step.value))) await new Promise(requestAnimationFrame);
            return [Number(step.value), line.textContent, status.textContent];
        };
        (async () => {
            back.click();
            const seen = [await shown((n) => n === 19)];
            element.jump(3);
            seen.push(await shown((n) => n === 3));
            play.click();
            seen.push(await shown((n) => n > 3));
            play.click();
            done(seen);
        })();""",
        element,
    )
    assert all(line.startswith(f"RMSProp at step {step}: ") for step, line, _ in seen)
    assert not seen[2][2].startswith(f"RMSProp at step {seen[2][0]}: ")  # while it plays nothing is spoken
    status(element, f"RMSProp at step {setting_of(element)['step']}: ")


def test_what_lies_outside_the_picture_is_cut_off_and_said(driver, page):
    element = page(hash="#play?surface=ravine&start=-5,-2&steps=20&sgd=0.49&rmsprop=9,0.9,1e-6&active=rmsprop&step=1")
    assert re.search(r"at step 1: \(.*\), loss .*: outside the picture\. RMSProp ends", status(element, "RMSProp"))
    clips = driver.execute_script(
        """const { arrows, frame } = arguments[0].view.map;
        return [arrows.children.length, frame.plot.contains(arrows)]""",
        element,
    )
    assert clips == [3, True]  # two arrows and the bars, in the part of the picture that is clipped


@every_engine
def test_bars_stand_beside_the_point_and_are_seen_at_any_length(driver, page):
    element = page(hash="#play?surface=ravine&start=-5,0&steps=20&rmsprop=0.4,0.9,1e-6&step=1")
    status(element, "RMSProp at step 1")
    point, bars = driver.execute_script(
        """const { map } = arguments[0].view, path = map.arrows.querySelector(".root").getAttribute("d");
        return [[map.x(-5), map.y(0)], path.match(/-?[\\d.]+/g).map(Number)]""",
        element,
    )
    along, up = np.array(bars).reshape(2, 3, 2, 2)[:, 1]  # each has an end, its length, and another end
    assert along[1, 0] - along[0, 0] > 4 == pytest.approx(abs(up[1, 1] - up[0, 1]), abs=0.1)  # √s of x2 is 0
    assert [abs(along[0, 1] - point[1]), abs(up[0, 0] - point[0])] == pytest.approx([14, 14], abs=0.1)


def test_another_surface_keeps_the_step(driver, page):
    element = page(plot.explore("noisy", known("rmsprop"), num_steps=20, step=5))
    choose = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change'))"
    driver.execute_script(choose, part(element, "surface"), "saddle")
    assert status(element, "RMSProp at step 5")
    assert part(element, "formula").text == FACTS["surfaces"]["saddle"]["formula"]
    part(element, "step").send_keys(Keys.END)
    driver.execute_script(choose, part(element, "surface"), "rosenbrock")
    setting = setting_of(element)
    assert setting["step"] == setting["num_steps"]  # the end stays the end


def test_the_link_is_copied_or_said_to_be_in_the_address_bar(driver, page):
    element = page()
    clipboard = (
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.%s()}, writable: true})"
    )
    driver.execute_script(clipboard % "resolve")
    part(element, "copy").click()
    status(element, "The link is copied. It opens on this computer only.")
    driver.execute_script("navigator.clipboard = {writeText: () => Promise.reject()}")
    part(element, "copy").click()
    status(element, "The link is in the address bar: copy it from there.")
    assert "#play?surface=ravine&start=-5,-2&steps=20&sgd=0.4&rmsprop=0.4,0.9,1e-6" in driver.current_url


@every_engine
def test_the_table_has_the_numbers_of_the_trace(driver, page):
    element = page()
    assert not element.shadow_root.find_elements("css selector", "table")
    element.shadow_root.find_element("css selector", "summary").send_keys(Keys.ENTER)
    wait(driver, lambda: element.shadow_root.find_elements("css selector", "table"))
    rows = driver.execute_script(
        """return [...arguments[0].querySelectorAll("tbody tr")]
        .map((row) => [...row.cells].map((cell) => cell.textContent))""",
        part(element, "table"),
    )
    setting = {"surface": "ravine", "start": [-5, -2], "num_steps": 20, "seed": 0}
    ours = by_python({**setting, "runs": {"rmsprop": RULES["rmsprop"]["knobs"]}})
    root = np.sqrt(ours.states[:, 0])
    steps = np.diff(ours.points, axis=0)
    reached = [ours.points[1:], ours.losses[1:, np.newaxis]]
    expected = np.hstack([*reached, ours.gradients, root, steps, 0.4 / np.sqrt(root**2 + 1e-6)])
    assert rows[0] == ["0", "−5", "−2", "10.5", *["–"] * 8]
    assert [row[0] for row in rows] == [str(t) for t in range(21)]
    np.testing.assert_allclose(
        [[number(text) for text in row[1:]] for row in rows[1:]], expected, rtol=1e-5
    )  # 6 digits
    scopes = "return [...arguments[0].querySelectorAll('th')].map((th) => th.scope)"
    assert set(driver.execute_script(scopes, part(element, "table"))) == {"col", "row"}
    roots = ["√v\u0302 x1", "√v\u0302 x2"]
    for rule, root in (("rmsprop", ["√s x1", "√s x2"]), ("adam", roots), ("adamw", roots), ("sgd", []), ("lion", [])):
        driver.execute_script("arguments[0].activate(arguments[1])", element, rule)
        wait(driver, lambda rule=rule: RULES[rule]["title"].lower() in part(element, "table").text.lower())
        heads = [head.text for head in part(element, "table").find_elements("css selector", "thead th")]
        assert heads[4:-4] == ["gradient x1", "gradient x2", *root]
        assert heads[-4:] == ["step x1", "step x2", "effective step x1", "effective step x2"]
        assert not root or f"bars: {root[0][:-3]} of each coordinate" in part(element, "key").text


def sentence(words):
    return words[0].upper() + words[1:]


def number(text):
    """What the playground writes as −2.3·10⁻⁷ or 10⁻⁷."""
    mantissa, power = re.fullmatch(r"(?:([−\d.]+?)(?:·|$))?(?:10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text).groups()
    plain = f"{mantissa or 1}e{power or 0}"
    return float(plain.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")))


@every_engine
def test_the_start_can_be_dragged(driver, page):
    element = page()
    handle = element.shadow_root.find_element("css selector", ".handle circle:last-child")
    box = (
        "const { x, y, width, height } = arguments[0].getBoundingClientRect(); return [x + width / 2, y + height / 2]"
    )
    x, y = map(round, driver.execute_script(box, handle))
    hand = ActionBuilder(driver)  # by the window: WebKit's driver holds no part of a drawing
    hand.pointer_action.move_to_location(x, y).pointer_down()
    hand.pointer_action.move_to_location(x + 60, y - 40).move_to_location(x + 80, y - 40).pointer_up()
    hand.perform()
    wait(driver, lambda: setting_of(element)["start"] != [-5, -2])
    (x1, x2), scale = (
        setting_of(element)["start"],
        driver.execute_script("return arguments[0].view.map.scale", element),
    )
    assert [x1, x2] == pytest.approx([-5 + 80 / scale, -2 + 40 / scale], abs=1 / scale)  # within a pixel
    assert part(element, "start1").get_property("valueAsNumber") == x1


def test_a_finger_drags_the_start_and_not_the_page(driver, page):
    element = page()
    driver.execute_script("document.body.style.paddingBottom = '200vh'")
    x, y = driver.execute_script(
        """const box = arguments[0].shadowRoot.querySelector(".handle").getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2]""",
        element,
    )
    places = [(x, y), *((x + 6 * i, y - 12 * i) for i in range(1, 6))]
    for kind, place in zip(["touchStart", *["touchMove"] * 5], places):
        points = [{"x": place[0], "y": place[1]}]
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    scale = driver.execute_script("return arguments[0].view.map.scale", element)
    assert setting_of(element)["start"] == pytest.approx([-5 + 30 / scale, -2 + 60 / scale], abs=1 / scale)
    assert driver.execute_script("return scrollY") == 0


def test_optimizers_are_overlaid_and_changed(driver, page):
    element = page(plot.explore("ravine", known("rmsprop", lr=0.3)))
    box = element.shadow_root.find_element("css selector", "input[value='adam']")
    box.click()
    driver.execute_script("arguments[0].activate('adam')", element)
    assert setting_of(element)["runs"] == {
        "rmsprop": {"lr": 0.3, "gamma": 0.9, "eps": 1e-6},
        "adam": RULES["adam"]["knobs"],
    }
    driver.execute_script("arguments[0].activate('sgd')", element)  # comes to the others
    assert set(setting_of(element)["runs"]) == {"sgd", "rmsprop", "adam"}
    assert setting_of(element)["active"] == "sgd"
    part(element, "reset").click()
    assert setting_of(element)["runs"] == {"rmsprop": {"lr": 0.3, "gamma": 0.9, "eps": 1e-6}}
    wait(driver, lambda: not element.shadow_root.find_element("css selector", "input[value='rmsprop']").is_enabled())


@pytest.mark.parametrize(("rule", "knobs"), [("sgd", {"lr": 0.1}), ("lion", {"lr": 100, "weight_decay": 100})])
def test_divergence_is_said_and_stays_in_the_picture(rule, knobs, driver, page):
    with pytest.warns(DivergenceWarning):
        play = plot.explore("rosenbrock", known(rule, **knobs))
    element = page(play)
    name = sentence(RULES[rule]["title"])
    assert re.search(rf"{name} diverges: not finite after step \d+\.", status(element, name))
    drawn = driver.execute_script(
        "return [...arguments[0].shadowRoot.querySelectorAll('path')].map((p) => p.getAttribute('d'))", element
    )
    assert not any(re.search("NaN|Infinity|e", path or "") for path in drawn)


@every_engine
def test_it_plays_to_the_end(driver, page):
    element = page(plot.explore("ravine", known("rmsprop"), step=18))
    play = part(element, "play")
    play.click()
    assert play.get_attribute("aria-label") == "pause"
    wait(driver, lambda: setting_of(element)["step"] == 20)
    wait(driver, lambda: play.get_attribute("aria-label") == "play")


@every_engine
def test_the_still_figure_stands_without_a_script_and_on_paper(driver, page):
    element = page(scripts=0)
    assert element.find_element("css selector", "figure svg").is_displayed()
    element = page()
    assert not element.find_element("css selector", "figure svg").is_displayed()
    lay_on_paper(driver)
    assert element.find_element("css selector", "figure svg").is_displayed()
    assert not part(element, "surface").is_displayed()
    lay_on_paper(driver, False)


def test_the_script_may_run_twice(page):
    page(scripts=2)


@every_engine
def test_nothing_sticks_out_and_targets_are_large_enough(driver, page):
    element = page()
    for width in (340, 900):
        driver.execute_script("arguments[0].style.width = arguments[1] + 'px'", element, width)
        wait(driver, lambda width=width: driver.execute_script("return arguments[0].view.width", element) == width)
        boxes = driver.execute_script(
            """const { right } = arguments[0].getBoundingClientRect();
            return [...arguments[0].shadowRoot.querySelectorAll(".app *:not(svg *)")]
            .map((part) => [part.localName, part.type, part.getBoundingClientRect()])
            .map(([name, type, box]) => [name, type, box.right - right, box.height]);""",
            element,
        )
        assert max(beyond for *_, beyond, _ in boxes) <= 0.5
        targets = [box for box in boxes if box[0] in ("button", "select", "input", "label", "summary") and box[3] > 0]
        assert len(targets) > 20
        assert (
            min(height for _, kind, _, height in targets if kind != "checkbox") >= 24
        )  # WCAG 2.2, 2.5.8; its label is
