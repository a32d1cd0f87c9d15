// A set of observations that somebody began and has not saved: <form data-draft="{person}">.
//
// It is kept on this device, sealed with the key that the server gives its author for their session (outbox-key.js), so the
// next user of a shared computer can neither read it nor see whose patient it is about. On return it is offered with its
// time, and never filled in by itself: values belong to the time they were taken. Saved, sent later or discarded, it is gone.

const WAIT_MS = 250; // after the last key
const LATE_MS = 3_600_000; // then it is said how old it is
const CLOCK_MS = 12 * 3_600_000; // longer, and "Taken at" would be another day's: then it can only be read
const KEPT_MS = 7 * 24 * 3_600_000;
const parts = document.querySelector("meta[name=outbox]");
const { staff, hospital } = document.body.dataset;
const owner = `${staff} ${hospital}`;
const wardline = window.wardline;
let open = null; // the form that is open: { form, id, person, at, isKept }
let timer = 0;
let queue = Promise.resolve();

// One after the other: what was typed last is what stays.
const inTurn = (act) => (queue = queue.then(act, act).catch(() => {}));

async function keyOf() {
  if (!self.crypto?.subtle || !staff || !parts) return null; // without HTTPS nothing can be sealed, so nothing is kept
  await import(parts.content);
  return (await self.outboxKey.known(owner)) ?? self.outboxKey.fetched(owner);
}

const sealing = (iv) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(owner) });
const rows = (act) => self.outboxKey.inStore("drafts", act);

// All drafts of this person lie in one row: not even their number of patients can be told.
async function read(key) {
  const row = await rows((store) => store.get(owner));
  const text = row && (await crypto.subtle.decrypt(sealing(row.iv), key, row.sealed).catch(() => null));
  const drafts = text ? JSON.parse(new TextDecoder().decode(text)) : {};
  for (const [id, { at }] of Object.entries(drafts)) if (Date.now() - at > KEPT_MS) delete drafts[id];
  return drafts;
}

async function change(act) {
  const key = await keyOf();
  if (!key) return;
  const write = async () => {
    const drafts = await read(key);
    act(drafts);
    if (!Object.keys(drafts).length) return rows((store) => store.delete(owner));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt(sealing(iv), key, new TextEncoder().encode(JSON.stringify(drafts)));
    return rows((store) => store.put({ id: owner, iv, sealed }));
  };
  await navigator.locks.request(`drafts ${owner}`, write); // another tab may write too
}

const forget = (id) => inTurn(() => change((drafts) => delete drafts[id]));

// ---- keeping ----

const typedIn = (form) =>
  [...form.elements].filter((field) => {
    if (!field.name || field.name === "taken_clock" || !field.matches("input:not([type=hidden]), select")) return false;
    return field.type === "radio" ? field.checked : field.value.trim();
  });

function wordsOf(field) {
  const label = field.getAttribute("aria-label") ?? field.labels[0].textContent;
  if (field.type === "radio") return label;
  if (field.tagName === "SELECT") return field.selectedOptions[0].textContent;
  const unit = field.parentElement.querySelector(":scope > .u:last-of-type")?.textContent ?? "";
  return `${label} ${field.value} ${unit}`.trim();
}

function keep() {
  clearTimeout(timer);
  if (!open?.isTyped || open.isGone) return;
  open.isTyped = false;
  const { form, id, person, at } = open;
  const typed = typedIn(form);
  if (!typed.length) return open.isKept && forget(id);
  open.isKept = true;
  const clock = form.elements.taken_clock.value;
  const values = typed.map(({ name, value }) => [name, value]);
  const words = typed.map(wordsOf).join(", ");
  inTurn(() => change((drafts) => (drafts[id] = { person, at, clock, values, words })));
}

document.addEventListener("input", ({ target }) => {
  if (!open || target.form !== open.form) return;
  open.isTyped = true;
  const goOn = document.getElementById("obs-go-on");
  if (goOn) goOn.disabled = true; // what is typed now is of another time
  clearTimeout(timer);
  timer = setTimeout(keep, WAIT_MS);
});
document.addEventListener("visibilitychange", () => document.hidden && keep());

async function gone() {
  if (!open) return;
  clearTimeout(timer);
  open.isGone = true;
  await forget(open.id);
}

// Saved, kept in the outbox, or closed with a second step after the warning. What was saved is gone before the page goes on.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "POST" || !open || ctx.sourceElement.closest("form") !== open.form) return;
  const ask = ctx.fetch;
  ctx.fetch = async (...asked) => {
    const answer = await ask(...asked);
    const isSaved = answer.ok && !answer.redirected && answer.headers.has("x-request-id");
    if (isSaved) await Promise.race([gone(), new Promise((done) => setTimeout(done, 1_000))]);
    return answer;
  };
});
document.addEventListener("wardline:kept", ({ target }) => target === open?.form && gone());
document.addEventListener("wardline:sheet-closed", () => {
  if (open && (open.isKept || open.isTyped)) gone();
  open = null;
});

// ---- offering ----

function element(name, given, ...children) {
  const made = Object.assign(document.createElement(name), given);
  made.append(...children);
  return made;
}

function fill(id, { at, clock, values }) {
  if (open.isKept) forget(open.id);
  Object.assign(open, { id, at, isKept: true, isTyped: true });
  const { form } = open;
  form.elements.taken_clock.value = clock;
  for (const [name, value] of values) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
  const first = form.querySelector("[data-first]");
  first.dispatchEvent(new Event("change", { bubbles: true }));
  first.focus();
  keep();
}

function sayWhen(at) {
  const age = wardline.now() - at;
  const day = new Date(at).toLocaleDateString("en-GB", { day: "2-digit", month: "short", timeZone: document.body.dataset.zone || undefined });
  const time = wardline.clock(new Date(at));
  if (age > CLOCK_MS) return [`You began a set at ${time} on ${day} and did not save it.`, "It is too old to go on with: what you measured then is not how the patient is now."];
  if (age > LATE_MS) return [`You began a set at ${time}, ${Math.floor(age / LATE_MS)} h ago.`, `Going on keeps its time, ${time}. Measure again if it should be now.`];
  return [`You began a set at ${time}.`, ""];
}

function offer(id, draft) {
  const [said, but] = sayWhen(draft.at);
  const panel = element("div", { className: "panel info", id: "obs-draft" });
  const act = (words, done) => {
    const button = element("button", { type: "button", className: "btn", textContent: words });
    button.addEventListener("click", () => {
      panel.remove();
      done();
    });
    return button;
  };
  const goOn = act("Go on", () => fill(id, draft));
  goOn.id = "obs-go-on";
  const throwAway = act("Throw away", () => forget(id).then(look));
  const acts = wardline.now() - draft.at > CLOCK_MS ? [throwAway] : [goOn, throwAway];
  const words = element("p", {}, element("b", { textContent: said }), `${draft.words}. ${but}`.trim());
  panel.append(wardline.icon("history", 18), words, element("i", {}), element("div", { className: "row wrap pt2" }, ...acts));
  open.form.querySelector(".problem-slot").before(panel);
  wardline.announce(said);
}

async function look() {
  const form = document.querySelector("form[data-draft]");
  if (!form) return (open = null);
  if (open?.form !== form) open = { form, id: crypto.getRandomValues(new Uint32Array(4)).join("-"), person: form.dataset.draft, at: wardline.now().getTime() };
  await queue;
  const key = await keyOf().catch(() => null);
  if (!key) return;
  const mine = Object.entries(await read(key)).filter(([id, { person }]) => person === open?.person && id !== open.id);
  const newest = mine.sort(([, one], [, other]) => other.at - one.at)[0];
  if (newest && open?.form === form && form.isConnected && !document.getElementById("obs-draft")) offer(...newest);
}

document.addEventListener("htmx:after:swap", () => document.querySelector("form[data-draft]") !== open?.form && look());
look();
