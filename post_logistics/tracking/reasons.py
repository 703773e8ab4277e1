"""Why something could not be done: a closed list, each reason with the side whose doing it was."""

from enum import StrEnum


class Blame(StrEnum):
    """Whose doing it was."""

    POST = "post"
    MERCHANT = "merchant"
    RECIPIENT = "recipient"
    AUTHORITY = "authority"
    OTHER = "other"


class Reason(StrEnum):
    """A reason and its ``blame``. The words people read are in ``texts``."""

    blame: Blame

    def __new__(cls, value: str, blame: Blame) -> "Reason":
        """The member written ``value`` in JSON and in the database."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.blame = blame
        return member

    MISSENT = "missent", Blame.POST
    OUT_OF_TIME = "out_of_time", Blame.POST
    VEHICLE_BREAKDOWN = "vehicle_breakdown", Blame.POST
    ITEM_MISSING = "item_missing", Blame.POST
    DAMAGED_IN_POST = "damaged_in_post", Blame.POST
    ADDRESS_INCOMPLETE = "address_incomplete", Blame.MERCHANT
    PHONE_WRONG = "phone_wrong", Blame.MERCHANT
    NOT_READY = "not_ready", Blame.MERCHANT
    MERCHANT_CLOSED = "merchant_closed", Blame.MERCHANT
    BADLY_PACKED = "badly_packed", Blame.MERCHANT
    PROHIBITED_GOODS = "prohibited_goods", Blame.MERCHANT
    NOT_AS_ORDERED = "not_as_ordered", Blame.MERCHANT
    AMOUNT_DISPUTED = "amount_disputed", Blame.MERCHANT
    RECALLED = "recalled", Blame.MERCHANT
    RECIPIENT_ABSENT = "recipient_absent", Blame.RECIPIENT
    NO_ANSWER = "no_answer", Blame.RECIPIENT
    REFUSED_BY_RECIPIENT = "refused_by_recipient", Blame.RECIPIENT
    CANNOT_PAY = "cannot_pay", Blame.RECIPIENT
    ASKED_FOR_LATER = "asked_for_later", Blame.RECIPIENT
    ASKED_FOR_ELSEWHERE = "asked_for_elsewhere", Blame.RECIPIENT
    MOVED_AWAY = "moved_away", Blame.RECIPIENT
    IDENTITY_NOT_PROVED = "identity_not_proved", Blame.RECIPIENT
    NOT_COLLECTED = "not_collected", Blame.RECIPIENT
    HELD_BY_AUTHORITY = "held_by_authority", Blame.AUTHORITY
    AREA_CLOSED = "area_closed", Blame.AUTHORITY
    WEATHER = "weather", Blame.OTHER
    ROAD_BLOCKED = "road_blocked", Blame.OTHER
    UNREST = "unrest", Blame.OTHER
    OTHER = "other", Blame.OTHER
