// The key to what waits on this device: the server makes it for one person at one hospital, always the same one. The browser
// has it while their session lasts, cannot give it out, and drops it with the session; who signs in again gets it again.
// Used by pages and by the worker behind them.

const KEY_IDLE_MS = 15 * 60_000; // as a session, see wardline/identity/sessions.py

const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// Opened for one act each: a page that stays must not hold up another one.
async function inStore(name, act) {
  const request = indexedDB.open(`wardline-${name}`, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(name, { keyPath: "id" });
  const db = await answered(request);
  try {
    return await answered(act(db.transaction(name, "readwrite").objectStore(name)));
  } finally {
    db.close();
  }
}

const put = (row) => inStore("keys", (keys) => keys.put(row));

self.outboxKey = {
  answered,
  inStore,
  drop: () => inStore("keys", (keys) => keys.delete("key")).catch(() => {}),

  // The owner is a person's id and a hospital's, with a space between; or how that begins.
  async known(owner) {
    const found = await inStore("keys", (keys) => keys.get("key"));
    if (!owner || !found?.owner.startsWith(owner) || Math.abs(Date.now() - found.usedAt) > KEY_IDLE_MS) return null;
    await put({ ...found, usedAt: Date.now() });
    return found.key;
  },

  async fetched(owner) {
    const answer = await fetch("/outbox/key", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10_000) });
    const said = answer.ok ? await answer.json() : {};
    if (said.owner !== owner) return null; // somebody else has signed in meanwhile
    const raw = Uint8Array.from(atob(said.key), (letter) => letter.charCodeAt(0));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    await put({ id: "key", owner, key, usedAt: Date.now() });
    return key;
  },

  // Where the server cannot be asked for it, one of this device's own, until what it locks is locked anew.
  async spare(owner, make = false) {
    const id = `spare ${owner}`;
    const found = await inStore("keys", (keys) => keys.get(id));
    if (found || !make) return found?.key ?? null;
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    await put({ id, owner, key });
    return key;
  },
};
