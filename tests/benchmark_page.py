"""What a reader of the page waits for, measured in Chromium: see `tests.benchmark`."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from proctor.core.schema import Answer, Question

ROOT = Path(__file__).resolve().parent.parent


def decision() -> str:
    """A decision, its flips and a map of 40 x 30 decisions: in Chromium, the median of 15; and in Python."""
    from playwright.sync_api import sync_playwright

    from proctor.leaderboard.advice import prices, scenario, text
    from proctor.leaderboard.advice.data import as_json, gathered
    from proctor.leaderboard.analysis import section
    from proctor.leaderboard.runs import saved
    from proctor.leaderboard.site import render
    from tests.browsing import CHROMIUM, QUIET

    records = saved.load(Path(saved.__file__).with_name("baseline") / "embedded.json").records
    gathering, sections = _timed(lambda: gathered(section.sections(records)))
    month = scenario.Situation(prices.load().prices())
    advising, _ = _timed(lambda: list(text.advise(sections, month)))
    with sync_playwright() as driver:
        tab = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET)).new_page()
        tab.add_script_tag(content=render.script(render.DECISION))
        took = tab.evaluate(CLOCKED, as_json(sections[0]))
    python = f"Python: gathered in {gathering:.2f} s, advice {1000 * advising:.0f} ms"
    return f"{', '.join(f'{name} {ms:.1f} ms' for name, ms in took.items())}; {python}"


CLOCKED = """data => {
    const updates = Array.from({ length: 40 }, (_, n) => 0.1 * 1e4 ** (n / 39));
    const queries = Array.from({ length: 30 }, (_, n) => 1e6 ** (n / 29));
    const works = {
        decide: (month) => Decision.decide(data, month),
        flips: (month) => Decision.flips(data, month),
        advise: (month) => Decision.advise(data, month),
        map: (month) => Decision.map(data, month, updates, queries),
    };
    const clocked = (work) => Array.from({ length: 15 }, (_, n) => {
        const started = performance.now();
        work({ ...data.situation, risk: 1, updates: 1 + n / 100 });
        return performance.now() - started;
    }).sort((a, b) => a - b)[7];
    return Object.fromEntries(Object.entries(works).map(([name, work]) => [name, clocked(work)]));
}"""
"""Milliseconds of each; with all risks taken, so that everything is decided and nothing cut short."""


def page() -> str:
    """Publishing 20 systems x 25 metrics x 5,000 questions with their answers, and using the page in a browser."""
    from proctor.leaderboard.runs.store import Store
    from tests.browsing import browsing
    from tests.scale_run import Scale, make_big_run

    with tempfile.TemporaryDirectory() as folder:
        scale, run_folder, site = Scale(metrics=25), Path(folder, "run"), Path(folder, "site")
        make_big_run(run_folder, scale)
        for system in scale.settings:
            Store(run_folder).add_answers("support", "org/model-1b", system, 0, _said(scale.questions))
        publishing = (
            "import sys, pathlib as p\nfrom proctor.leaderboard.site import page\n"
            "page.publish([p.Path(sys.argv[1])], p.Path(sys.argv[2]))"
        )
        command = [sys.executable, "-c", publishing, str(run_folder), str(site)]
        seconds, _ = _timed(lambda: subprocess.run(command, cwd=ROOT, check=True))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        size = (site / "index.html").stat().st_size / 1e6
        with browsing() as browser:
            used = _used(browser, site / "index.html")
    return f"published in {seconds:.0f} s with {peak:.2f} GiB at most; {size:.2f} MB; {used}"


def _said(questions: int) -> list[tuple[Question, Answer]]:
    return [
        (
            Question(f"q{n:05}", f"What is fact {n} of {n // 5}?", (f"fact {n}",), tags=(f"kind {n % 4}",)),
            Answer(f"q{n:05}", f"fact {n}"),
        )
        for n in range(questions)
    ]


PAINTED = """async act => {
  const started = performance.now();
  const count = () => performance.getEntriesByName("shown").length;
  const before = count();
  new Function(act)();
  while (count() === before) await new Promise(done => setTimeout(done, 0));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - started;
}"""
"""Milliseconds from an act of the reader until its outcome is painted."""


def _used(browser: Any, index: Path) -> str:
    """How long a reader waits for the page, and for what is done with it; the median of five."""
    from tests.browsing import Visit

    visits = [Visit(browser, index, bypass_csp=True) for _ in range(5)]
    ready = sorted(visit.page.evaluate("performance.getEntriesByName('shown')[0].startTime") for visit in visits)[2]
    acts = {
        "sort": "State.set({ sort: 'accuracy.exact', way: State.get('way') ? '' : 'worst' })",
        "all columns": "State.set({ axis: State.get('axis') ? '' : '*' })",
        "differences": "State.set({ than: State.get('than') === 'rag' ? 'lora' : 'rag' })",
        "find a system": "State.set({ named: State.get('named') ? '' : 'rag' })",
    }
    in_list = {
        "list of answers": "State.set({ view: 'answers', than: '' })",
        "filter it": "State.set({ system: 'rag', other: 'lora', show: State.get('show') ? '' : 'flipped' })",
        "search it": "State.set({ find: State.get('find') ? '' : 'fact 77' })",
    }
    page = visits[0].page
    found = {name: sorted(page.evaluate(PAINTED, act) for _ in range(5))[2] for name, act in (acts | in_list).items()}
    return ", ".join([f"ready after {ready:.0f} ms", *(f"{name} {milliseconds:.0f} ms" for name, milliseconds in found.items())])


def _timed(work: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result
