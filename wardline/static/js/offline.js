// The worker behind the pages, and the outbox where something may have to wait, waits already, or is to be told.

const parts = document.querySelector("meta[name=outbox]");
const { staff } = document.body.dataset;
let loading = null;
let replaced = false; // by another version, which has only its own files at hand
let alone = !navigator.serviceWorker; // no worker that has the files at hand: then they are fetched before the network goes
let rest = null;

// What sends and shows, which only some pages ever need. What failed is tried again the next time.
window.wardline.sendLater = () => {
  rest ??= import(parts.dataset.more);
  rest.catch(() => (rest = null));
  return rest;
};

function look() {
  if (document.querySelector("[data-copy]")) localStorage.setItem(`read ${staff}`, 1);
  const waits = localStorage.getItem("outbox") || localStorage.getItem(`read ${staff}`) || document.querySelector("#outbox-here");
  if (!parts || !(waits || replaced || document.querySelector("form[data-outbox]"))) return;
  if (!loading) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: parts.dataset.css }));
  loading ??= import(parts.content);
  if (waits || alone || replaced) loading.then(window.wardline.sendLater).catch(() => {});
}

if (navigator.serviceWorker?.controller) navigator.serviceWorker.addEventListener("controllerchange", () => look((replaced = true)));
navigator.serviceWorker?.register("/sw.js").catch(() => look((alone = true)));
// A page that came while the worker was starting, or past it, has no worker until it is taken on.
navigator.serviceWorker?.ready.then(({ active }) => navigator.serviceWorker.controller ?? active.postMessage("claim"));
document.addEventListener("htmx:after:swap", look);
window.addEventListener("storage", look);
look();
