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
  return entry.author === me.id;
}

function when(entry) {
  const at = new Date(entry.enteredMs);
  const day = at.toLocaleDateString("en-GB", { day: "2-digit", month: "short", timeZone: document.body.dataset.zone || undefined });
  return make("time", { dateTime: at.toISOString(), textContent: `${clock(at)}, ${day}` });
}

// ---- the chip ----

function chipWords(kept) {
  const mine = kept.filter(isMine);
  const conflicts = mine.filter(({ state }) => state === "conflict").length;
  if (conflicts) return ["crit", "octagon-alert", `${mine.length} not yet sent`, `, ${conflicts} to decide`];
  if (mine.length) return ["warn", "upload", `${mine.length} not yet sent`, ""];
  return ["plainc", "upload", `${kept.length} of others`, " not yet sent"];
}

function showChip(kept) {
  const bar = document.querySelector("header.top");
  let chip = document.getElementById("outbox-chip");
  if (!kept.length || !bar) return chip?.remove();
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

function showMarks(kept) {
  for (const mark of document.querySelectorAll("[data-outbox-mark]")) mark.remove();
  const counts = new Map();
  for (const entry of kept.filter(isMine)) counts.set(entry.person, (counts.get(entry.person) ?? 0) + 1);
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
  for (const [label, value] of entry.shown) list.append(make("div", {}, make("dt", { textContent: label }), make("dd", { textContent: value })));
  return list;
}

function answerOf(entry) {
  const words = [entry.problem.detail, ...Object.values(entry.problem.fields ?? {})].filter(Boolean);
  const said = make("div", { className: "obsaid" }, flag("crit", "octagon-alert", entry.problem.title));
  for (const each of new Set(words)) if (each !== entry.problem.title) said.append(make("p", { textContent: each }));
  return said;
}

// Nothing typed is thrown away by one press.
function discardRow(entry) {
  const row = make("div", { className: "row" });
  const ask = () => {
    const sure = button("Discard for good", () => outbox.remove(entry.id), "danger");
    row.replaceChildren(make("span", { textContent: "What was typed will be gone." }), sure, button("Keep it", () => show()));
    sure.focus();
  };
  const acts = [];
  if (entry.problem?.again) acts.push(button("It did not arrive: send it", () => outbox.update(entry.id, { state: "waiting", firstMs: Date.now() }), "go"));
  if (entry.page) acts.push(button("Open the form filled in", () => outbox.reopen(entry), entry.problem?.again ? "" : "go"));
  row.append(...acts, button("Discard", ask));
  return row;
}

function stateOf(entry) {
  if (entry.state === "conflict") return answerOf(entry);
  return flag("warn", "upload", entry.problem?.status === 401 ? "Waits until you sign in" : "Not yet sent");
}

function item(entry) {
  const head = make("h3", { textContent: entry.patient || "Patient not named" });
  if (entry.patientId) head.append(make("small", { className: "id", textContent: ` ${entry.patientId}` }));
  const by = make("p", { className: "foot" }, "Entered ", when(entry), ` by ${entry.authorName}`);
  const what = make("p", {}, make("b", { textContent: entry.what }));
  const children = [head, what, by, stateOf(entry), typed(entry)];
  if (entry.state === "conflict") children.push(discardRow(entry));
  const made = make("li", {}, ...children);
  made.dataset.entry = entry.id;
  return made;
}

function othersItem(name, count) {
  const words = `${count} by ${name}. ${count === 1 ? "It waits" : "They wait"} until ${name} signs in on this device; nobody else can send ${count === 1 ? "it" : "them"}.`;
  return make("li", {}, make("p", {}, icon("lock", 16), ` ${words}`));
}

function listOf(kept) {
  const list = make("ol", { className: "oblist" }, ...kept.filter(isMine).map(item));
  const others = new Map();
  for (const { authorName } of kept.filter((entry) => !isMine(entry))) others.set(authorName, (others.get(authorName) ?? 0) + 1);
  for (const [name, count] of others) list.append(othersItem(name, count));
  if (!kept.length) list.append(make("li", { textContent: "Everything is sent." }));
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
  await show();
  if (!dialog().open) dialog().showModal();
}

let shownAs = "";

async function show() {
  const kept = (await outbox.all()).filter(({ state }) => state !== "sending");
  showChip(kept);
  showMarks(kept);
  const inline = document.querySelector("#outbox-here");
  if (inline) {
    inline.hidden = !kept.length;
    inline.lastElementChild.replaceChildren(listOf(kept));
  }
  document.getElementById("outbox-list")?.replaceChildren(listOf(kept));
  const words = kept.filter(({ state }) => state === "conflict").map(({ id }) => id).join();
  if (words && words !== shownAs) window.wardline.announce("Something that you entered was not accepted. Open the list of what is not yet sent.");
  shownAs = words;
}

const showAgain = () => localStorage.getItem("outbox") && show();
outbox.watch(show);
document.addEventListener("wardline:rows", showAgain);
document.addEventListener("htmx:after:swap", showAgain);
Object.assign(outbox, { isMine, me, openList, make, button });
