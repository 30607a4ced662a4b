"""The rules that the solutions type into the field: it reads them, and they go the way of the function beside them."""

import json
import re
import warnings

from book import notebook
from d2l_utils import train
from d2l_utils.chapters import definitions
from d2l_utils.playground.facts import FACTS
from d2l_utils.playground.surfaces import SURFACES
from d2l_utils.rules import defaults
from d2l_utils.train.history import DivergenceWarning
from instrument import SCRIPT, drawn, open_page, part, rmsprop_and_sgd, wait

import numpy as np
import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.support.ui import Select
from test_element import RUN
from test_typed import assert_same

FENCE = re.compile(r"^```text\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
DEFINED = re.compile(r"^def (\w+)\(x, g, state=", re.MULTILINE)


def typed_rules():
    """Of each text that a solution types: the notebook, the next function that it defines, and the text."""
    for name in notebook.names():
        cells = notebook.read(name).cells if name.endswith("_solutions") else []
        for i, cell in enumerate(cells):
            for text in FENCE.findall(cell.source):
                behind = (DEFINED.search(code.source) for code in cells[i:] if code.cell_type == "code")
                yield pytest.param(name, next(filter(None, behind))[1], text, id=f"{name}-{text.splitlines()[0]}")


RULES = list(typed_rules())


def test_the_exercises_that_type_a_rule_are_there():
    assert len(RULES) == 7
    assert {rule.values[0][:2] for rule in RULES} == {"04", "05", "06", "11"}


def settings_of(rule, text):
    """Two for each surface: with the field's own knobs, and with others."""
    draw = np.random.RandomState(0)
    names = defaults(rule)
    for surface in SURFACES.values():
        usual = {name: FACTS["own"]["knobs"][name] for name in names}
        shares = {name: 1 - 10 ** draw.uniform(-4, 0) for name in names}
        other = {**shares, **{name: 10 ** draw.uniform(-4, 0) for name in ("lr", "eps") if name in names}}
        start = [draw.uniform(*surface.x1), draw.uniform(*surface.x2)]
        for knobs in (usual, other):
            setting = {"surface": surface.name, "start": start, "num_steps": 100, "seed": int(draw.randint(2**31))}
            yield {**setting, "text": text, "runs": {"own": knobs}}


def by_python(rule, setting):
    surface = SURFACES[setting["surface"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        walk = surface.f, surface.slope(setting["seed"]), setting["start"], setting["num_steps"]
        return train.descend(rule, *walk, **setting["runs"]["own"])


@pytest.mark.parametrize(("name", "function", "text"), RULES)
def test_the_text_goes_the_way_of_the_function(name, function, text, driver, tmp_path):
    rule = definitions(name, function)
    open_page(driver, tmp_path, SCRIPT)
    settings = list(settings_of(rule, text))
    for setting, traces in zip(settings, json.loads(driver.execute_script(RUN, settings))):
        ours = by_python(rule, setting)
        path = {key: getattr(ours, key).tolist() for key in ("points", "losses", "gradients")}
        stopped = ours.diverged_at and str(ours.diverged_at)
        assert_same(traces["own"], {**path, "diverged_at": stopped}, setting)
    assert driver.get_log("browser") == []


@pytest.mark.parametrize(("name", "function", "text"), RULES)
def test_the_field_reads_what_is_typed(name, function, text, driver, tmp_path):
    (element,) = open_page(driver, tmp_path, rmsprop_and_sgd().html("", address="") + SCRIPT)
    Select(part(drawn(element), "active")).select_by_visible_text("your rule")
    driver.execute_script("arguments[0].focus(); arguments[0].select()", part(element, "text"))
    ActionChains(driver, duration=0).send_keys(text).perform()
    knobs = "return Object.keys(arguments[0].setting.runs.own)"
    wait(driver, lambda: set(driver.execute_script(knobs, element)) == set(defaults(definitions(name, function))))
    assert part(element, "text").get_property("value") == text
    assert part(element, "text").get_attribute("aria-invalid") == "false"
    assert part(element, "message").text.startswith("η γ β")  # what may be typed; nothing is never set
    assert driver.get_log("browser") == []
