"""A run in which everything that has a name or a text bears one that would like to be something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from proctor.core.schema import PASSAGES, Answer, Context, Question, row
from proctor.leaderboard.runs.store import Store
from tests.sample_run import record

HOSTILE = [
    # Scripts
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<!--",
    "--!><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<script type=module>import('//example.org')</script>",
    "<ScRiPt/x>alert(1)</sCrIpT\t>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    # Event handlers, and ways out of attributes
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '" onfocus="alert(1)" autofocus tabindex="1" x="',
    "' onmouseover='alert(1)",
    "` onclick=alert(1) `",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<select><option></select><img src=x onerror=alert(1)>",
    # Ends of the elements in which texts stand
    "</title></style></textarea><svg onload=alert(1)>",
    "</dd></dl></article><h1>owned",
    "</bdi></a></th></td></tr></tbody></table></div></section></main></body></html><h1>owned",
    "</option></select></label><button>owned</button>",
    "</code></pre></small></abbr></summary></details></figure></ul></ol></li></nav>",
    # Requests and other pages
    "<iframe src=//example.org>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=//example.org><embed src=//example.org>",
    "<link rel=stylesheet href=//example.org><style>@import '//example.org'</style>",
    "<meta http-equiv=refresh content=0;url=//example.org>",
    "<base href=//example.org>",
    "<form action=//example.org><input type=submit>",
    "<video src=//example.org autoplay><audio src=//example.org>",
    "javascript:alert(1)",
    " java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<a href=javascript:alert(1) target=_blank>x</a>",
    "//example.org/x.js",
    # JSON, templates and styles
    '"},{"x":"\\',
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\\",
    "line\u2028paragraph\u2029end",
    '\\";alert(1)//',
    "{{ 7*7 }}{% for x in () %}",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}<%= 7*7 %>#{7*7}",
    "`${alert(1)}`",
    "</style><style>*{display:none}</style>",
    "x;background:url(//example.org);position:fixed;inset:0",
    "&lt;b&gt; &amp;nbsp; &#x3c;script&#x3e;",
    "$x^2$ \\frac{1}{2} $",
    "%3Cscript%3Ealert(1)%3C/script%3E%00%0a",
    # Names that things have already
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "id",
    "name",
    "about",
    "main",
    "then",
    "length",
    # The page's own syntax
    "a&view=x#",
    "?view=source",
    "#view=question&q=1",
    "+%26%3D",
    "*",
    "a,b",
    "none",
    '"][data-section="x',
    "*{}:not(x)",
    # Letters
    "\u202egnp.exe \u2066\u2067",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 123",
    "z" + "\u0300\u0316\u0489" * 60 + "algo",
    "\u200b\u200d\ufeff",
    "\U0001f469\u200d\U0001f680" * 30,
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "\x00\x08\x1b[2J\ufffe",
    "half a pair \ud800",
    "Foo",
    "foo",
    "foo ",
    " ",
    "w" * 100_000,
    "\ufdfd" * 300,
    "line\nline\r\nline\ttab",
    # Files and tables
    "../../etc/passwd",
    "a/b\\c:d*e?f",
    "CON",
    ".",
    '=HYPERLINK("//example.org")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
]  # fmt: skip
"""Names and texts."""
CROWD = "crowd"
"""The suite in which all of them are systems, metrics and questions beside each other."""
LISTED = HOSTILE[::2]
"""Those in the table of systems."""
DRAWN = HOSTILE[4::8]
"""Those in whose suites there is what a plot is drawn of: drawing takes longer than all the rest of a page."""


def hostile_run(folder: Path) -> Path:
    """A suite of each text, in which everything bears it, and one with all of them."""
    store = Store(folder)
    for text in HOSTILE:
        everywhere = {"suite": text, "base_model": text, "judge": text, "reason": text, "suite_version": text}
        for system, value in ((text, 1.0), ("other", 0.0)):
            store.add(_records(text, value, {**everywhere, "system": system}))
            store.add_answers(text, text, system, 0, _answers(text))
    store.add(_crowd())
    for text in HOSTILE:
        said = [(Question(f"q {one}", one), Answer(f"q {one}", text)) for one in HOSTILE]
        store.add_answers(CROWD, CROWD, text, 0, said)
    store.set_provenance(_provenance())
    return folder


def _records(text: str, value: float, about: dict[str, Any]) -> list[Any]:
    """Metrics of every kind, of a question by the text and of another."""
    exact = [record("accuracy.exact", item, value, **about) for item in (text, "plain")]
    own = record(text, text, value, unit=text, **about)
    lost = record("forgetting", text, 0.0, unit="difference", **about)
    gone = record("faithfulness.gold", text, None, **about | {"status": "unmeasured"})
    return [*exact, own, gone, *([lost] if text in DRAWN else [])]


def _answers(text: str) -> list[tuple[Question, Answer]]:
    asked = Question(text, text, (text,), (text,), (text, "a kind"), text)
    plain = Question("plain", text, (text,), (text,), ("another kind",), text)
    read = Answer(text, text, (Context(text, text, 0.5),), (text,), prompt=f"{text}{PASSAGES}{text}")
    return [(asked, read), (plain, Answer("plain", text, (), (text,), error=text))]


def _crowd() -> list[Any]:
    """Each text as a system, in turn without a value that others have; and as a metric."""
    about = {"suite": CROWD, "base_model": CROWD}
    rows = []
    for place, system in enumerate(HOSTILE):
        rows += [record("accuracy.exact", f"q {item}", float(item <= system), system=system, **about) for item in HOSTILE]
        rows += [record("accuracy.f1", f"q {system}", place / 100, system=system, **about)] if place % 2 else []
        if place % 8 == 0:  # a few: every pair of systems is compared by every metric that both have
            rows += [record(metric, f"q {metric}", place / 100, system=system, unit="s", **about) for metric in HOSTILE[::4]]
    return rows


def _provenance() -> dict[str, Any]:
    systems = {text: {"version": text, "settings": {text: text}} for text in LISTED}
    return {
        "suites": {text: {"title": text, "documents": text} for text in HOSTILE},
        "systems": systems,
        "comparable": {row(text, text, text): [text] for text in HOSTILE},
        "git": {"commit": HOSTILE[0], "dirty": True},
        "command": "\n".join(HOSTILE[:40]),
        "judges": {text: {text: text} for text in HOSTILE},
        "x": HOSTILE,
    } | {text: {text: {text: text}} for text in HOSTILE}
