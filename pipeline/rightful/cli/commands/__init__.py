"""One file a command; importing this package adds them all to the group. Floor 11."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from rightful.cli.app import cli

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["cli"]
