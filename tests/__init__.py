"""Tests of Proctor itself. A package of its own, because ppi-python installs one of the same name."""
