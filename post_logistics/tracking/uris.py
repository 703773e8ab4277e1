"""Names of things and places for systems outside, after the pattern of GS1 CBV 2.0 for private identifiers."""

from post_logistics.units import Postcode


def thing_uri(number: str) -> str:
    """The URI of an item or a bag: an S10 number has no GS1 form, so it is one of ours."""
    return f"urn:post-logistics:obj:{number}"


def place_uri(office: Postcode) -> str:
    """The URI of an office."""
    return f"urn:post-logistics:loc:{office}"
