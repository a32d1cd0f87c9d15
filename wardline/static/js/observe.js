// Entry of observations. Scores and the total come from the server while the person types (hx-get on the form's
// fields); here are only the moves of the hand: Enter goes to the next field, a doubtful value is confirmed or changed.

const FIELDS = "input:not([type=hidden], [type=checkbox]), select, textarea";

function fieldsOf(form) {
  return [...form.querySelectorAll(FIELDS)].filter((field) => {
    const skipped = field.type === "radio" && !field.checked && field.form.elements[field.name]?.value;
    return !field.disabled && !skipped && field.checkVisibility();
  });
}

function next(form, field) {
  const fields = fieldsOf(form);
  const after = fields.slice(fields.indexOf(field) + 1).find((each) => each.name !== field.name || each.type !== "radio");
  return after ?? form.querySelector("button.go");
}

document.addEventListener("keydown", (event) => {
  const form = event.target.form;
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !form?.matches("[data-enter-next]")) return;
  if (!event.target.matches(FIELDS)) return;
  event.preventDefault();
  const stop = next(form, event.target);
  stop?.focus();
  stop?.select?.();
});

// "It is 196" says that an unusual value was looked at twice; "Change" goes back to it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm-value], [data-change-value]");
  const form = button?.closest("form");
  if (!form) return;
  const name = button.dataset.confirmValue ?? button.dataset.changeValue;
  const field = form.elements.namedItem(name);
  if (button.dataset.confirmValue) {
    const known = form.querySelector(`input[name=confirmed][value="${CSS.escape(name)}"]`);
    if (!known) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: name }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    next(form, field)?.focus();
  } else {
    field.focus();
    field.select?.();
  }
});

// A value that is typed anew has not been looked at twice.
document.addEventListener("input", (event) => {
  const form = event.target.form;
  form?.querySelector(`input[name=confirmed][value="${CSS.escape(event.target.name)}"]`)?.remove();
});

// A chart that is wider than its place shows the newest column first.
function showNewest() {
  for (const place of document.querySelectorAll(".nc-wrap:not([data-shown])")) {
    place.dataset.shown = "";
    place.scrollLeft = place.scrollWidth;
  }
}

document.addEventListener("htmx:after:swap", showNewest);
showNewest();
