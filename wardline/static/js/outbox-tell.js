// What the server is told when it is there again: which copies were opened without it, and which entries were discarded.
// Each only by whoever did it, and each once: the server knows them by their numbers.

const outbox = window.wardline.outbox;
const { inStore } = self.outboxKey;
const READS_MAX = 100; // in one request
const WORDS_MAX = 300;
const { staff } = document.body.dataset;

const stamp = (ms) => new Date(ms).toISOString();
const offsetMs = () => window.wardline.now().getTime() - Date.now(); // the clock of a device may be wrong

function post(address, key, body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "Wardline-Author": outbox.owner, "Idempotency-Key": key };
  return fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
}

// False when they are told. One that is refused (the next version lists other pages, say) keeps back itself alone.
async function refused(some) {
  const openings = some.map(({ id, path, person, at }) => ({ id, path, patient_id: person || null, opened_at: stamp(at + offsetMs()) }));
  const answer = await post("/outbox/openings", crypto.randomUUID(), { openings });
  if ([400, 422].includes(answer.status) && some.length > 1) {
    const half = some.length >> 1;
    return [await refused(some.slice(0, half)), await refused(some.slice(half))].some(Boolean);
  }
  if (answer.ok) await inStore("reads", (store) => some.map(({ id }) => store.delete(id)).at(-1));
  return !answer.ok;
}

async function tellReads() {
  const reads = (await inStore("reads", (store) => store.getAll())).filter(({ by }) => by === outbox.owner);
  let left = false;
  for (let first = 0; first < reads.length; first += READS_MAX) left = (await refused(reads.slice(first, first + READS_MAX))) || left;
  if (!left) localStorage.removeItem(`read ${staff}`);
  return left;
}

async function tellDiscards() {
  const left = (await outbox.rows()).filter((row) => row.state === "discarded" && !row.told && `${row.by} ${row.at}` === outbox.owner);
  for (const { id } of left) {
    const entry = await outbox.one(id);
    const answer = await post("/outbox/discards", `discard-${id}`.slice(0, 100), {
      id,
      patient_id: entry.person || null,
      what: (entry.what ?? "An entry that could not be read").slice(0, WORDS_MAX),
      answer: (entry.problem?.title ?? "").slice(0, WORDS_MAX),
      reason: (entry.reason ?? "").slice(0, WORDS_MAX),
      entered_at: stamp(entry.enteredMs),
      discarded_at: stamp(entry.discardedMs),
    });
    if (!answer.ok) return true;
    await outbox.update(id, { told: true });
  }
  return false;
}

// True where something is left to tell.
outbox.tell = async () => {
  if (!staff) return false;
  const tries = [tellReads, tellDiscards].map((tell) => tell().catch(() => true)); // one that is refused holds up no other
  return (await Promise.all(tries)).some(Boolean);
};

outbox.discard = (entry, reason) => outbox.update(entry.id, { state: "discarded", reason, discardedMs: window.wardline.now().getTime(), told: false });

// Seen by who discarded it: then it leaves the device.
outbox.acknowledge = async ({ id }) => {
  const answer = await post("/outbox/acknowledgements", `noted-${id}`.slice(0, 100), { id }).catch(() => null);
  if (answer?.ok) return outbox.remove(id);
  window.wardline.toast("Not noted: the network or Wardline does not answer. Try again later.");
};

// ---- the page that says that there is no network ----

const place = document.getElementById("copies-here");

function showCopies({ data }) {
  const { make } = outbox;
  const plain = (words) => new DOMParser().parseFromString(words, "text/html").documentElement.textContent;
  const links = data.map(({ href, title, at }) =>
    make("li", {}, make("a", { href, textContent: plain(title) }), make("span", { className: "muted", textContent: ` copy from ${window.wardline.clock(new Date(at))}` })),
  );
  place.hidden = !links.length;
  place.lastElementChild.replaceChildren(...links);
}

if (place) {
  const channel = new MessageChannel();
  channel.port1.onmessage = showCopies;
  navigator.serviceWorker?.ready.then(({ active }) => active.postMessage("copies", [channel.port2]));
  window.addEventListener("online", () => location.reload());
}

document.addEventListener("click", (event) => event.target.closest("[data-try-again]") && location.reload());
