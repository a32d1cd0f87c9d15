// "in 35 min", "12 min late": kept right every 30 seconds by the server's clock; they stop when the page is not live.

const EVERY_MS = 30_000;

function span(minutes) {
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")}` : `${minutes} min`;
}

function words(element, now) {
  const minutes = Math.round((Date.parse(element.dateTime) - now) / 60_000);
  if (Number.isNaN(minutes)) return element.textContent;
  if (element.dataset.relative === "ago") return minutes >= 0 ? "just now" : `${span(-minutes)} ago`;
  if (minutes === 0) return "now";
  return minutes > 0 ? `in ${span(minutes)}` : `${span(-minutes)} late`;
}

function refresh(root = document) {
  if ("stale" in document.body.dataset) return;
  const now = window.wardline.now();
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const text = words(element, now);
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("htmx:after:swap", () => refresh());
document.addEventListener("wardline:rows", () => refresh());
refresh();
