"""How soon a page shows its first words, and how long the playground takes to draw itself anew."""

import statistics
import sys

from book import browser, site
from d2l_utils.playground.facts import FACTS

LOADS = 3
FIRST_WORDS = 200  # ms, at most
FRAME = 1000 / 60  # ms: sixty pictures a second
PAINTED = """
const done = arguments[0];
const seen = (list) => list.getEntriesByName("first-contentful-paint").forEach(({ startTime }) => done(startTime));
new PerformanceObserver(seen).observe({ type: "paint", buffered: true });
"""
REDRAWN = """
const [rules, isTyped, num_steps, done] = arguments, times = [];
const play = document.querySelector("optimizer-playground");
const runs = Object.fromEntries(rules.map((rule) => [rule, play.choice.knobsOf(play.setting, rule)]));
play.change({ runs, active: rules[0], num_steps, step: 1 });
if (isTyped) play.activate("own");
const { text } = play.setting;
const drag = (i) => {
  if (i === 120) return done(times);
  const start = performance.now();
  play.change({ start: [-5 + i / 100, -2 + i / 200] });
  if (isTyped) play.change(play.choice.write(play.setting, text + " ".repeat(i % 2))); // as with a keystroke
  play.draw();
  play.getBoundingClientRect(); // the layout belongs to it
  times.push(performance.now() - start);
  requestAnimationFrame(() => drag(i + 1));
};
requestAnimationFrame(() => drag(0));
"""


def first_words(driver, name):
    """The median of several loads, in ms."""
    times = []
    for _ in range(LOADS):
        driver.get((site.OUTPUT / f"{name}.html").as_uri())
        times.append(driver.execute_async_script(PAINTED))
    return statistics.median(times)


def report(driver):
    """Lines that tell what was measured, beside what it should be."""
    times = {path.stem: first_words(driver, path.stem) for path in site.OUTPUT.glob("*.html")}
    slowest = max(times, key=times.get)
    yield f"first words: median {statistics.median(times.values()):.0f} ms of {len(times)} pages"
    yield f"first words of {slowest}, the slowest: {times[slowest]:.0f} ms (at most {FIRST_WORDS} ms)"
    driver.get((site.OUTPUT / "index.html").as_uri())
    rules = list(FACTS["rules"])
    for shown, is_typed, num_steps in ((rules[-2:], False, 20), (rules, False, 500), (["rmsprop", "adam"], True, 500)):
        frames = sorted(driver.execute_async_script(REDRAWN, shown, is_typed, num_steps))
        middle, late = statistics.median(frames), frames[int(0.95 * len(frames))]
        typed = " and a typed rule, read anew" if is_typed else ""
        what = f"redraw of {len(shown)} optimizers{typed}, {num_steps} steps"
        yield f"{what}: median {middle:.1f} ms, 95th percentile {late:.1f} ms (a frame is {FRAME:.1f} ms)"


if __name__ == "__main__":
    driver = browser.start()
    if driver is None:
        sys.exit("the pages are measured in a browser; install Chromium and its driver")
    try:
        for line in report(driver):
            print(line, flush=True)
    finally:
        driver.quit()
