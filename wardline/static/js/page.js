// What the other modules share: the server's clock, the voice for screen readers, icons, the short message at the foot.
// Ward computers' clocks drift, so every comparison with "now" uses the time the server put on the page.

let offsetMs = 0;

function hear(serverTime) {
  const at = Date.parse(serverTime);
  if (!Number.isNaN(at)) offsetMs = at - Date.now();
}

function now() {
  return new Date(Date.now() + offsetMs);
}

function clock(at, withSeconds = false) {
  const zone = document.body.dataset.zone || undefined;
  return at.toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: withSeconds ? "2-digit" : undefined,
    timeZone: zone,
  });
}

let spoken = 0;

// The same words twice in a row are said twice: the region is emptied in between.
function announce(words) {
  const region = document.getElementById("announcer");
  if (!region || !words) return;
  clearTimeout(spoken);
  region.textContent = "";
  spoken = setTimeout(() => (region.textContent = words), 60);
}

function icon(name, size = 16) {
  const sprite = document.querySelector("svg.ic use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ic");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("width", size);
  svg.setAttribute("height", size);
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#i-${name}`);
  svg.append(use);
  return svg;
}

let toastTimer = 0;

// One message at a time; an empty one takes the last away. kind "crit" is for calls.
function toast(words, { act = null, kind = "", staysMs = act ? 10_000 : 6_000 } = {}) {
  const place = document.getElementById("toast");
  if (!place) return;
  clearTimeout(toastTimer);
  if (!words) return place.replaceChildren();
  place.className = `toast ${kind}`.trim();
  const text = document.createElement("span");
  text.textContent = words;
  place.replaceChildren(text);
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = act.words;
    button.addEventListener("click", () => {
      place.replaceChildren();
      act.run();
    });
    place.append(button);
  }
  toastTimer = setTimeout(() => place.replaceChildren(), staysMs);
}

// A typing person: keys and live changes leave them alone.
function isTyping(element) {
  return element instanceof Element && element.matches("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]");
}

hear(document.body.dataset.now ?? "");
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
window.wardline = { announce, clock, hear, icon, isTyping, now, toast };

// Drafts wait in the tab's own store until they are saved; nothing about a patient stays in it for who comes after.
document.addEventListener("submit", ({ target }) => {
  if (!target.action?.endsWith?.("/sessions/current")) return;
  for (const place of Object.keys(sessionStorage)) if (place.startsWith("draft:")) sessionStorage.removeItem(place);
});
