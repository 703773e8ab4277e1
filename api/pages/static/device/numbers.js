// Numbers as scanners and people write them, read as the office reads them (consignments/numbers.py, receptacles.py).

const WEIGHTS = [8, 6, 4, 2, 3, 5, 9, 7];
const BAG = /^((?:BD\d{4}){2}[A-Z]{3}\d(?!0000)\d{4}(?!000)\d{3})([01]{2}\d{4})?$/;

/** The text with Latin digits. */
export function latinDigits(text) {
  return text.replace(/[\u09e6-\u09ef]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0x09e6 + 48));
}

/** The number with the digits of that language. */
export function digits(value, language) {
  if (language !== "bn") return String(value);
  return String(value).replace(/\d/g, (digit) => String.fromCharCode(Number(digit) + 0x09e6));
}

/** {kind: "item" | "bag", number}, or {wrong: "shape" | "check"}. */
export function readNumber(text) {
  const compact = latinDigits(text).replace(/[\s.\-\u2010-\u2015]+/g, "").toUpperCase();
  const bag = BAG.exec(compact);
  if (bag) return { kind: "bag", number: bag[1] };
  if (!/^[A-Z]{2}\d{9}[A-Z]{2}$/.test(compact)) return { wrong: "shape" };
  const total = WEIGHTS.reduce((sum, weight, place) => sum + weight * Number(compact[place + 2]), 0);
  const digit = { 10: 0, 11: 5 }[11 - (total % 11)] ?? 11 - (total % 11);
  return digit === Number(compact[10]) ? { kind: "item", number: compact } : { wrong: "check" };
}

/** Grams of a weight in kilograms; undefined if it is none. */
export function grams(text) {
  const said = latinDigits(text).trim().replace(",", ".").replace(/\s*kg$/i, "");
  if (!/^\d{1,3}(\.\d{1,3})?$/.test(said)) return undefined;
  return Math.round(Number(said) * 1000) || undefined;
}

/** Poisha of a sum in taka; undefined if it is none. */
export function poisha(text) {
  const said = latinDigits(text).trim().replaceAll(",", "");
  return /^\d{1,7}(\.\d{1,2})?$/.test(said) ? Math.round(Number(said) * 100) : undefined;
}

/** A sum as people read it. */
export function taka(amount, language) {
  const [whole, rest] = (amount / 100).toFixed(2).split(".");
  const grouped = whole.replace(/\B(?=(\d{3}$)|((\d{2})+\d{3}$))/g, ",");
  return `৳${digits(rest === "00" ? grouped : `${grouped}.${rest}`, language)}`;
}
