"""The environment that third-party libraries find."""

from __future__ import annotations

import os

import pytest

from proctor.core import environment


@pytest.mark.parametrize(
    ("theirs", "found"),
    [({}, "3000"), ({"GOMP_SPINCOUNT": "100"}, "100"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_threads_fall_asleep_soon_unless_the_user_says_otherwise(monkeypatch, theirs, found):
    monkeypatch.setattr(os, "environ", dict(theirs))
    environment.patient()
    assert os.environ.get("GOMP_SPINCOUNT") == found


def test_loading_a_local_data_set_tells_no_server(monkeypatch):
    from datasets import config

    assert environment.SETTINGS["HF_UPDATE_DOWNLOAD_COUNTS"] == "0"
    assert config.HF_UPDATE_DOWNLOAD_COUNTS is False, "conftest.py calls quiet() before anything loads datasets"
