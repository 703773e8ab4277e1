// What is done at a counter, step by step, and the row that comes of it. Knows no screen and no network.

import { grams, latinDigits, poisha, readNumber } from "../device/numbers.js";

/** What can be asked for. A reader gives {value}, {wrong} with the name of what to say, or {bagFor} an office. */
const READERS = {
  thing: (text) => numberOf(text, ["item", "bag"]),
  item: (text) => numberOf(text, ["item"]),
  bag: (text, { isNew }) => {
    const postcode = latinDigits(text).trim();
    return isNew && /^\d{4}$/.test(postcode) ? { bagFor: postcode } : numberOf(text, ["bag"]);
  },
  weight: (text) => valued(grams(text), "weight"),
  cash: (text, { facts, answers }) =>
    valued(text.trim() ? poisha(text) : facts.due_poisha?.[answers.item?.number], "cash"),
  seal: (text) => valued(latinDigits(text).trim().slice(0, 40) || undefined, "seal"),
  rider: (text, { facts }) => choice(text, facts.riders ?? [], (rider) => rider),
  run: (text, { facts }) => choice(text, facts.runs ?? [], (run) => run.vehicle),
};

/** digit -> what is done. `sticky` is asked once and stays until Escape; `steps` are asked for every row. */
export const MODES = {
  1: { name: "receive", steps: ["thing"], entry: receiving },
  2: { name: "sort", steps: ["item"], entry: ({ item }, at) => scanOf(item, "sorted_out", at) },
  3: {
    name: "riders",
    sticky: "rider",
    steps: ["item"],
    entry: ({ rider, item }, at) => scanOf(item, "out_for_delivery", at, { holder: `rider:${rider}` }),
  },
  4: { name: "accept", steps: ["item", "weight"], entry: accepting },
  5: {
    name: "bag",
    sticky: "bag",
    steps: ["thing"],
    entry: ({ bag, thing }, at) => scanOf(thing, "bagged", at, { receptacle: bag.number }),
  },
  6: { name: "seal", steps: ["bag", "seal", "weight"], entry: sealing },
  7: {
    name: "dispatch",
    sticky: "run",
    steps: ["thing"],
    entry: ({ run, thing }, at) => scanOf(thing, "dispatched", at, { holder: `vehicle:${run.vehicle}` }),
  },
  8: { name: "window", steps: ["item", "cash"], entry: handingOver },
  9: { name: "count", steps: ["thing"], entry: counting },
};

/** What the person in front of the screen is doing. */
export class Work {
  /** `facts` gives what is known at this counter. */
  constructor(office, facts) {
    this.office = office;
    this.facts = facts;
    this.take(1);
  }

  take(digit) {
    this.digit = digit;
    this.mode = MODES[digit];
    this.sticky = undefined;
    this.answers = {};
  }

  /** What is asked for next. */
  get asks() {
    if (this.mode.sticky && this.sticky === undefined) return this.mode.sticky;
    return this.mode.steps.find((step) => this.answers[step] === undefined);
  }

  /** One step back: the row that was begun, else what stays. */
  back() {
    if (!Object.keys(this.answers).length) this.sticky = undefined;
    this.answers = {};
  }

  /** {mode}, {wrong}, {bagFor}, {more: true} or {entry}: what came of a line that was typed or scanned. */
  hear(text) {
    const chosen = /^\*([1-9])$/.exec(latinDigits(text).trim());
    if (chosen) {
      this.take(Number(chosen[1]));
      return { mode: this.mode };
    }
    const asks = this.asks;
    const read = READERS[asks](text, { facts: this.facts(), answers: this.answers, isNew: asks === this.mode.sticky });
    if (read.wrong || read.bagFor) return read;
    if (asks === this.mode.sticky && this.sticky === undefined) {
      this.sticky = read.value;
      return { more: true };
    }
    this.answers[asks] = read.value;
    if (this.asks) return { more: true };
    const told = { ...this.answers, ...(this.mode.sticky && { [this.mode.sticky]: this.sticky }) };
    this.answers = {};
    return { entry: this.mode.entry(told, { office: this.office, facts: this.facts(), now: new Date() }) };
  }
}

/** A scan tells the time of this clock, and how wrong it was when the office was last heard. */
function scanOf(thing, event, { office, facts, now }, more = {}) {
  const clock = { occurred_at: now.toISOString(), clock_offset_s: facts.offset_s }; // undefined is not sent
  const row = { item_number: thing.number, event, ...clock, office, holder: `office:${office}`, ...more };
  return { kind: "scan", number: thing.number, text: event, row };
}

/** What is bound for elsewhere, and every bag, arrives to go on; an unknown parcel does as most do at this office. */
function receiving({ thing }, at) {
  const destination = at.facts.things?.[thing.number]?.destination;
  const goesOn = thing.kind === "bag" || (destination ? destination !== at.office : at.facts.is_hub);
  return scanOf(thing, goesOn ? "received_at_hub" : "at_delivery_office", at);
}

function accepting({ item, weight }, at) {
  const { row } = scanOf(item, "accepted", at);
  return { kind: "acceptance", number: item.number, text: "accepted", row: { ...row, weight_g: weight } };
}

function handingOver({ item, cash }, at) {
  const { row } = scanOf(item, "delivered_claimed", at);
  return { kind: "claim", number: item.number, text: "delivered_claimed", row: { ...row, collected_poisha: cash } };
}

/** What is told by a call of its own has no clock beside it: its time is put right here. */
function sealing({ bag, seal, weight }, { office, facts, now }) {
  const occurred_at = new Date(now.getTime() + 1000 * (facts.offset_s ?? 0)).toISOString();
  const body = { office, occurred_at, seal, weight_g: weight };
  return { kind: "act", number: bag.number, text: "sealed", path: `/v1/bags/${bag.number}/seal`, body };
}

/** What is known to lie here is only ticked off; what turns up besides is received. */
function counting({ thing }, at) {
  const isHere = at.facts.things?.[thing.number]?.is_here;
  return { ...(isHere ? { number: thing.number } : receiving({ thing }, at)), counted: thing.number };
}

function numberOf(text, kinds) {
  const read = readNumber(text);
  if (read.wrong) return read;
  return kinds.includes(read.kind) ? { value: read } : { wrong: `no-${kinds[0]}` };
}

function valued(value, wrong) {
  return value === undefined ? { wrong } : { value };
}

/** One of the list, by its name or by its place in it. */
function choice(text, list, name) {
  const said = latinDigits(text).trim().toUpperCase();
  const place = /^\d{1,2}$/.test(said) ? Number(said) - 1 : -1;
  return valued(list.find((one) => name(one).toUpperCase() === said) ?? list[place], "choice");
}
