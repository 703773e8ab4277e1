// The device's own key: made here, never to leave this browser, and the signature that the office believes.

const CURVE = { name: "ECDSA", namedCurve: "P-256" };

/**
 * The keys of this device, and its name: made once. A device that lost its keys is a new device with a new name.
 * `owner`: what stands before the letters of its own; `holder`: whose hands it speaks for, if it speaks for one's only.
 */
export async function deviceOf(queue, office, { owner = `station-${office}`, holder } = {}) {
  const known = await queue.get("device");
  if (known) return { ...known, enrolled: Boolean(await queue.get("enrolled")) };
  const keys = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const drawn = crypto.getRandomValues(new Uint8Array(5));
  const id = `${owner}-${[...drawn].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const device = { id, office, holder, keys };
  await queue.set({ device, device_id: id });
  return { ...device, enrolled: false };
}

/** The public half, as an office enrols it. */
export async function publicKey(keys) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  return { kty, crv, x, y };
}

/** A compact JWS with detached payload (RFC 7515 appendix F, RFC 7797) over exactly these bytes. */
export async function signed(device, bytes) {
  const header = { alg: "ES256", kid: device.id, b64: false, crit: ["b64"] };
  const start = new TextEncoder().encode(`${encoded(new TextEncoder().encode(JSON.stringify(header)))}.`);
  const input = new Uint8Array(start.length + bytes.length);
  input.set(start);
  input.set(bytes, start.length);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.keys.privateKey, input);
  return `${new TextDecoder().decode(start)}.${encoded(new Uint8Array(signature))}`;
}

function encoded(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
