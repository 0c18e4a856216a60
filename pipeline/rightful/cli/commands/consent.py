"""``rightful consent``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from rightful.cli.app import Context, cli
from rightful.cli.asking import confirmed
from rightful.cli.options import much_option
from rightful.errors import DAMAGED, DONE
from rightful.events import COLUMNS
from rightful.export import AUDIENCES, PERSON
from rightful.rights.consent import CAPACITIES, GIVEN, GRANTING, REFUSING, SELECTORS, WITHDRAWN

RECORDS_BY = {
    "record": "The record with this id or name",
    "content-sha256": "All records whose text has this SHA-256",
    "url": "The records at this address",
    "url-prefix": "All records at or below this address",
    "domain": "All records of this domain and its subdomains",
    "subject": "All records about this person",
    "source": "All records of this source",
    "text": "All records with this text: a file, or the digest of the normalised text",
    "passage": "The record that this passage is in, and what else holds it: RECORD:START+LENGTH",
    "author": "All records by this author",
    "owner": "All of this owner of repositories: SITE/OWNER, SITE/OWNER/REPOSITORY, SITE/OWNER#issues",
}
"""What each selector means in the help of a command."""

Command = TypeVar("Command", bound=Callable[..., Any])

proof_option = click.option("--proof", default="", metavar="TEXT", help="Where it can be looked up that it was said.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what it would match; change nothing.")


def _event_options(command: Command) -> Command:
    for option in reversed(
        [
            *(
                click.option(f"--{s}", multiple=True, metavar=s.upper(), help=f"{RECORDS_BY[s]}; repeatable.")
                for s in SELECTORS
            ),
            click.option("--use", multiple=True, metavar="ACT", help="Limit it to acts; repeatable."),
            click.option("--purpose", multiple=True, metavar="PURPOSE", help="Limit it to purposes; repeatable."),
            click.option("--application", multiple=True, metavar="NAME", help="Limit it to applications; repeatable."),
            click.option("--reason", default="", metavar="TEXT", help="Why; kept with the event."),
            click.option("--effective", metavar="TIME", help="When it takes effect. Default: now."),
            click.option("--deadline", metavar="TIME", help="By when what it asks for has to be done."),
            proof_option,
            dry_run_option,
            much_option,
        ]
    ):
        command = option(command)
    return command


@cli.group(epilog="Example: rightful consent withdraw --url-prefix https://example.org/mira --reason 'asked by mail'")
def consent() -> None:
    """The consent ledger: what people gave, refused and withdrew."""


@consent.command(
    short_help="Record a consent.",
    epilog="Example: rightful consent add --subject mira@example.org --use train --purpose noncommercial",
)
@_event_options
@click.option("--kind", default=GIVEN, metavar="|".join(GRANTING), help="A renewal renews what was given before.")
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
    in its own capacity. A renewal without --use is for what the newest consent with the same selector was for.
    """
    from rightful.cli.pages.consent import consent_lines, events_of, incomplete_lines, unmatched_lines

    answer = confirmed(context, lambda yes: context.store.consent.add(**options | yes), options)
    context.answer(answer, consent_lines(answer))
    context.warn([*unmatched_lines(events_of(answer)), *incomplete_lines(events_of(answer))])


@consent.command(
    short_help="Record a withdrawal.",
    epilog="Example: rightful consent withdraw --record 3c2911a218c72799e00c33c0b9addfc7",
)
@_event_options
@click.option("--kind", default=WITHDRAWN, metavar="|".join(REFUSING), help="What it is. Default: withdrawal.")
@click.pass_obj
def withdraw(context: Context, /, **options: Any) -> None:
    """Record a withdrawal: refused at once, on exact copies too, and when it is ingested again.

    So are a refusal, an opt-out, an expiry, an erasure and a takedown. Without limits a withdrawal, an erasure and a takedown
    also have the text erased, by store compact. A later consent with the same selector lifts them; nothing lifts a takedown.
    """
    from rightful.cli.pages.consent import consent_lines, early_lines, events_of, unmatched_lines

    answer = confirmed(context, lambda yes: context.store.consent.withdraw(**options | yes), options)
    context.answer(answer, consent_lines(answer))
    context.warn([*unmatched_lines(events_of(answer)), *early_lines(events_of(answer))])


@consent.command(
    short_help="Undo an event that was a mistake.",
    epilog="Example: rightful consent annul e-3c2911a218c72799 --reason 'another Mira'",
)
@click.argument("event", metavar="EVENT")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the event.")
@proof_option
@dry_run_option
@much_option
@click.pass_obj
def annul(context: Context, /, event: str, **options: Any) -> None:
    """Undo an event that was recorded by mistake: it counts no more from now on, and both stay on record.

    Somebody who changed their mind gives a consent (add), or withdraws it: an annulment says that nobody ever meant it.
    """
    from rightful.cli.pages.consent import consent_lines

    answer = confirmed(context, lambda yes: context.store.consent.annul(event, **options | yes), options)
    context.answer(answer, consent_lines(answer))


@consent.command(
    "import",
    short_help="Record the events of a file.",
    help=f"""Record the events of a CSV, JSONL or Parquet file in one commit.

    Columns: {", ".join(COLUMNS)}. Rows that are wrong are named and left out (exit {DAMAGED}).

    Lists of opt-outs are read as well: domains, one a line (.txt), a list by user of GitHub (.json), a table with one
    column named after a selector; and consent records and receipts in DPV, of ISO/IEC TS 27560 (.json, .jsonld).
    """,
    epilog="Example: rightful consent import opt-outs.csv",
)
@click.argument("file", metavar="FILE")
@dry_run_option
@much_option
@click.pass_obj
def import_(context: Context, /, file: str, **options: Any) -> int:
    """Record the events of a file in one commit."""
    from rightful.cli.pages.consent import import_lines, incomplete_lines

    answer = confirmed(context, lambda yes: context.store.consent.import_(file, **options | yes), options)
    context.answer(answer, import_lines(answer))
    context.warn(incomplete_lines(answer["incomplete"]))
    return DAMAGED if answer.errors else DONE


@consent.command("list", short_help="All events, oldest first.", epilog="Example: rightful consent list --json")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All events, oldest first. Persons are named by the store's hash only."""
    from rightful.cli.pages.consent import event_lines

    events = context.store.consent.list()
    context.answer(events, event_lines(events))


@consent.command(
    short_help="What an event caused, and what remains open.",
    epilog="Example: rightful consent receipt e-8c1f9f5f9f0c6f5a --key key.pem -o receipt.dsse.json",
)
@click.argument("event", metavar="EVENT")
@click.option(
    "--for", "audience", default=PERSON, show_default=True, metavar="|".join(AUDIENCES), help="Who is to read it."
)
@click.option("--key", metavar="FILE", help="Sign it with this private key; then -o is needed.")
@click.option("-o", "out", metavar="FILE", help="The file to write: .md is a page, anything else JSON.")
@click.pass_obj
def receipt(context: Context, /, event: str, audience: str, key: str | None, out: str | None) -> None:
    """What was asked, matched and done, when, in which exports and assets, and what remains open. It shows no text.

    An authority is also told folders, shards, snapshots and the head of the ledger's chain. A signed receipt is checked
    with `rightful verify-receipt FILE --key PUB`, by anybody.
    """
    from rightful.cli.pages.consent import receipt_lines

    answer = context.store.consent.receipt(event, audience=audience, key=key, out=out)
    context.answer(answer, receipt_lines(answer))
