// Forms that may wait for the network: <form hx-post data-outbox="Observations" data-person data-outbox-page>.
//
// Where no answer of the server comes (no network, a time-out, or 502, 503, 504 of the edge), what was typed is kept here
// with its idempotency key and sent later: on "online", when a page opens or is looked at, and by a timer. One tab sends,
// oldest first; a repeated send is the same request, so the server stores it once. An answer that says no stays in the
// list until a person has decided. Other scripts hear `wardline:kept` on the form and `wardline:sent` on the document.

const outbox = window.wardline.outbox;
const ANSWER_MS_MAX = 10_000;
const WAIT_MS = [5_000, 120_000];
const SURE_MS = 23 * 3_600_000; // the server knows a key for a day; later, a person looks whether it arrived
const FAULTS_MAX = 8;
const REFILL = "outbox-refill";
const REFILL_MS = 60_000; // as long as the page may take, and fetch the form anew
const { staff, hospital, name } = document.body.dataset;

// ---- keeping ----

function labelOf(form, field) {
  if (field.type === "radio") return document.getElementById(field.closest("[role=radiogroup]")?.getAttribute("aria-labelledby"))?.textContent ?? field.name;
  return field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent ?? field.name;
}

function valueOf(field) {
  if (field.tagName === "SELECT") return field.selectedOptions[0]?.textContent ?? "";
  if (field.type === "radio") return field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent ?? field.value;
  const unit = field.parentElement.querySelector(":scope > .u:last-of-type")?.textContent ?? "";
  return `${field.value} ${unit}`.trim();
}

// What was typed, as the person would read it out.
function shownOf(form) {
  const typed = [...form.elements].filter((field) => {
    if (!field.name || !field.value || field.type === "hidden" || field.matches("button, fieldset, output")) return false;
    return field.matches("[type=radio], [type=checkbox]") ? field.checked : true;
  });
  return typed.map((field) => [labelOf(form, field).trim(), valueOf(field).trim()]);
}

function patientOf(form) {
  const banner = document.querySelector("main .ban");
  const squeezed = (words) => words?.replace(/\s+/g, " ").trim() ?? "";
  return {
    person: form.dataset.person ?? banner?.dataset.person ?? "",
    patient: form.dataset.patient ?? squeezed(banner?.querySelector("h1")?.textContent),
    patientId: form.dataset.patientId ?? squeezed(banner?.querySelector("dd.id")?.textContent),
  };
}

function headersOf(entry) {
  return {
    "Idempotency-Key": entry.id,
    "Wardline-Author": `${entry.author} ${entry.hospital}`,
    "Wardline-Entered-At": new Date(entry.enteredMs).toISOString(),
  };
}

function addressOf(action) {
  const { pathname, search } = new URL(action, location.href);
  return pathname + search;
}

function entryOf(form, ctx) {
  return {
    id: ctx.request.headers["Idempotency-Key"],
    url: addressOf(ctx.request.action),
    body: "",
    what: form.dataset.outbox || "Form",
    ...patientOf(form),
    page: form.dataset.outboxPage ?? "",
    replaces: form.dataset.outboxOf ?? "",
    shown: shownOf(form),
    author: staff,
    authorName: name,
    hospital,
    enteredMs: Number(form.dataset.enteredMs) || window.wardline.now().getTime(),
    sentMs: Date.now(),
    firstMs: Date.now(),
    faults: 0,
    state: "sending",
    problem: null,
  };
}

function formOf(ctx) {
  const form = ctx.request?.form ?? ctx.sourceElement?.closest?.("form");
  if (!staff || ctx.request.method !== "POST" || !form?.matches("form[data-outbox]")) return null;
  return form.querySelector("[type=password]") ? null : form; // a password is kept nowhere
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = formOf(ctx);
  if (!form) return;
  ctx.waiting = entryOf(form, ctx);
  ctx.request.timeout = ANSWER_MS_MAX;
  Object.assign(ctx.request.headers, headersOf(ctx.waiting));
  ctx.fetch = (action, request) => writtenDown(ctx, action, request);
});

// Before it is sent it is written down, and what was accepted is gone from here before the page goes on.
async function writtenDown(ctx, action, request) {
  const entry = ctx.waiting;
  entry.body = request.body.toString();
  ctx.written = await outbox.put(entry).catch(() => null);
  const answer = await fetch(action, request);
  if (answer.ok && isOurs(answer)) {
    if (entry.replaces) sessionStorage.removeItem(REFILL);
    await outbox.remove(entry.id, entry.replaces).catch(() => {});
  }
  return answer;
}

function isOurs(answer) {
  return !answer.redirected && answer.headers.has("x-request-id");
}

// The proxy in front answers for a server that does not, and some networks answer for everybody. An answer of our own
// bears a number; a refusal of our own names its code.
function isSilence({ response, text }) {
  if (text.includes("data-code=")) return false;
  return [502, 503, 504].includes(response.status) || !isOurs(response.raw);
}

async function keep(ctx) {
  const form = formOf(ctx);
  ctx.kept = true;
  if (!ctx.written) return window.wardline.toast("Not sent, and this device cannot keep it. Write it down on paper.", { kind: "crit", staysMs: 60_000 });
  const entry = await outbox.update(ctx.waiting.id, { state: "waiting" });
  if (!entry) return location.reload(); // accepted, and only the words of the answer were lost
  navigator.storage?.persist?.();
  if (entry.replaces) await outbox.remove(entry.replaces);
  form.reset();
  form.dispatchEvent(new CustomEvent("wardline:kept", { bubbles: true, detail: entry }));
  form.closest("#sheet")?.querySelector("[data-close]")?.click();
  window.wardline.toast(`Not yet sent: ${entry.what}, ${entry.patient}. Kept on this device and sent as soon as the network is back.`, {
    act: { words: "Show", run: () => outbox.openList() },
  });
  later();
}

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.waiting) return;
  if (isSilence(ctx)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    keep(ctx);
    return;
  }
  if (ctx.response.status >= 400) outbox.remove(ctx.waiting.id);
  else flush();
});

document.addEventListener(
  "htmx:error",
  (event) => {
    const { ctx } = event.detail;
    if (!ctx?.waiting || ctx.kept || ctx.text !== undefined) return;
    event.stopPropagation();
    keep(ctx);
  },
  true,
);

// ---- sending ----

let waitMs = WAIT_MS[0];
let timer = 0;
let signedOut = false; // then the timer rests; a page that opens or is looked at tries again

function later(ms = waitMs) {
  clearTimeout(timer);
  timer = setTimeout(flush, ms * (0.75 + Math.random() / 2));
}

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

function isDue(entry) {
  return entry.state === "waiting" && entry.author === staff && entry.hospital === hospital;
}

// Reads the list anew before each: another tab, or a person, may have changed it.
async function sendAll() {
  await outbox.recover();
  const tried = new Set();
  let sent = 0;
  for (;;) {
    const entry = (await outbox.all()).find((each) => isDue(each) && !tried.has(each.id));
    if (!entry) break;
    tried.add(entry.id);
    if (!(await send(entry))) {
      waitMs = Math.min(WAIT_MS[1], waitMs * 2);
      break;
    }
    waitMs = WAIT_MS[0];
    if (!(await outbox.all()).some(({ id }) => id === entry.id)) sent += 1;
  }
  if (sent) window.wardline.toast(sent === 1 ? "Sent: what waited on this device is in the record." : `Sent: ${sent} entries that waited on this device are in the record.`);
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
  const due = (await outbox.all()).some((entry) => isDue(entry) || entry.state === "sending");
  if (again) later(0);
  else if (due && !signedOut) later();
  again = false;
}

// ---- a conflict, opened again ----

function refill() {
  const entry = JSON.parse(sessionStorage.getItem(REFILL) ?? "null");
  if (!entry) return;
  if (Date.now() - entry.openedMs > REFILL_MS) return sessionStorage.removeItem(REFILL);
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
  sessionStorage.setItem(REFILL, JSON.stringify({ id: entry.id, url: entry.url, body: entry.body, enteredMs: entry.enteredMs, openedMs: Date.now() }));
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
    const mine = (await outbox.all()).filter(outbox.isMine);
    if (mine.length) return ask(form, mine);
    form.dataset.sure = "";
    form.requestSubmit();
  },
  true,
);

outbox.flush = (now = false) => {
  if (now) waitMs = WAIT_MS[0];
  return flush();
};
outbox.watch(() => document.hidden || busy || later(1_000));
window.addEventListener("online", () => outbox.flush(true));
document.addEventListener("visibilitychange", () => document.hidden || outbox.flush(true));
document.addEventListener("htmx:after:swap", () => {
  refill();
  fresh();
});

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
document.addEventListener("wardline:sheet-closed", () => sessionStorage.removeItem(REFILL));
refill();
outbox.told().then(flush);
