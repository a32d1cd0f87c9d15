// Sending what waits, and what a person does about it: loaded only where something waits (outbox.js).
//
// It is sent on "online", when a page opens or is looked at, and by a timer. One tab sends, oldest first; a repeated send is
// the same request, so the server stores it once. An answer that says no stays in the list until a person has decided.

const outbox = window.wardline.outbox;
const ANSWER_MS_MAX = 10_000;
const SENDING_MS_MAX = 30_000; // longer than any answer is awaited: whoever sent it is gone
const WAIT_MS = [5_000, 120_000];
const SURE_MS = 23 * 3_600_000; // the server knows a key for a day; later, a person looks whether it arrived
const FAULTS_MAX = 8;
const REFILL = "outbox-refill";
const REFILL_MS = 60_000; // as long as the page may take, and fetch the form anew
const { staff, hospital } = document.body.dataset;
const { addressOf, headersOf, isOurs } = outbox;

let waitMs = WAIT_MS[0];
let timer = 0;
let signedOut = false; // then the timer rests; a page that opens or is looked at tries again

function later(ms = waitMs) {
  clearTimeout(timer);
  timer = setTimeout(flush, ms * (0.75 + Math.random() / 2));
}

// ---- what was not sent ----

// Storage that is full or refused: the form keeps what was typed, and says so until it is sent.
function notKept(form) {
  const words = "Not sent, and this device cannot keep it. Leave this open and press again when the network is back, or write it down on paper.";
  form.prepend(Object.assign(document.createElement("p"), { className: "obnot crit", textContent: words }));
  window.wardline.toast(words, { kind: "crit", staysMs: 60_000 });
}

outbox.keep = async (ctx, form) => {
  if (!ctx.written) return notKept(form);
  const entry = await outbox.update(ctx.waiting.id, { state: "waiting" }).catch(() => ctx.waiting);
  if (!entry) return location.reload(); // accepted, and only the words of the answer were lost
  navigator.storage?.persist?.();
  if (entry.replaces) await outbox.remove(entry.replaces);
  form.reset();
  form.dispatchEvent(new CustomEvent("wardline:kept", { bubbles: true, detail: entry }));
  form.closest("#sheet")?.querySelector("[data-close]")?.click();
  const words = `Not yet sent: ${entry.what}, ${entry.patient}. Kept on this device and sent as soon as the network is back.`;
  window.wardline.toast(words, { act: { words: "Show", run: () => outbox.openList() } });
  later();
};

// ---- sending ----

async function problemOf(answer) {
  const said = await answer.json().catch(() => ({}));
  return { status: answer.status, code: said.code ?? "", title: said.title ?? "Not accepted", detail: said.detail ?? "", fields: said.fields ?? {} };
}

// True where the next one may be tried.
async function send(entry) {
  if (Date.now() - entry.firstMs > SURE_MS) {
    const detail = "It was first sent more than a day ago, and no answer came. Look at the patient's record whether it arrived before you send it again.";
    await outbox.update(entry.id, { state: "conflict", problem: { status: 0, title: "Did it arrive?", detail, fields: {}, again: true } });
    return true;
  }
  const headers = { ...headersOf(entry), Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" };
  let answer;
  try {
    answer = await fetch(entry.url, { method: "POST", body: entry.body, headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if (!isOurs(answer)) return false;
    await heed(entry, answer);
  } catch {
    return false;
  }
  return !signedOut && (answer.ok || (answer.status < 500 && answer.status !== 429));
}

async function heed(entry, answer) {
  signedOut = false;
  if (answer.ok) {
    await outbox.remove(entry.id, entry.replaces);
    document.dispatchEvent(new CustomEvent("wardline:sent", { detail: entry }));
    return;
  }
  const problem = await problemOf(answer);
  signedOut = problem.code === "other_author" || problem.status === 401;
  if (signedOut) await outbox.update(entry.id, { problem: { ...problem, status: 401 } });
  else if (problem.status === 500) await outbox.update(entry.id, { faults: entry.faults + 1, ...(entry.faults + 1 < FAULTS_MAX ? {} : { state: "conflict", problem }) });
  else if (problem.status < 500 && problem.status !== 429) await outbox.update(entry.id, { state: "conflict", problem });
  else waitMs = Math.max(waitMs, 1_000 * Number(answer.headers.get("retry-after") ?? 0));
}

function isDue({ state, by, at }) {
  return state === "waiting" && by === staff && (at ?? hospital) === hospital;
}

// Whoever was sending these has been closed: whether they arrived is not known, and sending them again doubles nothing.
async function recover() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  const isGone = ({ id, sentMs }) => (navigator.locks ? !held.some(({ name }) => name === `sending ${id}`) : Date.now() - sentMs > SENDING_MS_MAX);
  for (const row of await outbox.rows()) {
    const { id, state, by } = row;
    if (by === staff && state === "sending" && isGone(row)) await outbox.update(id, { state: "waiting" });
  }
}

// What the server's key does not lock yet is locked anew: entries of the version before sealing, or made without a network.
// A key of the device's own goes when nothing is left that only it opens. One of another hospital waits for that one's key.
async function renew() {
  if (!(await outbox.hasKey())) return;
  const left = async () => (await outbox.rows()).filter(({ by, at, sealed, spare }) => `${by} ${at}` === outbox.owner && (spare || !sealed));
  const found = await left();
  for (const { id } of found) await outbox.update(id, {});
  if (found.length && !(await left()).length) await self.outboxKey.inStore("keys", (keys) => keys.delete(`spare ${outbox.owner}`));
}

// Reads the list anew before each: another tab, or a person, may have changed it.
async function sendAll() {
  await renew();
  await recover();
  const tried = new Set();
  let sent = 0;
  for (;;) {
    const row = (await outbox.rows()).find((each) => isDue(each) && !tried.has(each.id));
    if (!row) break;
    tried.add(row.id);
    const entry = await outbox.one(row.id);
    if (!entry || entry.locked) continue; // the list says so
    if (!(await send(entry))) {
      waitMs = Math.min(WAIT_MS[1], waitMs * 2);
      break;
    }
    waitMs = WAIT_MS[0];
    if (!(await outbox.one(row.id))) sent += 1;
  }
  if (sent) window.wardline.toast(sent === 1 ? "Sent: what waited on this device is in the record." : `Sent: ${sent} entries that waited on this device are in the record.`);
  if (!(await outbox.tell())) return;
  waitMs = Math.min(WAIT_MS[1], waitMs * 2);
  later();
}

let again = false;
let busy = false;

async function flush() {
  clearTimeout(timer);
  if (!staff) return;
  if (busy) return void (again = true);
  busy = true;
  const work = (lock) => lock && sendAll();
  await (navigator.locks ? navigator.locks.request("wardline-outbox", { ifAvailable: true }, work) : sendAll()).catch(() => {});
  busy = false;
  const due = (await outbox.rows().catch(() => [])).some((row) => isDue(row) || row.state === "sending");
  if (again) later(0);
  else if (due && !signedOut) later();
  again = false;
}

// ---- a conflict, opened again ----

async function refill() {
  const asked = JSON.parse(sessionStorage.getItem(REFILL) ?? "null");
  if (!asked) return;
  const entry = Date.now() - asked.openedMs < REFILL_MS && (await outbox.one(asked.id));
  if (!entry) return sessionStorage.removeItem(REFILL);
  const form = [...document.forms].find((each) => each.matches("[data-outbox]") && addressOf(each.action) === entry.url);
  if (!form || form.dataset.outboxOf) return;
  form.dataset.outboxOf = entry.id;
  form.dataset.enteredMs = entry.enteredMs;
  for (const [field, value] of new URLSearchParams(entry.body)) {
    const place = form.elements.namedItem(field);
    if (place && !["idempotency_key", "version", "_method", "confirmed"].includes(field)) place.value = value;
  }
  form.querySelector("input:not([type=hidden])")?.dispatchEvent(new Event("change", { bubbles: true }));
}

outbox.reopen = (entry) => {
  sessionStorage.setItem(REFILL, JSON.stringify({ id: entry.id, openedMs: Date.now() }));
  location.assign(entry.page);
};

// A form out of a copy was made earlier: the time on it is now.
function fresh() {
  for (const mark of document.querySelectorAll("#sheet [data-copy]:not([data-seen])")) {
    mark.dataset.seen = "";
    for (const field of mark.closest("#sheet").querySelectorAll("input[data-clock]")) field.value = field.defaultValue = window.wardline.clock(window.wardline.now());
  }
}

// ---- leaving ----

// forms.js holds a form that is being sent; this one is not.
function release(form) {
  form.removeAttribute("aria-busy");
  for (const part of form.elements) part.removeAttribute("data-sending");
}

function ask(form, mine) {
  const { make, button } = outbox;
  const words = mine.length === 1 ? "1 entry of yours is not yet sent." : `${mine.length} entries of yours are not yet sent.`;
  const text = make("p", { textContent: `${words} If you sign out, they stay on this device until you sign in here again. Nobody else can send them.` });
  const go = button("Sign out all the same", () => {
    form.dataset.sure = "";
    form.requestSubmit();
  });
  const stay = button("Stay signed in", () => box.close(), "go");
  const box = make("dialog", { className: "float" }, make("div", { className: "dh" }, make("h2", { textContent: "Not yet sent" })), make("div", { className: "b" }, text, make("div", { className: "row" }, stay, go)));
  box.setAttribute("aria-label", "Not yet sent");
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  stay.focus();
}

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const leaves = form.getAttribute("action")?.startsWith("/sessions/current");
    if (!leaves || "sure" in form.dataset || !localStorage.getItem("outbox")) {
      if (leaves) localStorage.removeItem("outbox-who");
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    release(form);
    const mine = (await outbox.rows()).filter((row) => outbox.isMine(row) && row.state !== "discarded");
    if (mine.length) return ask(form, mine);
    form.dataset.sure = "";
    form.requestSubmit();
  },
  true,
);

outbox.flush = (now = false, rests = false) => {
  if (now) waitMs = WAIT_MS[0];
  return rests ? later() : flush();
};
outbox.watch(() => document.hidden || busy || later(1_000));
window.addEventListener("online", () => outbox.flush(true));
document.addEventListener("visibilitychange", () => document.hidden || outbox.flush(true));
document.addEventListener("htmx:after:swap", () => {
  refill();
  fresh();
});

document.addEventListener("wardline:sheet-closed", () => sessionStorage.removeItem(REFILL));
refill();
outbox.told();
flush();
