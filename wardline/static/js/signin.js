// Sign in: show what was typed, on request only, and never after leaving the page.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-password]");
  if (!button) return;
  const field = document.getElementById(button.getAttribute("aria-controls"));
  const showing = field.type === "password";
  field.type = showing ? "text" : "password";
  button.textContent = showing ? "Hide" : "Show";
  button.setAttribute("aria-pressed", String(showing));
  field.focus();
});

document.addEventListener("submit", () => {
  const field = document.getElementById("password");
  if (field) field.type = "password";
});
