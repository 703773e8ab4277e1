"""The words people read about events, states and reasons, in English and Bangla."""

from typing import Final

from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Blame, Reason
from post_logistics.units import Language

Words = dict[Language, str]


def _words(en: str, bn: str) -> Words:
    return {"en": en, "bn": bn}


EVENT_TEXTS: Final[dict[Event, Words]] = {
    Event.BOOKED: _words("Booked; waiting to be handed to the post.", "বুকিং সম্পন্ন; পার্সেলটি ডাকে জমা পড়ার অপেক্ষায় আছে।"),
    Event.PICKUP_REQUESTED: _words(
        "Collection from the sender requested.", "প্রেরকের ঠিকানা থেকে সংগ্রহের অনুরোধ পাওয়া গেছে।"
    ),
    Event.PICKUP_ASSIGNED: _words("Collection from the sender arranged.", "প্রেরকের কাছ থেকে সংগ্রহের ব্যবস্থা করা হয়েছে।"),
    Event.PICKUP_FAILED: _words(
        "It could not be collected from the sender this time.", "এবার প্রেরকের কাছ থেকে সংগ্রহ করা সম্ভব হয়নি।"
    ),
    Event.ACCEPTED: _words("Accepted by the post.", "ডাক বিভাগ পার্সেলটি গ্রহণ করেছে।"),
    Event.BAGGED: _words("Put into a mail bag for the journey.", "পাঠানোর জন্য ডাকের ব্যাগে রাখা হয়েছে।"),
    Event.DISPATCHED: _words("Left for the next office.", "পরবর্তী ডাকঘরের উদ্দেশে রওনা হয়েছে।"),
    Event.RECEIVED_AT_HUB: _words("Arrived at the sorting centre.", "বাছাই কেন্দ্রে পৌঁছেছে।"),
    Event.SORTED_OUT: _words("Sorted for the way ahead.", "পরবর্তী গন্তব্যের জন্য বাছাই করা হয়েছে।"),
    Event.AT_DELIVERY_OFFICE: _words("Arrived at the post office.", "ডাকঘরে পৌঁছেছে।"),
    Event.ASSIGNED: _words("Being made ready for delivery.", "বিলির জন্য প্রস্তুত করা হচ্ছে।"),
    Event.OUT_FOR_DELIVERY: _words("Out for delivery.", "বিলির জন্য ডাকঘর থেকে বের হয়েছে।"),
    Event.ATTEMPT_FAILED: _words(
        "We tried to deliver it, but it could not be handed over.",
        "পৌঁছে দেওয়ার চেষ্টা করা হয়েছে, তবে হস্তান্তর করা সম্ভব হয়নি।",
    ),
    Event.ON_HOLD: _words("Held at the post office.", "ডাকঘরে রাখা আছে।"),
    Event.AT_PICKUP_POINT: _words("Ready at the collection point.", "সংগ্রহ কেন্দ্রে আছে; সেখান থেকে নেওয়া যাবে।"),
    Event.DELIVERED_CLAIMED: _words(
        "Handed over; the post office has yet to confirm it.", "হস্তান্তর করা হয়েছে; ডাকঘরের নিশ্চিতকরণ বাকি আছে।"
    ),
    Event.DELIVERED_CONFIRMED: _words("Delivery confirmed by the post office.", "ডাকঘর বিলি নিশ্চিত করেছে।"),
    Event.PARTIALLY_DELIVERED: _words(
        "Part of it was handed over; the rest goes back.", "আংশিক হস্তান্তর করা হয়েছে; বাকি অংশ ফেরত যাবে।"
    ),
    Event.EXCHANGED: _words("Handed over in exchange for an earlier one.", "আগেরটির বদলে হস্তান্তর করা হয়েছে।"),
    Event.AREA_CHANGED: _words("The place of delivery was changed.", "বিলির স্থান পরিবর্তন করা হয়েছে।"),
    Event.RETURN_REQUESTED: _words("It is to go back to the sender.", "এটি প্রেরকের কাছে ফেরত পাঠানো হবে।"),
    Event.RETURNING: _words("On the way back to the sender.", "প্রেরকের কাছে ফেরত যাচ্ছে।"),
    Event.RETURNED: _words("Given back to the sender.", "প্রেরককে ফেরত দেওয়া হয়েছে।"),
    Event.CANCELLED: _words("The booking was cancelled.", "বুকিং বাতিল করা হয়েছে।"),
    Event.LOST: _words("It cannot be found at the moment; we are searching.", "এই মুহূর্তে খুঁজে পাওয়া যাচ্ছে না; অনুসন্ধান চলছে।"),
    Event.DAMAGED: _words(
        "Found damaged; we will speak to the sender.", "ক্ষতিগ্রস্ত অবস্থায় পাওয়া গেছে; প্রেরকের সঙ্গে যোগাযোগ করা হবে।"
    ),
    Event.CONTESTED: _words(
        "The recipient has questioned this; we are looking into it.", "প্রাপক এ বিষয়ে আপত্তি জানিয়েছেন; আমরা খতিয়ে দেখছি।"
    ),
    Event.CORRECTED: _words(
        "An earlier entry was a mistake and has been corrected.", "আগের একটি ভুল তথ্য সংশোধন করা হয়েছে।"
    ),
    Event.SEALED: _words("The mail bag was closed.", "ডাকের ব্যাগ বন্ধ করা হয়েছে।"),
    Event.OPENED: _words("The mail bag was opened.", "ডাকের ব্যাগ খোলা হয়েছে।"),
}
"""One public sentence per event, for the timeline."""

STATE_TEXTS: Final[dict[State, Words]] = {
    State.ISSUED: _words("Number issued; nothing booked yet", "নম্বর দেওয়া হয়েছে; এখনো বুকিং হয়নি"),
    State.BOOKED: _words("Booked", "বুকিং সম্পন্ন"),
    State.PICKUP_REQUESTED: _words("Waiting to be collected", "সংগ্রহের অপেক্ষায়"),
    State.PICKUP_ASSIGNED: _words("About to be collected", "শিগগিরই সংগ্রহ করা হবে"),
    State.CANCELLED: _words("Cancelled", "বাতিল"),
    State.ACCEPTED: _words("Accepted by the post", "ডাক বিভাগ গ্রহণ করেছে"),
    State.BAGGED: _words("Ready to travel", "যাত্রার জন্য প্রস্তুত"),
    State.DISPATCHED: _words("On the way", "পথে আছে"),
    State.AT_HUB: _words("At the sorting centre", "বাছাই কেন্দ্রে আছে"),
    State.SORTED: _words("Sorted, ready to travel on", "বাছাই শেষ, যাত্রার জন্য প্রস্তুত"),
    State.AT_DELIVERY_OFFICE: _words("At the delivery office", "বিলি ডাকঘরে আছে"),
    State.ASSIGNED: _words("Being made ready for delivery", "বিলির জন্য প্রস্তুত হচ্ছে"),
    State.OUT_FOR_DELIVERY: _words("Out for delivery", "বিলির জন্য বের হয়েছে"),
    State.ATTEMPT_FAILED: _words("Delivery tried, not completed", "বিলির চেষ্টা হয়েছে, সম্পন্ন হয়নি"),
    State.ON_HOLD: _words("Held at the post office", "ডাকঘরে রাখা আছে"),
    State.AT_PICKUP_POINT: _words("Ready to be collected by the recipient", "প্রাপক সংগ্রহ করতে পারবেন"),
    State.DELIVERED_CLAIMED: _words("Handed over, being confirmed", "হস্তান্তর হয়েছে, নিশ্চিত করা হচ্ছে"),
    State.PARTIALLY_CLAIMED: _words("Handed over in part, being confirmed", "আংশিক হস্তান্তর হয়েছে, নিশ্চিত করা হচ্ছে"),
    State.DELIVERED: _words("Delivered", "বিলি সম্পন্ন"),
    State.PARTIALLY_DELIVERED: _words("Delivered in part", "আংশিক বিলি সম্পন্ন"),
    State.RETURN_REQUESTED: _words("To be returned to the sender", "প্রেরকের কাছে ফেরত যাবে"),
    State.RETURNING: _words("Going back to the sender", "প্রেরকের কাছে ফেরত যাচ্ছে"),
    State.RETURNED: _words("Returned to the sender", "প্রেরককে ফেরত দেওয়া হয়েছে"),
    State.LOST: _words("Being searched for", "অনুসন্ধান চলছে"),
    State.DAMAGED: _words("Found damaged, being looked into", "ক্ষতিগ্রস্ত, বিষয়টি দেখা হচ্ছে"),
}
"""One line per state, for a headline."""

PUBLIC_REASONS: Final[dict[Blame, Words]] = {
    Blame.POST: _words("The delay is ours; we are sorry.", "বিলম্বটি আমাদের; এজন্য আমরা দুঃখিত।"),
    Blame.MERCHANT: _words("We are checking the details with the sender.", "প্রেরকের সঙ্গে তথ্য মিলিয়ে দেখা হচ্ছে।"),
    Blame.RECIPIENT: _words("The post office is arranging the next step.", "ডাকঘর পরবর্তী ব্যবস্থা নিচ্ছে।"),
    Blame.AUTHORITY: _words("It waits on the instruction of an authority.", "কর্তৃপক্ষের নির্দেশনার অপেক্ষায় আছে।"),
    Blame.OTHER: _words("Circumstances beyond control held us up.", "নিয়ন্ত্রণের বাইরের পরিস্থিতিতে বিলম্ব হচ্ছে।"),
}
"""What the public learns of a reason: its side only. That nobody was at home, or could not pay, is private."""

REASON_TEXTS: Final[dict[Reason, Words]] = {
    Reason.MISSENT: _words("Sent to the wrong office", "ভুল ডাকঘরে চলে গেছে"),
    Reason.OUT_OF_TIME: _words("The tour ended before this stop", "সময়ের অভাবে এই ঠিকানায় যাওয়া যায়নি"),
    Reason.VEHICLE_BREAKDOWN: _words("The vehicle broke down", "যানবাহন বিকল হয়েছে"),
    Reason.ITEM_MISSING: _words("Not where it should be", "নির্ধারিত স্থানে পাওয়া যায়নি"),
    Reason.DAMAGED_IN_POST: _words("Damaged in the hands of the post", "ডাক বিভাগের হেফাজতে ক্ষতিগ্রস্ত হয়েছে"),
    Reason.ADDRESS_INCOMPLETE: _words("Address incomplete or wrong", "ঠিকানা অসম্পূর্ণ বা ভুল"),
    Reason.PHONE_WRONG: _words("Telephone number wrong", "ফোন নম্বর ভুল"),
    Reason.NOT_READY: _words("Not ready when we came to collect", "সংগ্রহের সময় প্রস্তুত ছিল না"),
    Reason.MERCHANT_CLOSED: _words("Merchant closed or away", "বিক্রেতার প্রতিষ্ঠান বন্ধ ছিল"),
    Reason.BADLY_PACKED: _words("Packing not fit to travel", "মোড়ক ডাকে পাঠানোর উপযোগী নয়"),
    Reason.PROHIBITED_GOODS: _words("Goods the post may not carry", "ডাকে পাঠানো নিষিদ্ধ পণ্য"),
    Reason.NOT_AS_ORDERED: _words("Goods not as ordered", "পণ্য অর্ডারের সঙ্গে মেলেনি"),
    Reason.AMOUNT_DISPUTED: _words("Amount to pay disputed", "টাকার অঙ্ক নিয়ে আপত্তি"),
    Reason.RECALLED: _words("Called back by the merchant", "বিক্রেতা ফেরত চেয়েছেন"),
    Reason.RECIPIENT_ABSENT: _words("Recipient not there", "প্রাপক উপস্থিত ছিলেন না"),
    Reason.NO_ANSWER: _words("No answer on the telephone", "ফোনে সাড়া পাওয়া যায়নি"),
    Reason.REFUSED_BY_RECIPIENT: _words("Refused by the recipient", "প্রাপক গ্রহণ করেননি"),
    Reason.CANNOT_PAY: _words("Recipient could not pay", "প্রাপক টাকা দিতে পারেননি"),
    Reason.ASKED_FOR_LATER: _words("Recipient asked for another time", "প্রাপক অন্য সময় চেয়েছেন"),
    Reason.ASKED_FOR_ELSEWHERE: _words("Recipient asked for another place", "প্রাপক অন্য স্থান চেয়েছেন"),
    Reason.MOVED_AWAY: _words("Recipient moved away", "প্রাপক ঠিকানা বদলেছেন"),
    Reason.IDENTITY_NOT_PROVED: _words("Recipient could not prove who they are", "প্রাপকের পরিচয় নিশ্চিত করা যায়নি"),
    Reason.NOT_COLLECTED: _words("Not collected in time", "নির্ধারিত সময়ে সংগ্রহ করা হয়নি"),
    Reason.HELD_BY_AUTHORITY: _words("Held by an authority", "কর্তৃপক্ষের নির্দেশে আটক"),
    Reason.AREA_CLOSED: _words("Area closed by order", "এলাকায় প্রবেশ নিষিদ্ধ ছিল"),
    Reason.WEATHER: _words("Weather", "প্রতিকূল আবহাওয়া"),
    Reason.ROAD_BLOCKED: _words("Road blocked", "রাস্তা বন্ধ ছিল"),
    Reason.UNREST: _words("Strike or unrest", "হরতাল বা অস্থিরতা"),
    Reason.OTHER: _words("Another reason, see the note", "অন্য কারণ, মন্তব্য দেখুন"),
}
"""For staff, riders and the merchant whose parcel it is; never for the public."""


def sentence(event: Event, reason: Reason | None, language: Language) -> str:
    """What happened and, where there is one, why: for the merchant, who may know the reason."""
    words, end = EVENT_TEXTS[event][language], "." if language == "en" else "।"
    return words if reason is None else f"{words} {REASON_TEXTS[reason][language]}{end}"
