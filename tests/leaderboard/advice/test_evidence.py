"""What a decision is made from: covariances against another's and against resampling, coverage, and the way to JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.core.schema import InputError
from proctor.evals.stats.intervals import expanded_percentiles, resampled_sums, standard_error
from proctor.leaderboard import advised
from proctor.leaderboard.advice import covariance
from proctor.leaderboard.advice import data as gathering
from proctor.leaderboard.advice.data import gathered
from proctor.leaderboard.advice.estimates import QUALITY, Evidence
from proctor.leaderboard.advice.options import DecisionProblem, Option
from proctor.leaderboard.advice.prices import Paid, load
from proctor.leaderboard.advice.scenario import Prices, Situation
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.analysis.series import Series
from proctor.leaderboard.runs import saved
from proctor.leaderboard.runs.records import Records, grouped
from tests.sample_run import record

SHIPPED = Path(saved.__file__).parents[1] / "baseline" / "embedded.json"
EACH = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1)), min_size=1, max_size=60, unique_by=lambda pair: pair[0])


@pytest.fixture(scope="module")
def shipped():
    run = saved.load(SHIPPED)
    return replace(run, records=run.records.where(lambda about: about.suite == "instruments"))


def series(values, clusters, metric="accuracy.exact", system="rag"):
    """A column; an item's name is its place in ``clusters``."""
    return Series(Records.of([record(metric, f"{n:04}", v, cluster=f"c{clusters[n]}", system=system) for n, v in values]))


def evidence(columns):
    (found,) = gathered(sections([r for column in columns for r in column.records]))
    return found


# Covariances.


@settings(max_examples=40)
@given(EACH, EACH, st.lists(st.integers(0, 12), min_size=31, max_size=31))
def test_covariances_are_those_of_a_regression_on_dummies(mine, theirs, clusters):
    """Cluster-robust ones of statsmodels, without its factor for few clusters, which is another for each column."""
    from statsmodels.api import OLS
    from statsmodels.stats.sandwich_covariance import cov_cluster

    columns = [series(mine, clusters), series(theirs, clusters, "updates.fresh")]
    values = np.array([value for _, value in (*mine, *theirs)], float)
    dummies = np.zeros((len(values), 2))
    dummies[: len(mine), 0] = dummies[len(mine) :, 1] = 1
    names = np.array([clusters[place] for place, _ in (*mine, *theirs)])
    counts = np.array([len({clusters[place] for place, _ in column}) for column in (mine, theirs)], float)
    factor = np.sqrt([count / (count - 1) if count > 1 else 0.0 for count in counts])
    expected = cov_cluster(OLS(values, dummies).fit(), names, use_correction=False) * np.outer(factor, factor)
    assert covariance.covariance(columns) == pytest.approx(expected, abs=1e-12)


def test_one_mean_has_the_error_that_it_has_everywhere(shipped):
    for (metric, _, _), rows in grouped(shipped.records, "metric", "system", "base_model").items():
        column = Series(rows)
        if metric in QUALITY and column.values:
            error, _ = standard_error(list(column.values.values()), [column.clusters[item] for item in column.values])
            assert covariance.covariance([column])[0, 0] == pytest.approx(error**2, abs=1e-15)


def test_a_difference_over_the_same_questions_is_about_as_sure_as_the_paired_one():
    """Its ends come from the two intervals, and those of the pair from the question-by-question differences."""
    generator = np.random.default_rng(0)
    clusters = [place // 4 for place in range(120)]
    mine, theirs = (list(enumerate((generator.random(120) < share).astype(float))) for share in (0.8, 0.6))
    found = evidence([series(mine, clusters), series(theirs, clusters, system="lora")])
    gap = found.mixed({("accuracy.exact", "rag"): 1.0, ("accuracy.exact", "lora"): -1.0})
    pair = series(mine, clusters).against(series(theirs, clusters, system="lora")).difference
    assert (gap.low, gap.high) == pytest.approx((pair.low, pair.high), abs=0.015)


def test_a_mean_alone_has_the_interval_that_it_has_in_the_table():
    """With one seed and with three, of which the training noise counts once."""
    for seeds in (1, 3):
        rows = [
            record("accuracy.exact", f"q{n}", float((n * 0.618034 + 0.01 * seed) % 1 < 0.8), cluster=f"c{n // 4}", seed=seed)
            for n in range(120)
            for seed in range(seeds)
        ]
        table = Series(Records.of(rows)).interval
        assert ("training noise" in table.method) == (seeds > 1)
        (found,) = gathered(sections(rows))
        alone = found.mixed({("accuracy.exact", "rag"): 1.0})
        assert (alone.value, alone.low, alone.high) == pytest.approx((table.value, table.low, table.high), abs=1e-8)
        whole = DecisionProblem(found, Situation(Prices(0, 0), updates=0)).weigh(Option("rag", "as it is")).quality
        assert (whole.low, whole.high) == pytest.approx((table.low, table.high), abs=1e-8)


# How often intervals hold the truth.


def asked(generator, clusters, fresh):
    """1 to 9 questions a document about what stays, and one about what changed in some of them; alike within a document."""
    known = 0.6 * generator.normal(size=clusters)
    stays = [cluster for cluster in range(clusters) for _ in range(generator.integers(1, 10))]
    for metric, names in (("accuracy.exact", stays), ("updates.fresh", list(range(fresh)))):
        yield metric, known[names] + 0.8 * generator.normal(size=len(names)), names


def of_columns(columns):
    """Evidence as `gathered` makes it, of what is measured in amounts."""
    names = [(column.records[0].metric, column.records[0].system) for column in columns]
    figures = dict(zip(names, (column.interval for column in columns), strict=True))
    rows = dict(zip(names, covariance.covariance(columns).tolist(), strict=True))
    return Evidence("s", "m", None, {}, figures, frozenset(), {name: {0: figures[name].value} for name in names}, rows)


DRAWS = 120


@cache
def trials(clusters, fresh):
    """Draws of what the shares of questions are tried on, each of them on all."""
    generator, found = np.random.default_rng(7), []
    for _ in range(DRAWS):
        drawn = [(system, *about) for system in "ab" for about in asked(generator, clusters, fresh)]
        found.append(of_columns([series(enumerate(values), names, metric, system) for system, metric, values, names in drawn]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("clusters", "fresh"), [(12, 10), (40, 10)])
@pytest.mark.parametrize("share", [0.2, 0.6, 1.0])
def test_intervals_of_sums_hold_the_truth_as_often_as_they_say(clusters, fresh, share):
    """Two systems and their difference, 95 % of the time: 360 trials tell it to within 3.4 points, three times their error."""
    held = 0
    for found in trials(clusters, fresh):
        a, b = ({("accuracy.exact", name): 1 - share, ("updates.fresh", name): share} for name in "ab")
        gaps = [found.mixed(weights) for weights in (a, b, a | {column: -weight for column, weight in b.items()})]
        held += sum(gap.low <= 0 <= gap.high for gap in gaps)
    assert 0.916 <= held / (3 * DRAWS) <= 0.984


def test_intervals_are_those_of_resampling_the_same_clusters(shipped):
    """4,000 resamples of all clusters, the same for all columns, their percentiles moved outwards for few clusters.

    None is much narrower. Those of shares are wider where few clusters tell how alike their questions are, which resampling
    does not allow for.
    """
    (found,) = gathered(sections(r for r in shipped.records if r.system in ("hybrid", "prompted", "rag")))
    found = replace(found, seeds={name: {0: 0.0} for name in found.seeds})  # training noise widens both alike
    drawn, count = resampled_means(shipped.records, found.covariances)
    for updates, one, other in product((0, 1, 20), found.systems, (*found.systems, "")):
        case = DecisionProblem(found, Situation(Prices(0, 0), updates=updates))
        mine, theirs = (Option(name, "as it is") if name else None for name in (one, other))
        gap = case.quality(mine, theirs)
        resampled = sum(weight * drawn[column] for column, weight in mine.quality(case.aged).items())
        resampled = resampled - sum(w * drawn[column] for column, w in (theirs.quality(case.aged) if theirs else {}).items())
        low, high = expanded_percentiles(resampled, count)
        assert -0.035 < gap.low - low < 0.01
        assert -0.01 < gap.high - high < 0.035


def resampled_means(records, names):
    columns = {name: Series(rows) for name, rows in grouped(records, "metric", "system").items() if name in names}
    clusters = sorted({cluster for column in columns.values() for cluster in column.clusters.values()})
    rows = np.zeros((len(clusters), 2 * len(columns)))
    for place, column in enumerate(columns.values()):
        for item, value in column.values.items():
            rows[clusters.index(column.clusters[item]), 2 * place : 2 * place + 2] += (value, 1)
    sums, count = resampled_sums(rows, clusters)
    return {name: sums[:, 2 * place] / sums[:, 2 * place + 1] for place, name in enumerate(columns)}, count


# As plain data.


def test_evidence_comes_back_from_json(shipped):
    found = gathered(sections(shipped.records, shipped.provenance))
    assert [gathering.of_json(json.loads(json.dumps(gathering.as_json(each)))) for each in found] == found


def test_rounding_moves_no_end_by_a_millionth(shipped, monkeypatch):
    (found,) = gathered(sections(shipped.records))
    monkeypatch.setattr(gathering, "rounded", float)
    (exact,) = gathered(sections(shipped.records))
    for updates, one, other in product((0, 1, 20), found.systems, found.systems):
        month = Situation(Prices(1, 1), updates=updates)
        a, b = (
            DecisionProblem(each, month).quality(Option(one, "as it is"), Option(other, "as it is")) for each in (found, exact)
        )
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-6)


@pytest.mark.slow
def test_the_board_holds_what_the_command_decides_from(published):
    folders, data = [published.parent / name for name in ("run", "other")], published / "leaderboard.json"
    asked = {"updates": 0}, Paid(load())
    assert advised([data], *asked) == "\n".join(advised([folder], *asked) for folder in folders)
    assert advised([data], *asked, as_data=True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"decision": [{}]}', '{"decision": 1}'])
def test_a_file_without_evidence_says_what_to_name(tmp_path, text):
    path = tmp_path / "leaderboard.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"(holds no data to decide from|not JSON).*name a run folder") as caught:
        advised([path], {}, Paid(load()))
    assert str(path) in str(caught.value)


def test_what_cannot_exist_is_told_from_what_was_not_taken():
    nothing = [record("privacy.extracted", f"{n}", None, reason="the system is not trained") for n in range(3)]
    (found,) = gathered(sections([*nothing, record("forgetting", "a", None, status="unmeasured", reason="no room")]))
    assert not found.applies("privacy.extracted", "rag")
    assert found.applies("forgetting", "rag")
    assert found.applies("style.format_followed", "rag")
    assert not found.figures
