// Opens a page without a network. PAGE, VERSION and FILES are put before this by the server; a new version keeps its own
// copies, and throws those of the old one away once it is in charge.
const CACHE = `${PAGE}-${VERSION}`;
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(leaveOldVersions().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(thePage(request));
  else if (/^\/(static|code)\//.test(url.pathname)) event.respondWith(aFile(request));
});

async function leaveOldVersions() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(`${PAGE}-`) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The page as it is now; as it was last seen where the network is away or does not answer in time. */
async function thePage(request) {
  const cache = await caches.open(CACHE);
  const fresh = fetch(request).then(async (answer) => {
    if (answer.ok && answer.type === "basic" && !answer.redirected) await cache.put(PAGE, answer.clone());
    return answer;
  });
  fresh.catch(() => {}); // answered below
  const kept = await cache.match(PAGE);
  if (!kept) return fresh;
  const answer = await Promise.race([fresh, after(PATIENCE_MS)]).catch(() => undefined);
  return answer && answer.status < 500 ? answer : kept;
}

/** A file whose address changes when it does. */
async function aFile(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
