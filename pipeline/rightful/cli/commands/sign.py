"""``rightful sign``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.sign import sign_lines


@cli.command(epilog="Example: rightful sign out/ --key key.pem")
@click.argument("export", metavar="EXPORT")
@click.option("--key", metavar="FILE", required=True, help="Your private key: Ed25519, PEM, without a passphrase.")
@click.pass_obj
def sign(context: Context, /, export: str, key: str) -> None:
    """Sign an export (its id or folder): a file beside its manifest, which no later one changes.

    What is signed is an in-toto statement (DSSE) about the manifest and all files that it lists. The key stays yours: the
    store never has it.
    """
    answer = context.store.sign(export, key=key)
    context.answer(answer, sign_lines(answer))
