"""Templates of tasks: those that there are say what they say in lm-eval, and none of them takes Proctor anywhere or for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError

from proctor.evals.tasks.templates import LARGEST, STEPS, Sandbox, problem
from tests.faults.payloads import ENDLESS, TEMPLATES

DOC = {"query": " Where? ", "choices": ["right", "up"], "gold": 1, "table": {"a": 1}, "_id": 7}
USUAL = [
    "{{query}}",
    "{{query.strip()}}{% if query.startswith(' W') %}\nAnswer:{% endif %}\n",
    "{{choices[gold]}} {{choices.index('up')}} {{['A', 'B'][gold]}}",
    "{% for choice in choices %}{{loop.index}}. {{choice}}{% if not loop.last %}\n{% endif %}{% endfor %}",
    "{{choices|join(', ')}} {{query|trim|upper}} {{query|length}} {{choices|map('upper')|list}}",
    "{{query ~ '-' ~ gold}} {{gold * 2 + 1}} {{'ab' * 2}} {{'%s!' % query}}",
    "{% set n = namespace(x=0) %}{% for _ in range(5) %}{% set n.x = n.x + 1 %}{% endfor %}{{n.x}}",
    "{{query|regex_replace('[a-z]', '.')}} {{query.replace('W', 'w').split('h')}} {{table.items()|list}} {{table.get('b', 2)}}",
    "{{'yes' if gold == 1 else 'no'}} {{[gold, 2]}} {{query[1:3]}} {{_id}}",
]


@pytest.mark.parametrize("template", USUAL)
def test_a_usual_template_says_what_it_says_in_lm_eval(template: str) -> None:
    from lm_eval.utils import apply_template

    assert problem(template) is None
    assert Sandbox().from_string(template).render(**DOC) == apply_template(template, DOC)


def lm_eval_templates() -> Iterator[str]:
    from proctor.evals.tasks import lm_eval_tasks, task_code, task_yaml

    for path in [path for root in lm_eval_tasks._roots() for path in sorted((root / "tasks").glob("[a-g]*/*.yaml"))][::6]:
        try:
            found = task_yaml.read(path)
        except task_yaml.BrokenError:
            continue
        yield from (str(found[key].value) for key in task_code.TEMPLATES if key in found and isinstance(found[key].value, str))


def test_templates_of_lm_evals_own_tasks_would_be_taken() -> None:
    texts = {text for text in lm_eval_templates() if "{" in text}
    assert len(texts) > 50
    assert [text for text in texts if problem(text)] == []


@pytest.mark.slow
@pytest.mark.parametrize("template", [*TEMPLATES, *ENDLESS])
def test_what_leads_elsewhere_or_comes_to_no_end_is_refused_as_it_is_rendered(template: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError):
        Sandbox().from_string(template.replace("MARKER", str(tmp_path / "RAN"))).render(**DOC)
    assert not (tmp_path / "RAN").exists()


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ query.__class__ }}", "'__class__' leads into Python itself"),
        ("{{ query['__class__'] }}", "'__class__' leads into Python itself"),
        ("{% include 'x' %}", "may have no include"),
        ("{{ query|pprint }}", "may not use the filter 'pprint'"),
        ("x\n{{ query", "line 2"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_before_it_is_rendered(template: str, said: str) -> None:
    assert said in str(problem(template))


def test_an_error_names_the_template() -> None:
    with pytest.raises(TemplateError, match=r"'gone' is undefined \(in the template '\{\{gone\}\}'\)"):
        Sandbox().from_string("{{gone}}").render(**DOC)


@pytest.mark.slow
def test_one_template_does_not_use_up_the_steps_of_the_next() -> None:
    sandbox = Sandbox()
    loop = sandbox.from_string("{% for _ in range(" + str(STEPS - 1000) + ") %}{% endfor %}x")
    assert [loop.render(), loop.render()] == ["x", "x"]


@given(st.text(max_size=40), st.integers(0, 10**7), st.sampled_from(["*", "+", "~", "%", "**", "//"]))
def test_no_calculation_makes_more_than_there_is_room_for(text: str, number: int, sign: str) -> None:
    try:
        made = (
            Sandbox()
            .from_string("{{ (text " + sign + " number) }}{{ number " + sign + " number }}")
            .render(text=text, number=number)
        )
    except TemplateError:
        return
    assert len(made) <= LARGEST
