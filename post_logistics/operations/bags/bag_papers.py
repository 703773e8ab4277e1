"""The papers of bags and departures, as they stand: labels, manifests. Data in, pages out."""

from post_logistics.consignments.bag_labels import BagLabel, bag_labels_pdf, bag_manifest_pdf, departure_manifest_pdf
from post_logistics.consignments.manifests import ManifestLine
from post_logistics.consignments.receptacles import parse_receptacle, spaced
from post_logistics.errors import Conflict
from post_logistics.operations.bags.bagging import bag_of, contents
from post_logistics.operations.bags.dispatches import vehicle_manifest
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.scans import load_scans
from post_logistics.storage.database import Connection
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import Event


def bag_label(connection: Connection, facts: Facts, key: str) -> bytes:
    """The label of a sealed bag, A6; Conflict before it is sealed."""
    label, _ = _label(connection, facts, key)
    return bag_labels_pdf(facts.offices, [label])


def bag_manifest(connection: Connection, facts: Facts, key: str) -> bytes:
    """The list that lies in a sealed bag, A4; Conflict before it is sealed."""
    return bag_manifest_pdf(facts.offices, *_label(connection, facts, key))


def dispatch_list(connection: Connection, facts: Facts, vehicle: str) -> bytes:
    """The list of the bags and loose items that are on a vehicle, A4."""
    return departure_manifest_pdf(facts.offices, *vehicle_manifest(connection, facts, vehicle))


def _label(connection: Connection, facts: Facts, key: str) -> tuple[BagLabel, list[ManifestLine]]:
    bag = bag_of(connection, key)
    if bag.state is BagState.OPEN or bag.printed_number is None or bag.seal is None or bag.weight_g is None:
        raise Conflict(f"bag {spaced(key)} is not sealed", field="bag", remedy="seal it with its seal and weight first")
    lines = contents(connection, facts, key)
    sealed_at = max(scan.corrected_at for scan in load_scans(connection, [key]) if scan.event is Event.SEALED)
    return BagLabel(parse_receptacle(bag.printed_number), bag.seal, bag.weight_g, len(lines), sealed_at), lines
