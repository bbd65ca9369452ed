"""Each block and element as HTML, without a browser; whatever is hostile stays text."""

import re
from typing import Any

import pytest

from bot.demo.techcorp import techcorp
from sandbox.inputs import initial_states
from sandbox.mrkdwn import Reader
from sandbox.page import chart, markup
from sandbox.page.eyes import Eyes
from sandbox.page.routes import environment
from sandbox.page.sight import Sight
from sandbox.workspace import Workspace

Json = dict[str, Any]
EYES = Eyes(
    Reader({"U1": "ana", "U2": "bo"}, {"C1": "general"}, "Europe/Berlin"), handle="ana", user="U1", domain="acme"
)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def html(*blocks: Json, errors: dict[str, str] | None = None) -> str:
    """Draw blocks as one person sees them, in one line."""
    drawn = Workspace(techcorp()).with_block_ids(list(blocks))
    sight = Sight(
        EYES,
        {"view_id": "V1"},
        initial_states(drawn),
        errors or {},
        [("U1", "Ana"), ("U2", "Bo")],
        [("C1", "#general")],
    )
    module = environment().get_template("blocks.html").make_module({})
    return re.sub(r"\s+", " ", str(module.blocks(drawn, sight)))  # type: ignore[attr-defined]


def asks(kind: str, **more: Any) -> Json:
    element = {"type": kind, "action_id": "a", **more}
    return {"type": "input", "block_id": "b", "label": plain("Label"), "element": element}


OPTIONS = [
    {"text": plain("One"), "value": "1"},
    {"text": plain("Two"), "value": "2", "description": plain("the second")},
]


def test_a_section_shows_text_fields_and_accessory() -> None:
    button = {"type": "button", "text": plain("Go"), "action_id": "go", "style": "danger"}

    shown = html({"type": "section", "text": mrkdwn("*bold*"), "fields": [mrkdwn("left")], "accessory": button})

    assert "<b>bold</b>" in shown
    assert '<div class="fields"><div class="text">left</div></div>' in shown
    assert 'class="btn danger"' in shown


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        ({"type": "header", "text": plain("Title")}, '<h2 class="b header level-1">Title</h2>'),
        ({"type": "divider"}, '<hr class="b divider">'),
        ({"type": "context", "elements": [mrkdwn("_by_ bo")]}, "<i>by</i> bo"),
        ({"type": "alert", "level": "warning", "text": plain("Careful")}, 'class="b alert warning" role="status"'),
        ({"type": "alert", "level": "error", "text": plain("No")}, 'role="alert"'),
        ({"type": "markdown", "text": "## Head\n\n**b** and ~~gone~~\n- [x] done"}, '<h4 class="md-2">Head</h4>'),
        ({"type": "markdown", "text": "|a|b|\n|-|-|\n|1|2|"}, "<th>a</th><th>b</th>"),
        ({"type": "image", "image_url": "https://x.test/i.png", "alt_text": "a chart"}, "a chart"),
        ({"type": "card", "title": plain("Card"), "body": mrkdwn("*b*")}, "<b>b</b>"),
        ({"type": "container", "child_blocks": [{"type": "header", "text": plain("In")}]}, "level-1"),
        ({"type": "carousel", "elements": [{"type": "card", "title": plain("First")}]}, "First"),
        ({"type": "hologram", "text": "?"}, "A block of type “hologram”, which this page cannot draw"),
        ({"type": "actions", "elements": [{"type": "knob", "action_id": "k"}]}, "An element of type “knob”"),
        (asks("file_input"), "An element of type “file_input”"),
    ],
)
def test_each_block_has_its_form_and_an_unknown_one_is_named(block: Json, wanted: str) -> None:
    assert wanted in html(block)


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        (asks("plain_text_input", initial_value="typed"), 'value="typed"'),
        (asks("plain_text_input", multiline=True, initial_value="two\nlines"), "two lines</textarea>"),
        (asks("number_input", is_decimal_allowed=True, initial_value="1.5"), 'inputmode="decimal"'),
        (asks("number_input", is_decimal_allowed=False, initial_value="7"), 'inputmode="numeric"'),
        (asks("email_text_input"), 'inputmode="email"'),
        (asks("url_text_input"), 'inputmode="url"'),
        (asks("datepicker", initial_date="2026-12-01"), 'type="date" aria-labelledby'),
        (asks("timepicker", initial_time="13:30"), 'value="13:30"'),
        (asks("datetimepicker", initial_date_time=1_790_000_000), 'value="2026-09-21T16:13"'),
        (asks("static_select", options=OPTIONS, initial_option=OPTIONS[1]), '<option value="2" selected>Two</option>'),
        (
            asks("static_select", option_groups=[{"label": plain("Group"), "options": OPTIONS}]),
            '<optgroup label="Group">',
        ),
        (asks("users_select", initial_user="U2"), '<option value="U2" selected>@Bo</option>'),
        (asks("conversations_select", initial_conversation="C1"), '<option value="C1" selected>#general</option>'),
        (asks("channels_select"), '<option value="C1">#general</option>'),
        (asks("external_select"), 'placeholder="Type to search"'),
        (asks("multi_static_select", options=OPTIONS, initial_options=[OPTIONS[0]]), '<span class="chip">One</span>'),
        (asks("multi_users_select", initial_users=["U1"]), '<span class="chip">@Ana</span>'),
        (asks("radio_buttons", options=OPTIONS), 'role="radiogroup"'),
        (asks("checkboxes", options=OPTIONS, initial_options=[OPTIONS[1]]), 'value="2" checked'),
        (asks("rich_text_input"), "*bold*, _italic_"),
    ],
)
def test_each_input_shows_what_it_holds(block: Json, wanted: str) -> None:
    shown = html(block)

    assert wanted in shown
    assert 'data-block="b" data-action="a" data-input' in shown


def test_buttons_carry_style_confirmation_and_spoken_label() -> None:
    confirm = {"title": plain("Sure?"), "text": mrkdwn("*Really*"), "confirm": plain("Yes"), "deny": plain("No")}
    button = {"type": "button", "text": plain("Go"), "action_id": "go", "style": "primary", "confirm": confirm}
    link = {"type": "button", "text": plain("Open"), "action_id": "open", "url": "https://x.test/"}
    menu = {"type": "overflow", "action_id": "more", "options": OPTIONS}

    shown = html({"type": "actions", "elements": [{**button, "accessibility_label": "Go home"}, link, menu]})

    assert 'class="btn primary"' in shown
    assert 'aria-label="Go home"' in shown
    assert '<dialog class="confirm"' in shown
    assert "<b>Really</b>" in shown
    assert 'href="https://x.test/" target="_blank" rel="noopener noreferrer nofollow"' in shown
    assert 'data-value="2"' in shown


def test_a_button_for_others_is_not_there() -> None:
    button = {"type": "button", "text": plain("Secret"), "action_id": "go", "visible_to_user_ids": ["U2"]}

    assert "Secret" not in html({"type": "actions", "elements": [button]})


def test_an_error_stands_under_its_input_and_is_spoken() -> None:
    shown = html(asks("plain_text_input"), errors={"b": "Please <b>do</b>"})

    assert 'role="alert">Please &lt;b&gt;do&lt;/b&gt;</p>' in shown
    assert 'aria-invalid="true"' in shown
    assert 'class="b input has-error"' in shown


def test_tables_have_heads_numbers_and_pages() -> None:
    def row(*cells: object) -> list[Json]:
        return [
            {"type": "raw_number", "value": c} if isinstance(c, int) else {"type": "raw_text", "text": c} for c in cells
        ]

    rows = [row("Option", "Total"), *(row(f"o{n}", n * 1000) for n in range(1, 8))]
    shown = html({"type": "data_table", "caption": "Ranking", "rows": rows, "row_header_column_index": 0})

    assert "<caption>Ranking</caption>" in shown
    assert '<th scope="row" class="">o1</th>' in shown
    assert '<td class=" number">1,000</td>' in shown
    assert shown.count('class="beyond"') == 2
    assert "Show all 7 rows" in shown


SERIES = {"name": "Mean", "data": [{"label": "A", "value": 4}, {"label": "B & C", "value": -1.5}]}
AXES = {"series": [SERIES], "axis_config": {"categories": ["A", "B & C"], "y_label": "Score"}}


@pytest.mark.parametrize("kind", ["bar", "line", "area"])
def test_charts_are_drawn_and_read_out(kind: str) -> None:
    shown = html({"type": "data_visualization", "title": "Totals", "chart": {"type": kind, **AXES}})

    assert 'aria-label="Totals: Mean: A 4, B &amp; C -1.5"' in shown
    assert {"bar": "<rect", "line": "<polyline", "area": "<polygon"}[kind] in shown
    assert ">Score</text>" in shown
    assert '<td class="number">-1.5</td>' in shown
    assert "nan" not in shown.lower()


@pytest.mark.parametrize("values", [(3, 1), (5,)])
def test_a_pie_has_a_slice_for_each_segment(values: tuple[int, ...]) -> None:
    segments = [{"label": f"S{n}", "value": value} for n, value in enumerate(values)]

    drawn = chart.drawing({"type": "pie", "segments": segments}, title="Parts")

    assert str(drawn).count(" slice") == len(values)


@pytest.mark.parametrize(("bars", "width"), [(2, 280), (4, 352), (20, 560)])
def test_few_bars_make_a_narrow_drawing(bars: int, width: int) -> None:
    points = [{"label": f"Option number {n}", "value": n} for n in range(bars)]

    drawn = str(chart.drawing({"type": "bar", "series": [{"name": "Score", "data": points}]}, title="T"))

    assert f'viewBox="0 0 {width} 300" width="{width}"' in drawn
    assert (' many"' in drawn) == (bars == 20)
    assert ("rotate(-30" in drawn) == (bars == 20), "names stand upright, in lines, where there is room"


def test_a_chart_that_cannot_be_drawn_is_named() -> None:
    assert "A chart of type “radar”" in html({"type": "data_visualization", "title": "T", "chart": {"type": "radar"}})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("*b* _i_ ~s~ `c`", "<b>b</b> <i>i</i> <s>s</s> <code>c</code>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("2 * 3 * 4 and a_b_c", "2 * 3 * 4 and a_b_c"),
        ("`*no*`", "<code>*no*</code>"),
        ("```\na < b\n*x*```", "<pre>a &lt; b\n*x*</pre>"),
        ("&gt; said\nI", "<blockquote>said</blockquote>I"),
        ("hi <@U2>", 'hi <span class="mention">@bo</span>'),
        ("hi <@U1>", 'hi <span class="mention is-me">@ana</span>'),
        ("<#C1|x>", '<span class="mention">#general</span>'),
        ("<!here>", '<span class="mention">@here</span>'),
        ("<!date^1790000000^{date_num} {time}|old>", "<time>2026-09-21 4:13 PM</time>"),
        (":tada:", '<span class="emoji" role="img" aria-label="tada">🎉</span>'),
        (":unheard_of:", "<span class=emoji>:unheard_of:</span>"),
        ("a &amp; b &lt;i&gt;", "a &amp; b &lt;i&gt;"),
    ],
)
def test_mrkdwn_becomes_html(text: str, wanted: str) -> None:
    assert str(markup.mrkdwn(text, EYES)) == wanted


def test_links_are_followed_only_where_they_are_safe() -> None:
    shown = str(markup.mrkdwn("<https://x.test/?a=1&amp;b=2|*see*> <mailto:a@b.test|mail>", EYES))

    assert 'href="https://x.test/?a=1&amp;b=2"' in shown
    assert "<b>see</b></a>" in shown
    assert 'href="mailto:a@b.test"' in shown


def test_a_permalink_of_this_workspace_leads_to_the_message_here() -> None:
    shown = str(markup.mrkdwn("<https://acme.slack.com/archives/C1/p1790000000000100|there>", EYES))

    assert shown == '<a href="/as/ana/C1#m1790000000.000100">there</a>'


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<javascript:alert(1)|click>",
    "<JaVaScRiPt:alert(1)|click>",
    "<data:text/html,x|click>",
    '<https://x.test/" onmouseover="alert(1)|click>',
    '<https://x.test/`" onmouseover=alert(1) x="`|click>',
    "*<b onclick=alert(1)>*",
    "\ue0000\ue001 \ue0009\ue001",
    "[x](javascript:alert(1))",
    "{{ 7*7 }}{% raw %}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_never_comes_to_life(text: str) -> None:
    option = {"text": plain(text), "value": text}
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": text, "style": {"bold": True}},
                    {"type": "link", "url": text, "text": text},
                    {"type": "link", "url": "javascript:alert(1)"},
                    {"type": "emoji", "name": text, "unicode": text},
                    {"type": "spell", "text": text},
                    {"type": "user", "user_id": text},
                ],
            }
        ],
    }
    shown = html(
        {"type": "section", "text": mrkdwn(text), "fields": [plain(text)]},
        {"type": "header", "text": plain(text)},
        {"type": "markdown", "text": text},
        {"type": "image", "image_url": text, "alt_text": text},
        {"type": text, "x": text},
        {"type": "actions", "elements": [{"type": "button", "text": plain(text), "action_id": text, "url": text}]},
        {**asks("static_select", options=[option]), "label": plain(text), "hint": plain(text)},
        {"type": "data_table", "caption": text, "rows": [[{"type": "raw_text", "text": text}]] * 2},
        {
            "type": "data_visualization",
            "title": text,
            "chart": {"type": "pie", "segments": [{"label": text, "value": 1}]},
        },
        rich,
    )

    tags = re.findall(r"<([a-zA-Z]+)((?:\s[^<>]*)?)>", re.sub(r'"[^"]*"', '""', shown))
    assert not {"script", "img", "iframe", "style"} & {name.lower() for name, _ in tags}
    assert not any(re.search(r"\son\w+=", attributes) for _, attributes in tags)
    assert not re.search(r'(?:href|src)="\s*(?:javascript|data|vbscript)', shown, re.IGNORECASE)
    assert ">49<" not in shown
