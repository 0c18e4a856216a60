"""Secrets: keys by prefix and form; no samples, placeholders or sentences about keys. All made up here, at run time."""

from __future__ import annotations

import base64
import random
import string

import pytest

from rightful.stages.pii.stage import GROUPS, PersonalData, spans_of

_CHANCE = random.Random(4)
_ALPHANUMERIC = string.ascii_letters + string.digits


def drawn(size: int, letters: str = _ALPHANUMERIC) -> str:
    return "".join(_CHANCE.choices(letters, k=size))


def jwt() -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890","name":"A"}', _CHANCE.randbytes(32))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def key_block(kind: str = "RSA ") -> str:
    body = base64.b64encode(_CHANCE.randbytes(300)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"


# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "aws_key": ["AKIA" + drawn(16, string.ascii_uppercase + "234567")],
    "github_token": ["gh" + "p_" + drawn(36), "github" + "_pat_" + drawn(22) + "_" + drawn(59)],
    "gitlab_token": ["gl" + "pat-" + drawn(20)],
    "google_api_key": ["AI" + "za" + drawn(35)],
    "huggingface_token": ["h" + "f_" + drawn(34)],
    "jwt": [jwt()],
    "npm_token": ["np" + "m_" + drawn(36)],
    "openai_key": ["s" + "k-" + drawn(48), "s" + "k-proj-" + drawn(60)],
    "private_key": [key_block(), key_block(""), key_block("OPENSSH "), key_block().replace("\n", "\\n")],
    "pypi_token": ["py" + "pi-AgE" + drawn(80)],
    "sendgrid_key": ["SG" + "." + drawn(22) + "." + drawn(43)],
    "slack_token": ["xo" + "xb-" + drawn(12, "0123456789") + "-" + drawn(24),
                    "hooks.slack.com/services/T" + "0" * 4 + "K1234/B9X8Y7Z6W/" + drawn(24)],
    "stripe_key": ["s" + "k_live_" + drawn(24)],
}  # fmt: skip


def found(text: str, **settings: object) -> list[tuple[str, str]]:
    spans = spans_of([text], PersonalData(**settings))[0]  # type: ignore[arg-type]
    return [(s.type, text[s.start : s.stop]) for s in spans or ()]


@pytest.mark.parametrize(("kind", "secret"), [(k, s) for k, rows in SECRETS.items() for s in rows])
def test_secret_is_found_alone_and_in_code(kind: str, secret: str) -> None:
    for text in (secret, f'key = "{secret}"\n', f"\u00e9 # {secret}\nnext"):
        assert found(text) == [(kind, secret)]


@pytest.mark.parametrize("kind", sorted(GROUPS["secret"]))
def test_secret_type_has_an_example_here(kind: str) -> None:
    assert kind in SECRETS or kind == "url_credentials"


def test_secret_in_an_address_is_the_part_before_the_host() -> None:
    assert found("get postgres://app:s3cr3tpw@db.internal:5432/x") == [("url_credentials", "app:s3cr3tpw")]
    for harmless in ("http://host:80/a@b", "https://user@host.org/x", "redis://:${PASSWORD}@host", "http://a:<pw>@b.c"):
        assert [kind for kind, _ in found(harmless) if kind == "url_credentials"] == []


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7" + "EXAMPLE",
        "ghp_" + "x" * 36,
        "AI" + "za" + "A" * 35,
        "sk-" + "button-primary-large-rounded-with-shadow",
        "-----BEGIN RSA PRIVATE KEY-----",
        "a file that begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----",
        "eyJhbGciOi" + "x" * 20 + ".eyJ" + "x" * 20 + "." + "x" * 20,
        "my_glpat-" + "short",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "550e8400-e29b-41d4-a716-446655440000",
        "prefix" + "np" + "m_" + "a" * 36,
    ],
)
def test_secret_placeholder_or_look_alike_is_not_found(text: str) -> None:
    assert found(text) == []


def test_secret_assignment_is_found_only_where_it_is_asked_for() -> None:
    password = drawn(24)
    for written in (f'password = "{password}"', f"api_key: '{password}'", f'"token": "{password}"'):
        assert found(written) == []
        assert found(written, look_for="default secret_assignment") == [("secret_assignment", password)]
    for harmless in ('password = "changeme"', 'token = "your-token-here-please"', 'secret = "aaaaaaaaaaaa"'):
        assert found(harmless, look_for="all") == []
