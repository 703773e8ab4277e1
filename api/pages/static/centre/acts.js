// What was typed into a form, as the row that the post reads. Knows no screen and no network.

import { grams, latinDigits, poisha, readNumber } from "../device/numbers.js";

/** What posting that weight costs, VAT included; undefined where it is too heavy, or the prices are not known. */
export function priceOf(weight_g, prices) {
  if (!weight_g || !prices || weight_g > prices.max_weight_g) return undefined;
  const steps = Math.max(0, Math.ceil((weight_g - prices.first_g) / (prices.step_g || Infinity)));
  const net = prices.first_poisha + steps * prices.step_poisha;
  return net + Math.floor((net * prices.vat_bps + 5000) / 10000);
}

const text = (values, name) => (values[name] ?? "").trim();

function number(values) {
  const read = readNumber(values.number ?? "");
  return read.kind === "item" ? { value: read.number } : { wrong: "number" };
}

function cash(values, otherwise) {
  const said = text(values, "cash") ? poisha(values.cash) : otherwise;
  return said === undefined ? { wrong: "cash" } : { value: said };
}

function weight(values) {
  const said = grams(values.weight ?? "");
  return said === undefined ? { wrong: "weight" } : { value: said };
}

function parts(...read) {
  return read.find((one) => one.wrong) ?? { values: read.map((one) => one.value) };
}

function drawer(act, values) {
  const pieces = {};
  let counted = 0;
  for (const [name, said] of Object.entries(values)) {
    const worth = /^piece-(\d+)$/.exec(name)?.[1];
    const many = worth ? latinDigits(said).trim() : "";
    if (!many) continue;
    if (!/^\d{1,6}$/.test(many)) return { wrong: "pieces" };
    if (Number(many)) pieces[worth] = Number(many);
    counted += Number(worth) * Number(many);
  }
  const reason = text(values, "reason") || undefined;
  return { number: "", cash: counted, row: { act, counted_poisha: counted, pieces, reason } };
}

const READERS = {
  post(values, facts) {
    const read = weight(values);
    if (read.wrong) return read;
    const price = priceOf(read.value, facts.prices);
    if (price === undefined) return { wrong: "weight" };
    const row = { act: "post", weight_g: read.value, cash_poisha: price, language: values.receipt ?? "bn" };
    for (const name of ["recipient_name", "recipient_phone", "recipient_address", "sender_name", "sender_phone"])
      row[name] = text(values, name);
    row.recipient_postcode = latinDigits(text(values, "recipient_postcode"));
    if (!/^(\d{4})?$/.test(row.recipient_postcode)) return { wrong: "recipient_postcode" };
    row.description = text(values, "description");
    return { number: row.recipient_name, cash: price, row };
  },
  drop_off(values) {
    const { wrong, values: [item, weight_g] = [] } = parts(number(values), weight(values));
    return wrong ? { wrong } : { number: item, cash: 0, row: { act: "drop_off", number: item, weight_g } };
  },
  hand_over(values, facts) {
    const item = number(values);
    const { wrong, values: [, taken] = [] } = parts(item, cash(values, facts.due_poisha?.[item.value]));
    if (wrong) return { wrong };
    const code = latinDigits(text(values, "code")).replace(/[\s-]/g, "");
    const row = { act: "hand_over", number: item.value, code, cash_poisha: taken };
    return { number: item.value, cash: taken, row };
  },
  pay(values) {
    const { wrong, values: [item, taken] = [] } = parts(number(values), cash(values));
    if (wrong) return { wrong };
    const row = { act: "pay", number: item, cash_poisha: taken, language: values.receipt ?? "bn" };
    return { number: item, cash: taken, row };
  },
  open_shift: (values) => drawer("open_shift", values),
  close_shift: (values) => drawer("close_shift", values),
};

/** {entry, cash} of a form, or {wrong} with the name of what cannot be so. */
export function read(mode, values, facts, now) {
  const told = READERS[mode](values, facts);
  if (told.wrong) return told;
  const row = { ...told.row, occurred_at: now.toISOString(), clock_offset_s: facts.offset_s }; // undefined is not sent
  return { cash: told.cash, entry: { kind: "centre", number: told.number, text: mode, row, path: facts.acts_path } };
}

/** What the centre has by what is known, what was taken since, and what still waits; and whether a shift is open. */
export function standing(facts, entries) {
  let { room_poisha = 0, cash_poisha = 0, is_open = false } = facts;
  for (const { waiting, row, outcome, got, answeredAt } of [...entries].sort((one, other) => one.id - other.id)) {
    const isNews = outcome && outcome !== "rejected" && answeredAt > (facts.learntAt ?? "");
    if (!waiting && !isNews) continue;
    const taken = row.counted_poisha === undefined ? (got?.cash_poisha ?? row.cash_poisha ?? 0) : 0;
    room_poisha -= taken;
    cash_poisha += taken;
    if (row.act === "open_shift") is_open = true;
    if (row.act === "close_shift") is_open = false;
  }
  return { room_poisha: Math.max(0, room_poisha), cash_poisha, is_open };
}
