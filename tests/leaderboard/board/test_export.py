"""The board as a table of columns: the values of leaderboard.json, with types, for any tool to read."""

from __future__ import annotations

import io
import json

import pytest

from proctor.leaderboard.board.board import Board, board
from proctor.leaderboard.runs.store import Store, read
from proctor.leaderboard.site import export
from proctor.leaderboard.site.page import publish
from tests.sample_run import Sample, make_run, record


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    return publish([make_run(folder / "run", Sample(seeds=2))], folder / "site").parent


def read_rows(file):
    """The rows of a Parquet file, given by its path or its bytes."""
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(file) if isinstance(file, bytes) else file).to_pylist()


def test_the_parquet_file_holds_what_leaderboard_json_holds(site):
    cells = json.loads((site / "leaderboard.json").read_text())["cells"]
    rows = read_rows(site / "leaderboard.parquet")
    assert len(rows) == len(cells)
    for row, cell in zip(rows, cells, strict=True):
        comparable, cautions = row.pop("comparable"), row.pop("cautions")
        assert (comparable, cautions) == ((True, []) if cell["comparable"] is True else (False, cell["comparable"]))
        assert row == {name: value for name, value in cell.items() if name not in ("comparable", "cautions")}
    assert {tuple(row["cautions"]) for row in read_rows(site / "leaderboard.parquet")} == {
        (),
        ("it reads passages and was trained without any",),
    }


def test_its_columns_have_types_even_where_all_is_missing(site):
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = pq.read_schema(site / "leaderboard.parquet")
    empty = pq.read_schema(io.BytesIO(export.as_parquet(Board({}, ()))))
    assert found.remove_metadata() == empty.remove_metadata()
    kinds = {name: found.field(name).type for name in found.names}
    assert {kinds[name] for name in ("value", "ci_low", "ci_high", "seed_sd", "corrected")} == {pa.float64()}
    assert {kinds[name] for name in ("n", "clusters", "seeds", "expected", "failed")} == {pa.int64()}
    assert {kinds[name] for name in ("best", "tied", "comparable")} == {pa.bool_()}
    assert kinds["cautions"] == pa.list_(pa.string())
    assert {kinds[name] for name in ("suite", "better", "status", "method", "reason")} == {pa.string()}


def test_pandas_reads_it_and_missing_is_not_zero(site):
    import pandas as pd

    frame = pd.read_parquet(site / "leaderboard.parquet").set_index(["system", "metric"])
    assert frame.loc[("base", "faithfulness.retrieved"), "value"] != 0
    assert pd.isna(frame.loc[("base", "faithfulness.retrieved"), "value"])
    assert frame.loc[("rag", "accuracy.exact"), "n"] == 60


@pytest.mark.slow
def test_texts_stay_as_they_are_but_for_half_pairs_which_no_such_file_can_hold(hostile_site):
    cells = json.loads((hostile_site / "leaderboard.json").read_text())["cells"]
    rows = read_rows(hostile_site / "leaderboard.parquet")
    for row, cell in zip(rows, cells, strict=True):
        assert row["system"] == cell["system"].replace("\ud800", "?")
    assert "half a pair \ud800" in {cell["system"] for cell in cells}
    assert '=HYPERLINK("//example.org")' in {row["system"] for row in rows}


def test_unknown_fairness_is_null(small):
    found = board([read(small)])
    rows = read_rows(export.as_parquet(Board({}, tuple(cell for cell in found.cells))))
    assert None not in [row["comparable"] for row in rows]
    nobody = [type(cell)(**vars(cell) | {"comparable": None}) for cell in found.cells]
    rows = read_rows(export.as_parquet(Board({}, tuple(nobody))))
    assert {(row["comparable"], tuple(row["cautions"])) for row in rows} == {(None, ())}


def test_a_caution_is_in_every_file(tmp_path):
    Store(tmp_path).add([record("accuracy.exact", "a"), record("accuracy.exact", "b", caution="the answer was cut off")])
    found = board([read(tmp_path)])
    (row,) = read_rows(export.as_parquet(found))
    assert row["cautions"] == ["the answer was cut off (1 of 2)"]
    (cell,) = json.loads(export.as_json(found))["cells"]
    assert cell["cautions"] == [{"count": 1, "of": 2, "reason": "the answer was cut off"}]
    assert "the answer was cut off (1 of 2)" in export.as_csv(found)
