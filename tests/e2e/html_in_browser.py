#!/usr/bin/env python3
"""
HTML reports in a real headless browser: used as people use them, by mouse and keyboard, in both themes,
on a phone's screen and a wide one. On no page may the console complain, or anything be fetched.

    html_in_browser.py LOCKHOUND HTML_WRITE BUILD_FOLDER [TEST...]
"""

import json
import sys

import browser
import harness
from harness import require
from html_pages import MADE, Pages

WIDTHS = (390, 1280, 1920)
INJECTED = """[...document.querySelectorAll('*')].filter((element) =>
    ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'LINK', 'BASE', 'FORM'].includes(element.tagName) ||
    element.id === 'injected' || [...element.attributes].some((one) => /^on/i.test(one.name))
).map((element) => element.outerHTML.slice(0, 200))"""

# What of the page's own text has less contrast with what is behind it than WCAG AA asks for.
FAINT = """(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const level = (channel) => (channel /= 255, channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * level(r) + 0.7152 * level(g) + 0.0722 * level(b);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (element.matches('#f12 ~ details *')) continue; // enough of them have been looked at
    if (!own || element.closest('svg') || !element.checkVisibility()) continue;
    const a = light(parse(getComputedStyle(element).color)), b = light(behind(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(contrast.toFixed(2) + ' ' + element.outerHTML.slice(0, 120));
  }
  return faint;
})()"""


class Session:
    """The browser and the pages. A page is closed only after its console and requests were looked at."""

    def __init__(self, chromium, pages):
        self.chromium = chromium
        self.pages = pages

    def use(self, path, action, **look):
        page = self.chromium.open(path, **look)
        action(page)
        complaints, fetched, injected = page.complaints(), page.fetched(), page.run(INJECTED)
        require(not complaints, f"{path}: the console has {complaints}")
        require(not fetched, f"{path}: the page fetches {fetched}")
        require(not injected, f"{path}: injected: {injected}")
        page.close()


def text(page, selector):
    return page.run(f"document.querySelector({json.dumps(selector)}).innerText")


def count(page, selector):
    return page.run(f"document.querySelectorAll({json.dumps(selector)}).length")


def open_card(page, card):
    """As a link to it does."""
    page.run(f"location.hash = '#{card}'")
    page.wait(f"document.querySelector('#{card}').dataset.rendered", f"the content of card {card}")


def cards(page):
    return page.run("[...document.querySelectorAll('details.card')].map((card) => card.id)")


def focused(page):
    return page.run("document.activeElement.id || document.activeElement.textContent")


def pages_fit_every_screen_in_both_themes(session):
    def fits(page):
        for card in cards(page)[:5]:
            open_card(page, card)
        for width in WIDTHS:
            page.look(width, 900, False)
            wide = page.run("document.documentElement.scrollWidth")
            require(wide <= width, f"{page.url}: {wide} pixels wide on a screen of {width}")

    for name in MADE:
        session.use(session.pages.made(name), fits)
    session.use(session.pages.inversion(), fits)
    session.use(session.pages.hostile_program(), fits)
    session.use(session.pages.filtered(), fits)


def text_has_contrast_in_both_themes(session):
    def clear(page):
        page.wait("document.querySelector('.threads')", "the first card's content")
        for dark in False, True:
            page.look(1280, 900, dark)
            faint = page.run(FAINT)
            require(not faint, f"dark {dark}: {faint}")

    session.use(session.pages.inversion(), clear)
    session.use(session.pages.made("thousand"), clear)
    session.use(session.pages.made("odd"), clear)
    session.use(session.pages.made("judged"), clear)


def a_card_shows_picture_stacks_and_source(session):
    def look(page):
        page.wait("document.querySelector('#f1 .lanes svg')", "the picture")
        require(count(page, "#f1 .lanes .hold") == 2 and count(page, "#f1 .lanes .wait") == 2, "bars")
        require(count(page, "#f1 .lanes .arrow") == 2 and count(page, "#f1 .lanes .closes") == 1, "arrows")
        told = page.run("document.querySelector('#f1 .lanes svg').getAttribute('aria-label')")
        require("holds drum" in told and "wants sticks" in told, told)
        hits = page.run("[...document.querySelectorAll('#f1 .line.hit')].map((line) => line.textContent)")
        require(len(hits) == 4 and "pthread_mutex_lock(&drum)" in hits[0], f"marked lines: {hits}")
        shown = text(page, "#f1 .threads")
        require("boy" in shown and "opposite_order.c:17" in shown, shown)
        page.click("#f1 > summary")
        page.wait("!document.querySelector('#f1').open", "the card to close")

    session.use(session.pages.inversion(), look)


def a_card_is_filled_when_it_is_opened(session):
    def look(page):
        require(count(page, "#f7 .threads") == 0, "a closed card is filled")
        page.click("#f7 > summary")
        page.wait("document.querySelector('#f7 .lanes svg')", "the picture of the seventh finding")
        require("storage::table_6::update" in text(page, "#f7 .threads"), "its stacks")

    session.use(session.pages.made("thousand"), look)


def findings_are_filtered_by_severity_kind_and_text(session):
    visible = "details.card[id^=f]:not([hidden])"

    def look(page):
        require(count(page, visible) == 1000, "all are shown")
        page.click(".choice.warning")
        require(count(page, visible) == 200, "without warnings")
        page.run("""(() => { const kind = document.querySelector('#finding-filter select');
            kind.value = 'deadlock'; kind.dispatchEvent(new Event('change')); })()""")
        require(count(page, visible) == 100, "deadlocks only")
        page.click("#finding-filter input")
        page.write("table_990::compact")
        require(count(page, visible) == 1, "one place only")
        require("1 of 1,000 findings" in text(page, "#finding-filter .shown"), "the count")
        page.write(" no such thing")
        require(count(page, visible) == 0, "nothing fits")

    session.use(session.pages.made("thousand"), look)


def a_link_to_a_finding_opens_it(session):
    def look(page):
        page.run("location.hash = '#f400'")
        page.wait("document.querySelector('#f400').open && document.querySelector('#f400 .threads')", "finding 400")
        require(page.run("""(() => { const box = document.querySelector('#f400').getBoundingClientRect();
            return box.top >= 0 && box.top < innerHeight; })()"""), "it is not in sight")

    session.use(session.pages.made("thousand"), look)


def the_theme_switch_overrides_the_system(session):
    def background(page):
        return page.run("getComputedStyle(document.body).backgroundColor")

    def look(page):
        dark = background(page)
        require("auto" in text(page, "#theme button"), "it begins with the system's")
        page.click("#theme button")
        light = background(page)
        require("light" in text(page, "#theme button") and light != dark, f"{light} after {dark}")
        page.click("#theme button")
        require("dark" in text(page, "#theme button") and background(page) == dark, "dark")
        page.look(1280, 900, False)
        require(background(page) == dark, "the system's theme overrides the switch")
        page.click("#theme button")
        require(background(page) == light, "auto follows the system")

    session.use(session.pages.inversion(), look, dark=True)


def the_keyboard_reaches_everything(session):
    def look(page):
        page.press("Tab")
        require("Skip" in focused(page), f"first stop: {focused(page)}")
        page.press("Enter")
        page.wait("document.activeElement.id === 'findings'", "the focus to skip to the findings")
        page.press("Tab")
        require(page.run("document.activeElement.tagName") == "SUMMARY", "the first card comes next")
        style = page.run("getComputedStyle(document.activeElement).outlineStyle")
        require(style == "solid", f"the focus is not to be seen: {style}")
        page.press("Enter")
        page.wait("!document.querySelector('#f1').open", "Enter to close the card")
        page.run("document.querySelector('g.node[tabindex=\"0\"]').focus()")
        first = focused(page)
        page.press("ArrowRight")
        require(focused(page) != first and count(page, "g.node[tabindex='0']") == 1, "arrows move from class to class")
        page.press("Enter")
        require(count(page, "g.node[aria-pressed=true]") == 1 and count(page, ".node.hot") == 2, "Enter chooses")
        page.press("Escape")
        require(count(page, ".hot") == 0, "Escape lets go")

    session.use(session.pages.inversion(), look)


def the_graph_shows_neighbours_sites_and_cycles(session):
    def look(page):
        require(count(page, "g.node") == 2 and count(page, "g.edge.in-cycle") == 2, "two classes, two edges")
        page.click("g.node")
        require(count(page, ".node.hot") == 2 and count(page, ".edge.hot") == 2, "neighbours")
        require("held since" in text(page, "#graph-detail"), text(page, "#graph-detail"))
        page.click("#graph-detail .sites .link")
        require(count(page, ".edge.hot") == 1, "one edge")
        require("opposite_order.c:" in text(page, "#graph-detail"), text(page, "#graph-detail"))
        page.run("[...document.querySelectorAll('#f1 .actions button')].pop().click()")
        require(count(page, ".edge.hot") == 2, "the finding's cycle")

    session.use(session.pages.inversion(), look)


def a_big_graph_says_what_it_leaves_out(session):
    def look(page):
        said = text(page, "#graph .about")
        require("2000 lock classes" in said and "Drawn are" in said, said)
        drawn = count(page, "g.node")
        require(6 <= drawn <= 100, f"{drawn} classes are drawn")
        page.run("document.querySelector('#graph .tools input').focus()")
        page.write("table_11::")
        require(count(page, ".node.hot") == 1, "a class is found by its name")
        # Others are told of beside the picture, from where one can walk on.
        page.run("document.querySelector('#graph input').select()")
        page.write("table_1100::")
        require(count(page, ".node.hot") == 0 and count(page, ".canvas.dimmed") == 0, "nothing in the picture")
        page.click("#graph-detail button.link")
        require("table_1100::" in text(page, "#graph-detail h3"), text(page, "#graph-detail"))
        require(count(page, ".near-node") > 1 and count(page, "#graph-detail .sites li") > 1, "its neighbours")
        name = page.run("document.querySelector('.near-node').getAttribute('aria-label')")
        page.run("document.querySelector('.near-node').focus()")
        page.press("Enter")
        require(text(page, "#graph-detail h3") == name, f"{name}: {text(page, '#graph-detail h3')}")

    session.use(session.pages.made("classes-2000"), look)


def the_table_of_locks_is_sorted_and_filtered(session):
    first = "#lock-table tbody tr:first-child"

    def sorting(page, column):
        return page.run(f"document.querySelectorAll('#lock-table thead th')[{column}].getAttribute('aria-sort')")

    def acquired(page):
        return page.run("[...document.querySelectorAll('#lock-table tbody tr')].map((row) => "
                        "Number(row.cells[3].textContent.replace(/,/g, '')))")

    def look(page):
        require(sorting(page, 5) == "descending", "it begins with the longest waits")
        page.click("#lock-table thead th:nth-child(4) button")
        require(sorting(page, 3) == "descending" and sorting(page, 5) == "none", "aria-sort")
        require(acquired(page) == sorted(acquired(page), reverse=True), "not sorted")
        page.click("#lock-table thead th:nth-child(4) button")
        require(sorting(page, 3) == "ascending" and acquired(page) == sorted(acquired(page)), "not turned around")
        require(count(page, "#lock-table tbody tr") == 100, "a hundred rows at first")
        page.click("#lock-table > button")
        require(count(page, "#lock-table tbody tr") == 2000, "all rows")
        page.click("#lock-table input")
        page.write("table_1999::")
        require(count(page, "#lock-table tbody tr") == 1 and "table_1999::" in text(page, first), text(page, first))

    session.use(session.pages.made("classes-2000"), look)


def a_row_of_the_table_opens_to_its_histograms(session):
    def look(page):
        page.wait("document.querySelector('.times')", "a picture of waits")
        named = page.run("document.querySelector('.times').getAttribute('aria-label')")
        require(" waits: half up to " in named and ", longest " in named, named)
        page.click(".times")
        require(count(page, "tr.opened .chart svg[role=img] rect") > 10, "bars")
        require(page.run("document.querySelector('.times').getAttribute('aria-expanded')") == "true", "not told")
        for width in WIDTHS:
            page.look(width, 900, False)
            wide = page.run("document.documentElement.scrollWidth")
            require(wide <= width, f"{wide} pixels wide on a screen of {width}")
        page.click(".times")
        require(count(page, "tr.opened") == 0, "it does not close")

    session.use(session.pages.made("classes-100"), look)


def things_are_copied(session):
    def look(page):
        page.wait("document.querySelector('#f1 .print button')", "the first card's content")
        page.run("""navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }""")
        page.click("#f1 .print button")
        page.wait("window.copied", "the fingerprint")
        require(page.run("copied === document.querySelector('#f1 .print code').textContent"), "the fingerprint")
        page.run("document.querySelector('#f1 .actions button').click()")
        page.wait("copied.includes('lock-order-inversion (warning): drum')", "the finding as text")
        copied = page.run("copied")
        for words in "holds  drum (opposite_order.c:9)", "#0 boy", "remedy: take ", "fingerprint: ":
            require(words in copied, f"{words!r} is not in {copied}")

    session.use(session.pages.inversion(), look)


def without_scripts_messages_and_stacks_are_there(session):
    def look(page):
        page.run("document.querySelectorAll('details').forEach((card) => { card.open = true; })")
        shown = text(page, "#f1")
        require("taken in opposite orders" in shown and "holds drum" in shown and "remedy" in shown.lower(), shown)
        require("opposite_order.c:17" in text(page, "#stacks"), text(page, "#stacks"))
        require("mutex" in text(page, "#locks"), "the table of locks")
        require(count(page, "#canvas svg g.node") == 2, "the graph")
        require(count(page, "button") == 0, "a button that does nothing")

    session.use(session.pages.inversion(), look, scripts=False)


def hostile_names_inject_nothing(session):
    def look(page):
        for card in cards(page):
            open_card(page, card)
        page.run("document.querySelectorAll('g.node').forEach((node) => "
                 "node.dispatchEvent(new MouseEvent('click', {bubbles: true})))")
        require(count(page, "script") == 2, "another script")

    for path in session.pages.made("hostile"), session.pages.hostile_program():
        session.use(path, look, width=390)
        session.use(path, look, scripts=True, dark=True)


def the_policy_bars_foreign_scripts_and_requests(session):
    """Even if something were injected, it would not run."""
    page = session.chromium.open(session.pages.inversion())
    page.run("""(() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = 1';
        document.body.append(script);
        const picture = document.createElement('img');
        picture.src = 'http://127.0.0.1:9/x.png';
        document.body.append(picture);
    })()""")
    require(page.run("window.injected === undefined"), "a foreign script ran")
    barred = [one for one in page.complaints() if "Content Security Policy" in one]
    require(len(barred) == 2, f"the console has {page.complaints()}")
    page.close()


def what_the_tests_look_for_would_be_seen(session):
    """A page that does all that a report must not do."""
    path = session.pages.made("bad")
    with open(path, "w", encoding="utf-8") as file:
        file.write("<p style='color: #aaa'>faint</p><img src='http://127.0.0.1:9/x.png' onerror='0'>"
                   "<script>console.warn('beware'); throw new Error('oops');</script>")
    page = session.chromium.open(path)
    complaints = str(page.complaints())
    require("beware" in complaints and "oops" in complaints, complaints)
    require("http://127.0.0.1:9/x.png" in page.fetched(), page.fetched())
    require(len(page.run(INJECTED)) == 1 and len(page.run(FAINT)) == 1, "injected or faint")
    page.close()


def sections_have_names_and_headings_skip_no_level(session):
    def look(page):
        page.wait("document.querySelector('.threads')", "the first card's content")
        levels = page.run("""[...document.querySelectorAll('h1, h2, h3, h4')]
            .filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))""")
        require(levels[0] == 1 and levels.count(1) == 1, f"headings {levels}")
        require(all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"headings {levels}")
        for selector in "header", "nav[aria-label]", "main":
            require(count(page, selector) == 1, f"landmark {selector}")
        nameless = page.run("""[...document.querySelectorAll('button, input, select, [role=region], main > section')]
            .filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label') &&
                !one.getAttribute('aria-labelledby')).map((one) => one.outerHTML)""")
        require(not nameless, f"without a name: {nameless}")

    session.use(session.pages.inversion(), look)
    session.use(session.pages.made("classes-100"), look)
    session.use(session.pages.made("judged"), look)


def what_is_known_is_told_apart_and_not_opened(session):
    visible = "details.card[id^=f]:not([hidden])"

    def look(page):
        page.wait("document.querySelector('#f1').dataset.rendered", "the new finding's content")
        require(not page.run("document.querySelector('#f2').open"), "what is known is open")
        page.click(".choice.new")
        require(page.run(f"[...document.querySelectorAll('{visible}')].map((card) => card.id)") == ["f2"], "known only")
        page.click(".choice.new")
        open_card(page, "f2")
        require("before <any> thread starts" in text(page, "#f2 .remark"), "the reason")
        require("of process 500" in text(page, "#f2 .threads"), "of which process a thread is")
        open_card(page, "u1")
        require("deadlock:<deposit> (x.supp:1)" in text(page, "#u1 .remark"), "the suppression")
        require("race:<gone> (x.supp:3)" in text(page, "#known"), "the unused suppression")
        require("a <b> was here" in text(page, "#known .vanished"), "what vanished")

    session.use(session.pages.made("judged"), look)


def who_waits_because_of_others_is_set_apart(session):
    def look(page):
        page.wait("document.querySelector('#f1').dataset.rendered", "the stall's content")
        require("1 thread waits because of the one above" in text(page, "#f1 .rest > summary"), "the rest")
        require(count(page, "#f1 .threads > .thread") == 2, "all threads")
        require("closes the circle" not in text(page, "#f1 figcaption"), "a stall is no circle")

    session.use(session.pages.made("judged"), look)


def what_threads_did_when_time_was_over_is_shown(session):
    def look(page):
        page.wait("document.querySelector('#t1').dataset.rendered", "the content")
        shown = text(page, "#t1")
        for words in "wants", "safe", "in the system call read", "last: release of till in audit":
            require(words in shown, f"{words}: {shown}")
        require(count(page, "#t1 .lanes svg") == 1, "the picture")

    session.use(session.pages.made("judged"), look)


TESTS = (
    pages_fit_every_screen_in_both_themes,
    text_has_contrast_in_both_themes,
    a_card_shows_picture_stacks_and_source,
    a_card_is_filled_when_it_is_opened,
    findings_are_filtered_by_severity_kind_and_text,
    a_link_to_a_finding_opens_it,
    the_theme_switch_overrides_the_system,
    the_keyboard_reaches_everything,
    the_graph_shows_neighbours_sites_and_cycles,
    a_big_graph_says_what_it_leaves_out,
    the_table_of_locks_is_sorted_and_filtered,
    a_row_of_the_table_opens_to_its_histograms,
    things_are_copied,
    without_scripts_messages_and_stacks_are_there,
    hostile_names_inject_nothing,
    the_policy_bars_foreign_scripts_and_requests,
    what_the_tests_look_for_would_be_seen,
    sections_have_names_and_headings_skip_no_level,
    what_is_known_is_told_apart_and_not_opened,
    who_waits_because_of_others_is_set_apart,
    what_threads_did_when_time_was_over_is_shown,
)


def main():
    chosen = set(sys.argv[4:])

    def test(folder):
        browser.find()
        pages = Pages(*sys.argv[1:4], folder)
        failures = []
        with browser.Browser() as chromium:
            for one in TESTS:
                if chosen and one.__name__ not in chosen:
                    continue
                try:
                    one(Session(chromium, pages))
                except harness.Failure as failure:
                    failures.append(f"{one.__name__}: {failure}")
        require(not failures, "\n".join(failures))

    return harness.main(test, "html_in_browser")


if __name__ == "__main__":
    sys.exit(main())
