// Whether a recipient's code may be right, found out alone: nine of ten wrong ones are told. The office has the last word.

import { latinDigits } from "../device/numbers.js";

const DIGITS = /^\d{6}$/;

/** The code as it was sent, however it was typed. */
export function plainCode(text) {
  return latinDigits(text).replace(/[\s-]/g, "");
}

/** `right`, `wrong`, or `unknown` where this phone has nothing to tell by. */
export async function judged(item, text) {
  const code = plainCode(text);
  if (!DIGITS.test(code)) return "wrong";
  if (!item.mark_key) return "unknown";
  const bytes = Uint8Array.from(item.mark_key.match(/../g), (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const hash = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(code));
  return new DataView(hash).getUint32(0) % 10 === item.mark ? "right" : "wrong";
}
