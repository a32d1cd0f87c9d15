// The banner opens (button, or the key b) into address, contacts and doctor. It stays open while the page reads itself anew.

let openFor = ""; // the person
let html = "";

function parts() {
  const banner = document.querySelector("main > .ban");
  const button = banner?.querySelector("[data-more]");
  return button && { person: banner.dataset.person, button, card: banner.querySelector(".bancard") };
}

function show({ button, card }, isOpen) {
  button.setAttribute("aria-expanded", String(isOpen));
  card.hidden = !isOpen;
  if (isOpen) card.innerHTML = html;
}

function close(found = parts()) {
  openFor = "";
  if (found) show(found, false);
}

async function toggle() {
  const found = parts();
  if (!found) return;
  if (openFor === found.person) return close(found);
  const answer = await fetch(`/patients/${found.person}/card`, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return window.wardline.toast("The details cannot be read now.");
  html = await answer.text();
  openFor = found.person;
  show(found, true);
}

document.addEventListener("click", (event) => event.target.closest(".ban [data-more]") && toggle());
document.addEventListener("wardline:banner", toggle);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !openFor || document.querySelector("dialog:modal, #sheet:not(:empty)")) return;
  const found = parts();
  close(found);
  found?.button.focus();
});
document.addEventListener("wardline:rows", () => {
  const found = openFor && parts();
  if (found && found.person === openFor && found.card.hidden) show(found, true);
});
