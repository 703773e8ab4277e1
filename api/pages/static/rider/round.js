// The round as it stands: what the office knows, and over it what was said here since. Knows no screen.

import { handsOver } from "./claims.js";

const CLOSED = new Set(["rejected"]);

/** The day at the post's own clock, as the office writes it. */
export function dayOf(date) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Dhaka" }).format(date);
}

export class Round {
  /** `facts`: what the office told at `facts.learntAt`; `sheet`: the stops; `entries`: the queue of this phone. */
  constructor(facts, sheet, entries) {
    this.facts = facts;
    this.stops = sheet?.stops ?? [];
    this.items = new Map(this.stops.flatMap((stop) => stop.items.map((item) => [item.number, { item, stop }])));
    const claims = entries.filter((entry) => entry.kind === "claim");
    this.since = claims.filter((entry) => !CLOSED.has(entry.outcome) && !this.isKnown(entry));
    this.said = new Map([...this.since].sort((one, other) => one.id - other.id).map((entry) => [entry.number, entry]));
  }

  /** Whether what the office told has it in already. */
  isKnown(entry) {
    return !entry.waiting && entry.answeredAt < (this.facts.learntAt ?? "");
  }

  /** `open`, `tried`, `done`, or `away` for what is not in these hands. */
  status(item) {
    const said = this.said.get(item.number);
    if (said) return handsOver(said.text) ? "done" : "tried";
    if (item.is_done) return "done";
    if (!item.is_open) return "away";
    return item.state === "attempt_failed" ? "tried" : "open";
  }

  /** That of a door: open as long as anything there is, then tried, then done. */
  statusOf(stop) {
    const all = new Set(stop.items.map((item) => this.status(item)));
    return ["open", "tried", "done"].find((one) => all.has(one)) ?? "away";
  }

  /** The first door that is still to be visited, after that one if there is any. */
  next(after) {
    const open = (stop) => this.statusOf(stop) === "open";
    return this.stops.slice(this.stops.indexOf(after) + 1).find(open) ?? this.stops.find(open);
  }

  /** How many parcels are so. */
  count(...statuses) {
    return [...this.items.values()].filter(({ item }) => statuses.includes(this.status(item))).length;
  }

  /** Cash still to be taken. */
  get due() {
    const open = [...this.items.values()].filter(({ item }) => ["open", "tried"].includes(this.status(item)));
    return open.reduce((sum, { item }) => sum + item.due_poisha, 0);
  }

  /** Cash on the rider: by the books, and what was taken since. */
  get held() {
    return this.since.reduce((sum, entry) => sum + (entry.row.collected_poisha ?? 0), this.facts.held_poisha ?? 0);
  }

  /** When the rider may be there: as planned, and as late or early as at the last door. */
  eta(stop, now) {
    if (!stop.arrive_at) return undefined;
    const last = [...this.said.values()].filter((entry) => this.items.get(entry.number)?.stop.arrive_at).at(-1);
    const offset_ms = 1000 * (this.facts.offset_s ?? 0);
    const late = last ? Date.parse(last.at) + offset_ms - Date.parse(this.items.get(last.number).stop.arrive_at) : 0;
    return new Date(Math.max(Date.parse(stop.arrive_at) + late, now));
  }
}
