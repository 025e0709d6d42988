"""The frame around every page: the page map, the sidebar, the language switch, and the last net under errors.

`app.py` calls run(). Each page calls open_page() first. Streamlit looks for a pages/ folder by itself, and until the process
has called st.navigation once it makes a page of every file there and runs the one that the address names alone, without app.py,
or runs app.py as one page among them. Either way the first visitor's run only announces our map and starts over. `serve.py`
announces it before anybody comes.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Event

import streamlit as st
from streamlit.errors import FragmentHandledException

from ui.i18n import KEY, LANGUAGES, TAGS, language, preferred, t
from ui.theme import palette

PAGES = Path(__file__).parent.parent / "pages"
SECTIONS: dict[str, tuple[str, ...]] = {
    "": ("home",),
    "section.learn": ("forward_pass", "loss", "backpropagation", "gradient_descent"),
    "section.library": ("worked_examples", "your_example", "check_my_work"),
}
WIDTH = 248  # of the sidebar, in pixels
LOGGER = logging.getLogger("nabla")
CSS = (Path(__file__).parent / "frame.css").read_text(encoding="utf-8")

_framed: ContextVar[bool] = ContextVar("framed", default=False)
_announced = Event()  # Streamlit's own decision about pages/ is process-wide too; this mirrors it
_RETRIED = "frame.retried"
_document = st.components.v2.component(
    "nabla_document",
    js="""
export default function ({ data }) {
  document.documentElement.lang = data.lang;
}
""",
)


def run() -> None:
    """Draw the frame and the page that the address names. The whole of app.py."""
    st.session_state.pop(_RETRIED, None)
    if not _announced.is_set():
        claim_pages()
        st.rerun()
    page = build()
    token = _framed.set(True)
    try:
        with guarded(page.url_path or "home"):
            page.run()
    finally:
        _framed.reset(token)


def open_page(name: str) -> None:
    """First line of every page: make sure that the frame stands around it.

    name: the page's file stem. Inside the frame this does nothing. Outside it the map is announced and the run starts over,
    which now goes through app.py; when even that leads here (a page run on its own), the frame is drawn in place.
    """
    if _framed.get():
        return
    if not st.session_state.pop(_RETRIED, False):
        st.session_state[_RETRIED] = True  # once: a page that somebody runs on its own would start over for ever
        claim_pages()
        st.rerun()
    page = build()
    LOGGER.debug("%s runs without app.py; the address names %s", name, page.url_path)


def build() -> st.Page:
    """Draw the sidebar and announce the page map; returns the page to run."""
    st.set_page_config(layout="wide", initial_sidebar_state=WIDTH)  # first, or the sidebar opens at its default width
    _language_switch()
    page = _navigation()
    st.set_page_config(page_title=f"{t('page.' + (page.url_path or 'home'))} · Nabla", page_icon=_icon())
    dark = st.context.theme.type == "dark"
    st.logo(_brand(dark), size="large", icon_image=_mark(dark))
    names = "".join(f"--nabla-{name}:{colour};" for name, colour in palette(dark).items())
    st.html(f"<style>:root{{{names}}}\n{CSS}{_headings()}</style>")
    return page


def claim_pages() -> None:
    """Tell Streamlit that st.navigation decides about pages/. `serve.py` does it before the first visitor comes.

    Draws no widget: one that is bound to the address would belong to the wrong page, and the address would lose it later.
    """
    _navigation()
    _announced.set()


@contextmanager
def guarded(place: str) -> Iterator[None]:
    """A net under a page, or, as a decorator under @st.fragment, under a part of it.

    An exception inside becomes a sentence with an error id on the page, and the traceback with the same id in the log.
    place: what the log calls it.
    """
    try:
        yield
    except FragmentHandledException:
        pass  # the fragment has already said so
    except Exception:
        code = secrets.token_hex(4)
        LOGGER.exception("error %s in %s", code, place)
        st.error(t("error.page", code=code))


def _navigation() -> st.Page:
    """The page map in the session's language; returns the page that the address names."""
    return st.navigation([link for section, names in SECTIONS.items() for link in _links(section, names)], expanded=True)


def _links(section: str, names: tuple[str, ...]) -> list[st.Page]:
    """The pages of one section, numbered where they are a sequence; home answers at the root."""
    pages = []
    for number, name in enumerate(names, 1):
        title = t(f"page.{name}")
        if name == "home":
            pages.append(st.Page(PAGES / "home.py", title=title, default=True))
        else:
            label = f"{number}\u2002{title}" if section == "section.learn" else title
            pages.append(st.Page(PAGES / f"{name}.py", title=label, url_path=name))
    return pages


def _headings() -> str:
    """CSS that writes each section's name above its first link.

    st.navigation has headings of its own, but they cannot be reached by keyboard and break the list for screen readers.
    """
    rules, position = [], 1
    for section, names in SECTIONS.items():
        if section:
            word = json.dumps(t(section), ensure_ascii=False)
            rules.append(f'[data-testid="stSidebarNavItems"] > li:nth-child({position})::before {{ content: {word}; }}')
        position += len(names)
    return "\n".join(rules)


def _language_switch() -> None:
    """The visible switch, the hidden widget that binds the choice to ?lang=, and the document's lang attribute.

    Two widgets, because a bound widget writes its labels into the address, and ?lang=zh is a better link than ?lang=中文.
    """
    codes = list(LANGUAGES)
    with st.sidebar:
        st.selectbox("lang", codes, index=codes.index(preferred(st.context.locale)), key=KEY, bind="query-params")
        st.session_state["frame.language"] = language()
        st.segmented_control(
            t("language.label"),
            codes,
            format_func=LANGUAGES.__getitem__,
            key="frame.language",
            required=True,
            on_change=_choose,
            label_visibility="collapsed",
        )
        _document(key="frame.document", data={"lang": TAGS[language()]})


def _choose() -> None:
    """Copy the visible choice into the bound widget, which puts it into the address."""
    st.session_state[KEY] = st.session_state["frame.language"]


def _mark(dark: bool) -> str:
    """The nabla sign alone, as SVG."""
    colour = palette(dark)["forward"]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{_sign(colour)}</svg>'


def _icon() -> str:
    """The sign for the browser's tab: the mid blue stands out on light and dark tabs alike."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{_sign("#3f86d6")}</svg>'


def _sign(colour: str) -> str:
    """A nabla: a triangle on its point whose right stroke is the heavier one."""
    return f'<path fill="{colour}" fill-rule="evenodd" d="M1.5 3h21L12 22ZM5.6 5.4 11 15.6 16.4 5.4Z"/>'


def _brand(dark: bool) -> str:
    """The sign, the name and the tagline in the reader's language, as SVG."""
    colours = palette(dark)
    font = 'font-family="system-ui, -apple-system, Segoe UI, Roboto, Noto Sans CJK SC, sans-serif"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 224 52">'
        f'<g transform="translate(0 3)">{_sign(colours["forward"])}</g>'
        f'<text x="32" y="24" {font} font-size="23" font-weight="700" fill="{colours["ink"]}">Nabla</text>'
        f'<text x="1" y="46" {font} font-size="13.5" fill="{colours["muted"]}">{t("brand.tagline")}</text>'
        "</svg>"
    )
