"""The search box where the index does not come, and where people type what nobody would; and what a page may run."""

import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from tiny_project import copy

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 20  # seconds for what a page does by itself
QUICK = 10  # seconds for the longest query, on a busy machine, too; one that catches the search would take for ever
WRITE = "from book import site; site.write_book()"
TYPE = """
const box = document.querySelector("#search");
box.value = arguments[0];
box.dispatchEvent(new Event("input"));
"""
LIST_VIOLATIONS = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => refused.push(event.violatedDirective));
"""
SMUGGLE = """
document.querySelector("main").insertAdjacentHTML("beforeend",
    '<img src="data:," onerror="window.hacked = 1"><a id="bait" href="javascript:window.hacked = 2">bait</a>');
document.querySelector("#bait").click();
document.head.append(Object.assign(document.createElement("script"), {textContent: "window.hacked = 3"}));
document.head.append(Object.assign(document.createElement("base"), {href: "https://example.org/"}));
"""
ODD = {
    "long": "x" * 100_000,
    "long words": "momentum " * 11_000,
    "letters": "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 4,
    "regular": r".*+?^${}()|[\]\/(?<=a)[z-a]",
    "emoji": "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "\u202eمتوسط متحرك\u202c",
    "null": "null undefined NaN __proto__ constructor toString hasOwnProperty",
    "zero": "\0\ufffe\ud7ff",
    "markup": "<img src=x onerror=alert(1)> </script> &lt;",
    "blank": " \t\u00a0\u3000 ",
    "capital": "İSTANBUL ẞ ŉ",
}


class Quiet(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cache-Control", "no-store")  # within a second a file goes and comes back
        super().end_headers()

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The pages of the tiny book, from its stored outputs."""
    folder = copy(tmp_path_factory.mktemp("C# 100% searched"))
    shutil.copytree(folder / "notebooks", folder / "_build" / "executed")
    subprocess.run([sys.executable, "-c", WRITE], cwd=folder, check=True, timeout=60)
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def served(built):
    """The same pages over http."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=built)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["disk", "server"])
def page(driver, built, served, request):
    """A page of the tiny book, from disk and from a server, with an empty console."""
    driver.get_log("browser")
    driver.get(f"{built.as_uri() if request.param == 'disk' else served}/01_first.html")
    return driver


def box(driver):
    return driver.find_element(By.ID, "search")


def told(driver):
    return driver.execute_script("return document.querySelector('.results .status').textContent")


def wait(driver, condition):
    return WebDriverWait(driver, PATIENCE, poll_frequency=0.02).until(condition)


@pytest.fixture
def without_index(built):
    """The book without the file that the search reads, until the test puts it back."""
    index = built / "assets" / "sections.js"
    index.rename(index.with_suffix(".away"))
    yield lambda: index.with_suffix(".away").rename(index)
    if not index.exists():
        index.with_suffix(".away").rename(index)


@pytest.mark.parametrize("again", ["a key", "a click"])
def test_a_search_that_could_not_be_loaded_says_so_and_tries_again(page, without_index, again):
    box(page).send_keys("hell")
    wait(page, lambda d: told(d).startswith("The search could not be loaded."))
    assert page.find_element(By.CSS_SELECTOR, ".results .status").is_displayed()
    without_index()
    if again == "a key":
        box(page).send_keys("o")
    else:
        box(page).click()
    wait(page, lambda d: d.find_elements(By.CSS_SELECTOR, '.results a[href^="02_second.html"]'))
    assert all("sections.js" in entry["message"] for entry in page.get_log("browser"))


def test_a_damaged_index_is_said_too(page, built):
    index = built / "assets" / "sections.js"
    whole = index.read_bytes()
    index.write_bytes(whole[:40])
    try:
        box(page).send_keys("hello")
        wait(page, lambda d: told(d).startswith("The search could not be loaded."))
    finally:
        index.write_bytes(whole)
    box(page).click()
    wait(page, lambda d: d.find_elements(By.CSS_SELECTOR, '.results a[href^="02_second.html"]'))


def test_odd_queries_are_answered_at_once_and_without_an_error(driver, served):
    driver.get(f"{served}/01_first.html")
    driver.get_log("browser")
    for name, query in ODD.items():
        driver.execute_script(TYPE, "hello")
        wait(driver, lambda d: told(d).endswith("sections"))
        began = time.perf_counter()
        driver.execute_script(TYPE, query)
        if query.strip():
            wait(driver, lambda d: "No sections" in told(d) or d.find_elements(By.CSS_SELECTOR, ".results li"))
        assert time.perf_counter() - began < QUICK, name
        assert not driver.get_log("browser"), name
        assert not driver.find_elements(By.CSS_SELECTOR, ".results img"), name


def test_the_page_runs_its_own_scripts_and_no_others(page):
    assert not page.get_log("browser")
    page.execute_script(LIST_VIOLATIONS)
    page.find_element(By.CLASS_NAME, "theme").click()
    box(page).send_keys("hello")
    wait(page, lambda d: d.find_elements(By.CSS_SELECTOR, ".results li"))
    assert page.execute_script("return refused") == []
    page.execute_script(SMUGGLE)
    wait(page, lambda d: len(d.execute_script("return refused")) >= 4)
    assert page.execute_script("return window.hacked ?? null") is None
    assert not page.execute_script("return document.baseURI").startswith("https://example.org")
