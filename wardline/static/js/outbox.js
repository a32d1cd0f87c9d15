// Forms that may wait for the network: <form hx-post data-outbox="Observations" data-person data-outbox-page>.
//
// Where no answer of the server comes (no network, a time-out, or 502, 503, 504 of the edge), what was typed is kept here
// with its idempotency key and sent later, by what is loaded only then (outbox-send.js, outbox-list.js). Other scripts hear
// `wardline:kept` on the form and `wardline:sent` on the document.

const outbox = window.wardline.outbox;
const ANSWER_MS_MAX = 10_000;
const REFILL = "outbox-refill";
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

outbox.headersOf = (entry) => ({
  "Idempotency-Key": entry.id,
  "Wardline-Author": `${entry.by} ${entry.at}`,
  "Wardline-Entered-At": new Date(entry.enteredMs).toISOString(),
});

outbox.addressOf = (action) => {
  const { pathname, search } = new URL(action, location.href);
  return pathname + search;
};

function entryOf(form, ctx) {
  return {
    id: ctx.request.headers["Idempotency-Key"],
    url: outbox.addressOf(ctx.request.action),
    body: "",
    what: form.dataset.outbox || "Form",
    ...patientOf(form),
    page: form.dataset.outboxPage ?? "",
    replaces: form.dataset.outboxOf ?? "",
    shown: shownOf(form),
    by: staff,
    at: hospital,
    authorName: name,
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
  form.querySelector(".obnot")?.remove();
  ctx.waiting = entryOf(form, ctx);
  ctx.request.timeout = ANSWER_MS_MAX;
  Object.assign(ctx.request.headers, outbox.headersOf(ctx.waiting));
  ctx.fetch = (action, request) => writtenDown(ctx, action, request);
});

// Before it is sent it is written down, and what was accepted is gone from here before the page goes on.
async function writtenDown(ctx, action, request) {
  const entry = ctx.waiting;
  entry.body = request.body.toString();
  ctx.written = await outbox.put(entry).catch(() => null);
  const ask = () => fetch(action, request);
  const answer = await (navigator.locks?.request(`sending ${entry.id}`, ask) ?? ask()); // while it is held, nobody else sends it
  if (answer.ok && outbox.isOurs(answer)) {
    if (entry.replaces) sessionStorage.removeItem(REFILL);
    await outbox.remove(entry.id, entry.replaces).catch(() => {});
  }
  return answer;
}

outbox.isOurs = (answer) => !answer.redirected && answer.headers.has("x-request-id");

// The proxy in front answers for a server that does not, and some networks answer for everybody. An answer of our own
// bears a number; a refusal of our own names its code.
function isSilence({ response, text }) {
  if (text.includes("data-code=")) return false;
  return [502, 503, 504].includes(response.status) || !outbox.isOurs(response.raw);
}

// The rest is loaded now: a worker has it at hand, and where there is none it was loaded with the form (offline.js).
function keep(ctx) {
  ctx.kept = true;
  const words = ctx.written ? "Not yet sent, and kept on this device." : "Not sent and not kept. Write it down on paper.";
  window.wardline.sendLater().then(
    () => outbox.keep(ctx, formOf(ctx)),
    () => window.wardline.toast(words, { kind: "crit", staysMs: 86_400_000 }),
  );
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
  else outbox.flush?.();
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

