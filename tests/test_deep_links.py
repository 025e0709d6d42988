"""A cold deep link: the very first request to a fresh server names a page, and that page comes, inside the frame.

Streamlit decides once per process how to treat pages/, so every case gets a server of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ui.frame import SECTIONS
from ui.i18n import text

NAMES = [name for names in SECTIONS.values() for name in names]
LESSONS = SECTIONS["section.learn"]


def titles(lang: str) -> list[str]:
    """What the sidebar's links say, in order."""
    numbers = {name: f"{n}\u2002" for n, name in enumerate(LESSONS, 1)}
    return [numbers.get(name, "") + text(lang)[f"page.{name}"] for name in NAMES]


def in_the_frame(page: Page, name: str, lang: str = "en") -> None:
    """The right page, alone marked in the sidebar, under our titles, and nothing that looks like an accident."""
    words = text(lang)
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_text(titles(lang), timeout=20_000)
    marked = page.locator('[data-testid="stSidebarNavLink"][aria-current="page"]')
    expect(marked).to_have_count(1)
    expect(marked).to_have_text(titles(lang)[NAMES.index(name)])
    expect(page).to_have_title(f"{words[f'page.{name}']} · Nabla")
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if lang == "zh" else "en")
    settled(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("not found")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stMain").get_by_test_id("stAlertContentError")).to_have_count(0)


def settled(page: Page) -> None:
    """Wait until no run is going on."""
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached(timeout=20_000)


@pytest.mark.parametrize("way", ["serve", "streamlit"])
@pytest.mark.parametrize("name", NAMES)
def test_a_cold_deep_link_shows_the_right_page(name: str, way: str, launch: Callable, visit: Callable) -> None:
    server = launch(way)
    path = "" if name == "home" else name
    page = visit(f"{server.url}/{path}?lang=zh")
    in_the_frame(page, name, "zh")
    assert re.fullmatch(rf"{server.url}/{path}\?lang=zh.*", page.url)
    page.get_by_test_id("stSidebarNavLink").nth((NAMES.index(name) + 1) % len(NAMES)).click()
    in_the_frame(page, NAMES[(NAMES.index(name) + 1) % len(NAMES)], "zh")
    assert "lang=zh" in page.url


def test_the_first_visitor_may_reload_and_a_second_may_come(launch: Callable, visit: Callable) -> None:
    server = launch("streamlit")
    page = visit(f"{server.url}/loss")
    in_the_frame(page, "loss")
    page.reload()
    in_the_frame(page, "loss")
    in_the_frame(visit(f"{server.url}/gradient_descent"), "gradient_descent")


def test_the_language_is_kept_across_pages_and_in_links(server, visit: Callable) -> None:
    page = visit(server.url)
    in_the_frame(page, "home")
    assert "lang" not in page.url
    page.get_by_test_id("stSidebar").get_by_text("中文", exact=True).click()
    in_the_frame(page, "home", "zh")
    expect(page).to_have_url(re.compile(r"\?lang=zh"))
    for name in LESSONS:
        page.get_by_test_id("stSidebarNavLink").nth(NAMES.index(name)).click()
        in_the_frame(page, name, "zh")
        expect(page).to_have_url(re.compile(rf"/{name}\?.*lang=zh"))
    in_the_frame(visit(page.url), LESSONS[-1], "zh")
    page.go_back()
    in_the_frame(page, LESSONS[-2], "zh")
    page.get_by_test_id("stSidebar").get_by_text("English", exact=True).click()
    in_the_frame(page, LESSONS[-2], "en")
    expect(page).not_to_have_url(re.compile("lang="))


def test_a_chinese_browser_starts_in_chinese_and_may_choose_english_for_good(server, visit: Callable) -> None:
    page = visit(f"{server.url}/loss", locale="zh-CN")
    in_the_frame(page, "loss", "zh")
    page.get_by_test_id("stSidebar").get_by_text("English", exact=True).click()
    in_the_frame(page, "loss", "en")
    expect(page).to_have_url(re.compile(r"lang=en"))
    page.reload()
    in_the_frame(page, "loss", "en")


def test_an_unknown_address_leads_home(server, visit: Callable) -> None:
    page = visit(f"{server.url}/no_such_page")
    expect(page.get_by_test_id("stSidebarNavLink").first).to_have_attribute("aria-current", "page", timeout=20_000)
