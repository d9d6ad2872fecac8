"""Imports all of an installed Proctor, and sees to it that none of it comes from a checkout: `python clean.py CHECKOUT`."""

import importlib
import pkgutil
import sys
from pathlib import Path

import proctor

names = [one.name for one in pkgutil.walk_packages(proctor.__path__, "proctor.")]
left_out = ("__main__", "proctor.models.tiny.recipe", "proctor.suites.test_")
modules = [importlib.import_module(name) for name in names if not any(part in name for part in left_out)]
checkout = Path(sys.argv[1]).resolve()
foreign = [one.__name__ for one in modules if Path(one.__file__ or "").resolve().is_relative_to(checkout)]
assert not foreign, f"from the checkout: {', '.join(foreign)}"
assert (Path(proctor.__file__).parent / "py.typed").is_file()
print(f"{len(modules)} modules of {Path(proctor.__file__).parent}")
