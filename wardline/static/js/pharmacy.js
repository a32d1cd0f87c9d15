// The queue by keys: Enter opens the order that has the focus (it is a link), Space shows it beside the list. A scanner types
// fast and ends with Enter: what it types goes to the scan field, wherever the focus is on the page.

const SCAN_GAP_MS = 60;
const SCAN_LENGTH_MIN = 6;
let typed = "";
let lastAt = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || window.wardline.isTyping(event.target)) return;
  const link = event.target.closest?.("#queue [data-row-link]");
  if (event.key === " " && link) {
    event.preventDefault();
    link.closest("tr").querySelector("[data-peek]")?.click();
    return;
  }
  const isFast = event.timeStamp - lastAt < SCAN_GAP_MS;
  lastAt = event.timeStamp;
  if (event.key.length === 1) typed = isFast ? typed + event.key : event.key;
  else if (event.key !== "Shift") {
    const field = document.getElementById("code");
    if (event.key === "Enter" && isFast && typed.length >= SCAN_LENGTH_MIN && field) {
      event.preventDefault();
      field.value = typed;
      field.form.requestSubmit();
    }
    typed = "";
  }
});
