// The grid of given medicines by keys: one stop in the tab order, arrows walk, Enter opens, G gives, N says not given.
// Rows may be replaced at any moment by what is pushed, so nothing is kept but the place that has the focus.

const table = document.querySelector("table.mar");
let place = null; // [row id, number of the stop in it]

function rowsOf() {
  return [...table.querySelectorAll("tbody tr:not(.grp)")];
}

function stopsOf(row) {
  return [...row.querySelectorAll("[data-stop]")];
}

function makeStop() {
  if (table.querySelector('[data-stop][tabindex="0"]')) return;
  const row = (place && document.getElementById(place[0])) || rowsOf()[0];
  const stops = row ? stopsOf(row) : [];
  const stop = stops[Math.min(place?.[1] ?? 0, stops.length - 1)];
  stop?.setAttribute("tabindex", "0");
}

function goTo(stop) {
  for (const other of table.querySelectorAll('[data-stop][tabindex="0"]')) other.setAttribute("tabindex", "-1");
  stop.setAttribute("tabindex", "0");
  stop.focus();
}

function cellOf(stop) {
  return stop.closest("td, th");
}

// Above and below stand in the same column, whatever a cell holds.
function inColumn(row, column) {
  const cell = row.cells[Math.min(column, row.cells.length - 1)];
  return cell.matches("[data-stop]") ? cell : cell.querySelector("[data-stop]");
}

function step(stop, key) {
  const row = stop.closest("tr");
  const stops = stopsOf(row);
  const at = stops.indexOf(stop);
  if (key === "ArrowRight") return stops[at + 1];
  if (key === "ArrowLeft") return stops[at - 1];
  if (key === "Home") return stops[0];
  if (key === "End") return stops.at(-1);
  const rows = rowsOf();
  const next = rows[rows.indexOf(row) + (key === "ArrowDown" ? 1 : -1)];
  return next && inColumn(next, cellOf(stop).cellIndex);
}

function act(stop, wanted) {
  const cell = cellOf(stop);
  const entry = stop.matches("a") ? stop : cell.querySelector("a[data-act]");
  if (!entry) return false;
  document.body.dataset.marOpens = wanted;
  entry.click();
  return true;
}

function pressed(event) {
  const stop = event.target.closest?.("[data-stop]");
  if (!stop || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key)) {
    const next = step(stop, event.key);
    event.preventDefault();
    if (next) goTo(next);
    return;
  }
  const letters = localStorage.getItem("keys") !== "off";
  const wanted = event.key === "Enter" ? "" : letters && { g: "give", n: "not_given" }[event.key.toLowerCase()];
  if (wanted === undefined || wanted === false) return;
  if (act(stop, wanted)) {
    event.preventDefault();
    event.stopPropagation();
  }
}

if (table) {
  table.addEventListener("keydown", pressed);
  table.addEventListener("focusin", (event) => {
    const stop = event.target.closest("[data-stop]");
    const row = stop?.closest("tr");
    if (row) place = [row.id, stopsOf(row).indexOf(stop)];
  });
  const wrap = table.closest(".marwrap");
  const now = table.querySelector("thead .nowl");
  if (now) wrap.scrollLeft = now.offsetLeft + 2 * now.offsetWidth - wrap.clientWidth; // a phone opens at now and what comes
  new MutationObserver(makeStop).observe(table, { childList: true, subtree: true });
  makeStop();
}
