"""HTML as people see it: what is shown, what is hidden, where it leads; in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katharion.content.html import (
    ENTITIES_COUNT_MAX,
    LENGTH_MAX,
    LINKS_COUNT_MAX,
    attributes_of,
    read_html,
)
from katharion.values.reading import LinkKind

CPU_SECONDS_MAX = 0.25


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One<p>Two", "One\nTwo"),
        ("<b>o</b>n<i>e</i>", "one"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<td>a</td><td>b</td>", "a b"),
        ("  a \n\t b  ", "a b"),
        ("a&nbsp;&amp;&lt;b&#62;&#x41;&eacute;", "a &<b>Aé"),
        ("a<!-- b -->c<!--> d<!---> e<!-- f --!>g", "ac d eg"),
        ("a<!-- b", "a"),  # A comment without an end hides all that follows.
        ("a<script>b<p></script >c", "ac"),
        ("a<style>b</style>c<title>d</title>e", "ace"),
        ("a<SCRIPT src=x>b", "a"),
        ("a<scripty>b", "a\nb"),
        ('a<p title="x>y">b', "a\nb"),
        ("a<p title='x>y'>b", "a\nb"),
        ("a<p title=x>b", "a\nb"),
        ("a < b <3 c", "a < b <3 c"),
        ("a</ x>b<?php x ?>c<!DOCTYPE html>d", "abcd"),
        ("a<b", "a"),
        ("Vi<span></span>ag<!-- x -->ra", "Viagra"),
    ],
)
def test_text_is_what_people_see(markup: str, text: str) -> None:
    assert read_html(markup).text == text


@pytest.mark.parametrize(
    "element",
    [
        '<div style="display:none">',
        "<div style='DISPLAY : none !important'>",
        "<div hidden>",
        '<span style="font-size:0">',
        '<span style="font-size:1px;">',
        '<span style="color:#ffffff">',
        '<span style="color:#FFF">',
        '<span style="color: rgb(255, 255, 255)">',
        "<font color=white>",
        "<font size=0>",
        '<p style="visibility:hidden">',
        '<p style="opacity:0.0">',
        '<p style="max-height:0;overflow:hidden">',
        '<p style="text-indent:-9999px">',
        '<p style="mso-hide:all">',
    ],
)
def test_hidden_text_is_apart(element: str) -> None:
    name = element[1:].split(maxsplit=1)[0].rstrip(">")
    found = read_html(f"seen {element}hid<{name}>den</{name}></{name}> again")
    assert found.hidden.replace(" ", "").replace("\n", "") == "hidden"
    assert found.text.split() == ["seen", "again"]


@pytest.mark.parametrize(
    "element",
    [
        '<p style="color:#fff;background:#000">',
        '<p style="font-size:10px">',
        '<p style="font-size:1.2em">',
        '<p style="opacity:0.5">',
        '<p style="color:#000">',
        '<p style="max-width:600px">',
        "<p class=hidden-xs>",
        '<body bgcolor="#000000" text=white><p style="color:#fff">',
    ],
)
def test_what_is_seen_is_not_hidden(element: str) -> None:
    assert "text" in read_html(f"{element}text").text


@pytest.mark.parametrize(
    ("markup", "target", "kind", "text"),
    [
        ("<a href='http://a.example/'>Click <b>he</b>re</a>", "http://a.example/",
         LinkKind.ANCHOR, "Click here"),
        ("<A HREF = http://a.example>x</A>", "http://a.example", LinkKind.ANCHOR, "x"),
        ('<a href="?a=1&amp;b=2">x', "?a=1&b=2", LinkKind.ANCHOR, "x"),
        ("<a\nclass=x\thref='u'>x<a>", "u", LinkKind.ANCHOR, "x"),
        ("<a/href='u'>x</a>", "u", LinkKind.ANCHOR, "x"),
        ("<form action=/login>x</form>", "/login", LinkKind.FORM, ""),
        ("<img src='cid:1'>", "cid:1", LinkKind.LOADED, ""),
        ("<base href=http://b.example/>", "http://b.example/", LinkKind.BASE, ""),
        ('<meta http-equiv=refresh content="0; URL=http://c.example">', "http://c.example",
         LinkKind.BASE, ""),
        ("<area href=u>", "u", LinkKind.ANCHOR, ""),
    ],
)  # fmt: skip
def test_links(markup: str, target: str, kind: LinkKind, text: str) -> None:
    assert [tuple(link) for link in read_html(markup).links] == [(target, kind, text)]


def test_attributes_the_first_of_two_holds() -> None:
    assert attributes_of(" HREF=a href='b' x y=\"&quot;\"") == {"href": "a", "x": "", "y": '"'}


def test_bounds() -> None:
    assert len(read_html("<a href=x>" * (LINKS_COUNT_MAX + 50)).links) == LINKS_COUNT_MAX
    text = read_html("&lt;" * (ENTITIES_COUNT_MAX + 10)).text
    assert text == "<" * ENTITIES_COUNT_MAX + "&lt;" * 10


@given(st.text(alphabet="<>/!-'\"= \n&#;abpst\0x1", max_size=200))
def test_no_text_raises(markup: str) -> None:
    read_html(markup)
    read_html("<script" + markup)
    read_html(f"<p style='color:#fff;{markup}'>{markup}<a href={markup}")


@pytest.mark.parametrize(
    "piece",
    [
        *("<", ">", "<a", "<a ", "<a href=x>", "<a href='", '<p style="display:none">', "<!--"),
        *("<!-", "<script>", "<script", "</script", "&", "&#", "&amp;", "&#x41;", "<p>", " ", "\0"),
        *("=", "a=", "<p a=", "<p a='b'", "'", '"', "<p style='color:#fff'>x", "<title>", "<//"),
        *("<p style='font-size:0'>x</p>", "<p hidden><b hidden>", "<p hidden>", "<td>", "color:"),
        *("<p style='color:rgb(255,255,255'>", "<p style='background:#fff'>", "\u200b", "<a>x"),
    ],
)
def test_time_is_linear(piece: str) -> None:
    markup = piece * (LENGTH_MAX // len(piece))
    started = time.process_time()
    read_html(markup)
    assert time.process_time() - started < CPU_SECONDS_MAX
