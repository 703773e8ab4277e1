// Brings the queue to the office whenever there is a network. Nothing is lost by sending twice: the office knows each
// number of a device, and answers `duplicate`.

import { publicKey, signed } from "./signing.js";

const ROWS = 200;
const PROOFS = 6; // each with a picture, and 8 MB in a request at most
const BAGS_AT_ONCE = 5;
const TOGETHER_MS = 300;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60000;
const FACTS_LAST_MS = 120000;
const A_FACT_AFTER_MS = 10000; // who has waited so long for an answer has done it
const OUTCOMES = { kept: "accepted", known: "duplicate" };
const KINDS = {
  scan: { path: "/v1/scans", list: "scans" },
  acceptance: { path: "/v1/acceptances", list: "acceptances" },
  claim: { path: "/v1/deliveries", list: "claims" },
  proof: { path: "/v1/proofs", list: "proofs" },
  centre: { list: "acts" }, // to the path of the entry: each centre has its own
};

/** Why nothing can be sent: `offline`, `sign-in`, `other-office`, `not-enrolled`, `refused` or `busy`. */
export class Held extends Error {
  constructor(state, { detail = "", afterMs = 0 } = {}) {
    super(detail || state);
    this.state = state;
    this.afterMs = afterMs;
  }
}

export class Sender {
  /**
   * What is known comes from `factsPath`. `told(state, detail)` hears how it goes, `answered(verdicts)` what was answered,
   * `learnt(facts)` what is known. `restMs`: so long a draft can be taken back.
   */
  constructor(queue, device, factsPath, { told, answered, learnt, restMs = 0 }) {
    Object.assign(this, { queue, device, factsPath, told, answered, learnt, restMs });
    this.facts = null;
    this.factsAt = -Infinity;
    this.waitMs = FIRST_WAIT_MS;
    this.timer = 0;
    this.held = "";
    this.isSoon = false;
    this.isAsked = false;
    this.pressedMs = 0;
  }

  /** Soon sends what was just scanned, with what is scanned meanwhile; where there is no network, at the next try. */
  kick() {
    if (this.held || this.isSoon) return;
    this.isSoon = true;
    setTimeout(() => this.send(), TOGETHER_MS + this.restMs);
  }

  /** Sends what waits, what could still be taken back as well; what is made later can be. */
  sendAtOnce() {
    this.pressedMs = Date.now() + 1;
    return this.send();
  }

  /** Sends what waits, now; one window after the other. */
  async send() {
    if (this.isAsked) return;
    this.isAsked = true;
    this.isSoon = false;
    await navigator.locks.request(`${this.queue.name}-sending`, async () => {
      this.isAsked = false;
      await this.sendAll();
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), this.waitMs);
  }

  async sendAll() {
    try {
      await this.learn(this.held === "offline" || performance.now() - this.factsAt > FACTS_LAST_MS);
      this.told((await this.queue.countWaiting()) ? "sending" : "online");
      const settledMs = Math.max(Date.now() - this.restMs, this.pressedMs);
      const drafts = await this.queue.settle(new Date(settledMs).toISOString());
      for (let batch; (batch = await this.queue.nextBatch(ROWS, PROOFS)).length; ) await this.sendBatch(batch);
      this.told("online");
      this.held = "";
      this.waitMs = FACTS_LAST_MS;
      if (drafts) this.kick();
    } catch (held) {
      if (!(held instanceof Held)) throw held;
      this.told(held.state, held.message);
      this.waitMs = held.afterMs || (this.held ? Math.min(this.waitMs * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS);
      this.held = held.state;
    }
  }

  /** What the office knows, how wrong this clock is, and the key that requests of this session carry. */
  async learn(anew = true) {
    if (!anew && this.facts) return;
    const answer = await reached(this.factsPath, { redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect" || answer.status === 401) throw new Held("sign-in");
    if (!answer.ok) throw await heldBy(answer);
    const facts = await answer.json();
    if (facts.office !== this.device.office || facts.holder !== this.device.holder) throw new Held("other-office");
    facts.offset_s = Math.round((Date.parse(facts.at) - Date.now()) / 1000);
    this.facts = facts;
    this.factsAt = performance.now();
    await this.learnt(this.facts);
  }

  /** From now on the office believes this device; a manager has to ask for it. */
  async enrol(name) {
    await this.learn();
    const { id, keys } = this.device;
    const body = { device_id: id, office: this.facts.office, name, public_key: await publicKey(keys) };
    const answer = await this.post("/v1/devices", new TextEncoder().encode(JSON.stringify(body)));
    if (!answer.ok) throw await heldBy(answer);
    this.device.enrolled = true;
    await this.queue.set({ enrolled: true });
  }

  async sendBatch(batch) {
    const verdicts = batch[0].kind === "act" ? await this.act(batch[0]) : await this.upload(batch);
    await this.queue.answer(verdicts);
    await this.answered(verdicts);
  }

  /** Verdicts of one signed upload. A batch that is refused whole is halved, until the row that spoils it is alone. */
  async upload(batch) {
    if (!this.device.enrolled) throw new Held("not-enrolled");
    const { path = batch[0].path, list } = KINDS[batch[0].kind];
    const body = new TextEncoder().encode(JSON.stringify({ [list]: await Promise.all(batch.map(rowOf)) }));
    const answer = await this.post(path, body, { "Post-Signature": await signed(this.device, body) });
    if (answer.ok) {
      const { verdicts } = await answer.json();
      return verdicts.map((got) => [batch[got.row - 1], OUTCOMES[got.outcome] ?? got.outcome, got.why, got]);
    }
    const problem = await rejectedBy(answer);
    if (problem.field === "Post-Signature") throw new Held("refused", problem);
    if (batch.length === 1) return [[batch[0], "rejected", said(problem)]];
    const middle = batch.length >> 1;
    return [...(await this.upload(batch.slice(0, middle))), ...(await this.upload(batch.slice(middle)))];
  }

  /** The verdict of something that is told by a call of its own, such as a bag that was sealed. */
  async act(entry) {
    const answer = await this.post(entry.path, new TextEncoder().encode(JSON.stringify(entry.body)));
    if (answer.ok) return [[entry, "accepted", ""]];
    return [[entry, "rejected", said(await rejectedBy(answer))]];
  }

  async post(path, body, headers = {}) {
    const send = () =>
      reached(path, {
        method: "POST",
        body,
        headers: {
          "Content-Type": "application/json",
          "X-Form-Key": this.facts.form_key,
          "Post-Sent-At": new Date().toISOString(),
          ...headers,
        },
      });
    const answer = await send();
    if (answer.status !== 401) return answer;
    await this.learn(); // somebody else may have signed in meanwhile
    return send();
  }

  /** A fresh bag for that office. Some more are kept here, for when there is no network. */
  async bagFor(destination) {
    const stock = (await this.queue.get("bags")) ?? {};
    if (!stock[destination]?.length) {
      await this.learn(!this.facts);
      const body = { office: this.facts.office, destination, count: BAGS_AT_ONCE, request_id: crypto.randomUUID() };
      const answer = await this.post("/v1/bags", new TextEncoder().encode(JSON.stringify(body)));
      if (!answer.ok) throw await heldBy(answer);
      stock[destination] = (await answer.json()).bags;
    }
    const bag = stock[destination].shift();
    await this.queue.set({ bags: stock });
    return bag;
  }

  /** A paper to print, as a local address. */
  async paper(path) {
    await this.learn(!this.facts);
    const answer = await reached(path, { headers: { "X-Form-Key": this.facts.form_key } });
    if (!answer.ok) throw await heldBy(answer);
    return URL.createObjectURL(await answer.blob());
  }
}

/** The row as the office reads it; with its picture, if it has one. */
async function rowOf({ kind, at, row, body }) {
  if (kind === "centre") return { ...row, offline: Date.now() - Date.parse(at) > A_FACT_AFTER_MS };
  if (!body) return row;
  const bytes = new Uint8Array(await body.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { ...row, body_base64: btoa(text) };
}

async function reached(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Held("offline");
  }
}

/** The problem of a request that will never be taken as it is; Held if it may be later. */
async function rejectedBy(answer) {
  if ([401, 403, 408, 429].includes(answer.status) || answer.status >= 500) throw await heldBy(answer);
  return problemOf(answer);
}

async function heldBy(answer) {
  const problem = await problemOf(answer);
  const states = { 401: "sign-in", 403: "refused", 404: "refused", 409: "refused", 422: "refused" };
  const afterMs = 1000 * Number(answer.headers.get("Retry-After") || 0);
  return new Held(states[answer.status] ?? "busy", { detail: said(problem), afterMs });
}

async function problemOf(answer) {
  try {
    return await answer.json();
  } catch {
    return { detail: `${answer.status}` };
  }
}

function said(problem) {
  return [problem.detail, problem.remedy].filter(Boolean).join(": ");
}
