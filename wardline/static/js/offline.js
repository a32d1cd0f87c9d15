// The worker behind the pages, and the outbox where something may have to wait or waits already.

const parts = document.querySelector("meta[name=outbox]");
let loading = null;

function look() {
  if (loading || !parts || !(localStorage.getItem("outbox") || document.querySelector("form[data-outbox], #outbox-here"))) return;
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: parts.dataset.css });
  document.head.append(style);
  loading = import(parts.content);
}

navigator.serviceWorker?.register("/sw.js").catch(() => {});
document.addEventListener("htmx:after:swap", look);
window.addEventListener("storage", look);
look();
