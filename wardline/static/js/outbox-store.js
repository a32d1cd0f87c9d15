// What this device has not sent yet, in IndexedDB: one entry for each act, under its own idempotency key.
//
// An entry is written down before it is sent and taken away when it was answered, so closing the window loses nothing.
// state: sending (an answer is awaited), waiting (no network), conflict (answered, and a person must decide), discarded
// (a person has decided not to send it). What was typed, and about whom, is sealed for its author; whose it is and how it
// stands is not. `by` and `at` are the author and the hospital: a page of the version before this one, which may still be
// open, reads other names and leaves sealed entries alone.

const { answered, known, fetched, spare, drop } = self.outboxKey;
const COUNT = "outbox"; // in localStorage: says to every page, before anything is loaded, that something waits
const OPEN = ["id", "by", "at", "authorName", "replaces", "enteredMs", "sentMs", "firstMs", "faults", "state", "told", "spare"];
const { staff, hospital } = document.body.dataset;
const owner = staff ? `${staff} ${hospital}` : (localStorage.getItem("outbox-who") ?? "");
const shared = new BroadcastChannel("wardline-outbox");
const listeners = new Set();

const finished = ({ transaction }) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

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

// ---- sealing ----

let key = null;
let spareKey = null;

// Without HTTPS a browser offers no encryption (and no worker): then what waits lies there as it is.
async function keyed() {
  if (!self.crypto?.subtle || !owner) return;
  key = await known(owner).catch(() => null);
  if (staff) spareKey = await spare(owner).catch(() => null);
}

// Nothing waits for the server's answer but what is sent.
async function asked() {
  await ready;
  if (key || !staff || !self.crypto?.subtle) return;
  key = await fetched(owner).catch(() => null);
  if (key) told();
}

const ready = keyed();
let asking = null;
const askKey = () => (asking ??= asked().finally(() => (asking = null)));
askKey();
const parameters = (iv, id) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) });

async function sealed(entry) {
  if (entry.locked || !self.crypto?.subtle) return { ...entry, locked: undefined };
  const use = key ?? (spareKey = await spare(owner, true)); // another tab may have dropped it
  const [row, inside] = [{}, {}];
  for (const [name, value] of Object.entries(entry)) (OPEN.includes(name) ? row : inside)[name] = value;
  row.spare = !key;
  row.iv = crypto.getRandomValues(new Uint8Array(12));
  row.sealed = await crypto.subtle.encrypt(parameters(row.iv, row.id), use, new TextEncoder().encode(JSON.stringify(inside)));
  return row;
}

// As it was; `locked` where it cannot be read here and now.
async function opened(row) {
  if (!row.sealed) return row.author ? { ...row, by: row.author, at: row.hospital } : row; // of a version before sealing
  if (row.spare) spareKey = (await spare(owner).catch(() => null)) ?? spareKey; // another tab may have made it since
  for (const use of [key, spareKey].filter(Boolean)) {
    const text = await crypto.subtle.decrypt(parameters(row.iv, row.id), use, row.sealed).catch(() => null);
    if (text) return { ...row, sealed: undefined, ...JSON.parse(new TextDecoder().decode(text)) };
  }
  return { ...row, locked: true };
}

// ---- reading and writing ----

// Oldest first; the order of entering is the order of sending. Sealed, so that a long list is read at once.
async function rows() {
  const found = await answered((await entries("readonly")).getAll());
  for (const row of found) {
    row.by ??= row.author;
    row.at ??= row.hospital;
  }
  return found.sort((a, b) => a.enteredMs - b.enteredMs || (a.id < b.id ? -1 : 1));
}

// What is the caller's own can be read, of others only that it is there.
async function all() {
  await ready;
  key ??= await known(owner).catch(() => null);
  return Promise.all((await rows()).map((row) => (staff && row.by !== staff ? { ...row, locked: true } : opened(row))));
}

async function one(id) {
  await ready;
  const row = await answered((await entries("readonly")).get(id));
  return row && opened(row);
}

async function told() {
  const kept = await rows().catch(() => []);
  if (kept.length) localStorage.setItem(COUNT, kept.filter(({ state }) => state !== "sending").length);
  else localStorage.removeItem(COUNT);
  for (const listener of listeners) listener();
}

async function changed() {
  await told();
  shared.postMessage("changed");
}

async function put(entry) {
  const row = await sealed(entry);
  const place = await entries("readwrite", "strict");
  place.put(row);
  await finished(place);
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
  const before = await one(id);
  if (!before) return null;
  const row = await sealed({ ...before, ...values });
  const place = await entries("readwrite", "strict");
  if (!(await answered(place.get(id)))) return null;
  place.put(row);
  await finished(place);
  changed();
  return { ...before, ...values };
}

shared.onmessage = () => told();
// Whoever sees the page of signing in has no session: the key goes, as the copies do.
if (!staff && !document.getElementById("outbox-here")) drop();

window.wardline.outbox = { owner, all, rows, one, put, remove, update, told, hasKey: () => askKey().then(() => key !== null), isLocked: () => key === null, watch: (listener) => listeners.add(listener) };
