// The side sheet and dialogs: where focus goes, where it returns, and how tall the banner is at the moment.

const sheet = document.getElementById("sheet");
let opener = null;
let warnedAt = 0;

function firstStop(root) {
  return (
    root.querySelector("[autofocus]") ??
    root.querySelector("[data-first]") ??
    root.querySelector("form :is(input:not([type=hidden]), select, textarea):not(:disabled)") ??
    root.querySelector("h2, h1, button")
  );
}

function isDirty(root) {
  for (const field of root.querySelectorAll("input:not([type=hidden]), textarea")) {
    const choice = field.matches("[type=radio], [type=checkbox]");
    if (choice ? field.checked !== field.defaultChecked : field.value !== field.defaultValue) return true;
  }
  return false;
}

function close(force = false) {
  if (!sheet?.firstElementChild) return;
  if (!force && isDirty(sheet) && Date.now() - warnedAt > 6_000) {
    warnedAt = Date.now();
    window.wardline.toast("You have typed something here. Close once more to discard it.");
    return;
  }
  warnedAt = 0;
  sheet.replaceChildren();
  document.dispatchEvent(new CustomEvent("wardline:sheet-closed"));
  const back = opener?.isConnected ? opener : (document.getElementById(opener?.id) ?? document.getElementById("main"));
  back?.focus();
  opener = null;
}

function open() {
  const stop = firstStop(sheet);
  if (stop?.matches("h1, h2")) stop.setAttribute("tabindex", "-1");
  stop?.focus();
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.target === sheet && !sheet.contains(ctx.sourceElement)) opener = ctx.sourceElement;
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.response?.status >= 400) return;
  if (ctx.target === sheet && sheet.firstElementChild) open();
  const told = sheet?.contains(ctx.target) && sheet.querySelector("[data-announce]");
  if (told) window.wardline.announce(told.dataset.announce || told.textContent.trim());
  for (const dialog of document.querySelectorAll("dialog[data-open]:not([open])")) dialog.showModal();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close]");
  if (!button) return;
  const dialog = button.closest("dialog");
  if (dialog) dialog.close();
  else if (sheet?.contains(button)) {
    event.preventDefault();
    close(button.dataset.close === "now");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]:modal, [popover]:popover-open")) return;
  close();
});

// The banner may wrap to two or three lines; what sticks below it has to know.
const measure = new ResizeObserver(([entry]) => {
  const height = entry.target.isConnected ? entry.borderBoxSize[0].blockSize : 0;
  document.documentElement.style.setProperty("--banner-h", `${Math.round(height)}px`);
});

function watchBanner() {
  measure.disconnect();
  const banner = document.querySelector("main .ban");
  if (banner) measure.observe(banner);
  else document.documentElement.style.removeProperty("--banner-h");
}

document.addEventListener("htmx:after:swap", watchBanner);
watchBanner();
