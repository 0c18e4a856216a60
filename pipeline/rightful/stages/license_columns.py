"""The columns of the rights of a record, which a store is read by. Floor 3. :mod:`rightful.stages.license` fills them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

DICT = pa.dictionary(pa.int32(), pa.string())
ADDS: tuple[pa.Field, ...] = (
    pa.field("license_declared", DICT),
    pa.field("license_concluded", DICT),
    pa.field("license_conflict", pa.bool_(), nullable=False),
    pa.field("rights_id", DICT, nullable=False),
    pa.field("attribution", pa.string()),
    pa.field("subject_key", pa.binary(32)),
    pa.field("subject_keys", pa.list_(pa.binary(32))),
    pa.field("collected_for", pa.list_(pa.string())),
    pa.field("personal_data", DICT, nullable=False),
    pa.field("legal_basis", DICT),
)
SAYS: Mapping[str, str] = {
    "license_declared": "The SPDX expression of the row and of the files beside it, or of the card where these state none.",
    "license_concluded": "The expression of all of them together (all hold); null where one cannot be read.",
    "license_conflict": "Card, row and files beside it state different licences; the stricter holds.",
    "rights_id": "The rights profile, a digest of the claims that decide; many records share one.",
    "attribution": "Whom to credit: the authors, otherwise the publisher of the source.",
    "subject_key": "A keyed hash of the person that the record is about, under the store's own key.",
    "subject_keys": "A keyed hash for every spelling of the persons named, a null among them where they are several.",
    "collected_for": "What the source was collected for, as the card says.",
    "personal_data": "yes, no or unknown: whether the records are about persons, as the card says; of mail never no.",
    "legal_basis": "The legal basis for personal data that the card names.",
}
