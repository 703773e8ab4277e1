// The round: hears what happened at a door, keeps it, shows it, and has it sent.

import { latinDigits, poisha, readNumber } from "../device/numbers.js";
import { openQueue } from "../device/queue.js";
import { Sender } from "../device/sending.js";
import { deviceOf, publicKey } from "../device/signing.js";
import { play } from "../device/sound.js";
import { claimOf, handsOver, receiptFault, receiptOf, shown } from "./claims.js";
import { judged, plainCode } from "./codes.js";
import { Signature, smallPhoto } from "./pictures.js";
import { dayOf, Round } from "./round.js";
import { byId, kindOf, Screen } from "./screen.js";

const KEPT_DAYS = 7;
const SHOWN = 400;
const REST_MS = 8000;
const NEAR_M = 500;

const place = byId("rider");
const { office, rider, language } = place.dataset;
const holder = `rider:${rider}`;
const screen = new Screen(JSON.parse(place.dataset.words), JSON.parse(place.dataset.reasons), language);
const { words } = screen;

const isPractice = document.documentElement.classList.contains("practice");
// Each rider of a shared phone has keys and a queue of his own, and so has practice.
const queue = await openQueue(`${isPractice ? "practice" : "post"}-rider-${rider}`);
const device = await deviceOf(queue, office, { owner: `rider-${rider}`, holder });
const sender = new Sender(queue, device, `/rider/facts?device=${device.id}`, { told, answered, learnt, restMs: REST_MS });
let facts = (await queue.get("facts")) ?? {};
let sheet = await keptSheet();
let counted = (await queue.get("counted")) ?? {};
let entries = [];
let round = new Round(facts, sheet, entries);
let door; // what happens at the door that is open

// What is known

/** The time at the office, whatever this phone's clock says. */
function trueTime() {
  return new Date(Date.now() + 1000 * (facts.offset_s ?? 0));
}

/** The round of today; yesterday's people are none of this phone's business. */
async function keptSheet() {
  const kept = await queue.get("sheet");
  if (!kept || kept.on === dayOf(trueTime())) return kept;
  await queue.set({ sheet: undefined });
  return undefined;
}

async function learnt(known) {
  const { form_key, ...lasting } = known; // the key of a session is not for keeping
  facts = { ...lasting, learntAt: new Date().toISOString() };
  device.enrolled = known.is_known;
  await queue.set({ facts, enrolled: known.is_known });
  if (known.sheet !== sheet?.digest) await fetchSheet();
  await shownPhone();
  await show();
}

async function fetchSheet() {
  const answer = await fetch("/rider/sheet", { credentials: "same-origin", cache: "no-store", redirect: "manual" }).catch(() => undefined);
  if (!answer?.ok) return;
  sheet = await answer.json();
  await queue.set({ sheet });
  drawMap();
}

function drawMap() {
  const map = sheet?.map && new DOMParser().parseFromString(sheet.map, "text/html").querySelector("svg");
  byId("map").replaceChildren(...(map ? [map] : []));
}

async function show() {
  entries = await queue.latest(SHOWN);
  round = new Round(facts, sheet, entries);
  const waiting = await queue.countWaiting();
  screen.round(round, sheet, trueTime());
  screen.money(round);
  screen.counted(round, waiting, counted);
  screen.rows(entries);
  screen.waiting(waiting);
  if (door) Object.assign(door, round.items.get(door.item.number));
  if (door) screen.parcel(round, door);
  else if (round.items.has(wanted())) view();
  if (facts.worths && !byId("notes").children.length) screen.notes(facts.worths, counted);
}

async function shownPhone() {
  if (device.enrolled && wanted() === "phone") location.hash = "round";
  if (device.enrolled || !facts.learntAt) return;
  const { x, y } = await publicKey(device.keys);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(x + y));
  const letters = [...new Uint8Array(hash).slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  screen.phone(letters.toUpperCase().replace(/^.{4}/, "$& "), `/rider/phones/${device.id}/${x}${y}`);
  if (!wanted()) location.hash = "phone";
}

// Where one is on the page

function wanted() {
  return decodeURIComponent(location.hash.slice(1));
}

function view() {
  const found = round.items.get(wanted());
  const id = found ? "parcel" : (["money", "sent", "phone"].find((one) => one === wanted()) ?? "round");
  for (const part of document.querySelectorAll("[data-view]")) part.hidden = part.id !== id;
  for (const tab of document.querySelectorAll(".tabs a"))
    if (tab.hash === `#${id === "parcel" ? "round" : id}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  if (!found) door = undefined;
  else if (found.item.number !== door?.item.number) openDoor(found); // what is typed at a door that is open stays
  if (byId("undo-do").hidden) screen.undo(""); // a message is read once; what can be taken back stays
  const next = id === "round" && document.querySelector("[data-next] .to");
  if (next) next.focus();
  else document.querySelector(`#${id} [tabindex]`)?.focus({ preventScroll: id === "round" });
}

// At a door

const signature = new Signature(byId("sign"), () => screen.wrong(""));
const calls = new Map(); // number -> seconds away from this page after the call was pressed

function openDoor(found) {
  door = { ...found, what: "whole", photo: undefined, insisted: new Set(), at: undefined };
  byId("claim").reset();
  signature.clear();
  screen.code("");
  byId("photo-says").textContent = byId("place").textContent = "";
  byId("cash").value = found.item.due_poisha ? String(found.item.due_poisha / 100) : "";
  byId("short-part").hidden = true;
  const { receivers = [] } = found.item; // of a round that was kept by an older page there are none
  byId("receiver-part").hidden = !receivers.length;
  for (const option of byId("received").options) option.hidden = option.disabled = Boolean(option.value) && !receivers.includes(option.value);
  receiverChosen();
  screen.parcel(round, door);
  take("whole");
}

function take(what) {
  door.what = what;
  screen.form(what, door.item);
  if (handsOver(what)) return;
  if (calls.has(door.item.number)) byId("called-no-answer").checked = true;
  locate(door);
}

/** Where the phone stands, if it may say so; it knows without a network, too. */
function locate(here) {
  if (here.at || !navigator.geolocation) return;
  const say = (what) => here === door && (byId("place").textContent = words.place[what]);
  const found = ({ coords: { latitude, longitude, accuracy } }) => {
    if (accuracy <= NEAR_M) here.at = { lat_deg: latitude, lon_deg: longitude };
    say(here.at ? "found" : "none");
  };
  say("looking");
  navigator.geolocation.getCurrentPosition(found, () => say("none"), {
    enableHighAccuracy: true,
    timeout: 15000,
    maximumAge: 60000,
  });
}

/** What is wrong with what was typed, as [name of the words, field]; undefined if nothing is. */
async function fault(said) {
  if (!handsOver(door.what)) return said.reason ? undefined : ["reason", door.what];
  const due = door.item.due_poisha;
  if (said.cash === undefined) return ["cash", "cash"];
  if (said.cash > due) return ["much", "cash"];
  if (door.what === "whole" && said.cash < due && !said.short) return ["short", "short"];
  if (said.code && (await judged(door.item, said.code)) === "wrong") return insisted("insist", "otp");
  const lacking = said.receipt && receiptFault(said.receipt);
  if (lacking) return insisted("receiver", lacking);
  if (!said.code && !said.photo && !said.signature) return insisted("unshown", "otp");
  return undefined;
}

/** The same, but for whoever presses again. */
function insisted(why, id) {
  if (door.insisted.has(why)) return undefined;
  door.insisted.add(why);
  return [why, id];
}

function typed() {
  const over = handsOver(door.what);
  const called = document.querySelector("[name=called]:checked").value;
  const cash = door.item.due_poisha ? poisha(byId("cash").value || "0") : 0;
  return {
    cash: over ? cash : 0,
    short: door.what === "whole" && cash < door.item.due_poisha ? byId("short").value : undefined,
    reason: over ? undefined : byId(door.what).value,
    note: over ? undefined : byId("note").value.trim(),
    code: over ? plainCode(byId("otp").value) : undefined,
    signature: over ? signature.drawing : undefined,
    photo: door.photo,
    call: door.what === "vain" && called !== "no" ? (called === "spoke" ? Math.max(1, calls.get(door.item.number) ?? 1) : 0) : undefined,
    place: over ? undefined : door.at,
    receipt: over && door.item.receivers?.length ? receiptTyped() : undefined,
  };
}

function receiptTyped() {
  const [received_by, card, witness] = ["received", "card", "witness"].map((id) => byId(id).value.trim());
  const last4 = latinDigits(byId("last4").value).trim().toUpperCase();
  return receiptOf({ received_by, card, last4, witness }, door.item.identity);
}

/** Asks for the card of somebody, or for who saw that it was left at the door. */
function receiverChosen() {
  const affixed = byId("received").value === "affixed";
  byId("card-part").hidden = affixed;
  byId("witness-part").hidden = !affixed;
}

async function keep() {
  const said = typed();
  const wrong = await fault(said);
  if (wrong) {
    const [why, id] = wrong;
    play("bad");
    if (why === "short") byId("short-part").hidden = false;
    return screen.wrong(words.wrong[why] ?? words.codes[why], id);
  }
  const at = { office, holder, offset_s: facts.offset_s };
  const { item } = door;
  const claim = claimOf(item.number, { what: door.what, ...said, shows: shown(said) }, at, new Date());
  let kept;
  try {
    kept = await queue.draft(claim);
  } catch {
    play("bad");
    return screen.wrong(words.wrong.disk);
  }
  play("good");
  const more = door.stop.items.find((other) => other !== item && round.status(other) === "open");
  door = undefined;
  location.hash = more?.number ?? "round"; // first what else is for this door
  await show();
  screen.undo(`${item.name}: ${words.claims[claim.text]}`, kept.id);
  setTimeout(() => byId("undo-do").dataset.back === String(kept.id) && screen.undo(""), REST_MS);
  sender.kick();
}

async function takeBack(id) {
  const isBack = await queue.takeBack(Number(id));
  screen.undo(isBack ? words.taken_back : words.too_late);
  setTimeout(() => byId("undo-do").hidden && screen.undo(""), REST_MS);
  await show();
}

// What the office says

function told(state, detail) {
  screen.link(state === "online" && !device.enrolled ? "not-enrolled" : state, detail);
  if (state === "not-enrolled") sender.factsAt = -Infinity; // asks again whether it is known now
}

async function answered(verdicts) {
  sender.factsAt = -Infinity; // what is carried has changed
  await show();
  const bad = verdicts.filter(([, outcome]) => ["warn", "bad"].includes(kindOf(outcome)));
  if (!bad.length) return;
  const [entry, outcome, why] = bad.at(-1);
  screen.undo(`${entry.number}: ${why}`);
  play(kindOf(outcome));
}

// What is pressed

document.addEventListener("click", async (event) => {
  const { what, back, dial } = event.target.closest("button, a")?.dataset ?? {};
  if (what) take(what === "whole" && byId("part").checked ? "part" : what);
  else if (back) await takeBack(back);
  else if (dial) awaySince = { number: dial, at: performance.now() };
});

let awaySince;
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") return;
  if (awaySince) calls.set(awaySince.number, Math.round((performance.now() - awaySince.at) / 1000));
  awaySince = undefined;
  sender.send();
});

byId("claim").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!door || door.isKeeping) return;
  door.isKeeping = true;
  await keep();
  if (door) door.isKeeping = false;
});
byId("part").addEventListener("change", ({ target }) => take(target.checked ? "part" : "whole"));
byId("cash").addEventListener("input", ({ target }) => {
  byId("short-part").hidden = !((poisha(target.value || "0") ?? Infinity) < door.item.due_poisha);
});
byId("otp").addEventListener("input", async ({ target }) => {
  const { value } = target;
  const says = plainCode(value).length < 6 ? "" : await judged(door.item, value);
  if (value === target.value) screen.code(says);
});
byId("received").addEventListener("change", receiverChosen);
byId("sign-again").addEventListener("click", () => signature.clear());
byId("photo").addEventListener("change", async ({ target: { files } }) => {
  const here = door;
  here.photo = undefined;
  byId("photo-says").textContent = "";
  if (!files.length) return;
  try {
    here.photo = await smallPhoto(files[0]);
    byId("photo-says").textContent = screen.say(words.photo_kept, { kb: Math.ceil(here.photo.size / 1000) });
  } catch {
    screen.wrong(words.wrong.photo, "photo");
  }
});

byId("find").addEventListener("input", ({ target }) => screen.find(latinDigits(target.value)));
byId("find").addEventListener("keydown", ({ key, target }) => key === "Enter" && seen(target.value));
byId("count").addEventListener("input", async () => {
  counted = Object.fromEntries(
    [...byId("notes").querySelectorAll("input")]
      .map(({ name, value }) => [name, Number(latinDigits(value).trim())])
      .filter(([, many]) => Number.isInteger(many) && many > 0),
  );
  screen.counted(round, await queue.countWaiting(), counted);
  await queue.set({ counted });
});
byId("count").addEventListener("reset", async () => {
  counted = {};
  byId("slip").hidden = true;
  for (const field of byId("notes").querySelectorAll("input")) field.defaultValue = "";
  screen.counted(round, await queue.countWaiting(), counted);
  await queue.set({ counted });
});
byId("show").addEventListener("click", async () => {
  const sum = screen.counted(round, await queue.countWaiting(), counted);
  screen.slip(round, counted, sum, trueTime());
});
for (const id of ["send", "ask-again"])
  byId(id).addEventListener("click", () => {
    sender.factsAt = -Infinity;
    sender.sendAtOnce();
  });

const camera = byId("camera");
let stopLooking;
camera.hidden = !("BarcodeDetector" in globalThis);
camera.addEventListener("click", async () => {
  const end = stopLooking;
  stopLooking = undefined;
  byId("view").hidden = Boolean(end);
  if (end) return end();
  const { look } = await import("../device/camera.js");
  stopLooking = await look(byId("view"), seen).catch(() => undefined);
  byId("view").hidden = !stopLooking;
});

/** A parcel in front of the camera or a scanner: its door opens. */
function seen(text) {
  const { number } = readNumber(text);
  play(round.items.has(number) ? "sent" : "bad");
  if (round.items.has(number)) location.hash = number;
}

/** Whoever signs out leaves nobody's name and address behind. */
document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await queue.set({ sheet: undefined });
  event.target.submit();
});

// The beginning

for (const [id, list] of [["vain", screen.reasons.in_vain], ["refused", screen.reasons.refused], ["short", screen.reasons.short]])
  screen.choices(id, list);
drawMap();
await show();
await shownPhone();
view();
window.addEventListener("hashchange", view);
window.addEventListener("online", () => sender.send());
window.addEventListener("offline", () => told("offline"));
place.dataset.ready = "true";
navigator.storage?.persist?.();
navigator.serviceWorker?.register("/rider/worker.js", { scope: "/rider" });
await queue.forget(new Date(Date.now() - KEPT_DAYS * 86_400_000).toISOString());
sender.send();
