// Theme and density, kept on this device. The cookie lets the server paint the first frame right.

const THEMES = ["system", "light", "dark"];
const DENSITIES = ["compact", "standard", "roomy"];
const YEAR_SECONDS = 31_536_000;
const root = document.documentElement;

function current() {
  return { theme: root.dataset.theme ?? "system", density: root.dataset.density ?? "standard" };
}

function apply({ theme, density }) {
  if (THEMES.includes(theme) && theme !== "system") root.dataset.theme = theme;
  else delete root.dataset.theme;
  if (DENSITIES.includes(density) && density !== "standard") root.dataset.density = density;
  else delete root.dataset.density;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === current().theme));
  }
  for (const button of document.querySelectorAll("[data-density-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.densityChoice === current().density));
  }
}

function keep(choice) {
  apply(choice);
  const words = `${choice.theme}.${choice.density}`;
  localStorage.setItem("display", words);
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `display=${words}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice], [data-density-choice]");
  if (!button) return;
  const { themeChoice, densityChoice } = button.dataset;
  keep({ theme: themeChoice ?? current().theme, density: densityChoice ?? current().density });
});

// The cookie may have been cleared while the choice is still known here.
const kept = localStorage.getItem("display");
if (kept && !document.cookie.includes("display=")) {
  const [theme, density] = kept.split(".");
  keep({ theme, density });
} else {
  apply(current());
}
