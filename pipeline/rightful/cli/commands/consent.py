"""``rightful consent``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from rightful.cli.app import DAMAGED, Context, cli
from rightful.cli.options import yes_option
from rightful.cli.pages.lines import (
    consent_lines,
    export_lines_of,
    incomplete_lines,
    number,
    plain,
    table,
    unmatched_lines,
)
from rightful.errors import InputError
from rightful.events.consents import Request
from rightful.notation.times import instant
from rightful.rights.consent import CAPACITIES, SELECTORS

Command = TypeVar("Command", bound=Callable[..., Any])


def _event_options(command: Command) -> Command:
    for option in reversed(
        [
            *(
                click.option(f"--{s}", multiple=True, metavar=s.upper(), help=f"Records by {s}; repeatable.")
                for s in SELECTORS
            ),
            click.option("--use", multiple=True, metavar="ACT", help="Limit it to acts; repeatable."),
            click.option("--purpose", multiple=True, metavar="PURPOSE", help="Limit it to purposes; repeatable."),
            click.option("--application", multiple=True, metavar="NAME", help="Limit it to applications; repeatable."),
            click.option("--reason", default="", metavar="TEXT", help="Why; kept with the event."),
            click.option("--effective", metavar="TIME", help="When it takes effect. Default: now."),
            click.option("--dry-run", is_flag=True, help="Say what it would match; change nothing."),
            yes_option,
        ]
    ):
        command = option(command)
    return command


@cli.group(epilog="Example: rightful consent withdraw --url-prefix https://example.org/mira --reason 'asked by mail'")
def consent() -> None:
    """The consent ledger: what people gave, refused and withdrew."""


@consent.command(epilog="Example: rightful consent add --subject mira@example.org --use train --purpose noncommercial")
@_event_options
@click.option("--until", metavar="TIME", help="When it ends.")
@click.option("--perpetual", is_flag=True, help="It has no end until it is withdrawn.")
@click.option("--party", default="", metavar="NAME", help="To whom it is given.")
@click.option(
    "--given-by",
    multiple=True,
    metavar="|".join(CAPACITIES),
    help="In which capacity; repeatable. Default: data_subject.",
)
@click.pass_obj
def add(context: Context, /, **options: Any) -> None:
    """Record a consent: of persons to whom the data relate, or of authors and rights holders.

    As data_subject it lets personal data be used for what it names, and it is a ceiling: other uses are refused. It is no
    licence. As rights_holder it is a grant beside the licence, if it names --party, --use, --purpose, and --until or
    --perpetual. A purpose that is not named is not granted. A later consent with the same selector lifts a withdrawal,
    in its own capacity.
    """
    _record(context, "grant", options)


@consent.command(epilog="Example: rightful consent withdraw --record 3c2911a218c72799e00c33c0b9addfc7")
@_event_options
@click.pass_obj
def withdraw(context: Context, /, **options: Any) -> None:
    """Record a withdrawal: refused at once, on exact copies too, and when it is ingested again."""
    _record(context, "withdrawal", options)


@consent.command("import", epilog="Example: rightful consent import opt-outs.csv")
@click.argument("file", metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Say what it would match; change nothing.")
@yes_option
@click.pass_obj
def import_(context: Context, /, file: str, dry_run: bool, yes: bool) -> int:
    """Record the events of a CSV, JSONL or Parquet file in one commit.

    Columns: kind, selector, value, use, purpose, application, effective, until, perpetual, party, given_by, reason. Rows
    that are wrong are named and left out (exit 4).
    """
    answer = context.store.consent_import(file, dry_run=dry_run, yes=yes)
    to_do = answer["rows"] - answer["known"] - len(answer["errors"])
    applied = f"{number(to_do)} would be applied" if dry_run else f"{number(answer['applied'])} applied"
    lines = [
        f"{number(answer['rows'])} rows: {applied}, {number(answer['known'])} on record already,"
        f" {number(answer['unmatched'])} match nothing yet,"
        f" {number(len(answer['errors']))} wrong; {number(answer['matched']['records'])} records matched"
    ]
    lines += export_lines_of(answer)
    lines += [f"  row {e['row']}: {plain(e['reason'])}" for e in answer["errors"][:20]]
    context.answer(answer, lines)
    for line in [] if context.quiet else incomplete_lines(answer["incomplete"]):
        click.echo(line, err=True)
    return DAMAGED if answer["errors"] else 0


@consent.command("list", epilog="Example: rightful consent list --json")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All events, oldest first. Persons are named by the store's hash only."""
    events = context.store.consent_list()
    rows = [
        (
            *(e["event"], e["kind"], e["selector"], plain(e["shown"], 70), e["effective"]),
            *(", ".join(e["given_by"]), plain(e["reason"], 40)),
        )
        for e in events
    ]
    head = ("event", "kind", "by", "value", "effective", "given by", "reason")
    context.answer(events, table(rows, head) if rows else ["no events"])


def _record(context: Context, /, kind: str, options: dict[str, Any]) -> None:
    requests = [
        Request(
            kind=kind,
            selector=selector,
            value=context.store.record_id(value) if selector == "record" else value,
            acts=options["use"],
            purposes=options["purpose"],
            applications=options["application"],
            effective=instant(options["effective"], "--effective") if options["effective"] else None,
            valid_until=instant(options["until"], "--until") if options.get("until") else None,
            reason=options["reason"],
            party=options.get("party", ""),
            given_by=tuple(word for said in options.get("given_by", ()) for word in re.split(r"[,;\s]+", said) if word),
            perpetual=options.get("perpetual", False),
        )
        for selector in SELECTORS
        for value in options[selector.replace("-", "_")]
    ]
    if not requests:
        raise InputError("names no records", subject="consent", hint="one of " + ", ".join(f"--{s}" for s in SELECTORS))
    answers = context.store.consent(requests, dry_run=options["dry_run"], yes=options["yes"])
    if len(answers) == 1:
        data: dict[str, Any] = answers[0]
    else:
        data = {
            **answers[0],
            "matched": answers[0]["together"],
            "unmatched": any(a["unmatched"] for a in answers),
            "exports": list(dict.fromkeys(e for a in answers for e in a["exports"])),
            "events": answers,
        }
    context.answer(data, [*consent_lines(answers), *export_lines_of(data)])
    for line in [] if context.quiet else [*unmatched_lines(answers), *incomplete_lines(answers)]:
        click.echo(line, err=True)
