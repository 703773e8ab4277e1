// The counter of a digital centre: hears what was done, keeps it, shows it, and has it sent.

import { digits, grams, readNumber, taka } from "../device/numbers.js";
import { openQueue } from "../device/queue.js";
import { Sender } from "../device/sending.js";
import { deviceOf, publicKey } from "../device/signing.js";
import { play } from "../device/sound.js";
import { priceOf, read, standing } from "./acts.js";

const KEPT_DAYS = 30;
const SHOWN = 300;
const JITTER_S = 60; // a slow network makes a clock look wrong; acts must stay in the order in which they were done
const KINDS = { accepted: "good", duplicate: "good", accepted_with_exception: "warn", rejected: "bad" };

const byId = (id) => document.getElementById(id);
const place = byId("centre");
const { point, office, language } = place.dataset;
const words = JSON.parse(place.dataset.words);
const holder = `agent:${point}`;

const isPractice = document.documentElement.classList.contains("practice");
const queue = await openQueue(`${isPractice ? "practice" : "post"}-centre-${point}`);
const device = await deviceOf(queue, office, { owner: `centre-${point}`, holder });
const sender = new Sender(queue, device, `/centre/facts?device=${device.id}`, { told, answered, learnt });
let facts = (await queue.get("facts")) ?? {};
let entries = await queue.latest(SHOWN);
let mode = document.querySelector("[data-mode-of]").dataset.modeOf;

const clock = new Intl.DateTimeFormat(language === "bn" ? "bn-BD" : "en-GB", {
  timeZone: "Asia/Dhaka",
  hour: "2-digit",
  minute: "2-digit",
});

function element(name, text = "") {
  return Object.assign(document.createElement(name), { textContent: text });
}

// What is seen

function verdict(kind, title, text = "") {
  byId("verdict").dataset.kind = kind;
  byId("verdict-title").textContent = title;
  byId("verdict-text").textContent = text;
}

function show() {
  const now = standing(facts, entries);
  byId("room").textContent = taka(now.room_poisha, language);
  byId("room").dataset.low = String(now.room_poisha === 0);
  byId("cash").textContent = taka(now.cash_poisha, language);
  byId("earned").textContent = taka(facts.earned_poisha ?? 0, language);
  byId("shift").textContent = now.is_open ? words.open : words.shut;
  const waiting = entries.filter((entry) => entry.waiting).length;
  byId("waiting").dataset.n = waiting;
  byId("waiting").textContent = waiting ? words.waiting.replace("{n}", digits(waiting, language)) : words.nothing_waits;
  byId("rows").replaceChildren(...entries.map(line));
  byId("no-rows").hidden = entries.length > 0;
  for (const button of document.querySelectorAll("[data-mode-of]"))
    button.setAttribute("aria-pressed", String(button.dataset.modeOf === mode));
  for (const form of document.querySelectorAll("form[data-mode]")) form.hidden = form.dataset.mode !== mode;
}

function line(entry) {
  const outcome = entry.outcome ?? "waiting";
  const answer = element("td");
  const badge = Object.assign(element("span", words.outcomes[outcome]), { className: `badge ${KINDS[outcome] ?? ""}` });
  answer.append(badge, entry.why ? ` ${entry.why}` : "");
  const print = element("td");
  if (entry.got?.item_number && entry.outcome !== "rejected") {
    if (entry.text === "post") print.append(printing(words.label, `/v1/items/${entry.got.item_number}/label.pdf`));
    print.append(printing(words.receipt, `/v1/centres/${point}/receipts/${entry.got.act_id}/pdf`));
  }
  const row = element("tr");
  row.dataset.outcome = outcome;
  const number = entry.got?.item_number || entry.number;
  const cash = entry.row.cash_poisha ?? entry.row.counted_poisha ?? 0;
  const cells = [clock.format(new Date(entry.at)), number, words.acts[entry.text], taka(cash, language)];
  row.append(...cells.map((text) => element("td", text)), answer, print);
  return row;
}

function printing(text, path) {
  const button = Object.assign(element("button", text), { type: "button", className: "quiet" });
  button.dataset.print = path;
  return button;
}

async function showDevice() {
  byId("enrol").hidden = device.enrolled || !facts.holder;
  if (byId("enrol").hidden) return;
  const { x, y } = await publicKey(device.keys);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(x + y));
  const letters = [...new Uint8Array(hash)].slice(0, 4).map((byte) => byte.toString(16).padStart(2, "0")).join("");
  byId("letters").textContent = letters.toUpperCase().replace(/^.{4}/, "$& ");
  const address = `/centre/devices/${device.id}/${x}${y}`;
  if (byId("code-link").getAttribute("href") === address) return;
  byId("code").src = `${address}/code.svg`;
  byId("code-link").href = address;
}

// What is done

async function done(form) {
  const values = Object.fromEntries(new FormData(form));
  const told = read(mode, values, facts, new Date());
  if (told.wrong) return refuse(form, told.wrong, words.wrong[told.wrong]);
  const now = standing(facts, entries);
  const isShift = mode === "open_shift" || mode === "close_shift";
  if (!isShift && !now.is_open) return refuse(form, "", words.wrong.shut);
  if (mode === "open_shift" && now.is_open) return refuse(form, "", words.wrong.open);
  if (mode === "close_shift" && !now.is_open) return refuse(form, "", words.wrong.shut);
  if (!isShift && told.cash > now.room_poisha) return refuse(form, "cash", words.wrong.float);
  try {
    entries.unshift(await queue.add(told.entry));
  } catch {
    return refuse(form, "", words.wrong.disk);
  }
  form.reset();
  reckon(form);
  verdict("good", told.entry.number || words.acts[mode], words.kept);
  play("sent");
  show();
  form.querySelector("input").focus();
  sender.kick();
}

function refuse(form, field, why) {
  verdict("bad", words.not_done, why);
  play("bad");
  form.elements[field]?.focus();
}

/** What a form comes to while it is filled in: the price, what is due, the sum of the pieces. */
function reckon(form) {
  const take = form.querySelector(".take");
  if (!take) return;
  const values = Object.fromEntries(new FormData(form));
  let poisha;
  if (form.dataset.mode === "post") poisha = priceOf(grams(values.weight ?? ""), facts.prices);
  else if (form.dataset.mode === "hand_over") poisha = facts.due_poisha?.[readNumber(values.number ?? "").number];
  else if (form.dataset.mode === "pay") poisha = form.due;
  else poisha = read(form.dataset.mode, values, facts, new Date()).cash;
  take.textContent = poisha === undefined ? "" : `${take.dataset.words} ${taka(poisha, language)}`;
}

/** What is due for a parcel that does not lie here; asked where there is a network. */
async function askDue(form) {
  form.due = undefined;
  const { number } = readNumber(form.elements.number.value);
  if (!number || !sender.facts) return reckon(form);
  try {
    const headers = { "X-Form-Key": sender.facts.form_key };
    const answer = await fetch(`/v1/centres/${point}/due/${number}`, { headers });
    form.due = answer.ok ? (await answer.json()).due_poisha : undefined;
  } catch {
    // without a network the customer says what is due
  }
  reckon(form);
}

// What the post says

function told(state, detail) {
  const known = state === "online" && !device.enrolled ? "not-enrolled" : state;
  byId("link").dataset.state = known;
  byId("link").textContent = words.links[known] + (detail && ["refused", "busy"].includes(known) ? ` (${detail})` : "");
  byId("sign-in").hidden = !["sign-in", "other-office"].includes(known);
  if (state === "not-enrolled") sender.factsAt = -Infinity; // asks again whether it is known now
}

async function answered(verdicts) {
  entries = await queue.latest(SHOWN);
  sender.factsAt = -Infinity;
  show();
  const worst = verdicts.findLast(([, outcome]) => ["warn", "bad"].includes(KINDS[outcome])) ?? verdicts.at(-1);
  const [entry, outcome, why, got] = worst;
  verdict(KINDS[outcome], got?.item_number || entry.number || words.acts[entry.text], why || words.outcomes[outcome]);
  play(KINDS[outcome]);
  await sender.learn();
}

async function learnt(known) {
  const { form_key, ...lasting } = known; // the key of a session is not for keeping
  const isJitter = Math.abs(lasting.offset_s - facts.offset_s) < JITTER_S;
  const offset_s = isJitter ? facts.offset_s : lasting.offset_s;
  facts = { ...lasting, offset_s, learntAt: new Date().toISOString() };
  device.enrolled = known.is_known;
  await queue.set({ facts, enrolled: known.is_known });
  show();
  await showDevice();
}

// What is pressed

for (const form of document.querySelectorAll("form[data-mode]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done(form);
  });
  form.addEventListener("input", () => reckon(form));
  if (form.dataset.mode === "pay") form.elements.number.addEventListener("change", () => askDue(form));
}

place.addEventListener("click", async (event) => {
  const { modeOf, print } = event.target.closest("button")?.dataset ?? {};
  if (modeOf) {
    mode = modeOf;
    show();
    document.querySelector(`form[data-mode="${mode}"] input`).focus();
  } else if (print) {
    try {
      window.open(await sender.paper(print));
    } catch (held) {
      told(held.state ?? "busy", held.message);
    }
  }
});

document.addEventListener("keydown", (event) => {
  const button = event.altKey && document.querySelector(`[data-digit="${event.key}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

byId("send").addEventListener("click", () => sender.send());

// The beginning

window.addEventListener("online", () => sender.send());
window.addEventListener("offline", () => told("offline"));
show();
await showDevice();
place.dataset.ready = "true";
navigator.storage?.persist?.();
navigator.serviceWorker?.register("/centre/worker.js", { scope: "/centre" });
await queue.forget(new Date(Date.now() - KEPT_DAYS * 86_400_000).toISOString());
sender.send();
