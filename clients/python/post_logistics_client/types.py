"""What is sent and what comes back, member by member, as the API describes it.

Quantities are integers in the unit that their name ends with: ``cod_poisha`` (100 poisha are one taka), ``weight_g``.
Times are ISO 8601 with their offset, days are YYYY-MM-DD.
"""

from typing import Any, Literal, NotRequired, TypedDict

Outcome = Literal["booked", "duplicate", "to_decide", "rejected"]
JobState = Literal["queued", "running", "done", "failed"]


class Order(TypedDict):
    """A parcel to be booked. ``order_ref`` makes it this order: sent again, it is the same booking."""

    order_ref: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    weight_g: int
    store_address: NotRequired[str]
    recipient_postcode: NotRequired[str]
    cod_poisha: NotRequired[int]
    declared_value_poisha: NotRequired[int]
    description: NotRequired[str]
    note: NotRequired[str]


class Consignment(TypedDict):
    """A booked parcel."""

    item_number: str
    order_ref: str
    weight_g: int
    cod_poisha: int
    declared_value_poisha: int
    service: str
    tariff_version: str
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    pickup_office: str
    delivery_office: str
    delivery_postcode: str
    resolved_by: str
    promised_on: str
    booked_at: str


class ListedConsignment(TypedDict, total=False):
    """A booked parcel in a list; with ``fields`` only those that were asked for."""

    item_number: str
    order_ref: str
    weight_g: int
    cod_poisha: int
    declared_value_poisha: int
    service: str
    tariff_version: str
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    pickup_office: str
    delivery_office: str
    delivery_postcode: str
    resolved_by: str
    promised_on: str
    booked_at: str
    state: str


class QuoteLine(TypedDict):
    """One charge."""

    code: str
    text_en: str
    text_bn: str
    amount_poisha: int


class Quote(TypedDict):
    """What a parcel costs today."""

    version: str
    service: str
    lines: list[QuoteLine]
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    total_poisha: int


class Question(TypedDict):
    """What would settle an address, in both languages."""

    en: str
    bn: str


class Alternative(TypedDict):
    """What else an address may mean."""

    postcode: str
    place_en: str
    why: str
    score: float


class Address(TypedDict):
    """What an address was understood to be."""

    postcode: str
    office_en: str
    office_bn: str
    place: str
    thana: str
    district: str
    division: str
    parts: dict[str, str]
    lat_deg: float
    lon_deg: float
    precision_m: int
    confidence: float
    rule: str
    evidence: list[str]
    alternatives: list[Alternative]
    question: Question | None
    delivery_office: str | None


class FieldProblem(TypedDict):
    """One thing wrong with one field."""

    field: str
    reason: str
    remedy: str


class Verdict(TypedDict):
    """What became of one of many orders."""

    row: int | None
    order_ref: str
    outcome: Outcome
    item_number: str
    problems: list[FieldProblem]
    question: Question | None
    choices: list[str]


class Batch(TypedDict):
    """What became of a batch: a verdict per order, in the order in which they were sent."""

    dry_run: bool
    booked: int
    duplicate: int
    to_decide: int
    rejected: int
    verdicts: list[Verdict]


class BookedFile(Batch):
    """What became of a file."""

    dialect: str


class Job(TypedDict):
    """A file that is booked meanwhile, and how far it has come."""

    job_id: str
    state: JobState
    file_name: str
    dry_run: bool
    dialect: str
    rows_total: int | None
    rows_done: int
    booked: int
    duplicate: int
    to_decide: int
    rejected: int
    problem: dict[str, Any] | None
    made_at: str
    started_at: str | None
    finished_at: str | None
    url: str
    rows_url: str
    table_url: str


class TrackingEntry(TypedDict):
    """Something that happened to a parcel, as anybody may know it."""

    at: str
    when: str
    text: str
    office_name: str
    emsevt: str | None


class Tracking(TypedDict):
    """Where a parcel is, as anybody may know it who has its number."""

    item_number: str
    return_number: str | None
    state: str
    headline: str
    promise: str
    promised_on: str
    expected_on: NotRequired[str | None]
    delivery_office: str
    finished: bool
    timeline: list[TrackingEntry]


class Step(TypedDict):
    """Something that happened to a parcel of yours."""

    scan_id: str
    at: str
    when: str
    event: str
    text: str
    office: str
    office_name: str
    reason: str | None
    reason_text: str
    blame: str | None


class Journey(TypedDict):
    """All that happened to a parcel of yours."""

    item_number: str
    return_number: str | None
    order_ref: str
    state: str
    headline: str
    promise: str
    promised_on: str
    delivery_office: str
    finished: bool
    attempts: int
    timeline: list[Step]


class Standing(TypedDict):
    """Where a parcel stands."""

    item_number: str
    state: str
    holder: str
    office: str
    destination: str
    since: str
    attempts: int


class PickupRequest(TypedDict):
    """Parcels to be fetched. ``request_ref`` makes it this request and no other."""

    request_ref: str
    ready_from: str
    ready_until: str
    store_address: NotRequired[str]
    item_numbers: NotRequired[list[str]]
    note: NotRequired[str]


class Pickup(TypedDict):
    """A pickup, and how far it is."""

    request_id: str
    merchant_id: str
    office: str
    ready_from: str
    ready_until: str
    note: str
    asked_at: str
    to_collect: list[str]
    assigned: int
    collected: int
    cancelled: int


class Payout(TypedDict):
    """Money on its way to you."""

    payout_id: str
    merchant: str
    kind: Literal["settlement", "advance"]
    amount_poisha: int
    state: str
    needs_approval: bool
    ordered_by: str
    ordered_at: str
    approved_by: str | None
    file_id: str | None


class Endpoint(TypedDict):
    """A server of yours that is told of your parcels."""

    endpoint_id: str
    url: str
    events: list[str]
    dialect: str
    made_at: str
    failures: int
    failing_since: str | None
    paused_until: str | None
    stopped_at: str | None
    stopped_why: str


class NewEndpoint(Endpoint):
    """The same with its secret, which signs what it is told."""

    secret: str
    previous_until: str | None
