// What is seen of the round. It is told what happened and decides nothing.

import { digits, taka } from "../device/numbers.js";
import { handsOver } from "./claims.js";

const KINDS = { accepted: "good", duplicate: "good", accepted_with_exception: "warn", rejected: "bad" };
const BADGES = { open: "", tried: "warn", done: "good", away: "" };
const UNCERTAIN_M = 1000;
const MOST_ROWS = 200;

export const byId = (id) => document.getElementById(id);

/** An element with these properties and contents. */
export function element(name, properties = {}, ...contents) {
  const { data = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  Object.assign(made.dataset, data);
  made.append(...contents);
  return made;
}

/** The kind of an outcome: good, warn or bad; empty while it waits. */
export function kindOf(outcome) {
  return KINDS[outcome] ?? "";
}

export class Screen {
  constructor(words, reasons, language) {
    Object.assign(this, { words, reasons, language });
    const locale = language === "bn" ? "bn-BD" : "en-GB";
    this.clock = new Intl.DateTimeFormat(locale, { timeZone: "Asia/Dhaka", hour: "2-digit", minute: "2-digit" });
    this.day = new Intl.DateTimeFormat(locale, { timeZone: "Asia/Dhaka", dateStyle: "long" });
  }

  /** The words with their values, in the digits of the language. */
  say(words, values = {}) {
    return words.replace(/\{(\w+)\}/g, (_, name) => digits(values[name], this.language));
  }

  taka(poisha) {
    return taka(poisha, this.language);
  }

  km(metres) {
    return (metres / 1000).toFixed(1);
  }

  // The round

  round(round, sheet, now) {
    byId("left").textContent = digits(round.count("open", "tried"), this.language);
    byId("done").textContent = digits(round.count("done"), this.language);
    byId("to-take").textContent = this.taka(round.due);
    byId("far").textContent = sheet?.distance_m ? this.say(this.words.far, { km: this.km(sheet.distance_m) }) : "";
    const next = round.next();
    const focused = byId("stops").contains(document.activeElement) && document.activeElement.getAttribute("href");
    byId("stops").replaceChildren(...round.stops.map((stop, n) => this.stop(round, stop, n + 1, stop === next, now)));
    byId("no-stops").hidden = round.stops.length > 0;
    if (focused) byId("stops").querySelector(`[href="${focused}"]`)?.focus({ preventScroll: true });
    this.find(byId("find").value);
    byId("map")
      .querySelectorAll("g.stop")
      .forEach((mark, n) => mark.classList.toggle("done", round.stops[n] && round.statusOf(round.stops[n]) === "done"));
  }

  stop(round, stop, n, isNext, now) {
    const [{ name, phone, address }] = stop.items.map((item) => item);
    const status = round.statusOf(stop);
    const due = stop.items.reduce((sum, item) => sum + item.due_poisha, 0);
    const eta = status === "open" ? round.eta(stop, now) : undefined;
    const km = stop.leg_m >= 50 ? this.say(this.words.leg, { km: this.km(stop.leg_m) }) : "";
    const many = stop.items.length > 1 ? this.say(this.words.parcels, { n: stop.items.length }) : "";
    const badge = element("em", { className: `badge ${BADGES[status]}` }, this.words.statuses[status]);
    const facts = [eta && this.clock.format(eta), km, many, due ? this.say(this.words.due, { due: this.taka(due) }) : ""];
    const first = stop.items.find((item) => ["open", "tried"].includes(round.status(item))) ?? stop.items[0];
    const to = element(
      "a",
      { className: "to", href: `#${first.number}` },
      element("strong", {}, `${digits(n, this.language)}. ${name} `),
      badge,
      element("span", { className: "where" }, address),
      element("span", {}, facts.filter(Boolean).join(" · ")),
    );
    const dial = element("a", { className: "button second dial", href: `tel:${phone}`, ariaLabel: `${this.words.call}: ${name}` }, "☎");
    dial.dataset.dial = first.number;
    const text = stop.items.flatMap((item) => [item.number, item.name, item.address, item.phone]).join(" ");
    const data = { status, text: text.toLowerCase(), ...(isNext && { next: "true" }) };
    return element("li", { data }, to, ...(phone && status !== "done" ? [dial] : []));
  }

  /** Shows the stops in which that is written. */
  find(text) {
    const wanted = text.trim().toLowerCase();
    for (const line of byId("stops").children) line.hidden = !line.dataset.text.includes(wanted);
  }

  // A parcel

  parcel(round, { item, stop }) {
    byId("who").textContent = item.name;
    byId("where").textContent = item.address;
    const others = stop.items.filter((other) => other !== item);
    const facts = [item.number, item.what, item.sender && this.say(this.words.from, { sender: item.sender }), item.note];
    byId("more").replaceChildren(facts.filter(Boolean).join(" · "));
    for (const other of others) byId("more").append(" · ", element("a", { href: `#${other.number}` }, other.number));
    byId("call").href = `tel:${item.phone}`;
    byId("call").hidden = !item.phone;
    byId("call").dataset.dial = item.number;
    byId("call").textContent = `${this.words.call} ${item.phone_text}`;
    byId("navigate").href = `geo:${stop.lat_deg},${stop.lon_deg}?q=${stop.lat_deg},${stop.lon_deg}(${encodeURIComponent(item.name)})`;
    byId("uncertain").hidden = stop.uncertain_m <= UNCERTAIN_M;
    byId("uncertain").textContent = this.say(this.words.uncertain, { km: this.km(stop.uncertain_m) });
    byId("due").textContent = item.due_poisha ? this.taka(item.due_poisha) : this.words.nothing_due;
    byId("pay").hidden = !item.due_poisha;
    byId("pay").href = `/rider/pay/${item.number}`;
    const status = round.status(item);
    const isOver = status === "done" || status === "away";
    for (const id of ["choose", "claim"]) byId(id).hidden = isOver;
    byId("over").hidden = !isOver;
    byId("over").textContent = this.words[status === "done" ? "over_done" : "over_away"];
  }

  /** The form for what happened at the door of that item. */
  form(what, item) {
    for (const button of document.querySelectorAll("[data-what]"))
      button.setAttribute("aria-pressed", String(button.dataset.what === (what === "part" ? "whole" : what)));
    for (const part of document.querySelectorAll("[data-for]"))
      part.hidden = !part.dataset.for.split(" ").includes(what === "part" ? "whole" : what);
    byId("money-part").hidden = !item.due_poisha;
    byId("keep").textContent = this.words.keep[what];
    this.wrong("");
  }

  /** What is wrong, beside the field that is; beside the button where none is. */
  wrong(text, id = "keep") {
    for (const field of document.querySelectorAll("#claim [aria-invalid]")) field.removeAttribute("aria-invalid");
    byId(id).before(byId("wrong"));
    byId("wrong").textContent = text;
    if (!text) return;
    if (id !== "keep") byId(id).setAttribute("aria-invalid", "true");
    byId(id).focus();
  }

  code(judged) {
    byId("otp-says").textContent = judged ? this.words.codes[judged] : "";
    byId("otp-says").dataset.judged = judged;
  }

  /** Fills a list to choose from. */
  choices(id, words) {
    const options = Object.entries(words).map(([value, text]) => element("option", { value }, text));
    byId(id).replaceChildren(element("option", { value: "" }, this.words.choose), ...options);
  }

  // Cash

  money(round) {
    const { cap_poisha: cap = 0 } = round.facts;
    byId("held").textContent = byId("tab-held").textContent = this.taka(round.held);
    byId("of-cap").textContent = cap ? this.say(this.words.of_cap, { cap: this.taka(cap) }) : "";
    byId("cap").value = cap ? Math.min(1, round.held / cap) : 0;
    const next = round.next()?.items.reduce((sum, item) => sum + item.due_poisha, 0) ?? 0;
    const warns = cap && (round.held > cap ? "over_cap" : round.held + next > cap ? "soon_over" : "");
    byId("cap-says").hidden = !warns;
    byId("cap-says").textContent = warns ? this.words[warns] : "";
  }

  /** A field for each note and coin, with what was counted of it. */
  notes(worths, counted) {
    const field = (worth) => {
      const id = `note-${worth}`;
      const input = element("input", { id, name: String(worth), inputMode: "numeric", maxLength: 4, value: counted[worth] ?? "" });
      return element("div", {}, element("label", { htmlFor: id }, `${this.taka(worth)} ×`), input);
    };
    byId("notes").replaceChildren(...worths.map(field));
  }

  /** What was counted against what is carried. */
  counted(round, unsent, count) {
    const sum = Object.entries(count).reduce((total, [worth, many]) => total + worth * many, 0);
    byId("counted").textContent = this.taka(sum);
    const off = sum - round.held;
    const says = off ? this.say(this.words[off < 0 ? "short_by" : "over_by"], { n: this.taka(Math.abs(off)) }) : this.words.agrees;
    byId("differs").textContent = [sum ? says : "", unsent ? this.say(this.words.unsent, { n: unsent }) : ""].filter(Boolean).join(" ");
    byId("differs").className = sum && off ? "error" : "";
    return sum;
  }

  /** What is shown at the counter. */
  slip(round, count, sum, now) {
    const rows = Object.entries(count)
      .filter(([, many]) => many)
      .sort(([one], [other]) => other - one);
    const line = ([worth, many]) =>
      element(
        "tr",
        {},
        element("td", {}, `${this.taka(Number(worth))} × ${digits(many, this.language)}`),
        element("td", { className: "number" }, this.taka(worth * many)),
      );
    byId("slip").replaceChildren(
      element("h3", {}, this.say(this.words.slip, { rider: round.facts.holder?.slice(6) ?? "" })),
      element("p", {}, `${this.day.format(now)}, ${this.clock.format(now)}`),
      element("table", {}, element("tbody", {}, ...rows.map(line))),
      element("p", {}, `${this.words.total} `, element("strong", {}, this.taka(sum))),
      element("p", {}, `${this.words.expected} `, element("strong", {}, this.taka(round.held))),
      element("p", {}, element("code", {}, rows.map(([worth, many]) => `${worth / 100}x${many}`).join(", "))),
    );
    byId("slip").hidden = false;
    byId("slip").focus();
  }

  // The queue

  link(state, detail) {
    const told = this.words.links[state];
    byId("link").dataset.state = state;
    const text = detail && ["refused", "busy"].includes(state) ? `${told} (${detail})` : told;
    const to = { "sign-in": "/sign-in?next=/rider", "other-office": "/rider", "not-enrolled": "#phone" }[state];
    byId("link").replaceChildren(to ? element("a", { href: to }, text) : text);
  }

  waiting(n) {
    byId("waiting").textContent = n ? this.say(this.words.waiting, { n }) : this.words.nothing_waits;
    byId("tab-waiting").textContent = n ? this.say(this.words.waiting, { n }) : "";
  }

  rows(entries) {
    byId("rows").replaceChildren(...entries.slice(0, MOST_ROWS).map((entry) => this.row(entry)));
    byId("no-rows").hidden = entries.length > 0;
  }

  row(entry) {
    const outcome = entry.outcome ?? "waiting";
    const what = this.words.claims[entry.text] ?? this.words.proofs[entry.text];
    const cash = handsOver(entry.text) && entry.row?.collected_poisha ? ` · ${this.taka(entry.row.collected_poisha)}` : "";
    const badge = element("span", { className: `badge ${kindOf(outcome)}` }, this.words.outcomes[outcome]);
    const line = element("li", { data: { outcome, kind: entry.kind } }, `${this.clock.format(new Date(entry.at))} `);
    line.append(element("a", { href: `#${entry.number}` }, entry.number), ` · ${what}${cash} `, badge, entry.why ? ` ${entry.why}` : "");
    const back = { type: "button", className: "second", data: { back: entry.id } };
    if (entry.draft) line.append(" ", element("button", back, this.words.take_back));
    return line;
  }

  /** The bar by which the last word can be taken back. */
  undo(text, id) {
    byId("undo").hidden = !text;
    byId("undo-says").textContent = text;
    byId("undo-do").hidden = id === undefined;
    byId("undo-do").dataset.back = id ?? "";
  }

  /** By which letters and link a manager makes this phone known. */
  phone(letters, path) {
    byId("letters").textContent = letters;
    byId("phone-link").href = path;
    byId("phone-code").src = `${path}/code.svg`;
    byId("phone-code").hidden = false;
  }
}
