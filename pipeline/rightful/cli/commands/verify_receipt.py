"""``rightful verify-receipt``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.verify_receipt import verify_receipt_lines
from rightful.errors import DONE, REFUSED


@cli.command(epilog="Example: rightful verify-receipt receipt.dsse.json --key public.pem")
@click.argument("file", metavar="FILE")
@click.option("--key", metavar="FILE", help="The public key of whoever signed it.")
@click.option(
    "--manifest", metavar="FILE|DIR", help="The manifest of the export that a proof, or a signature, has to be of."
)
@click.option("--of-store", metavar="ID", help="The id of the store that it has to be of: rightful store status.")
@click.pass_obj
def verify_receipt(context: Context, /, file: str, key: str | None, manifest: str | None, of_store: str | None) -> int:
    """Whether a receipt, the signature of an export or a proof is genuine. Exit 3: it is not.

    Needs no store, and of whoever made it the public key alone.
    """
    answer = context.store.verify_receipt(file, key=key, manifest=manifest, of_store=of_store)
    context.answer(answer, verify_receipt_lines(answer))
    return DONE if answer.ok else REFUSED
