// What is said of a door: the claim, and what shows it. Knows no screen, no disk and no network.

const EVENTS = { whole: "delivered_claimed", part: "partially_delivered", vain: "attempt_failed", refused: "attempt_failed" };

/** Whether something of that kind was handed over. */
export function handsOver(what) {
  return what === "whole" || what === "part";
}

/**
 * A draft for the queue. `what`: `whole`, `part`, `vain` or `refused`; `cash` in poisha; `short` and `reason` as the
 * office names them; `shows`: as `shown` makes them.
 */
export function claimOf(number, { what, cash = 0, short, reason, note, shows }, { office, holder, offset_s }, now) {
  const row = {
    item_number: number,
    event: EVENTS[what],
    occurred_at: now.toISOString(),
    clock_offset_s: offset_s, // undefined is not sent
    office,
    holder,
    reason: reason || undefined,
    note: note || undefined,
    collected_poisha: handsOver(what) ? cash : undefined,
    short_reason: short || undefined,
  };
  const given = shows.map((one) => ({ ...one, row: { item_number: number, office, taken_at: now.toISOString(), ...one.row } }));
  return { kind: "claim", number, text: what, row, shows: given };
}

/**
 * What shows a claim: a `code`, a `photo` or `signature` as blobs, a `call` of so many seconds, a `place`, and of a
 * document the `receipt`: who received it, by which card.
 */
export function shown({ code, photo, signature, call, place, receipt }) {
  const proof = (kind, what, body) => ({ kind: "proof", text: kind, row: { kind, ...what }, body });
  return [
    code && proof("otp", { code }),
    photo && proof("photo", {}, photo),
    signature && proof("signature", {}, signature),
    call !== undefined && proof("call", { duration_s: call }),
    place && proof("place", place),
    receipt && !receiptFault(receipt) && proof("identity", receipt.row),
  ].filter(Boolean);
}

/** Of a document: who received it, and what was shown. `card`: `none` or a kind of card; `mustShow`: whether one has to be. */
export function receiptOf({ received_by, card, last4, witness }, mustShow) {
  const affixed = received_by === "affixed";
  const row = affixed ? { received_by, witness } : { received_by, identity: card, last4: card === "none" ? undefined : last4 };
  return { row, mustShow: mustShow && !affixed };
}

/** The field in which a receipt lacks something; undefined if it lacks nothing. */
export function receiptFault({ row, mustShow }) {
  if (!row.received_by) return "received";
  if (row.received_by === "affixed") return row.witness.length < 3 ? "witness" : undefined;
  if (row.identity === "none") return mustShow ? "card" : undefined;
  return /^[0-9A-Z]{4}$/.test(row.last4) ? undefined : "last4";
}
