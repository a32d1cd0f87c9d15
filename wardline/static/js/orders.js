// The basket of medicine lines: what is typed is checked while it is typed, by POST, so that no address and no log holds a drug.
// A form says where (data-basket); lines are its fields `lines`, the last of which is the one that is typed.

const DELAY_MS = 200;
let timer;
let turn = 0;

const basketForm = (element) => element.closest?.("form[data-basket]");

function bodyOf(form) {
  if (form.dataset.without) return { line: form.elements.namedItem("line").value, without: form.dataset.without };
  const values = (name) => [...form.querySelectorAll(`[name=${name}]`)].map((field) => field.value).filter((text) => text.trim());
  return { lines: values("lines"), tests: values("tests") };
}

function unavailable(box) {
  const panel = document.createElement("div");
  panel.className = "panel crit";
  const words = document.createElement("p");
  words.textContent = "Not checked: the server did not answer. Nothing can be signed until it does.";
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: "Check again" });
  again.dataset.check = "";
  panel.append(words, again);
  box.replaceChildren(panel);
}

// An answer that comes after a newer question is dropped: what is shown belongs to what is typed.
async function check(form) {
  const mine = ++turn;
  const headers = { "Content-Type": "application/json", Accept: "text/html", "HX-Request": "true" };
  let answer;
  try {
    answer = await fetch(form.dataset.basket, { method: "POST", headers, body: JSON.stringify(bodyOf(form)) });
  } catch {
    answer = null;
  }
  const html = answer?.ok ? await answer.text() : "";
  const box = form.querySelector("#basket");
  if (mine !== turn || !box) return;
  if (html) box.outerHTML = html;
  else unavailable(box);
}

function lineField(form) {
  return [...form.querySelectorAll("[name=lines]")].at(-1);
}

function keep(form, name, value) {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  lineField(form).closest(".f").before(field);
}

// What is typed goes into the basket before anything else does, so that no line is lost.
function add(form, lines, tests) {
  const typed = lineField(form);
  if (typed.value.trim()) keep(form, "lines", typed.value);
  typed.value = "";
  for (const line of lines) keep(form, "lines", line);
  for (const code of tests) if (!bodyOf(form).tests.includes(code)) keep(form, "tests", code);
  typed.focus();
  check(form);
}

function remove(form, position) {
  const filled = [...form.querySelectorAll("[name=lines]")].filter((field) => field.value.trim());
  const field = filled[position];
  if (field?.type === "hidden") field.remove();
  else if (field) field.value = "";
  lineField(form).focus();
  check(form);
}

document.addEventListener("input", (event) => {
  const form = basketForm(event.target);
  if (!form || !["lines", "line"].includes(event.target.name)) return;
  clearTimeout(timer);
  turn += 1;
  timer = setTimeout(() => check(form), DELAY_MS);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-check], [data-add], [data-remove], [data-untest], [data-lines]");
  if (!button) return;
  const form = basketForm(button) ?? document.querySelector("form[data-basket]:not([data-without])");
  if (!form) return;
  if ("remove" in button.dataset) remove(form, Number(button.dataset.remove));
  else if ("untest" in button.dataset) {
    for (const field of form.querySelectorAll("[name=tests]")) if (field.value === button.dataset.untest) field.remove();
    check(form);
  } else if ("add" in button.dataset) add(form, [], []);
  else if ("lines" in button.dataset) add(form, JSON.parse(button.dataset.lines), JSON.parse(button.dataset.tests));
  else check(form);
});

document.addEventListener(
  "toggle",
  (event) => {
    const form = event.target.open ? event.target.querySelector?.("form[data-without]") : null;
    if (form) check(form);
  },
  true,
);
