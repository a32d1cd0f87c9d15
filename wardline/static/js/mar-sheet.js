// The sheet of a dose: scans by a keyboard wedge, by hand or by the camera (camera.js). Codes that are equal tick at once, also without
// a line; the server says the rest, and it decides again when the dose is sent.

const CODE = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const VERSION = /\/V(\d{1,6})\//i;

const plain = (text) => text.replace(/[\s-]/g, "").toUpperCase();

function verdict(form, field) {
  const text = field.value.trim();
  const ids = (text.match(CODE) ?? []).map((id) => id.toLowerCase());
  if (field.name === "patient_scan") {
    return [plain(form.dataset.number), plain(form.dataset.mrn)].includes(plain(text)) || ids.includes(form.dataset.person);
  }
  const earlier = Number(text.match(VERSION)?.[1] ?? form.dataset.line) < Number(form.dataset.line); // before a change
  return ids.length ? ids.includes(form.dataset.order) && !earlier : null; // a name: the server knows it
}

function show(form, field) {
  const holds = verdict(form, field);
  const line = form.querySelector(`[data-right=${field.name === "patient_scan" ? "patient" : "medicine"}]`);
  if (!line || holds === null) return;
  line.className = holds ? "ok" : "bad";
  line.querySelector(".tick").replaceChildren(window.wardline.icon(holds ? "check" : "x", 18));
  line.querySelector(".vh").textContent = holds ? "checked" : "differs";
  line.querySelector(".how").textContent = `Scan ${window.wardline.clock(window.wardline.now(), true)}`;
}

function scanned(field) {
  const form = field.form;
  if (!field.value.trim()) return;
  show(form, field);
  document.getElementById("check-scans").click();
  if (verdict(form, field) === false) return field.select(); // the next scan takes its place
  const other = form.elements.namedItem(field.name === "patient_scan" ? "drug_scan" : "patient_scan");
  (other.value.trim() ? document.getElementById("give-go") : other).focus();
}

function count() {
  const form = document.getElementById("give-form");
  const lines = form ? [...form.querySelectorAll(".rights [data-right]")] : [];
  if (!lines.length) return;
  const line = form.querySelector("[data-line]");
  const route = form.querySelector("[data-right=route]");
  if (line?.checked && route.className === "wait") {
    route.className = "ok";
    route.querySelector(".tick").replaceChildren(window.wardline.icon("check", 18));
    route.querySelector(".vh").textContent = "checked";
  }
  const left = lines.filter((each) => each.className === "wait").map((each) => each.querySelector("b").firstChild.textContent.trim());
  const differs = lines.some((each) => each.className === "bad");
  const note = form.closest(".sheet").querySelector("header .foot");
  if (note) note.textContent = `${lines.filter((each) => each.className === "ok").length} of 5 checked`;
  const words = form.querySelector("#give-left");
  words.textContent = differs ? "Stop: something does not match." : left.length ? `Left: ${left.join(", ").toLowerCase()}.` : "";
  const byHand = form.elements.namedItem("no_scan_reason")?.value;
  const held = left.some((each) => !/dose|time/i.test(each)) && !byHand;
  const go = form.querySelector("#give-go");
  if (differs || held) go.setAttribute("aria-disabled", "true");
  else go.removeAttribute("aria-disabled");
}

// What the server knows better than the code: a name of another drug. The next scan takes its place.
function scanAgain() {
  const form = document.getElementById("give-form");
  const wrong = form?.querySelector("#rights [data-right=medicine].bad") && form.elements.namedItem("drug_scan");
  const moved = document.activeElement?.matches("#give-go, #patient_scan, #drug_scan, body");
  if (wrong?.value.trim() && moved && form.querySelector("[data-right=patient].ok")) {
    wrong.focus();
    wrong.select();
  }
}

function swap(id) {
  for (const form of document.querySelectorAll("#give-form, #not-given-form")) form.hidden = form.id !== id;
  document.querySelector(`#${id} :is(input:not([type=hidden]), select)`)?.focus();
}

function noCamera() {
  window.wardline.toast("The camera cannot be used here.");
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches?.("[data-scan]")) return;
    event.preventDefault(); // a wedge ends a code with Enter: it is not the button
    event.stopPropagation();
    scanned(event.target);
  },
  true,
);

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-scan]")) {
    show(event.target.form, event.target);
    document.getElementById("check-scans").click();
  }
  if (event.target.closest?.("#give-form")) count();
  if (event.target.id === "ng-reason") {
    const held = event.target.selectedOptions[0]?.matches("[data-held]");
    const form = event.target.form;
    if (event.target.value !== "other") form.querySelector(`[name=action][value=${held ? "held" : "not_given"}]`).checked = true;
  }
});

document.addEventListener("click", (event) => {
  const shows = event.target.closest?.("[data-shows]");
  if (shows) swap(shows.dataset.shows);
  const camera = event.target.closest?.("#use-camera");
  if (camera) import(camera.dataset.parts).then(() => window.wardline.useCamera(document.getElementById("give-form"), scanned)).catch(noCamera);
});

// Without a line the codes that are equal have ticked; the rest is checked when the dose is sent. Nothing is lost here.
document.addEventListener(
  "htmx:error",
  (event) => {
    if (event.detail.ctx?.sourceElement.id === "check-scans") event.stopPropagation();
  },
  true,
);

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const camera = document.getElementById("use-camera");
  if (camera) camera.hidden = !("BarcodeDetector" in window && navigator.mediaDevices);
  if (document.body.dataset.marOpens === "not_given" && document.getElementById("not-given-form")) swap("not-given-form");
  if (document.getElementById("give-form")) delete document.body.dataset.marOpens;
  if (ctx?.sourceElement?.id === "check-scans") scanAgain();
  count();
});
count();
