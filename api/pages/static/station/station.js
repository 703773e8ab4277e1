// The station: hears lines, keeps them, shows them, and has them sent.

import { canSee, look } from "../device/camera.js";
import { taka } from "../device/numbers.js";
import { openQueue } from "../device/queue.js";
import { Work } from "./modes.js";
import { kindOf, Screen } from "./screen.js";
import { Sender } from "../device/sending.js";
import { deviceOf } from "../device/signing.js";
import { play } from "../device/sound.js";

const KEPT_DAYS = 7;
const SHOWN = 200;

const place = document.getElementById("station");
const line = document.getElementById("line");
const { office, language } = place.dataset;
const words = JSON.parse(place.dataset.words);
const screen = new Screen(words, language);

const isPractice = document.documentElement.classList.contains("practice");
const queue = await openQueue(isPractice ? "practice-station" : "post-station");
const device = await deviceOf(queue, office);
let facts = (await queue.get("facts")) ?? {};
let stock = new Set(await queue.get("stock"));
let posted = new Set(await queue.get("posted"));
const work = new Work(office, () => facts);
const sender = new Sender(queue, device, "/station/facts", { told, answered, learnt });

// What comes in

let lines = 0; // heard so far: what is asked for the newest is not covered by what was kept of one before

/** A line of the scanner or the keyboard. It is green when it is on the disk. */
async function heard(text) {
  if (!text.trim()) text = "";
  lines += 1;
  const came = work.hear(text);
  screen.asks(work, facts);
  if (came.wrong) return wrong(came.wrong, text);
  if (came.bagFor) return newBag(came.bagFor);
  if (came.mode) return screen.verdict("", "");
  if (came.more) return begun();
  return keep(came.entry);
}

function wrong(why, text) {
  screen.verdict("bad", text.trim() || "?", words.wrong[why]);
  play("bad");
}

/** A row is begun: what is known of its thing helps with the rest. */
function begun() {
  const due = facts.due_poisha?.[work.answers.item?.number];
  if (work.asks === "cash" && due) screen.verdict("warn", taka(due, language), words.to_pay);
  else screen.verdict("", "");
  play("sent");
}

async function newBag(destination) {
  try {
    await heard(await sender.bagFor(destination));
    screen.verdict("good", work.sticky.number, `${screen.bound(destination, facts)} · ${words.new_bag}`);
  } catch (held) {
    if (!held.state) throw held;
    screen.verdict("bad", destination, held.state === "refused" ? held.message : words.links[held.state]);
    play("bad");
  }
}

async function keep(entry) {
  const turn = lines;
  if (entry.counted) await tick(entry.counted);
  if (!entry.kind) return seen(entry.number, words.events.counted, turn);
  try {
    const kept = await queue.add(entry);
    screen.row(kept);
  } catch {
    return wrong("disk", entry.number);
  }
  seen(entry.number, words.events[entry.text], turn);
  screen.waiting(await queue.countWaiting());
  sender.kick();
}

function seen(number, text, turn) {
  play("good");
  if (turn !== lines) return;
  const destination = facts.things?.[number]?.destination;
  const bound = destination ? screen.bound(destination, facts) : words.kept;
  if (work.mode.name === "sort" && destination) screen.verdict("good", bound, number);
  else screen.verdict("good", number, `${text} · ${bound}`);
}

// What the office says

function told(state, detail) {
  screen.link(state, detail);
}

async function answered(verdicts) {
  const waiting = await queue.countWaiting();
  screen.waiting(waiting);
  for (const [entry, outcome, why] of verdicts) screen.answered({ ...entry, waiting: undefined, outcome, why });
  await post(verdicts.filter(([entry, outcome]) => entry.kind === "acceptance" && outcome !== "rejected"));
  const bad = verdicts.filter(([, outcome]) => ["warn", "bad"].includes(kindOf(outcome)));
  if (!bad.length) return;
  const [entry, outcome, why] = bad.at(-1);
  screen.verdict(kindOf(outcome), entry.number, why);
  play(kindOf(outcome));
}

async function learnt(known) {
  facts = known;
  const { form_key, ...lasting } = known; // the key of a session is not for keeping
  await queue.set({ facts: lasting });
  screen.enrolment(!device.enrolled, known.may_enrol);
  screen.asks(work, facts);
  showStock();
}

// Taking stock

async function tick(number) {
  stock.add(number);
  await queue.set({ stock: [...stock] });
  showStock();
}

function showStock() {
  const here = Object.keys(facts.things ?? {}).filter((number) => facts.things[number].is_here);
  const missing = here.filter((number) => !stock.has(number));
  screen.stock(here.length - missing.length, missing);
}

// What one customer posts

/** What was accepted over the scales comes onto the receipt, when the office has said yes. */
async function post(taken) {
  if (!taken.length) return;
  for (const [entry] of taken) posted.add(entry.number);
  await queue.set({ posted: [...posted] });
  screen.posted([...posted]);
}

// What is pressed

document.getElementById("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = line.value;
  line.value = ""; // before anything else: the next scan may be on its way
  heard(text);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    line.value = "";
    work.back();
    screen.asks(work, facts);
    screen.verdict("", "");
    line.focus();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey && !isTyping()) line.focus();
});

/** A scanner types wherever the focus is: it belongs into the line, unless somebody writes elsewhere. */
function isTyping() {
  return document.activeElement?.matches("input, textarea, select");
}

place.addEventListener("click", async (event) => {
  const { digit, print } = event.target.closest("button")?.dataset ?? {};
  if (digit) {
    await heard(`*${digit}`);
    line.focus();
  } else if (print) await printed(print);
});

async function printed(path) {
  try {
    window.open(await sender.paper(path));
  } catch (held) {
    told(held.state ?? "busy", held.message);
  }
}

document.getElementById("send").addEventListener("click", () => sender.send());
document.getElementById("anew").addEventListener("click", async () => {
  stock = new Set();
  await queue.set({ stock: [] });
  showStock();
});
document.getElementById("next-customer").addEventListener("click", async () => {
  posted = new Set();
  await queue.set({ posted: [] });
  screen.posted([]);
  line.focus();
});
document.getElementById("only-wrong").addEventListener("click", async ({ currentTarget }) => {
  const only = currentTarget.getAttribute("aria-pressed") !== "true";
  currentTarget.setAttribute("aria-pressed", String(only));
  screen.rows(only ? await queue.wrong(SHOWN) : await queue.latest(SHOWN));
});
document.getElementById("enrol-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await sender.enrol(document.getElementById("device-name").value);
    screen.enrolment(false, false);
    await sender.send();
  } catch (held) {
    told(held.state ?? "busy", held.message);
  }
});

const camera = document.getElementById("camera");
const view = document.getElementById("view");
let stopLooking;
camera.hidden = !canSee();
camera.addEventListener("click", async () => {
  const end = stopLooking;
  stopLooking = undefined;
  view.hidden = Boolean(end);
  if (end) return end();
  stopLooking = await look(view, heard).catch(() => undefined);
  view.hidden = !stopLooking;
});

// The beginning

window.addEventListener("online", () => sender.send());
window.addEventListener("offline", () => told("offline"));
screen.enrolment(!device.enrolled, facts.may_enrol);
screen.rows(await queue.latest(SHOWN));
screen.waiting(await queue.countWaiting());
screen.asks(work, facts);
showStock();
screen.posted([...posted]);
line.disabled = false;
line.focus();
place.dataset.ready = "true";
navigator.storage?.persist?.();
navigator.serviceWorker?.register("/station/worker.js", { scope: "/station" });
await queue.forget(new Date(Date.now() - KEPT_DAYS * 86_400_000).toISOString());
sender.send();
