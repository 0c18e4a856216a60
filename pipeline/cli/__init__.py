"""The command line: thin hands. Floor 6: parse, call one verb, print."""

from __future__ import annotations

from pipeline.cli.app import main

__all__ = ["main"]
