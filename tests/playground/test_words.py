"""The playground of the Chinese edition: all of its words are Chinese, and everything else is as in English."""

import json
import re

from book import site
from d2l_utils import words
from d2l_utils.chapters import ROOT
from d2l_utils.playground.facts import FACTS
from d2l_utils.playground.surfaces import SURFACES
from instrument import (
    RULES,
    SCRIPT,
    STILL,
    complaints,
    drawn,
    open_page,
    part,
    rmsprop_and_sgd,
    setting_of,
    status,
    wait,
)

import pytest
from test_element import RUN, random_settings
from test_typed import BROKEN, READ

CHINESE = site.of_scripts(words.CHINESE)
# What has no Chinese name, and the words of code that a rule is written in.
LATIN = {"RMSProp", "AdaGrad", "AdaDelta", "Adam", "AdamW", "AMSGrad", "Lion", "Nesterov", "Rosenbrock", "Python"}
CODE = {*FACTS["own"]["knobs"], "sqrt", "abs", "sign", "exp", "log", "sum", "norm", "min", "max", "return"}
ENGLISH_MARKS = re.compile(r"[\u4e00-\u9fff，。：；、）] (?!×)| [\u4e00-\u9fff]|[\u4e00-\u9fff][,.;:!?]")
LITERAL = r'"(?:[^"\\]|\\.)*"'
MESSAGE = re.compile(rf"\b(?:_|ngettext)\(\s*({LITERAL}(?:\s*\+\s*{LITERAL})*)")


@pytest.fixture
def page(driver, tmp_path):
    """Opens a page with a playground that finds these words; what the console said is gone before."""

    def open_it(said=CHINESE, hash=""):
        given = f"<script>window.bookWords = {json.dumps(said)}</script>"
        body = given + rmsprop_and_sgd().html(STILL, address="") + SCRIPT
        (element,) = open_page(driver, tmp_path, body, hash)
        return drawn(element)

    yield open_it
    assert driver.get_log("browser") == []


def english(text, *allowed):
    """The words of a text that are neither Chinese nor allowed."""
    return set(re.findall(r"[A-Za-z_]{2,}", text)) - LATIN - {*allowed}


def is_chinese(text):
    return re.search(r"[\u4e00-\u9fff]", text) is not None


# All that can be seen or heard of an element but the reader's own text.
ALL = """const texts = (element) => {
    const names = ["aria-label", "aria-valuetext", "title", "alt", "placeholder"];
    const parts = [...element.shadowRoot.querySelectorAll("*")];
    const others = parts.filter((one) => !one.matches("style, pre, pre *, textarea"));
    const own = (one) => [...one.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
    const all = (one) => [...own(one).map(({ data }) => data), ...names.map((name) => one.getAttribute(name))];
    return others.flatMap(all).map((text) => text?.trim()).filter(Boolean);
};
"""
EVERYWHERE = (
    ALL
    + """const [element, rules, surfaces] = arguments, all = new Set();
const { surface, active, details } = element.view.parts;
const choose = (select, value) => {
    select.value = value;
    select.dispatchEvent(new Event("change"));
};
details.open = true;
for (const where of surfaces) {
    choose(surface, where);
    for (const rule of rules) {
        choose(active, rule);
        for (const step of [0, 1, element.setting.num_steps]) {
            element.jump(step);
            element.draw();
            element.view.showTable();
            element.view.speak();
            for (const text of texts(element)) all.add(text);
        }
    }
}
return [...all];"""
)


def test_no_word_is_english_for_any_optimizer_on_any_surface(driver, page):
    element = page()
    texts = driver.execute_script(EVERYWHERE, element, [*RULES, "own"], [*SURFACES])
    assert {text for text in texts if english(text, *CODE)} == set()
    expected = {"梯度下降", "转过角度的山谷", "动量法", "AdaGrad", "随机种子", "各步数据表", "权重衰减λ", "更新量x1"}
    assert expected <= {*texts}
    assert len([text for text in texts if "损失" in text and "(" in text]) > 150
    assert {text for text in texts if ENGLISH_MARKS.search(text)} == set()


def test_every_message_of_the_scripts_is_translated_with_its_gaps():
    spoken = [its["title"] for table in ("rules", "surfaces") for its in FACTS[table].values()]
    for path in sorted((ROOT / "d2l_utils" / "playground" / "element").glob("*.js")):
        for found in MESSAGE.findall(path.read_text(encoding="utf-8")):
            spoken.append("".join(json.loads(text) for text in re.findall(LITERAL, found)))
    assert len(spoken) > 100
    assert [message for message in spoken if not CHINESE.get(message)] == []
    gaps = {message: [set(re.findall(r"\{\w+\}", text)) for text in (message, CHINESE[message])] for message in spoken}
    assert {message for message, (theirs, ours) in gaps.items() if theirs != ours} == set()


def test_what_cannot_be_read_is_said_in_chinese_with_the_same_place(driver, page):
    read = READ + "return arguments[0].map((text) => read(text).error);"
    texts = [text for text, *_ in BROKEN]
    page({})
    before = driver.execute_script(read, texts)
    page()
    for text, here, there in zip(texts, driver.execute_script(read, texts), before):
        assert {**here, "words": ""} == {**there, "words": ""}
        assert is_chinese(here["words"]), text
        assert not english(here["words"], *CODE, *re.findall(r"\w+", text), "state", "def", "rule"), text


def test_a_broken_line_is_marked_in_chinese_words(driver, page):
    element = page(hash="#play?own=0.4&text=x%20%3D%20x%20-%20lr%20*%20g")
    type_ = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    driver.execute_script(type_, part(element, "text"), "s = g²\nx = x − η g / √(s + ε")
    said = "第2行，“… η g / √(s + ε”之后：这里少一个括号。"
    assert status(element, said) == f"{said}图中仍是上一条能读懂的规则，其中有“x = x - lr * g”。"
    assert part(element, "message").text == said
    assert not any(english(text, *CODE) for text in driver.execute_script(ALL + "return texts(arguments[0])", element))
    driver.execute_script(type_, part(element, "text"), "x = x − η gg")
    assert part(element, "message").text == "gg从未赋值，所以始终是0。"
    driver.execute_script(type_, part(element, "text"), "x = x − η gama")
    assert part(element, "message").text == "gama从未赋值，所以始终是0。是不是想写gamma？"
    driver.execute_script(type_, part(element, "text"), "x = x − √x")
    assert status(element, "你自己的规则第1步之后不是数了：除以0，还是负数开了方？")
    driver.execute_script(type_, part(element, "text"), "(")
    assert status(element, "第1行，“(”之后：这里少一个=：名字 = …。")


def test_notices_are_chinese(driver, page):
    element = page(hash="#play?surface=moon&steps=1e9&rmsprop=0.4,2,0&nonsense=1")
    assert english(status(element, "看不懂，改用默认值："), "surface", "num_steps", "rmsprop", "nonsense") == set()
    driver.execute_script("arguments[0].view.parts.num_steps.value = 501; arguments[0].enter('num_steps')", element)
    assert status(element, "步数：1到500的整数。")
    driver.execute_script("arguments[0].view.parts.start1.value = 7; arguments[0].enter('start1')", element)
    assert status(element, "起点x1：−6到2.4。")
    clipboard = "Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.resolve()}})"
    driver.execute_script(clipboard)
    part(element, "copy").click()
    assert status(element, "链接已复制。只能在这台电脑上打开。")
    driver.execute_script("arguments[0].turnKnob('lr', 10)", element)
    assert status(element, "RMSProp走完20步，终点(").endswith("。")


NUMBER = r"−?[\d.]+(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
CELLS = "return [...arguments[0].shadowRoot.querySelectorAll('tbody *')].map((cell) => cell.textContent)"


def test_the_numbers_are_those_of_the_english_page(driver, page):
    settings = random_settings(len(RULES))
    told = []
    for said, beginning in (({}, "RMSProp ends at (−0.0106, 1.04·10⁻¹⁴)"), (CHINESE, "RMSProp走完20步，终点(−0.0106")):
        element = page(said)
        line = status(element, beginning)
        driver.execute_script("arguments[0].open = true", part(element, "details"))
        wait(driver, lambda element=element: driver.execute_script(CELLS, element))
        cells = driver.execute_script(CELLS, element)
        numbers = sorted(re.findall(NUMBER, line.rstrip(".")))
        told.append([driver.execute_script(RUN, settings), setting_of(element), cells, numbers])
    assert told[0] == told[1]
    assert len(told[0][3]) == 4


@pytest.mark.parametrize(("width", "rule"), [(320, "own"), (320, "adamw"), (900, "own")])
def test_it_fits_and_axe_finds_nothing(width, rule, driver, page):
    element = page()
    driver.execute_script("arguments[0].style.width = arguments[1] + 'px'", element, width)
    wait(driver, lambda: driver.execute_script("return arguments[0].view.width", element) == width)
    driver.execute_script("arguments[0].activate(arguments[1])", element, rule)
    driver.execute_script("arguments[0].open = true", part(element, "details"))
    wait(driver, lambda: element.shadow_root.find_elements("css selector", "table"))
    beyond = driver.execute_script(
        """const { right } = arguments[0].getBoundingClientRect();
        const parts = [...arguments[0].shadowRoot.querySelectorAll(".app *:not(svg *, .scroll *)")];
        const isBeyond = (one) => one.getBoundingClientRect().right > right + 0.5;
        return parts.filter(isBeyond).map((one) => one.outerHTML);""",
        element,
    )
    assert beyond == []
    assert complaints(element) == []


def test_without_words_it_speaks_english(page):
    assert status(page({}), "RMSProp ends at")
