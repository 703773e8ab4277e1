"""Who posts: a shop with a store where its parcels are picked up and an account into which its money is paid."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from post_logistics.units import MerchantId

_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop that posts. ``payout_account`` is empty while none is known: then only small sums are paid, in cash."""

    merchant_id: MerchantId
    name: str
    store_address: str
    payout_account: str
    registered_at: datetime


def merchant_id_of(name: str) -> MerchantId:
    """The identifier of a shop, made from its name: the same name, however spaced or cased, gives the same one.

    A name that its Latin letters and digits do not tell whole gets 40 bits of its digest as well, so that "A & B" and
    "A + B", or two branches with long names, stay two shops.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).casefold().split())
    slug = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", clean)).strip("-")
    if slug == clean.replace(" ", "-") and "-" not in clean and len(slug) <= _LONGEST_ID:
        return MerchantId(slug)
    digest = hashlib.blake2b(clean.encode(), digest_size=5).hexdigest()
    return MerchantId(f"{slug[: _LONGEST_ID - 11].strip('-') or 'm'}-{digest}")
