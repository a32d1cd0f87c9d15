// A critical call names the patient on whatever page its doctor has open: once for each call and each raising of it.
// The bell in the top bar stays; on the worklist the row itself appears, so nothing is laid over it.

const STAYS_MS = 60_000;
const KEPT = 50;
const KEY = "wardline-alarms";
let shown = "";

function seen() {
  return (sessionStorage.getItem(KEY) ?? "").split("|").filter(Boolean);
}

function sound(alarm, words) {
  if (seen().includes(alarm)) return;
  sessionStorage.setItem(KEY, [alarm, ...seen()].slice(0, KEPT).join("|"));
  if (location.pathname === "/tasks") return;
  shown = alarm;
  window.wardline.toast(words, {
    act: { words: "Open worklist", run: () => location.assign("/tasks") },
    kind: "crit",
    staysMs: STAYS_MS,
  });
}

function hear() {
  const { alarm, words } = document.getElementById("bell")?.dataset ?? {};
  if (shown && alarm !== shown) {
    window.wardline.toast(""); // somebody took it on, or a newer one rings
    shown = "";
  }
  if (alarm) sound(alarm, words);
}

document.addEventListener("wardline:rows", ({ detail }) => detail.rows.some((row) => row.id === "bell") && hear());
