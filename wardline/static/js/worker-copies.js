// The copies of pages, on the side of the worker: encrypted with a key of their session, which cannot be taken out of
// the browser and is thrown away with every copy when the session is over.

const MARK = /<body[^>]*? data-keep="([\w-]+)"/;
const OWNER = /<body[^>]*? data-staff="([\w-]+)" data-hospital="([\w-]+)"/;
const READ_MS = 60_000; // the same page again is the same look
const READS_MAX = 2_000;
const NOTED_MS = 30_000;
const text = { encode: (words) => new TextEncoder().encode(words), decode: (bytes) => new TextDecoder().decode(bytes) };
let usedAt = 0;
let notedAt = 0;

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("wardline-copies", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("session", { keyPath: "id" });
      request.result.createObjectStore("pages", { keyPath: "id" }).createIndex("at", "at");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function store(name, mode = "readonly") {
  return (await database()).transaction(name, mode).objectStore(name);
}

// One change of the session at a time: two pages that arrive together must not make two keys.
let turn = Promise.resolve();

function inTurn(work) {
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}

// The session's key, while somebody uses it; a session that was left alone is over here, as it is on the server.
async function current() {
  const session = await settled((await store("session")).get("key"));
  if (!session) return null;
  const used = Math.max(session.usedAt, usedAt);
  if (Date.now() - used < IDLE_MS && Date.now() - session.since < LIFE_MS) return session;
  await end();
  return null;
}

// When the session is over, what waits is locked, too; it stays.
async function end() {
  await self.outboxKey.drop();
  await wipe();
}

async function keyUsed() {
  const { inStore } = self.outboxKey;
  const found = await inStore("keys", (keys) => keys.get("key"));
  if (found && Math.abs(Date.now() - found.usedAt) < IDLE_MS) await inStore("keys", (keys) => keys.put({ ...found, usedAt: Date.now() }));
}

async function wipe() {
  const session = await settled((await store("session")).get("key"));
  await settled((await store("pages", "readwrite")).clear());
  const sessions = await store("session", "readwrite");
  await settled(sessions.delete("key"));
  if (session) await settled(sessions.put({ id: "ended", mark: session.mark }));
}

// A page that was still on its way when somebody signed out must not bring the session back.
async function keyOf(mark, zone, owner) {
  const session = await current();
  if (session?.mark === mark) return session.key;
  if (session) await wipe();
  const ended = await settled((await store("session")).get("ended"));
  if (ended?.mark === mark) return null;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  usedAt = Date.now();
  await settled((await store("session", "readwrite")).put({ id: "key", mark, key, zone, owner, since: usedAt, usedAt }));
  // Before the network goes: what is entered then is locked with it.
  self.outboxKey.known(owner).then((known) => known ?? self.outboxKey.fetched(owner)).catch(() => {});
  return key;
}

async function seal(key, id, words) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const parameters = { name: "AES-GCM", iv, additionalData: text.encode(id) };
  return { iv, sealed: await crypto.subtle.encrypt(parameters, key, text.encode(words)) };
}

async function unseal(key, { id, iv, sealed }) {
  const parameters = { name: "AES-GCM", iv, additionalData: text.encode(id) };
  return text.decode(await crypto.subtle.decrypt(parameters, key, sealed));
}

// A copy is shown when it is noted, and not otherwise: the server is told when it is there again (outbox-tell.js).
let lastRead = {};
const gone = new Map(); // what was dropped, and when: not to be brought back by what was asked for before

async function noteRead(owner, id, words) {
  const at = Date.now();
  if (lastRead.id === id && Math.abs(at - lastRead.at) < READ_MS) return;
  const path = id.slice(id.indexOf(":") + 1);
  const person = path.match(/^\/patients\/([\w-]+)/)?.[1] ?? (path.startsWith("/wards/") ? "" : words.match(/ data-person="([\w-]+)"/)?.[1]);
  if ((await self.outboxKey.inStore("reads", (reads) => reads.count())) >= READS_MAX) throw new Error("nothing more can be noted");
  const read = { id: crypto.randomUUID(), by: owner, path, person, at };
  await self.outboxKey.inStore("reads", (reads) => reads.put(read));
  lastRead = { id, at };
}

async function dropOldest() {
  const pages = await store("pages", "readwrite");
  const ids = await settled(pages.index("at").getAllKeys());
  for (const id of ids.slice(0, Math.max(0, ids.length - KEPT_MAX))) pages.delete(id);
}

// A slash is written as an entity.
self.zoneOf = (words) => words.match(/ data-zone="([^"]*)"/)?.[1].replaceAll("&#x2f;", "/") || undefined;

self.markOf = (words) => words.match(MARK)?.[1];

self.copies = {
  forget: () => inTurn(end),

  // Somebody does something: told to the disk now and then only.
  used() {
    usedAt = Date.now();
    if (usedAt - notedAt < NOTED_MS) return null;
    notedAt = usedAt;
    return inTurn(async () => {
      const session = await current();
      await keyUsed();
      if (session) await settled((await store("session", "readwrite")).put({ ...session, usedAt }));
    });
  },

  // What a page says about its session decides: no mark means that nobody is signed in, or that nothing may be kept.
  page(id, words, { listed, headers }) {
    return inTurn(async () => {
      const mark = self.markOf(words);
      const owner = words.match(OWNER)?.slice(1).join(" ");
      const key = mark ? await keyOf(mark, self.zoneOf(words), owner) : await wipe();
      if (key && listed) await self.copies.put(key, id, words, headers);
      return Boolean(key);
    });
  },

  // What was fetched ahead is kept while the session is there that asked for it, and takes the place of nothing that was kept
  // since it was asked for: that is newer.
  ahead(id, words, { mark, askedAt, headers }) {
    return inTurn(async () => {
      const session = await current();
      const found = session?.mark === mark && (await settled((await store("pages")).get(id)));
      if (session?.mark === mark && !(Math.max(found?.at ?? 0, gone.get(id) ?? 0) >= askedAt)) await self.copies.put(session.key, id, words, headers, askedAt);
    });
  },

  drop(...ids) {
    return inTurn(async () => {
      const pages = await store("pages", "readwrite");
      for (const id of ids) {
        gone.set(id, Date.now());
        await settled(pages.delete(id));
      }
    });
  },

  // A part of a page is kept for the session that is there already.
  part(id, words, { headers }) {
    return inTurn(async () => {
      const session = await current();
      if (session) await self.copies.put(session.key, id, words, headers);
    });
  },

  async put(key, id, words, headers, at = Date.now()) {
    if (words.length > COPY_LENGTH_MAX) return;
    const sealed = await seal(key, id, words);
    await settled((await store("pages", "readwrite")).put({ id, at, headers, ...sealed }));
    await dropOldest();
  },

  get(id) {
    return inTurn(async () => {
      const session = await current();
      const found = session && (await settled((await store("pages")).get(id)));
      if (!found) return null;
      const words = await unseal(session.key, found);
      await noteRead(session.owner, id, words);
      return { ...found, zone: session.zone, words };
    });
  },

  age(id) {
    return inTurn(async () => Date.now() - ((await settled((await store("pages")).get(id)))?.at ?? 0));
  },

  // The whole pages, newest first, by their titles.
  list() {
    return inTurn(async () => {
      const session = await current();
      if (!session) return [];
      const pages = (await settled((await store("pages")).index("at").getAll())).filter(({ id }) => id.startsWith("page:") && !id.startsWith("page:/doses/"));
      const read = async (page) => {
        const title = (await unseal(session.key, page)).match(/<title>([^<]*)<\/title>/)?.[1] ?? "";
        return { href: page.id.slice("page:".length), title, at: page.at };
      };
      return Promise.all(pages.reverse().map(read));
    });
  },
};
