"""Problems in Bangla, for whoever asks for it: what the kinds are called, and what goes wrong every day.

A text of which nobody has written the Bangla stays English. What is in braces in a text is carried over as it is.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import MEDIA_TYPE

_TOLD: Final = ("title", "detail", "remedy", "reason")
"""Members of a problem that a person reads."""

TEXTS: Final[Mapping[str, str]] = {
    # the kinds
    "The body cannot be read": "যা পাঠানো হয়েছে তা পড়া যাচ্ছে না",
    "send what its Content-Type announces": "Content-Type-এ যা লেখা আছে তা-ই পাঠান",
    "No valid key was given": "সঠিক কী দেওয়া হয়নি",
    "send the header Authorization: Bearer KEY": "Authorization: Bearer KEY হেডার পাঠান",
    "The key may not do this": "এই কী দিয়ে এটি করা যায় না",
    "see /docs for who may do what": "কে কী করতে পারেন তা /docs-এ দেখুন",
    "There is no such thing, or it is not yours to see": "এমন কিছু নেই, অথবা তা আপনার দেখার নয়",
    "see /docs for what there is": "কী কী আছে তা /docs-এ দেখুন",
    "The method is not for this resource": "এখানে এই মেথড চলে না",
    "see /docs for what may be done with it": "এখানে কী করা যায় তা /docs-এ দেখুন",
    "Not now: what is there stands against it": "এখন নয়: যা আছে তার সঙ্গে মেলে না",
    "look at what is there, then decide": "আগে যা আছে তা দেখুন, তারপর ঠিক করুন",
    "The body is too large": "যা পাঠানো হয়েছে তা বেশি বড়",
    "send it in several requests": "কয়েকটি ভাগে পাঠান",
    "The request is wrong until it is changed": "অনুরোধটি না বদলালে গ্রহণ করা যাবে না",
    "see /docs for what it must look like": "কেমন হতে হবে তা /docs-এ দেখুন",
    "That was often enough for now": "আপাতত যথেষ্টবার চাওয়া হয়েছে",
    "wait as long as Retry-After says": "Retry-After-এ যত সেকেন্ড লেখা আছে ততক্ষণ অপেক্ষা করুন",
    "The mistake is ours and has been written down": "ভুলটি আমাদের, তা লিখে রাখা হয়েছে",
    "tell the post what you were doing": "কী করছিলেন তা ডাক বিভাগকে জানান",
    "The service cannot answer just now": "এই মুহূর্তে উত্তর দেওয়া যাচ্ছে না",
    "send it again in {seconds} seconds": "{seconds} সেকেন্ড পরে আবার পাঠান",
    "too many requests at once": "একসঙ্গে অনেক বেশি অনুরোধ এসেছে",
    # who asks
    "this needs a valid key": "এর জন্য সঠিক কী লাগবে",
    "that name, password or code is not right": "নাম, পাসওয়ার্ড বা কোড ঠিক নয়",
    "too many mistakes: wait a little": "অনেকবার ভুল হয়েছে: একটু অপেক্ষা করুন",
    "not for {roles}": "{roles} এটি করতে পারেন না",
    "this key is only for {scopes}": "এই কী শুধু {scopes}-এর জন্য",
    "this is done for a merchant, and none is named": "এটি কোনো মার্চেন্টের জন্য করা হয়, কিন্তু কারও নাম দেওয়া হয়নি",
    "send the header Post-Merchant with the merchant's id": "মার্চেন্টের আইডি দিয়ে Post-Merchant হেডার পাঠান",
    "your key is not for {place}": "আপনার কী {place}-এর জন্য নয়",
    "leave the header out": "হেডারটি বাদ দিন",
    "more than {count} requests in a minute": "এক মিনিটে {count}টির বেশি অনুরোধ",
    "this key was sent with another request": "এই কী অন্য একটি অনুরোধের সঙ্গে পাঠানো হয়েছিল",
    "send a new key for a new request, and the same request for the same key": (
        "নতুন অনুরোধের জন্য নতুন কী দিন, একই কী-র জন্য একই অনুরোধ"
    ),
    # bills
    "no bill {number}": "{number} নম্বরে কোনো বিল নেই",
    "copy it from the list of bills": "বিলের তালিকা থেকে নম্বরটি নিন",
    "{merchant} owes no charges": "{merchant}-এর কাছে কোনো মাশুল পাওনা নেই",
    "draw a bill once parcels have been settled": "পার্সেলের নিষ্পত্তি হলে বিল করুন",
    "{number} was withdrawn": "{number} প্রত্যাহার করা হয়েছে",
    "pay the newest bill": "সবশেষ বিলটি পরিশোধ করুন",
    "{number} was paid into the bank": "{number} ব্যাংকে পরিশোধ করা হয়েছে",
    "{number} was paid at {office}": "{number} {office}-এ পরিশোধ করা হয়েছে",
    "send the payer to the finance desk": "যিনি দিতে এসেছেন তাঁকে হিসাব শাখায় পাঠান",
    "take its payment back first": "আগে পরিশোধটি ফিরিয়ে নিন",
    # who learns
    "somebody of another name learns under this number": "এই নম্বরে অন্য নামে একজন শিখছেন",
    "write the name as you did the first time, or correct the number": (
        "প্রথমবার যেভাবে লিখেছিলেন নামটি সেভাবে লিখুন, অথবা নম্বর ঠিক করুন"
    ),
    "no certificate has this code": "এই কোডের কোনো সনদ নেই",
    "compare it with the paper, letter by letter": "কাগজের সঙ্গে একটি একটি করে অক্ষর মিলিয়ে দেখুন",
    "not all lessons are finished: {what}": "সব পাঠ শেষ হয়নি: {what}",
    "finish them, then ask again": "সেগুলো শেষ করে আবার চান",
    "nobody learns here yet": "এখানে এখনো কেউ শিখছেন না",
    "say who you are on the page of the lessons": "পাঠের পাতায় নিজের পরিচয় দিন",
    # what there is not
    "no item {number}": "{number} নম্বরের কোনো পার্সেল নেই",
    "check the number on the label or receipt": "লেবেল বা রসিদে নম্বরটি মিলিয়ে দেখুন",
    "no job {job}": "{job} নম্বরের কোনো কাজ নেই",
    "look for it in /v1/jobs; jobs are kept for 30 days": "/v1/jobs-এ খুঁজুন; কাজের বিবরণ ৩০ দিন রাখা হয়",
    "no merchant {merchant}": "{merchant} নামে কোনো মার্চেন্ট নেই",
    "register the merchant first": "আগে মার্চেন্টকে নিবন্ধন করুন",
    "no office {office}": "{office} নম্বরের কোনো ডাকঘর নেই",
    "Not Found": "এমন কিছু নেই",
    "Method Not Allowed": "এখানে এই মেথড চলে না",
    # the tours of a hub
    "a plan is being made already": "একটি পরিকল্পনা এখনই তৈরি হচ্ছে",
    "wait until it is there": "সেটি হওয়া পর্যন্ত অপেক্ষা করুন",
    "office {office} has no parcels to plan": "{office} ডাকঘরে পরিকল্পনা করার মতো কোনো পার্সেল নেই",
    "scan parcels in first": "আগে পার্সেল স্ক্যান করুন",
    "{day} is over": "{day} পেরিয়ে গেছে",
    "plan today or a day to come": "আজ বা পরের কোনো দিনের পরিকল্পনা করুন",
    "nobody may ride": "কাউকে বাছা হয়নি",
    "tick the riders who are there": "যে রাইডাররা আছেন তাঁদের টিক দিন",
    "rider {rider} is on a tour": "রাইডার {rider} ট্যুরে আছেন",
    "plan without them until they are back": "না ফেরা পর্যন্ত তাঁকে ছাড়া পরিকল্পনা করুন",
    "the riders' day is over by then": "ততক্ষণে রাইডারদের কর্মসময় শেষ",
    "plan the next day": "পরের দিনের পরিকল্পনা করুন",
    "that is no time of day": "এটি কোনো সময় নয়",
    "write it like 14:30": "১৪:৩০-এর মতো লিখুন",
    "the search was interrupted": "খোঁজা মাঝপথে থেমে গেছে",
    "plan again": "আবার পরিকল্পনা করুন",
    "plan again: it takes seconds": "আবার পরিকল্পনা করুন: কয়েক সেকেন্ড লাগে",
    "{count} parcels of this plan have left the office": "এই পরিকল্পনার {count}টি পার্সেল ডাকঘর ছেড়েছে",
    "an address changed since this plan was made": "পরিকল্পনার পরে একটি ঠিকানা বদলেছে",
    "somebody else has changed this draft": "অন্য কেউ এই খসড়া বদলেছেন",
    "look at it again": "আবার দেখুন",
    "that is no place in a tour": "ট্যুরে এমন কোনো জায়গা নেই",
    "write 1 for the first stop": "প্রথম ঠিকানার জন্য ১ লিখুন",
    "nothing is said of what was found": "কী পাওয়া গেছে তা লেখা হয়নি",
    "write what was found and done": "কী পাওয়া গেল ও কী করা হলো লিখুন",
    # what is missing or is not what it should be
    "is missing": "দেওয়া হয়নি",
    "fill it in": "পূরণ করুন",
    "Field required": "দেওয়া হয়নি",
    "Extra inputs are not permitted": "এই নামের কোনো ঘর নেই",
    "Input should be a valid integer": "পূর্ণ সংখ্যা হতে হবে",
    "Input should be a valid string": "লেখা হতে হবে",
    "Input should be a valid boolean": "true বা false হতে হবে",
    "Input should be greater than {least}": "{least}-এর বেশি হতে হবে",
    "Input should be greater than or equal to {least}": "কমপক্ষে {least} হতে হবে",
    "Input should be less than or equal to {most}": "বেশি হলে {most} হতে পারে",
    "String should have at least {count} character": "অন্তত {count}টি অক্ষর লাগবে",
    "String should have at least {count} characters": "অন্তত {count}টি অক্ষর লাগবে",
    "String should have at most {count} characters": "বেশি হলে {count}টি অক্ষর হতে পারে",
    "String should match pattern {pattern}": "{pattern} এই নিয়মে লিখতে হবে",
    "{count} characters are too many": "{count}টি অক্ষর বেশি হয়ে গেছে",
    "write at most {count}": "বেশি হলে {count}টি লিখুন",
    "there is no word in it": "এতে কোনো শব্দ নেই",
    "write a name or an address, not only digits or signs": "শুধু সংখ্যা বা চিহ্ন নয়, নাম বা ঠিকানা লিখুন",
    "there are control or damaged characters in the text": "লেখায় নষ্ট অক্ষর আছে",
    "type the cell again": "ঘরটি আবার লিখুন",
    "Bangla letters have become question marks": "বাংলা অক্ষর প্রশ্নচিহ্ন হয়ে গেছে",
    "in the spreadsheet, save as 'CSV UTF-8', or send the .xlsx file": (
        "স্প্রেডশিটে 'CSV UTF-8' হিসেবে সংরক্ষণ করুন, অথবা .xlsx ফাইলটি পাঠান"
    ),
    "the spreadsheet has made a date of what was typed": "স্প্রেডশিট লেখাটিকে তারিখ বানিয়ে ফেলেছে",
    "format the column as Text and type the cell again": "কলামটি Text করে ঘরটি আবার লিখুন",
    # money and weight
    "{text} is not an amount": "{text} কোনো টাকার অঙ্ক নয়",
    "write taka in digits, such as 1250 or 1250.50; 0 for a prepaid order": (
        "টাকা সংখ্যায় লিখুন, যেমন 1250 বা 1250.50; দাম আগে দেওয়া থাকলে 0"
    ),
    "an amount cannot be negative": "টাকার অঙ্ক ঋণাত্মক হতে পারে না",
    "write 0 or more": "0 বা তার বেশি লিখুন",
    "{amount} is over the limit of {limit}": "{amount} সর্বোচ্চ সীমা {limit}-এর বেশি",
    "write at most that": "এর বেশি লিখবেন না",
    "write the weight in kilograms, such as 0.5": "ওজন কিলোগ্রামে লিখুন, যেমন 0.5",
    "{text} is not a weight": "{text} কোনো ওজন নয়",
    "write kilograms in digits, such as 0.5, or grams, such as 500 g": (
        "কিলোগ্রাম সংখ্যায় লিখুন, যেমন 0.5, অথবা গ্রামে, যেমন 500 g"
    ),
    "a weight must be more than 0": "ওজন 0-এর বেশি হতে হবে",
    "weigh the parcel and write kilograms, such as 0.5": "পার্সেলটি মেপে কিলোগ্রাম লিখুন, যেমন 0.5",
    "{weight} is over the {limit} a parcel may weigh": "{weight} পার্সেলের সর্বোচ্চ ওজন {limit}-এর বেশি",
    "send it in several parcels; if grams were meant, write for example 500 g": (
        "কয়েকটি পার্সেলে পাঠান; গ্রাম বোঝাতে চাইলে লিখুন, যেমন 500 g"
    ),
    # telephone numbers and addresses
    "there is no telephone number in it": "এতে কোনো ফোন নম্বর নেই",
    "{count} digits are no telephone number": "{count}টি সংখ্যায় ফোন নম্বর হয় না",
    "{count} digits, but no number of Bangladesh is like that": "{count}টি সংখ্যা, কিন্তু বাংলাদেশের কোনো নম্বর এমন নয়",
    "the number is not of Bangladesh": "নম্বরটি বাংলাদেশের নয়",
    "give a number at which the recipient answers in Bangladesh": "বাংলাদেশে প্রাপক ধরেন এমন নম্বর দিন",
    "the spreadsheet has dropped digits of the number": "স্প্রেডশিট নম্বরটির কয়েকটি সংখ্যা ফেলে দিয়েছে",
    "write 11 digits, such as 01712345678, and format the column as Text": (
        "১১টি সংখ্যা লিখুন, যেমন 01712345678, এবং কলামটি Text করুন"
    ),
    "the address is not clear: {evidence}": "ঠিকানাটি পরিষ্কার নয়: {evidence}",
    "an address of {count} characters is too short to be found": "{count} অক্ষরের ঠিকানা খুঁজে পাওয়ার জন্য বেশি ছোট",
    "write house, road, area and postcode": "বাড়ি, রাস্তা, এলাকা ও পোস্টকোড লিখুন",
    "complete the address": "ঠিকানাটি সম্পূর্ণ করুন",
    "correct the address": "ঠিকানাটি ঠিক করুন",
    # references and numbers
    "{reference} is already booked as {number} with other content": (
        "{reference} আগেই {number} নম্বরে বুক করা হয়েছে, কিন্তু অন্য বিবরণে"
    ),
    "use a new reference for a new order": "নতুন অর্ডারের জন্য নতুন রেফারেন্স দিন",
    "row {row} is the same order with reference {reference}": "{row} নম্বর সারিতে {reference} রেফারেন্সে একই অর্ডার আছে",
    "row {row} is another order with reference {reference}": "{row} নম্বর সারিতে {reference} রেফারেন্সে অন্য অর্ডার আছে",
    "keep one of the two rows": "দুটি সারির একটি রাখুন",
    "row {row} is the same order": "{row} নম্বর সারিতে একই অর্ডার আছে",
    "delete the repeated row": "পুনরায় লেখা সারিটি মুছুন",
    "an item number has 13 characters, this has {count}": "পার্সেল নম্বরে ১৩টি অক্ষর থাকে, এখানে আছে {count}টি",
    "copy the whole number from the label: two letters, nine digits, two letters": (
        "লেবেল থেকে পুরো নম্বরটি লিখুন: দুটি অক্ষর, নয়টি সংখ্যা, দুটি অক্ষর"
    ),
    "an item number is two letters, nine digits and two letters": "পার্সেল নম্বরে দুটি অক্ষর, নয়টি সংখ্যা ও দুটি অক্ষর থাকে",
    "look for O and 0, I and 1 exchanged, or scan the bar code": (
        "O আর 0, I আর 1 অদলবদল হয়েছে কি না দেখুন, অথবা বারকোড স্ক্যান করুন"
    ),
    "the check digit does not fit: at least one character is wrong": "নম্বরটি মেলে না: অন্তত একটি অক্ষর ভুল",
    "read the number again from the label, or scan the bar code": "লেবেল থেকে নম্বরটি আবার দেখে লিখুন, অথবা বারকোড স্ক্যান করুন",
    # files
    "{name} is empty": "{name} খালি",
    "send the file with a header and the orders": "শিরোনাম ও অর্ডারসহ ফাইলটি পাঠান",
    "the file is a web page, not a table": "ফাইলটি একটি ওয়েব পাতা, টেবিল নয়",
    "open it in the spreadsheet and save it as .xlsx": "স্প্রেডশিটে খুলে .xlsx হিসেবে সংরক্ষণ করুন",
    "the file is no text": "ফাইলটি কোনো লেখা নয়",
    "send a .csv or .xlsx file": ".csv বা .xlsx ফাইল পাঠান",
    "something went wrong that should not; nothing was changed": "এমন কিছু ভুল হয়েছে যা হওয়ার কথা নয়; কিছুই বদলায়নি",
    # people, keys and facts
    "there is a {name} already": "{name} নামে একজন আছেন",
    "choose another name to sign in with": "সাইন ইন করার জন্য অন্য নাম বেছে নিন",
    "that cannot be a name to sign in with": "এটি সাইন ইন করার নাম হতে পারে না",
    "use letters, digits, dots and hyphens": "ইংরেজি অক্ষর, অঙ্ক, বিন্দু ও হাইফেন ব্যবহার করুন",
    "no person {name}": "{name} নামে কেউ নেই",
    "look at the list of people": "মানুষের তালিকা দেখুন",
    "{name} has left": "{name} চলে গেছেন",
    "take the person on again under another name": "অন্য নামে আবার নিয়োগ দিন",
    "that is you": "এটি আপনি নিজে",
    "let another administrator do it": "অন্য প্রশাসককে করতে দিন",
    "that is no role": "এটি কোনো ভূমিকা নয়",
    "choose one of the list": "তালিকা থেকে একটি বেছে নিন",
    "that role is for the whole post": "এই ভূমিকা পুরো ডাক বিভাগের জন্য",
    "leave the place empty": "জায়গাটি খালি রাখুন",
    "that role is at an office": "এই ভূমিকা একটি ডাকঘরের",
    "that role is in a shop": "এই ভূমিকা একটি দোকানের",
    "write its identifier": "তার পরিচয় লিখুন",
    "a rider or an agent has a name in data/": "রাইডার বা এজেন্টের নাম data/-তে আছে",
    "write that name, for example 1216-R01": "সেই নামটি লিখুন, যেমন 1216-R01",
    "office {office} has no rider {rider}": "{office} নম্বরের ডাকঘরে {rider} নামে রাইডার নেই",
    "see data/fleet.toml": "data/fleet.toml দেখুন",
    "no collection point {point}": "{point} নামে কোনো সংগ্রহকেন্দ্র নেই",
    "see the list of collection points": "সংগ্রহকেন্দ্রের তালিকা দেখুন",
    "see data/post_offices.csv": "data/post_offices.csv দেখুন",
    "write its postcode": "তার পোস্টকোড লিখুন",
    "nothing says where the key is used": "কী কোথায় ব্যবহার হবে তা লেখা হয়নি",
    "write it, for example: web shop": "লিখুন, যেমন: ওয়েব দোকান",
    "that is no number of days": "এটি দিনের সংখ্যা নয়",
    "write figures, for example 365": "অঙ্কে লিখুন, যেমন 365",
    "that is no number": "এটি কোনো সংখ্যা নয়",
    "write figures, for example 1.5": "অঙ্কে লিখুন, যেমন 1.5",
    "no file was chosen": "কোনো ফাইল বাছা হয়নি",
    "choose the changed file": "বদলানো ফাইলটি বেছে নিন",
    "{file} is not UTF-8 text": "{file} UTF-8 লেখা নয়",
    "in the spreadsheet program, save as 'CSV UTF-8'": "স্প্রেডশিটে 'CSV UTF-8' হিসেবে সংরক্ষণ করুন",
    "see data/README.md": "data/README.md দেখুন",
    # partners
    "{point} takes no cash": "{point} টাকা নেয় না",
    "give another address, or 0 if it is paid": "অন্য ঠিকানা দিন; মূল্য পরিশোধিত হলে 0 লিখুন",
    "the digital centre {centre} is not known to the post": "{centre} ডিজিটাল সেন্টারটি ডাক বিভাগের তালিকায় নেই",
    "answer, and it waits at the nearest office; or give another address": (
        "উত্তর দিলে এটি সবচেয়ে কাছের ডাকঘরে রাখা হবে; না হলে অন্য ঠিকানা দিন"
    ),
    "give another address": "অন্য ঠিকানা দিন",
    "no address is known at which the partner lists orders": "অংশীদারের অর্ডারের তালিকা কোথায় পাওয়া যায় তা জানা নেই",
    "connect it with its address": "ঠিকানাসহ আবার যুক্ত করুন",
    "the partner is disconnected": "অংশীদারের সংযোগ বন্ধ",
    # view cards
    "the picture is larger than {most} MB": "ছবিটি {most} মেগাবাইটের চেয়ে বড়",
    "choose a smaller one, or take it anew with the camera of this page": ("ছোট ছবি বাছুন, অথবা এই পাতার ক্যামেরায় আবার তুলুন"),
    "the picture cannot be read": "ছবিটি পড়া যাচ্ছে না",
    "choose a photograph as JPEG, PNG or WebP": "JPEG, PNG বা WebP ছবি বাছুন",
    "the picture is only {width} by {height} pixels and would be blurred": (
        "ছবিটি মাত্র {width} × {height} পিক্সেল, ছাপলে ঝাপসা হবে"
    ),
    "choose one of at least {least} pixels on each side": "প্রতি পাশে অন্তত {least} পিক্সেলের ছবি বাছুন",
    "the picture moves, and paper does not": "ছবিটি নড়ে, কাগজে তা হয় না",
    "the picture has more than {most} million pixels": "ছবিতে {most} মিলিয়নের বেশি পিক্সেল",
    "make it smaller, or take it anew with the camera of this page": ("ছোট করে দিন, অথবা এই পাতার ক্যামেরায় আবার তুলুন"),
    "{letter} cannot be printed": "{letter} ছাপা যায় না",
    "write in Bangla or English": "বাংলা বা ইংরেজিতে লিখুন",
    "{count} lines are too many": "{count}টি লাইন বেশি হয়ে গেছে",
    "the card has no picture": "কার্ডে কোনো ছবি নেই",
    "choose one, or take it with the camera": "ছবি বাছুন, অথবা ক্যামেরায় তুলুন",
    "this card is paid": "এই কার্ডের মাশুল দেওয়া হয়েছে",
    "print it, or take it back and make another": "এটি ছাপান, অথবা ফেরত নিয়ে আরেকটি বানান",
    "this card is not paid": "এই কার্ডের মাশুল দেওয়া হয়নি",
    "take the money first": "আগে টাকা নিন",
    "this card was taken back": "এই কার্ড ফেরত নেওয়া হয়েছে",
    "make another": "আরেকটি বানান",
    "that is not {number}": "এটি {number} নয়",
    "scan the card that was printed just now": "এইমাত্র ছাপা কার্ডটি স্ক্যান করুন",
    "no card {card}": "এমন কোনো কার্ড নেই: {card}",
    "make the card anew: an unposted one is forgotten after a day": ("কার্ডটি আবার বানান: ডাকে না দেওয়া কার্ড এক দিন পরে মুছে যায়"),
    # documents and their sealed lists
    "no document is known by this application number and this telephone number": (
        "এই আবেদন নম্বর ও এই ফোন নম্বরে কোনো দলিল জানা নেই"
    ),
    "check both; the telephone number is the one that you gave to the office": (
        "দুটিই দেখে নিন; ফোন নম্বরটি দপ্তরে যেটি দিয়েছিলেন সেটি"
    ),
    "this is no application number": "এটি কোনো আবেদন নম্বর নয়",
    "copy it from the office's receipt": "দপ্তরের রসিদ থেকে দেখে লিখুন",
    "there is no such service": "এমন কোনো সেবা নেই",
    "this names no ward": "এতে কোনো ওয়ার্ডের নম্বর নেই",
    "it is not on this manifest": "এটি এই তালিকায় নেই",
    "list it in a new manifest": "নতুন একটি তালিকায় লিখুন",
    "manifest {number} is sealed already, with another content": "{number} নম্বরের তালিকা আগেই অন্য দলিলসহ সিল করা হয়েছে",
    "a sealed list does not change: give the new one its own number": ("সিল করা তালিকা বদলায় না: নতুনটির জন্য নতুন নম্বর দিন"),
    "its documents are still being taken in": "এর দলিলগুলো এখনো বুক হচ্ছে",
    "try again in a minute": "এক মিনিট পরে আবার চেষ্টা করুন",
    "count again, and name every document that is short or in excess": (
        "আবার গুনুন, আর কম বা বেশি পাওয়া প্রতিটি দলিলের নম্বর লিখুন"
    ),
    "{number} is not on the list": "{number} তালিকায় নেই",
    "{number} is on the list": "{number} তালিকায় আছে",
}
"""English -> Bangla. A test looks for every English text where it is said."""

_PLACE: Final = re.compile(r"{(\w+)}")


@lru_cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Texts with places, the longest first: the more is said, the better it fits."""
    found = sorted((text for text in TEXTS if _PLACE.search(text)), key=len, reverse=True)
    return tuple((re.compile(_pattern(text), re.S), TEXTS[text]) for text in found)


def _pattern(text: str) -> str:
    pieces = _PLACE.split(text)
    return "".join(f"(?P<{piece}>.+?)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))


def bangla(text: str) -> str:
    """The text in Bangla; as it is where nobody has written that. Several problems in one text are told one by one."""
    whole = _one(text)
    if whole is not None or "; " not in text:
        return whole or text
    return "; ".join(_named(piece) for piece in text.split("; "))


def _one(text: str) -> str | None:
    if text in TEXTS:
        return TEXTS[text]
    for pattern, words in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return words.format(**found.groupdict())
    return None


def _named(piece: str) -> str:
    """One of several problems, behind the name of its field."""
    whole = _one(piece)
    field, colon, rest = piece.partition(": ")
    return whole or f"{field}{colon}{_one(rest) or rest}"


def in_language(problem: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The problem with what a person reads of it in that language, its problems of single fields included."""
    if language != "bn":
        return dict(problem)
    told: dict[str, Any] = {}
    for name, value in problem.items():
        told[name] = bangla(value) if name in _TOLD and isinstance(value, str) else value
    if isinstance(told.get("problems"), list):
        told["problems"] = [in_language(one, language) for one in told["problems"]]
    return told


class InBangla:
    """Tells problems in Bangla to whoever asks for it first: ``Accept-Language: bn``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not Headers(scope=scope).get("accept-language", "").lower().startswith("bn"):
            await self._app(scope, receive, send)
            return
        begun: Message | None = None
        body = b""

        async def told(message: Message) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start" and Headers(scope=message).get("content-type") == MEDIA_TYPE:
                begun = message
            elif begun is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    await finish(begun)

        async def finish(begun: Message) -> None:
            said = json.dumps(in_language(json.loads(body), "bn"), ensure_ascii=False).encode()
            MutableHeaders(scope=begun).update({"Content-Length": str(len(said)), "Content-Language": "bn"})
            await send(begun)
            await send({"type": "http.response.body", "body": said})

        await self._app(scope, receive, told)
