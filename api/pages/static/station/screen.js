// What is seen of the station. It is told what happened and decides nothing.

import { digits, taka } from "../device/numbers.js";

const MOST_ROWS = 200;
const MOST_ON_RECEIPT = 300;
const KINDS = { accepted: "good", duplicate: "good", accepted_with_exception: "warn", rejected: "bad" };

const byId = (id) => document.getElementById(id);

/** The kind of an outcome: good, warn or bad; empty while it waits. */
export function kindOf(outcome) {
  return KINDS[outcome] ?? "";
}

export class Screen {
  constructor(words, language) {
    this.words = words;
    this.language = language;
    this.lines = new Map();
    this.missing = new Map();
    this.clock = new Intl.DateTimeFormat(language === "bn" ? "bn-BD" : "en-GB", {
      timeZone: "Asia/Dhaka",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  /** The words with their values, in the digits of the language. */
  say(words, values = {}) {
    return words.replace(/\{(\w+)\}/g, (_, name) => digits(values[name], this.language));
  }

  /** What is asked for, and from what to choose. */
  asks(work, facts) {
    const asks = work.asks;
    const number = work.answers.item?.number ?? work.answers.bag?.number;
    const due = asks === "cash" ? facts.due_poisha?.[number] : undefined;
    const name = asks === "bag" && asks === work.mode.sticky ? "new_bag" : asks;
    const prompt = due ? this.say(this.words.asks.cash_due, { due: taka(due, this.language) }) : this.words.asks[name];
    byId("asks").textContent = prompt;
    const chosen = [work.sticky && nameOf(work.sticky), number].filter(Boolean).join(" · ");
    byId("chosen").textContent = chosen;
    byId("chosen").hidden = !chosen;
    for (const button of document.querySelectorAll("[data-digit]"))
      button.setAttribute("aria-pressed", String(Number(button.dataset.digit) === work.digit));
    const list = { rider: facts.riders ?? [], run: facts.runs ?? [] }[asks];
    byId("choices").hidden = !list;
    byId("choices").replaceChildren(...(list ?? []).map((one) => element("li", this.choice(one, facts))));
    byId("stock").hidden = work.mode.name !== "count";
    byId("posted").hidden = work.mode.name !== "accept";
  }

  choice(one, facts) {
    if (typeof one === "string") return one;
    return `${one.leaves} · ${this.bound(one.destination, facts)} · ${one.vehicle}`;
  }

  /** Where something goes, as people read it. */
  bound(destination, facts) {
    return `${this.words.to} ${digits(destination, this.language)} ${facts.offices?.[destination] ?? ""}`.trim();
  }

  /** The large panel. */
  verdict(kind, title, text = "") {
    byId("verdict").dataset.kind = kind;
    byId("verdict-title").textContent = title;
    byId("verdict-text").textContent = text;
  }

  /** How it stands with the office, and how much waits. */
  link(state, detail) {
    const told = this.words.links[state];
    byId("link").dataset.state = state;
    const text = detail && ["refused", "busy"].includes(state) ? `${told} (${detail})` : told;
    byId("link").replaceChildren(["sign-in", "other-office"].includes(state) ? signIn(text) : text);
  }

  waiting(n) {
    byId("waiting").dataset.n = n;
    byId("waiting").textContent = n ? this.say(this.words.waiting, { n }) : this.words.nothing_waits;
  }

  /** The rows of the queue, newest first. */
  rows(entries) {
    this.lines.clear();
    byId("rows").replaceChildren();
    for (const entry of [...entries].reverse()) this.row(entry);
    byId("no-rows").hidden = entries.length > 0;
  }

  /** A row of the queue, at the top if it is new. */
  row(entry) {
    const known = this.lines.get(entry.id);
    const line = this.line(entry);
    if (known) known.replaceWith(line);
    else byId("rows").prepend(line);
    this.lines.set(entry.id, line);
    byId("no-rows").hidden = true;
    if (this.lines.size > MOST_ROWS) {
      const [oldest] = this.lines.keys();
      this.lines.get(oldest).remove();
      this.lines.delete(oldest);
    }
  }

  /** The row anew, if it is still to be seen. */
  answered(entry) {
    if (this.lines.has(entry.id)) this.row(entry);
  }

  line(entry) {
    const outcome = entry.outcome ?? "waiting";
    const answer = element("td");
    const badge = element("span", this.words.outcomes[outcome]);
    badge.className = `badge ${kindOf(outcome)}`;
    answer.append(badge, entry.why ? ` ${entry.why}` : "");
    const print = element("td");
    if (entry.outcome && entry.outcome !== "rejected") {
      const { words, path } = paperOf(entry, this.words);
      const button = element("button", words);
      Object.assign(button, { type: "button", className: "quiet" });
      button.dataset.print = path;
      print.append(button);
    }
    const line = element("tr");
    line.dataset.outcome = outcome;
    line.append(
      element("td", this.clock.format(new Date(entry.at))),
      element("td", entry.number),
      element("td", this.words.events[entry.text]),
      answer,
      print,
    );
    return line;
  }

  /** How far the taking of stock is. Every one that is missing is named, however many: only what changed is drawn. */
  stock(found, missing) {
    const all = found + missing.length;
    const isWhole = all > 0 && missing.length === 0;
    byId("found").textContent = isWhole ? this.words.nothing_missing : this.say(this.words.counted, { n: found, all });
    const gone = new Set(this.missing.keys());
    for (const number of missing) {
      if (gone.delete(number)) continue;
      this.missing.set(number, element("li", number));
      byId("missing").append(this.missing.get(number));
    }
    for (const number of gone) {
      this.missing.get(number).remove();
      this.missing.delete(number);
    }
  }

  /** What the customer at the counter has posted, and the papers for it: one for so many as an address can name. */
  posted(numbers) {
    byId("posted-count").textContent = this.say(this.words.posted, { n: numbers.length });
    byId("posted-papers").hidden = numbers.length === 0;
    const sheets = Math.ceil(numbers.length / MOST_ON_RECEIPT);
    const links = Array.from({ length: sheets }, (_, n) => {
      const some = numbers.slice(n * MOST_ON_RECEIPT, (n + 1) * MOST_ON_RECEIPT);
      const number = sheets > 1 ? ` ${digits(n + 1, this.language)}` : "";
      const link = element("a", this.words.receipt + number);
      const href = `/station/receipt?items=${some.join(",")}`;
      return Object.assign(link, { className: "button second", target: "_blank", href });
    });
    byId("receipts").replaceChildren(...links);
  }

  /** Whether this computer still has to be made known, and whether the person in front of it may do that. */
  enrolment(needed, may) {
    byId("enrol").hidden = !needed;
    byId("enrol-form").hidden = !may;
  }
}

/** What is printed for a row: the list of a vehicle for what was loaded on it, else the label. */
function paperOf({ number, text, row }, words) {
  if (text === "dispatched") {
    const vehicle = row.holder.slice("vehicle:".length);
    return { words: words.list, path: `/v1/dispatches/manifest.pdf?vehicle=${encodeURIComponent(vehicle)}` };
  }
  return { words: words.label, path: `/v1/${number.length > 13 ? "bags" : "items"}/${number}/label.pdf` };
}

function nameOf(chosen) {
  return typeof chosen === "string" ? chosen : (chosen.vehicle ?? chosen.number);
}

function signIn(text) {
  return Object.assign(element("a", text), { href: "/sign-in?next=/station" });
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
