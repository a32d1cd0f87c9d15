// What the screen says about the outbox: the chip in the top bar, the list, and the marks at the patients' names.
// Values and names are shown to their author only; others hear that something waits, and for whom.

const outbox = window.wardline.outbox;
const { icon, clock } = window.wardline;
const me = { id: document.body.dataset.staff ?? localStorage.getItem("outbox-who") ?? "" };
if (document.body.dataset.staff) localStorage.setItem("outbox-who", me.id);

function make(tag, values = {}, ...children) {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function flag(kind, name, words) {
  return make("span", { className: `flag ${kind}` }, icon(name, 14), make("span", { textContent: words }));
}

function isMine(entry) {
  return entry.by === me.id;
}

const isUnsent = ({ state }) => state === "waiting" || state === "conflict";

function when(entry) {
  const at = new Date(entry.enteredMs);
  const day = at.toLocaleDateString("en-GB", { day: "2-digit", month: "short", timeZone: document.body.dataset.zone || undefined });
  return make("time", { dateTime: at.toISOString(), textContent: `${clock(at)}, ${day}` });
}

// ---- the chip ----

function chipWords(kept) {
  const unsent = kept.filter(isUnsent);
  const mine = unsent.filter(isMine);
  const conflicts = mine.filter(({ state }) => state === "conflict").length;
  if (conflicts) return ["crit", "octagon-alert", `${mine.length} not yet sent`, `, ${conflicts} to decide`];
  if (mine.length) return ["warn", "upload", `${mine.length} not yet sent`, ""];
  const discarded = kept.filter((entry) => isMine(entry) && entry.state === "discarded").length;
  if (discarded) return ["plainc", "circle-slash", `${discarded} not sent`, ", discarded"];
  return ["plainc", "upload", `${unsent.length} of others`, " not yet sent"];
}

function showChip(kept) {
  const bar = document.querySelector("header.top");
  let chip = document.getElementById("outbox-chip");
  if (!kept.some((entry) => isUnsent(entry) || isMine(entry)) || !bar) return chip?.remove();
  const [kind, name, words, more] = chipWords(kept);
  if (!chip) {
    chip = make("button", { id: "outbox-chip", type: "button" });
    chip.setAttribute("aria-haspopup", "dialog");
    chip.addEventListener("click", () => openList());
    bar.querySelector(".grow").after(chip);
  }
  const before = chip.textContent;
  chip.className = `chip ${kind}`;
  chip.replaceChildren(icon(name), make("span", {}, words, make("span", { className: "more", textContent: more })));
  if (before !== chip.textContent) window.wardline.announce(chip.textContent);
}

// ---- the marks ----

function rowsOf(person) {
  const links = document.querySelectorAll(`main a[href="/patients/${person}"], main a[href^="/patients/${person}/"]`);
  const rows = new Map();
  for (const link of links) {
    const row = link.closest("tr, li");
    if (row && !link.closest(".tabs") && !rows.has(row)) rows.set(row, link);
  }
  return rows.values();
}

// What was done about a dose and waits here: in the grid of a copy it is still due.
function markDose({ url = "", state }) {
  const [, dose, act, needed] = url.match(/^(?:(\/doses\/[\w-]+)\/(giving|not-given)|(\/medicines\/[\w-]+\/giving))$/) ?? [];
  const words = `${act === "not-given" ? "Not given" : "Given"}, ${state === "conflict" ? "not accepted" : "not yet sent"}`;
  for (const link of document.querySelectorAll(`table.mar a.ds[href="${dose ?? needed}"]`)) {
    const mark = flag("warn", "upload", words);
    mark.dataset.outboxMark = "";
    link.after(mark);
  }
}

function showMarks(kept) {
  for (const mark of document.querySelectorAll("[data-outbox-mark]")) mark.remove();
  const counts = new Map();
  for (const entry of kept.filter((each) => isMine(each) && isUnsent(each))) counts.set(entry.person, (counts.get(entry.person) ?? 0) + 1);
  for (const entry of kept.filter((each) => isMine(each) && isUnsent(each))) markDose(entry);
  for (const [person, count] of counts) {
    if (!person) continue;
    const words = count === 1 ? "Not yet sent" : `${count} not yet sent`;
    const banner = document.querySelector(`.ban[data-person="${CSS.escape(person)}"] .chips`);
    const places = [...rowsOf(person)].map((link) => (element) => link.after(" ", element));
    if (banner) places.push((element) => banner.append(element));
    for (const place of places) {
      const mark = flag("warn", "upload", words);
      mark.dataset.outboxMark = "";
      place(mark);
    }
  }
}

// ---- the list ----

function button(words, act, kind = "") {
  const made = make("button", { type: "button", className: kind, textContent: words });
  made.addEventListener("click", act);
  return made;
}

function typed(entry) {
  const list = make("dl", { className: "obvalues" });
  for (const [label, value] of entry.shown ?? []) list.append(make("div", {}, make("dt", { textContent: label }), make("dd", { textContent: value })));
  return list;
}

function answerOf(entry) {
  const words = [entry.problem.detail, ...Object.values(entry.problem.fields ?? {})].filter(Boolean);
  const said = make("div", { className: "obsaid" }, flag("crit", "octagon-alert", entry.problem.title));
  for (const each of new Set(words)) if (each !== entry.problem.title) said.append(make("p", { textContent: each }));
  return said;
}

// Nothing typed is thrown away by one press, and nothing without a trace.
function discardRow(entry) {
  const row = make("div", { className: "row" });
  const ask = () => {
    const why = make("input", { type: "text", maxLength: 300, id: `why-${entry.id}`, autocomplete: "off" });
    const label = make("label", { htmlFor: why.id, textContent: "Why (if you like)" });
    const sure = button("Discard for good", () => outbox.discard(entry, why.value.trim()), "danger");
    const note = make("span", { textContent: "It will not be sent. That you discarded it is recorded." });
    row.replaceChildren(note, label, why, sure, button("Keep it", () => show(true)));
    why.focus();
  };
  const acts = [];
  if (entry.problem?.again) acts.push(button("It did not arrive: send it", () => outbox.update(entry.id, { state: "waiting", firstMs: Date.now() }), "go"));
  if (entry.page) acts.push(button("Open the form filled in", () => outbox.reopen(entry), entry.problem?.again ? "" : "go"));
  row.append(...acts, button("Discard", ask));
  return row;
}

function stateOf(entry) {
  if (entry.state === "conflict") return answerOf(entry);
  if (entry.state === "discarded") return flag("plain", "circle-slash", "Not sent: you discarded it");
  return flag("warn", "upload", entry.problem?.status === 401 ? "Waits until you sign in" : "Not yet sent");
}

function actsOf(entry) {
  if (entry.state === "conflict") return discardRow(entry);
  if (entry.state !== "discarded") return null;
  if (!entry.told) return make("p", { className: "foot", textContent: "Recorded as soon as the network is back." });
  return make("div", { className: "row" }, button("Noted", () => outbox.acknowledge(entry)));
}

function item(entry) {
  const head = make("h3", { textContent: entry.patient || "Patient not named" });
  if (entry.patientId) head.append(make("small", { className: "id", textContent: ` ${entry.patientId}` }));
  const by = make("p", { className: "foot" }, "Entered ", when(entry), ` by ${entry.authorName}`);
  const what = make("p", {}, make("b", { textContent: entry.what }));
  const why = entry.reason ? make("p", { textContent: `Why: ${entry.reason}` }) : "";
  const made = make("li", {}, head, what, by, stateOf(entry), typed(entry), why, actsOf(entry));
  made.dataset.entry = entry.id;
  return made;
}

// Of the caller's own, and not to be read here and now.
function lockedItem(entry) {
  const { hospital } = document.body.dataset;
  const elsewhere = hospital && entry.at !== hospital;
  if (!hospital || elsewhere || outbox.isLocked()) {
    const back = hospital ? "It is shown again when the network is back, and sent then." : "Sign in to see it; it is sent then.";
    const words = elsewhere ? "It waits until you work at that hospital on this device." : back;
    return make("li", {}, make("p", {}, icon("lock", 16), " Entered ", when(entry), ` by ${entry.authorName}. ${words}`));
  }
  const said = flag("crit", "octagon-alert", "It cannot be read on this device any more");
  const note = make("p", { textContent: "It was not sent. Look at the patients that you saw at that time, and enter it again." });
  const made = make("li", {}, make("p", {}, "Entered ", when(entry), ` by ${entry.authorName}`), said, note, entry.state === "discarded" ? actsOf(entry) : discardRow({ id: entry.id }));
  made.dataset.entry = entry.id;
  return made;
}

function othersItem(name, count) {
  const words = `${count} by ${name}. ${count === 1 ? "It waits" : "They wait"} until ${name} signs in on this device; nobody else can send ${count === 1 ? "it" : "them"}.`;
  return make("li", {}, make("p", {}, icon("lock", 16), ` ${words}`));
}

function listOf(kept) {
  const list = make("ol", { className: "oblist" }, ...kept.filter(isMine).map((entry) => (entry.locked ? lockedItem(entry) : item(entry))));
  const others = new Map();
  for (const { authorName } of kept.filter((entry) => !isMine(entry) && isUnsent(entry))) others.set(authorName, (others.get(authorName) ?? 0) + 1);
  for (const [name, count] of others) list.append(othersItem(name, count));
  if (!list.children.length) list.append(make("li", { textContent: "Everything is sent." }));
  return list;
}

function dialog() {
  const known = document.getElementById("outbox-dialog");
  if (known) return known;
  const close = make("button", { type: "button", className: "iconbtn" }, icon("x", 20));
  close.setAttribute("aria-label", "Close");
  close.dataset.close = "";
  const title = make("h2", { id: "outbox-title", textContent: "Not yet sent" });
  const head = make("div", { className: "dh" }, title, make("span", { className: "grow" }), button("Send now", () => outbox.flush(true)), close);
  const note = make("p", { className: "foot", textContent: "Kept on this device. Sent by itself, once, as soon as the network is back; please do not enter it again." });
  const made = make("dialog", { id: "outbox-dialog", className: "float" }, head, make("div", { className: "b" }, note, make("div", { id: "outbox-list" })));
  made.setAttribute("aria-labelledby", "outbox-title");
  document.body.append(made);
  return made;
}

async function openList() {
  dialog();
  await show(true);
  if (!dialog().open) dialog().showModal();
}

let shownAs = "";
let listedAs = "";

// The list stays as it is while it says the same, and while somebody writes in it.
function fill(place, kept, again) {
  const said = JSON.stringify(kept.map(({ id, state, told, locked, problem }) => [id, state, told, locked, problem]));
  if (!again && place.children.length && (said === listedAs || place.contains(document.activeElement?.closest("input")))) return;
  listedAs = said;
  place.replaceChildren(listOf(kept));
}

async function show(again = false) {
  const kept = (await outbox.all()).filter(({ state }) => state !== "sending");
  showChip(kept);
  showMarks(kept);
  const inline = document.querySelector("#outbox-here");
  if (inline) {
    inline.hidden = !kept.length;
    fill(inline.lastElementChild, kept, again);
  }
  const list = document.getElementById("outbox-list");
  if (list) fill(list, kept, again || inline !== null);
  const words = kept.filter((entry) => isMine(entry) && entry.state === "conflict").map(({ id }) => id).join();
  if (words && words !== shownAs) window.wardline.announce("Something that you entered was not accepted. Open the list of what is not yet sent.");
  shownAs = words;
}

// A long list that is being sent changes often: it is drawn anew now and then.
const DRAWN_MS = 250;
let drawing = false;
let changed = false;

async function draw() {
  if (drawing) return void (changed = true);
  drawing = true;
  changed = false;
  await show().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, DRAWN_MS));
  drawing = false;
  if (changed) draw();
}

const drawAgain = () => localStorage.getItem("outbox") && draw();
outbox.watch(draw);
document.addEventListener("wardline:rows", drawAgain);
document.addEventListener("htmx:after:swap", drawAgain);
Object.assign(outbox, { isMine, me, openList, make, button });
