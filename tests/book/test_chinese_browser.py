"""The Chinese pages in a real browser: set as Chinese is, searched in Chinese, turned to English and back."""

import pytest
from selenium.webdriver.common.by import By
from test_browser import (
    LINKS,
    NAMES,
    PAGE_SIZE,
    SCREENS,
    leads_somewhere,
    look,
    open_page,
    requests,
    set_screen,
    site,
    wait,
)

__all__ = ["open_page"]  # a fixture

# The frame and the style are those of the English pages, of which all are looked at so.
OF_EACH_KIND = "index", "06_rmsprop", "06_rmsprop_solutions", "glossary", "references"
SHORTEST_LINE, LONGEST_LINE = 38, 42  # characters
LINE = """
const text = document.querySelector("main > p:not(.about, .notice)");
return text.getBoundingClientRect().width / parseFloat(getComputedStyle(text).fontSize);
"""
# The signs that stand at the beginning of a line, each with what it follows.
STRAY = """
const found = [], range = document.createRange();
const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
const box = (node, i) => (range.setStart(node, i), range.setEnd(node, i + 1), range.getBoundingClientRect());
for (let node; (node = texts.nextNode());) {
  if (node.parentElement.closest("pre, code, svg, math, .equation, td, th")) continue;
  for (const { index } of node.data.matchAll(/(?<=.)[，。；：！？）、”》]/gu)) {
    const before = box(node, index - 1), sign = box(node, index);
    if (sign.height && sign.top > before.bottom - 2) found.push(node.data.slice(Math.max(0, index - 8), index + 1));
  }
}
return found;
"""
FONTS = "return [...document.fonts].filter(({status}) => status === 'loaded').map(({family}) => family)"


@pytest.mark.parametrize("name", NAMES)
def test_page(open_page, name):
    """Nothing leaves the folder, every link leads somewhere, and lines are as long, and end, as Chinese ones do."""
    driver = open_page(f"zh/{name}")
    assert all(url.startswith(site.OUTPUT.as_uri()) for url in requests(driver))
    assert not [link for link in driver.execute_script(LINKS) if not leads_somewhere(link)]
    assert SHORTEST_LINE <= driver.execute_script(LINE) <= LONGEST_LINE
    set_screen(driver, "narrow")
    assert driver.execute_script(PAGE_SIZE)[0] <= SCREENS["narrow"][0]
    assert driver.execute_script(STRAY) == []
    assert not driver.get_log("browser")


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_nothing_is_complained_of(open_page, name):
    look(open_page(f"zh/{name}"), f"zh-{name}")


def results(driver, words):
    """What the search finds, best first: page and place."""
    driver.find_element(By.ID, "search").send_keys(words)
    found = wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".results li a"))
    return [a.get_attribute("href").removeprefix(site.OUTPUT.as_uri()) for a in found]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("学习率", "glossary.html#term-learning-rate"),
        ("衰减", "glossary.html#term-decay"),
        ("指数加权移动平均", "glossary.html#term-exponentially-weighted-moving-average"),
        ("learning rate", "glossary.html#term-learning-rate"),
        ("RMSProp 学习率", "09_rmsprop_frameworks.html#Where-does-the-learning-rate-go?"),
        ("RMSProp学习率", "09_rmsprop_frameworks.html#Where-does-the-learning-rate-go?"),
        ("鞍", "glossary.html#term-saddle-point"),
        ("矩", "glossary.html#term-second-moment"),
    ],
)
def test_search_finds_chinese(open_page, words, place):
    found = results(open_page("zh/index"), words)
    assert any(address.startswith(f"/zh/{place}") for address in found), found
    assert all(address.startswith("/zh/") for address in found)


def test_search_in_english_finds_english_pages(open_page):
    found = results(open_page("index"), "学习率")
    assert found[0] == "/glossary.html#term-learning-rate"
    assert not [address for address in found if address.startswith("/zh/")]


def test_search_says_in_chinese_what_it_does_not_find(open_page):
    driver = open_page("zh/index")
    driver.find_element(By.ID, "search").send_keys("饕餮")
    wait(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".results .status").text == "没有找到")


def test_the_other_language_opens_at_the_same_section(open_page):
    driver = open_page("06_rmsprop")
    driver.execute_script("document.getElementById('The-algorithm').scrollIntoView()")
    button = driver.find_element(By.CLASS_NAME, "language")
    wait(driver, lambda d: button.get_attribute("href").endswith("/zh/06_rmsprop.html#The-algorithm"))
    button.click()
    wait(driver, lambda d: d.find_element(By.ID, "The-algorithm").text.startswith("算法"))
    assert driver.find_element(By.CLASS_NAME, "language").text == "English"
    assert driver.execute_script("return document.getElementById('The-algorithm').getBoundingClientRect().top") < 200


def test_latin_is_set_in_the_book_s_letters_and_a_little_apart(open_page):
    driver = open_page("zh/06_rmsprop")
    wait(driver, lambda d: "Pagella Letters" in d.execute_script(FONTS))
    spaced = "return getComputedStyle(document.querySelector('main p')).textAutospace"
    parted = "return document.querySelectorAll('.apart').length"
    assert (driver.execute_script(spaced) == "normal") != (driver.execute_script(parted) > 0)


def test_the_playground_speaks_chinese(open_page):
    driver = open_page("zh/index")
    playground = driver.find_element(By.TAG_NAME, "optimizer-playground")
    wait(driver, lambda d: playground.shadow_root.find_element(By.CSS_SELECTOR, "[data-part='status']").text)
    assert "优化器" in playground.shadow_root.find_element(By.CLASS_NAME, "choices").text
