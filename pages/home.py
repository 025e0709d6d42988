"""Home: a tiny network to train at once, where to go from there, and the four lessons."""

import streamlit as st

from lessons import catalogue, prose
from ui.frame import PAGES, open_page
from ui.i18n import language, t
from ui.player import player

FIRST_CLICKS = {"learner": "forward_pass", "hand": "backpropagation", "teacher": "gradient_descent"}

open_page("home")
st.html(PAGES.parent / "ui" / "home.css")
words = prose.load(catalogue.HOME.id, language())
st.title(words.title, anchor=False)
st.markdown(words.section("hook").text)
player({state: words.section(key).text for state, key in (("before", "train"), ("during", "running"), ("after", "trained"))})

st.header(words.section("next").title, anchor=False)
for column, (who, page) in zip(st.columns(3, gap="small"), FIRST_CLICKS.items(), strict=True):
    with column, st.container(border=True, height="stretch", key=f"home-card-{who}"):
        st.subheader(words.section(who).title, anchor=False)
        st.markdown(words.section(who).text)
        st.page_link(PAGES / f"{page}.py", label=f":primary[{t(f'page.{page}')}\u2002→]")

st.header(t("section.learn"), anchor=False)
for number, (column, entry) in enumerate(zip(st.columns(4, gap="small"), catalogue.LESSONS, strict=True), 1):
    with column, st.container(border=True, height="stretch", key=f"home-card-{entry.id}"):
        st.page_link(PAGES / f"{entry.id}.py", label=f":primary[{number}\u2002{t(f'page.{entry.id}')}]")
        st.markdown(t(f"lead.{entry.id}"))
