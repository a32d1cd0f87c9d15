// The entry grid: Enter saves a value and goes down to the next; the server answers with the row, flag and all.

document.addEventListener(
  "keydown",
  (event) => {
    const form = event.target.form;
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !form?.matches("[data-grid]")) return;
    event.preventDefault();
    const fields = [...document.querySelectorAll("form[data-grid] input:not([type=hidden])")];
    const next = fields[fields.indexOf(event.target) + 1] ?? document.querySelector(".formfoot button");
    next?.focus();
    next?.select?.();
  },
  true,
);
