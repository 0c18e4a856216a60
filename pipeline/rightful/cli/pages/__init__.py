"""Answers as lines and pages for people. Floor 11: pure formatters."""
