// What this device has not sent yet, in IndexedDB: one entry for each act, under its own idempotency key.
//
// An entry is written down before it is sent and taken away when it was answered, so closing the window loses nothing.
// state: sending (an answer is awaited), waiting (no network), conflict (answered, and a person must decide).

const SENDING_MS_MAX = 30_000; // longer than any answer is awaited: whoever sent it is gone
const COUNT = "outbox"; // in localStorage: says to every page, before anything is loaded, that something waits

const shared = typeof BroadcastChannel === "function" ? new BroadcastChannel("wardline-outbox") : null;
const listeners = new Set();

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished({ transaction }) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("wardline-outbox", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function entries(mode, durability = "default") {
  return (await database()).transaction("entries", mode, { durability }).objectStore("entries");
}

async function told() {
  const kept = (await all().catch(() => [])).filter(({ state }) => state !== "sending").length;
  if (kept) localStorage.setItem(COUNT, kept);
  else localStorage.removeItem(COUNT);
  for (const listener of listeners) listener();
}

async function changed() {
  await told();
  shared?.postMessage("changed");
}

// Oldest first; the order of entering is the order of sending.
async function all() {
  const found = await settled((await entries("readonly")).getAll());
  return found.sort((a, b) => a.enteredMs - b.enteredMs || (a.id < b.id ? -1 : 1));
}

async function put(entry) {
  await settled((await entries("readwrite")).put(entry));
  changed();
  return entry;
}

// All in one go, as the page may be about to be left.
async function remove(...ids) {
  const place = await entries("readwrite");
  for (const id of ids.filter(Boolean)) place.delete(id);
  await finished(place);
  changed();
}

// Nothing is changed of an entry that is gone meanwhile.
async function update(id, values) {
  const place = await entries("readwrite", "strict");
  const entry = await settled(place.get(id));
  if (!entry) return null;
  place.put({ ...entry, ...values });
  await finished(place);
  changed();
  return { ...entry, ...values };
}

// Whoever was sending these has been closed: whether they arrived is not known, and sending them again doubles nothing.
async function recover() {
  for (const { id, state, sentMs } of await all()) {
    if (state === "sending" && Date.now() - sentMs > SENDING_MS_MAX) await update(id, { state: "waiting" });
  }
}

if (shared) shared.onmessage = () => told();

window.wardline.outbox = { all, put, remove, update, recover, watch: (listener) => listeners.add(listener), told };
