"""``rightful license``."""

from __future__ import annotations

import sys
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import reading_option, standard_input, use_options
from rightful.cli.pages.license import (
    check_lines,
    detected_lines,
    diff_lines,
    license_lines,
    license_list_lines,
    memo_lines,
    reading_lines,
    why_lines,
)
from rightful.errors import DONE, REFUSED
from rightful.rights.uses import PROFILES, one_of

MOST_STDIN = 4_000_001
"""So much of standard input is read: more is no licence."""


@cli.group(epilog="Example: rightful license show CC-BY-NC-4.0")
def license() -> None:
    """The licence catalogue: a reading of each licence, act by act. Not legal advice."""


@license.command("list", epilog="Example: rightful license list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All reviewed licences."""
    licenses = context.store.license.list()
    context.answer(licenses, license_list_lines(licenses))


@license.command(epilog="Example: rightful license show CC-BY-NC-4.0 --reading strict")
@click.argument("license", metavar="LICENSE")
@reading_option("Only this reading. Default: the three side by side.")
@click.pass_obj
def show(context: Context, /, license: str, profile: str | None) -> None:
    """What a licence says of every act, for every purpose, in the three readings, and what its obligations mean."""
    profiles = PROFILES if profile is None else (one_of("reading", profile, PROFILES),)
    answer = context.store.license.show(license)
    context.answer(answer, license_lines(answer, profiles))


@license.command(epilog="Example: rightful license check 'MIT OR GPL-3.0-only' --use train.pretrain --accept notice")
@click.argument("expression", metavar="EXPR")
@use_options
@click.option("--allow", multiple=True, metavar="ID,ID", help="Check against this list of licences instead of a use.")
@click.pass_obj
def check(context: Context, /, expression: str, **options: Any) -> int:
    """What a licence expression, alias or deed address permits. Exit 3 unless it permits.

    EXPR - reads one expression per line from stdin and answers a JSON array in that order (exit 0). With --allow an OR
    is satisfied by one listed licence, an AND by all.
    """
    if expression == "-":
        context.as_json = True
        lines = [line.rstrip("\n") for line in sys.stdin or ()]
        context.answer(context.store.license.check(lines, **options), [])
        return DONE
    answer = context.store.license.check(expression, **options)
    context.answer(answer, check_lines(answer))
    return DONE if answer.decision == "permit" else REFUSED


@license.command(epilog="Example: rightful license detect LICENSE third_party/")
@click.argument("file", metavar="FILE...", nargs=-1, required=True)
@click.pass_obj
def detect(context: Context, /, file: tuple[str, ...]) -> None:
    """Which licences files are, by their texts.

    A text is recognised word for word. Where a word of substance is added, missing or changed, the answer is
    LicenseRef-unknown, with what is left over. A folder stands for all files in it, - for standard input.
    """
    rows = context.store.license.detect([standard_input(MOST_STDIN) if each == "-" else each for each in file])
    context.answer(rows, detected_lines(rows))


@license.command(epilog="Example: rightful license new LicenseRef-Acme --from CC-BY-4.0")
@click.argument("id", metavar="ID")
@click.option(
    "--from", "from_", metavar="ID", help="Start from this licence of the catalogue. Default: ID, if it is there."
)
@click.pass_obj
def new(context: Context, /, id: str, from_: str | None) -> None:
    """Draft a reading of one's own, to be edited and signed.

    It is written to STORE/licenses/ID.toml. It takes the place of the catalogue's reading once it is signed. Until
    then it only restricts.
    """
    answer = context.store.license.new(id, from_=from_)
    context.answer(answer, reading_lines(answer))


@license.command(epilog='Example: rightful license sign MIT --by "Ada Moreno, general counsel" --until 2027-11-30')
@click.argument("license", metavar="LICENSE")
@click.option("--by", required=True, metavar="NAME", help="Who answers for it: a name and a role.")
@click.option("--until", required=True, metavar="TIME", help="Until when it counts; a date is included.")
@click.option("--ground", default="", metavar="TEXT", help="On which ground it is signed, beside what the file says.")
@click.pass_obj
def sign(context: Context, /, license: str, by: str, until: str, ground: str) -> None:
    """Sign a reading of one's own, from now on.

    One that changes afterwards has to be signed again.
    LICENSE is an id or the name of a file. A file from elsewhere is put into the store. Exports that hold what is not
    permitted under it are named.
    """
    answer = context.store.license.sign(license, by=by, until=until, ground=ground)
    context.answer(answer, reading_lines(answer))


@license.command(epilog="Example: rightful license remove LicenseRef-Acme")
@click.argument("license", metavar="LICENSE")
@click.pass_obj
def remove(context: Context, /, license: str) -> None:
    """Take a reading of one's own out of the store.

    The catalogue's counts again. LICENSE is an id or the name of a file. Exports that hold what is not permitted
    without it are named.
    """
    answer = context.store.license.remove(license)
    context.answer(answer, reading_lines(answer))


@license.command(epilog="Example: rightful license memo CC-BY-ND-4.0 -o memo.md")
@click.argument("expression", metavar="EXPR")
@click.option("-o", "--out", metavar="FILE", help="Write the page to this new file.")
@click.option("--as-of", metavar="TIME", help="The instant to read for. Default: now.")
@click.pass_obj
def memo(context: Context, /, expression: str, out: str | None, as_of: str | None) -> None:
    """A page for counsel: what a licence says, and what is open.

    It has the verdicts act by act with their clauses, and who read the text when. It is Markdown of 80 columns; of an
    expression there is a part for each licence, and one for all together.
    """
    answer = context.store.license.memo(expression, as_of=as_of, out=out)
    context.answer(answer, memo_lines(answer))


@license.command(epilog="Example: rightful license diff older-catalogue/")
@click.argument("a", metavar="[A]", required=False)
@click.argument("b", metavar="[B]", required=False)
@click.pass_obj
def diff(context: Context, /, a: str | None, b: str | None) -> None:
    """What two catalogues or readings say otherwise.

    Each is the folder of a catalogue, a folder of readings, or the file of one. A is the shipped catalogue by
    default, B the one that this store goes by. Readings count as if they were signed.
    """
    answer = context.store.license.diff(a, b)
    context.answer(answer, diff_lines(answer))


@license.command(
    short_help="As check, with the clause and the rationale of every licence.",
    epilog="Example: rightful license why CC-BY-NC-4.0 --use train.pretrain",
)
@click.argument("expression", metavar="EXPR")
@use_options
@click.pass_obj
def why(context: Context, /, expression: str, **options: Any) -> int:
    """As check, with the clause and the rationale of every licence for every act requested. Exit 3 unless it
    permits."""
    answer = context.store.license.why(expression, **options)
    context.answer(answer, why_lines(answer))
    return DONE if answer.decision == "permit" else REFUSED
