"""``rightful signal``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import Command, yes_option
from rightful.cli.pages.signal import check_lines, refresh_lines, wanted_lines
from rightful.errors import DAMAGED, DONE
from rightful.rights.bases import AT_THE_LOCATION
from rightful.signals.web.kinds import KINDS


@cli.group(epilog="Example: rightful signal wanted --protocol robots -o hosts.csv")
def signal() -> None:
    """What signals say, newer captures of hosts and pages, and where nobody looked."""


@signal.command(
    short_help="What a signal says, act by act.",
    epilog="Example: rightful signal check robots.txt --kind robots --url https://example.org/a --agent ExampleBot",
)
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--kind", required=True, metavar="KIND", help=f"One of {', '.join(KINDS)}.")
@click.option(
    "--url",
    default="",
    metavar="URL",
    help="The address that is asked about. Default: the root; of tdmrep and rsl all that is stated.",
)
@click.option(
    "--agent", default="", metavar="NAME", help="A crawler; of robots.txt: is it let in, and what its group prefers."
)
@click.option(
    "--on", metavar="DATE", help="The day on which it was seen. Default: every reading that a label ever had."
)
@click.option("--cases", metavar="FILE", help="In place of FILE: a JSON list of {text, url, agent}, answered in order.")
@click.pass_obj
def check(context: Context, /, file: str | None, cases: str | None, **options: Any) -> None:
    """What a signal says, act by act: reserved, left open, or not reserved; each act once, the strictest.

    - in place of a file reads from stdin. No store is needed and nothing is fetched. That something is not reserved permits nothing.
    With --cases the answer is a JSON array.
    """
    answer = context.store.signal.check(_or_stdin(file), cases=_or_stdin(cases), **options)
    if isinstance(answer, Mapping):
        context.answer(answer, check_lines(answer))
    else:
        context.as_json = True
        context.answer(answer, [])


def _or_stdin(file: str | None) -> str | bytes | None:
    return sys.stdin.buffer.read() if file == "-" else file


def _captures(name: str, what: str) -> Callable[[Command], Command]:
    return click.option(f"--{name}", multiple=True, metavar="PATH", help=what)


@signal.command(
    short_help="Read newer captures for what is in the store.",
    epilog="Example: rightful signal refresh --robots robots/ --on 2026-11-03",
)
@_captures("robots", "Captures of robots.txt: a folder of HOST.txt or HOST/robots.txt, or a table; repeatable.")
@_captures("tdmrep", "Captures of tdmrep.json: a folder of HOST.json or HOST/tdmrep.json, or a table; repeatable.")
@_captures("headers", "Response headers: a table of url and headers; repeatable.")
@_captures("html", "Pages: a table of url and body; repeatable.")
@_captures("terms", "Terms of use: a folder of HOST.txt or HOST/terms.txt, or a table; repeatable.")
@click.option("--list", metavar="FILE", help="Domains, one a line, meant with their subdomains; says --result of all.")
@click.option("--protocol", metavar="robots|tdmrep|terms", help="What the list is about.")
@click.option(
    "--result", metavar="found|absent", help="What the list says: something is reserved there, or nothing is."
)
@click.option("--on", metavar="DATE", help="When they were observed, where they do not say so.")
@click.option("--by", default="", metavar="NAME", help="Who looked.")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@yes_option
@click.pass_obj
def refresh(context: Context, /, **options: Any) -> int:
    """Read newer captures for the locations that the store has records of. Nothing is fetched.

    Tables (.jsonl, .csv, .parquet) have the columns host or url, observed_at, status, body, headers, by. 404 and 410 say
    that a host has no such file; other answers than 2xx are none. What was observed before stays: of each protocol and
    location the newest that could be read counts.
    """
    answer = context.store.signal.refresh(**options)
    context.answer(answer, refresh_lines(answer))
    return DAMAGED if answer.errors else DONE


@signal.command(
    short_help="Hosts that nobody looked at, or only long ago.",
    epilog="Example: rightful signal wanted --older-than 90 -o wanted.csv",
)
@click.option(
    "--protocol", multiple=True, metavar="|".join(AT_THE_LOCATION), help="Repeatable. Default: robots and tdmrep."
)
@click.option("--older-than", type=int, metavar="DAYS", help="Too long ago. Default: observed_within of the policy.")
@click.option("-o", "--out", metavar="FILE", help="All of them: .jsonl, .csv, .parquet, or .txt with a url a line.")
@click.option("--limit", type=int, default=100, show_default=True, metavar="N", help="Show at most this many.")
@click.pass_obj
def wanted(context: Context, /, **options: Any) -> None:
    """Hosts that nobody looked at, or only long ago, most records first: what a fetcher should get next.

    Of headers and html these are addresses.
    """
    answer = context.store.signal.wanted(**options)
    context.answer(answer, wanted_lines(answer))
