// Shortcuts. Single letters act only outside of fields and can be switched off in the list (WCAG 2.1.4).

const GOES = { p: "Patients", b: "Beds", w: "Worklist", d: "Drugs", l: "Lab", c: "Clinics", m: "Messages", h: "Home" };
const ROWS = "main :is(.bt .nm a, .list th a, [data-row-link])";
const SEQUENCE_MS = 1_500;
let startedAt = 0;

const lettersOn = () => localStorage.getItem("keys") !== "off";

function goTo(letter) {
  const links = [...document.querySelectorAll(".rail a, #more a")];
  const link = links.find((each) => each.textContent.trim() === GOES[letter]);
  if (link) link.click();
  else window.wardline.announce("Your role has no such page");
}

function step(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((each) => each.checkVisibility());
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
  return true;
}

// Its box opens at once, so that nothing typed is lost; what it does is loaded when it opens first (palette.js).
const palette = document.getElementById("palette");
let paletteParts = null;

function openPalette() {
  if (!palette || palette.open) return;
  document.getElementById("palette-input").value = "";
  palette.showModal();
  if (paletteParts) return document.dispatchEvent(new CustomEvent("wardline:palette-open"));
  paletteParts = import(document.querySelector("meta[name=palette]").content);
  paletteParts.catch(() => {
    paletteParts = null;
    document.getElementById("palette-note").textContent = "No answer from the server. Check the connection, then open this again.";
  });
}

function search() {
  const field = document.querySelector("main :is([data-search], input[type=search])");
  if (field) {
    field.focus();
    field.select?.();
  } else openPalette();
}

function openBanner() {
  if (!document.querySelector("main > .ban [data-more]")) return false;
  document.dispatchEvent(new CustomEvent("wardline:banner"));
  return true;
}

// Of what the page is about if it has a history of its own, else of the patient.
function openHistory() {
  const link = [...document.querySelectorAll("main [data-history]")].at(-1);
  link?.click();
  return Boolean(link);
}

function showList() {
  document.getElementById("keys-on").checked = lettersOn();
  document.getElementById("keys-dialog").showModal();
}

function letter(key) {
  if (Date.now() - startedAt < SEQUENCE_MS && key in GOES) {
    startedAt = 0;
    goTo(key);
    return true;
  }
  startedAt = key === "g" ? Date.now() : 0;
  if (key === "g") return true;
  if (key === "/") return search(), true;
  if (key === "?") return showList(), true;
  if (key === "b") return openBanner();
  if (key === "i") return openHistory();
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (palette?.open) palette.close();
  else openPalette();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette]")) openPalette();
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.altKey && /^Digit[1-6]$/.test(event.code)) {
    const tab = document.querySelectorAll("main .tabs a")[Number(event.code.at(-1)) - 1];
    if (tab) {
      event.preventDefault();
      tab.click();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || window.wardline.isTyping(event.target)) return;
  if (document.querySelector("dialog:modal") || !lettersOn()) return;
  if (letter(event.key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-keys-list]")) return;
  document.getElementById("me")?.hidePopover();
  showList();
});

document.getElementById("keys-on")?.addEventListener("change", (event) => {
  localStorage.setItem("keys", event.target.checked ? "on" : "off");
});
