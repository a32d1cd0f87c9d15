// Forms: errors beside the fields, one key per intended act, nothing typed is ever lost.
// htmx 4.0.1, as read in its source:
// 1. Nothing is inherited unless the attribute ends in :inherited; without hx-target the target is the element itself.
// 2. Every answer is swapped in, 4xx and 5xx too, except 204 and 304; so an error must be given another target here.
// 3. Events: htmx:config:request, before:request, before:response, after:request, response:error, before:swap,
//    after:swap, error (network, timeout), finally:request; each has detail.ctx {sourceElement, request, response, hx, target}.
// 4. HX-Redirect, HX-Refresh and HX-Location end the matter; HX-Retarget, -Reswap, -Reselect, -Push-Url, -Trigger steer it.
// 5. A second submit is queued, not dropped, and a back step fetches a fragment unless config.history is "reload".

const keys = new WeakMap(); // form -> the key of the act under way; renewed only after a success

function freshKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The key in the HTML may be shared with others (pages are cached), so each form makes its own.
function ensureKey(form) {
  let field = form.querySelector("input[name=idempotency_key]");
  if (!field) {
    field = Object.assign(document.createElement("input"), { type: "hidden", name: "idempotency_key" });
    form.append(field);
  }
  if (!keys.has(form)) keys.set(form, freshKey());
  field.value = keys.get(form);
  return field.value;
}

function formOf(element) {
  return element instanceof Element ? (element.form ?? element.closest("form")) : null;
}

function regionOf(element) {
  const form = formOf(element);
  if (!form) return document.getElementById("page-problem");
  const found = form.querySelector(".problem-slot, .problem");
  if (found && !found.closest(".problem-slot .problem")) return found;
  if (found) return found.closest(".problem-slot");
  const made = Object.assign(document.createElement("div"), { className: "problem-slot" });
  (form.querySelector(":scope > .b") ?? form).prepend(made);
  return made;
}

function clearErrors(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    const own = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.endsWith("-error"));
    if (own.join("")) field.setAttribute("aria-describedby", own.join(" "));
    else field.removeAttribute("aria-describedby");
  }
  for (const message of form.querySelectorAll(".err[data-made]")) message.remove();
  form.querySelector(".problem-slot")?.replaceChildren();
}

function fieldNamed(form, name) {
  const found = form.elements.namedItem(name);
  return found instanceof RadioNodeList ? found[0] : found;
}

function markField(form, name, words) {
  const field = fieldNamed(form, name);
  if (!field || field.type === "hidden") return;
  const id = `${name}-error`;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  const message = Object.assign(document.createElement("p"), { id, className: "err", textContent: words });
  message.dataset.made = "";
  (document.getElementById(`field-${name}`) ?? field.closest(".f, .ob") ?? field.parentElement).append(message);
}

function showErrors(form, region) {
  for (const link of region.querySelectorAll("a[data-field]")) markField(form, link.dataset.field, link.textContent);
  const summary = region.querySelector(".problem") ?? region;
  summary.setAttribute("tabindex", "-1");
  summary.focus({ preventScroll: true });
  summary.scrollIntoView({ block: "nearest" });
}

function problemBox(title, words, act) {
  const box = Object.assign(document.createElement("div"), { className: "problem", tabIndex: -1 });
  box.setAttribute("role", "alert");
  const head = Object.assign(document.createElement("h2"), { textContent: title });
  const text = Object.assign(document.createElement("p"), { textContent: words });
  const row = Object.assign(document.createElement("p"), { className: "acts" });
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Try again" });
  again.addEventListener("click", act);
  row.append(again);
  box.append(window.wardline.icon("wifi-off", 20), head, text, row);
  return box;
}

function submitterOf(form) {
  const mine = [...form.elements].filter((part) => part.matches("button:not([type=button]), input[type=submit]"));
  return mine.find((part) => part.matches(".go")) ?? mine[0] ?? null;
}

// A preview while typing: its answer is in the parts it names, or nowhere.
function isPreview(ctx) {
  return ctx.request.method === "GET" && /^none\b/.test(ctx.swap);
}

function send(form) {
  form.requestSubmit(submitterOf(form));
}

function setBusy(form, busy) {
  if (busy) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  for (const part of form.elements) {
    if (part.matches("button:not([type=button])")) part.toggleAttribute("data-sending", busy);
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.getAttribute("aria-busy") === "true" || event.submitter?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    ensureKey(form);
    if (!form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) setBusy(form, true);
  },
  true,
);

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (/GET|DIALOG/.test(ctx.request.method)) return;
  const form = formOf(ctx.sourceElement);
  ctx.request.headers["Idempotency-Key"] = form ? ensureKey(form) : freshKey();
  if (form && ctx.request.body?.set) ctx.request.body.set("idempotency_key", keys.get(form));
});

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const form = formOf(ctx.sourceElement);
  if (!form || ctx.request.method === "GET") return;
  clearErrors(form);
  setBusy(form, true);
});

// A bell that was refused comes later, by itself; whoever stands between may refuse without saying when.
function askForBell(ctx) {
  ctx.hx.reswap = "none";
  if (ctx.response.status !== 503) return;
  const again = () => window.htmx.ajax("GET", "/tasks/bell", { source: "#bell", swap: "outerHTML", target: "#bell" });
  setTimeout(again, 1_000 * (Number(ctx.response.headers.get("retry-after")) || 5));
}

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.response.status < 400) return;
  if (isPreview(ctx)) return;
  if (ctx.sourceElement.id === "bell") return askForBell(ctx);
  ctx.hx.retarget = regionOf(ctx.sourceElement) ?? ctx.target;
  ctx.hx.reswap = "innerHTML";
  ctx.select = null;
  ctx.selectOOB = null;
  ctx.push = ctx.replace = null;
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!(ctx.response?.status >= 400) || !ctx.hx.retarget) return;
  const region = ctx.hx.retarget;
  const form = region?.closest?.("form");
  if (form) showErrors(form, region);
  else region?.querySelector?.(".problem")?.focus();
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx || ctx.response || isPreview(ctx) || ctx.sourceElement.id === "bell") return; // the live chip says it for the bell
  const form = formOf(ctx.sourceElement);
  const region = regionOf(ctx.sourceElement);
  const again = () => {
    region.replaceChildren();
    if (form && ctx.request.method !== "GET") send(form);
    else ctx.sourceElement.click?.();
  };
  const words = "Nothing was lost: what you typed is still here. Check the connection, then try again.";
  region?.replaceChildren(problemBox("Not sent", words, again));
  region?.querySelector(".problem")?.focus();
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const form = formOf(ctx.sourceElement);
  if (!form || ctx.request.method === "GET") return;
  setBusy(form, false);
  if (ctx.response?.status < 400) keys.delete(form);
});

// The outbox sends it later, under the key it had; what is typed next is another act.
document.addEventListener("wardline:kept", ({ target }) => keys.delete(target));

// A link in the summary goes to the field itself, not only near it.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".problem a[data-field]");
  const form = link?.closest("form");
  const field = form && fieldNamed(form, link.dataset.field);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.scrollIntoView({ block: "center" });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = formOf(event.target) ?? document.querySelector("#sheet form[method=post]");
  if (form?.method !== "post") return;
  event.preventDefault();
  send(form);
});

// A page taken back from the browser's memory may hold a form that was being sent.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) {
    setBusy(form, false);
    if (form.method === "post") keys.delete(form);
  }
});

document.addEventListener("announce", (event) => window.wardline.announce(event.detail?.value ?? ""));
