// What was scanned at this device, on its own disk: numbered once, kept until it is answered, and some days longer.
//
// Stores: `device` holds single facts by name (sequence, keys, what the station knows); `entries` the queue itself. An
// entry that waits has `waiting: 1`, or 2 where it goes after all others, which is indexed; an answered one has `outcome`
// and `why` instead. A `draft` waits, too, and has no number yet: until it is given one it can be taken back.

const VERSION = 1;

/** The queue of that name on this device: each kind of work has its own, and so has practice. */
export async function openQueue(name) {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("device");
    const entries = request.result.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
    entries.createIndex("waiting", "waiting");
  };
  const database = await asked(request);
  database.onversionchange = () => database.close();
  return new Queue(database);
}

class Queue {
  constructor(database) {
    this.database = database;
    this.name = database.name;
  }

  /** A single fact; undefined if it was never told. */
  async get(name) {
    return asked(this.database.transaction("device").objectStore("device").get(name));
  }

  /** Resolves when the facts are on the disk. */
  async set(facts) {
    const work = this.database.transaction("device", "readwrite", { durability: "strict" });
    for (const [name, value] of Object.entries(facts)) work.objectStore("device").put(value, name);
    await finished(work);
  }

  /**
   * The entry, on the disk. A row of a device takes the next number in the same transaction, so that no number is
   * given twice or lost, whatever dies when, and however many windows are open.
   */
  async add({ kind, number, text, row, path, body }) {
    const work = this.database.transaction(["device", "entries"], "readwrite", { durability: "strict" });
    const device = work.objectStore("device");
    const entry = { kind, number, text, row, path, body, at: new Date().toISOString(), waiting: 1 };
    if (row) {
      const sequence = (await asked(device.get("sequence"))) ?? 0;
      const device_id = await asked(device.get("device_id"));
      device.put(sequence + 1, "sequence");
      entry.row = { ...row, device_id, sequence };
    }
    entry.id = await asked(work.objectStore("entries").add(entry));
    await finished(work);
    return entry;
  }

  /**
   * An entry that can be taken back until it is numbered. `shows`: entries of what shows it, sent after all rows, with a
   * picture as their `body`.
   */
  async draft({ kind, number, text, row, shows = [] }) {
    const work = this.database.transaction("entries", "readwrite", { durability: "strict" });
    const entry = { kind, number, text, row, shows, at: new Date().toISOString(), waiting: 1, draft: 1 };
    entry.id = await asked(work.objectStore("entries").add(entry));
    await finished(work);
    return entry;
  }

  /** Takes a draft back; false if it has its number, and may be with the office. */
  async takeBack(id) {
    const work = this.database.transaction("entries", "readwrite", { durability: "strict" });
    const entry = await asked(work.objectStore("entries").get(id));
    if (entry?.draft) work.objectStore("entries").delete(id);
    await finished(work);
    return Boolean(entry?.draft);
  }

  /** Gives numbers to the drafts made before that time, in their order; how many drafts remain. */
  async settle(before) {
    const work = this.database.transaction(["device", "entries"], "readwrite", { durability: "strict" });
    const [device, entries] = [work.objectStore("device"), work.objectStore("entries")];
    const drafts = (await asked(entries.index("waiting").getAll(1))).filter((entry) => entry.draft);
    const now = new Date().toISOString(); // a clock that was put back does not hold them up
    const due = drafts.filter((entry) => entry.at < before || entry.at > now);
    const device_id = await asked(device.get("device_id"));
    let sequence = (await asked(device.get("sequence"))) ?? 0;
    for (const { draft, shows, ...entry } of due) {
      const numbered = { device_id, sequence: sequence++ };
      entries.put({ ...entry, row: { ...entry.row, ...numbered } });
      for (const shown of shows) {
        const { number, at } = entry;
        entries.add({ ...shown, number, at, of: entry.id, waiting: 2, row: { ...shown.row, ...numbered } });
      }
    }
    device.put(sequence, "sequence");
    await finished(work);
    return drafts.length - due.length;
  }

  /** What waits to be sent, in the order of scanning: the first, and those after it of the same kind, up to `most`. */
  async nextBatch(most, mostLater) {
    const index = this.database.transaction("entries").objectStore("entries").index("waiting");
    const now = (await asked(index.getAll(1, most))).filter((entry) => !entry.draft);
    const waiting = now.length ? now : await asked(index.getAll(2, mostLater));
    const kind = waiting[0]?.kind;
    const end = kind === "act" ? 1 : waiting.findIndex((entry) => entry.kind !== kind);
    return end < 0 ? waiting : waiting.slice(0, end);
  }

  /** Keeps the verdicts: [entry, outcome, why, got] each; of a centre's act also what the office made of it. */
  async answer(verdicts) {
    const work = this.database.transaction("entries", "readwrite", { durability: "strict" });
    for (const [entry, outcome, why, got] of verdicts) {
      const { waiting, body, ...rest } = entry; // a picture is large, and the office has seen it
      const made = entry.kind === "centre" && { got };
      work.objectStore("entries").put({ ...rest, ...made, outcome, why, answeredAt: new Date().toISOString() });
    }
    await finished(work);
  }

  /** How many wait. */
  async countWaiting() {
    return asked(this.database.transaction("entries").objectStore("entries").index("waiting").count());
  }

  /** The last entries, newest first. */
  async latest(most) {
    return this.backwards(most, () => true);
  }

  /** The last entries that somebody has to look at, newest first. */
  async wrong(most) {
    return this.backwards(most, (entry) => entry.outcome === "rejected" || entry.outcome === "accepted_with_exception");
  }

  async backwards(most, wanted) {
    const found = [];
    const request = this.database.transaction("entries").objectStore("entries").openCursor(null, "prev");
    return new Promise((resolve, reject) => {
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor || found.length === most) return resolve(found);
        if (wanted(cursor.value)) found.push(cursor.value);
        cursor.continue();
      };
    });
  }

  /** Forgets what was answered before that time; what waits is never forgotten. */
  async forget(before) {
    const work = this.database.transaction("entries", "readwrite");
    const request = work.objectStore("entries").openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      if (cursor.value.at >= before) return; // they lie in the order of their time
      if (cursor.value.outcome) cursor.delete();
      cursor.continue();
    };
    await finished(work);
  }
}

function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(work) {
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onabort = work.onerror = () => reject(work.error);
  });
}
