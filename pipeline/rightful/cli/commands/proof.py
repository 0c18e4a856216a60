"""``rightful proof``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.proof import proof_lines


@cli.command(epilog="Example: rightful proof 3c2911a218c72799e00c33c0b9addfc7 out/ -o proof.json")
@click.argument("record", metavar="RECORD")
@click.argument("export", metavar="EXPORT")
@click.option("--key", metavar="FILE", help="Sign it with this private key; then -o is needed.")
@click.option("-o", "out", metavar="FILE", help="The file to write, which must not be there.")
@click.pass_obj
def proof(context: Context, /, record: str, export: str, key: str | None, out: str | None) -> None:
    """That a record is in an export (its id or folder) or is not, for whoever has neither.

    It needs the manifest alone, or your public key where it is signed, and discloses no other record. Check it with
    `rightful verify-receipt`, or by hand: docs/withdrawal.md has how.
    """
    answer = context.store.proof(record, export, key=key, out=out)
    context.answer(answer, proof_lines(answer))
