"""Imports every module of the package, those too that a command imports late: for a process that others are forked from."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import rightful

for _module in pkgutil.walk_packages(rightful.__path__, "rightful."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
gc.collect()
gc.freeze()
