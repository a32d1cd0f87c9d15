// The worker behind the pages: the shell from this device, the network first for pages, a marked copy where it does not
// answer, and a readable page where there is no copy. VERSION, SHELL, PAGES and the limits stand in front of this file,
// written by the server. Nothing that is sent (POST) and no data for programs is ever kept, and no page that is not listed.

const SHELL_CACHE = `shell-${VERSION}`;
const LISTED = new RegExp(PAGES);
const KEPT_HEADERS = ["content-type", "content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"];
const PREPARE_AGE_MS = 5 * 60_000;
const PREPARED_MAX = 12;
// Of doses and medicines: nothing else that begins so is kept.
const DONE = /^(\/d.+?|\/m.+)(\/giving|\/not-given|)$/;

// While two versions serve, a node may have another content under an address of this one: then the next visit tries again.
async function shellFile(cache, address) {
  const answer = await fetch(address, { cache: "reload" });
  const right = address === "/offline" || answer.headers.get("cache-control")?.includes("immutable");
  if (!answer.ok || !right) throw new Error(`not the content of this version: ${address}`);
  await cache.put(address, answer);
}

async function install() {
  const cache = await caches.open(SHELL_CACHE);
  await Promise.all(SHELL.map((address) => shellFile(cache, address)));
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name !== SHELL_CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function fromShell(request) {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(request.url)) ?? fetch(request);
}

async function noNetwork() {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match("/offline")) ?? Response.error();
}

function isHtml(answer) {
  return answer.status === 200 && !answer.redirected && answer.headers.get("content-type")?.startsWith("text/html");
}

function keptHeaders(answer) {
  return KEPT_HEADERS.filter((name) => answer.headers.has(name)).map((name) => [name, answer.headers.get(name)]);
}

// ---- what a copy says of itself ----

function clockOf(at, zone) {
  return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
}

// The page's own marks for "not live" are set before it is shown; the server's time on it is moved on to now.
function markedPage({ words, at, headers }) {
  const told = Date.parse(words.match(/ data-now="([^"]*)"/)?.[1] ?? "") || at;
  const clock = clockOf(new Date(told), self.zoneOf(words));
  const marked = words
    .replace(/ data-now="[^"]*"/, ` data-now="${new Date(told + Date.now() - at).toISOString()}"`)
    .replace("<body ", `<body data-copy="${clock}" data-stale="${clock}" `)
    .replace('<span id="stale-words"></span>', `<span id="stale-words" role="status">Copy from ${clock} – not live. Check before you act.</span>`)
    .replace(/class="chip ok live"(.*?)<span>Live<\/span>/s, `class="chip warn live"$1<span>Copy from ${clock}</span>`);
  return new Response(marked, { headers: [...headers, ["wardline-copy", clock]] });
}

function markedPart(copy) {
  const clock = clockOf(new Date(copy.at), copy.zone);
  const words = `<span class="flag warn" data-copy="${clock}"><span>Copy from ${clock} – not live</span></span>`;
  const marked = copy.words.includes("</h2>") ? copy.words.replace("</h2>", `</h2>${words}`) : copy.words.replace(">", `>${words}`);
  return new Response(marked, { headers: [...copy.headers, ["wardline-copy", clock]] });
}

// ---- the network first ----

function late() {
  return new Promise((resolve) => setTimeout(resolve, WAIT_MS));
}

// `kept` is what is done with an answer; it goes on when the copy was shown because the answer took too long.
async function networkFirst(event, id, show, kept) {
  const asked = fetch(event.request);
  asked.then(self.rest, () => {});
  event.waitUntil(asked.then(kept).catch(() => {}));
  const answer = await Promise.race([asked.catch(() => undefined), late()]);
  if (answer && answer.status < 502) return answer;
  const copy = id && (await self.copies.get(id).catch(() => null));
  if (copy) return show(copy);
  return answer ?? asked;
}

async function keepPage(event, answer, address, listed) {
  if (!isHtml(answer) || address === "/offline") return;
  const words = await answer.text();
  const headers = keptHeaders(answer);
  const kept = await self.copies.page(`page:${address}`, words, { listed, headers });
  if (!kept || !listed) return;
  await prepare(words);
  await self.ahead(address, words, headers);
}

// What a page marks with data-prepare (the forms that may wait) is at hand, too, when the network goes.
async function prepare(words) {
  const marked = [...words.matchAll(/<[^>]* data-prepare[^>]*>/g)].map(([tag]) => tag.match(/ hx-get="([^"]+)"/)?.[1].replaceAll("&#x2f;", "/"));
  for (const address of marked.filter((each) => LISTED.test(each)).slice(0, PREPARED_MAX)) {
    if ((await self.copies.age(`part:${address}`)) < PREPARE_AGE_MS) continue;
    const answer = await fetch(address, { headers: { Accept: "text/html", "HX-Request": "true" } });
    await keepPart(answer, address);
  }
}

async function keepPart(answer, address) {
  if (isHtml(answer)) await self.copies.part(`part:${address}`, await answer.text(), { headers: keptHeaders(answer) });
}

async function page(event, address, listed) {
  const kept = (answer) => keepPage(event, answer.clone(), address, listed);
  try {
    return await networkFirst(event, listed && `page:${address}`, markedPage, kept);
  } catch {
    return noNetwork();
  }
}

function part(event, address) {
  return networkFirst(event, `part:${address}`, markedPart, (answer) => keepPart(answer.clone(), address));
}

// Signing out throws the copies away at once, also where it cannot be told to the server now.
async function leave(event) {
  await self.copies.forget();
  try {
    return await fetch(event.request);
  } catch {
    return noNetwork();
  }
}

// A planned dose is done once, and after one that was needed the next may not be given yet: its sheet is not shown again out of
// a copy, which knows nothing of it. Of a medicine the sheet and the act have one address.
function dropDone(event) {
  const sheet = event.request.method === "POST" && new URL(event.request.url).pathname.match(DONE)?.[1];
  if (sheet) event.waitUntil(self.copies.drop(`page:${sheet}`, `part:${sheet}`).catch(() => {}));
}

function answerTo(event) {
  const { request } = event;
  const address = new URL(request.url);
  const path = address.pathname + address.search;
  const listed = LISTED.test(path);
  if (request.method !== "GET") return address.pathname.startsWith("/sessions") ? leave(event) : null;
  if (address.pathname.startsWith("/static/")) return fromShell(request);
  if (request.mode === "navigate") return page(event, path, listed);
  // A page that reads itself anew asks for what is true now, and nothing else will do.
  const isPart = request.headers.get("hx-request") === "true" && request.cache !== "no-cache";
  return listed && isPart ? part(event, path) : null;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (address.origin !== self.location.origin) return;
  const noted = address.pathname === "/live" ? null : self.copies.used();
  if (noted) event.waitUntil(noted.catch(() => {}));
  dropDone(event);
  const answer = answerTo(event);
  if (answer) event.respondWith(answer);
});
self.addEventListener("message", (event) => {
  if (event.data === "claim") event.waitUntil(self.clients.claim());
  if (event.data !== "copies") return;
  event.waitUntil(self.copies.list().then((list) => event.ports[0].postMessage(list)).catch(() => event.ports[0].postMessage([])));
});
