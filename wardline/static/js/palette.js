// The palette: one box for people, wards and acts. The server ranks; this shows, and acts on the open patient.

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const note = document.getElementById("palette-note");
const on = document.getElementById("palette-on");
const ICONS = { patient: "user", ward: "users", bed: "bed-double", act: "arrow-right", page: "file-text", staff: "id-card" };
const FORM = /\/observations\/new$|\/move(\?|$)/;
const WAIT_MS = 120;
const HELP = "Type at least two letters. Arrows choose, Enter opens, Esc closes.";
let items = [];
let chosen = -1;
let timer = 0;
let asked = null;

function openPatient() {
  const banner = document.querySelector("main .ban[data-person]");
  return banner && { id: banner.dataset.person, name: banner.querySelector("h1").textContent.trim().replace(/\s+/g, " ") };
}

// It is open already (keys.js), and somebody may have begun to type.
function start() {
  const patient = openPatient();
  on.hidden = !patient;
  if (patient) on.replaceChildren(window.wardline.icon("user"), `Acts are for ${patient.name}`);
  show([]);
  note.textContent = HELP;
  ask();
}

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const patient = openPatient();
  const query = new URLSearchParams({ q: input.value.trim() });
  if (patient) query.set("patient", patient.id);
  try {
    const answer = await fetch(`/palette?${query}`, { headers: { Accept: "application/json" }, signal: asked.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    show((await answer.json()).items);
    const count = items.length === 1 ? "1 result" : `${items.length} results`;
    note.textContent = items.length ? count : input.value.trim().length < 2 ? HELP : "Nothing found. Try fewer letters, or the date of birth.";
  } catch (error) {
    if (error.name === "AbortError") return;
    show([]);
    note.textContent = "No answer from the server. Check the connection, then type again.";
  }
}

function show(found) {
  items = found;
  list.replaceChildren(...found.map(option));
  choose(found.length ? 0 : -1);
}

function option(item, index) {
  const row = Object.assign(document.createElement("li"), { id: `palette-${index}` });
  row.setAttribute("role", "option");
  const label = Object.assign(document.createElement("span"), { textContent: item.label });
  const hint = Object.assign(document.createElement("small"), { textContent: item.hint ?? "" });
  row.append(window.wardline.icon(ICONS[item.kind] ?? "arrow-right", 18), label, hint);
  row.addEventListener("click", () => go(item));
  return row;
}

function choose(index) {
  chosen = index;
  for (const [at, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(at === index));
  if (index < 0) input.removeAttribute("aria-activedescendant");
  else {
    input.setAttribute("aria-activedescendant", `palette-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  }
}

// A form about the open patient opens beside their record; anything else is a page.
function go(item) {
  dialog.close();
  const patient = openPatient();
  if (patient && item.href.includes(patient.id) && FORM.test(item.href)) {
    window.htmx.ajax("GET", item.href, { target: "#sheet", swap: "innerHTML" });
  } else location.assign(item.href);
}

input?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
});

input?.addEventListener("keydown", (event) => {
  const last = items.length - 1;
  if (event.key === "ArrowDown") choose(chosen >= last ? 0 : chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen <= 0 ? last : chosen - 1);
  else if (event.key === "Enter" && items[chosen]) go(items[chosen]);
  else return;
  event.preventDefault();
});

dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

document.addEventListener("wardline:palette-open", start);
start();
