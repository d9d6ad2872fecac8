"""The environment that third-party libraries find."""

from __future__ import annotations

import os

import pytest

from evals import quiet


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        ({}, "passive"),
        ({"OMP_WAIT_POLICY": "active"}, "active"),
        ({"GOMP_SPINCOUNT": "100"}, None),
    ],
)
def test_threads_wait_asleep_unless_the_user_says_otherwise(monkeypatch, theirs, found):
    monkeypatch.setattr(os, "environ", dict(theirs))
    quiet.patient()
    assert os.environ.get("OMP_WAIT_POLICY") == found
