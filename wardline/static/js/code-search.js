// <code-search>: the codes that the server finds while words are typed; one is chosen by click, or by arrows and Enter.

class CodeSearch extends HTMLElement {
  connectedCallback() {
    this.query = this.querySelector("[data-code-query]");
    this.addEventListener("click", (event) => this.choose(event.target.closest("[data-code]")));
    this.addEventListener("keydown", (event) => this.pressed(event));
    // The field is called after what it records; the search calls it q.
    this.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
      if (ctx.sourceElement !== this.query) return;
      ctx.request.body = new FormData();
      ctx.request.body.set("q", this.query.value);
    });
  }

  get options() {
    return [...this.querySelectorAll("[data-code]")];
  }

  pressed(event) {
    if (event.key === "Escape" && this.options.length) {
      this.close();
      this.query.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.step(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && event.target.matches("[data-code]")) this.choose(event.target);
    else return;
    event.preventDefault();
  }

  step(by) {
    const options = this.options;
    if (!options.length) return;
    const at = options.indexOf(document.activeElement) + by;
    if (at < 0) this.query.focus();
    else options[Math.min(at, options.length - 1)].focus();
  }

  choose(option) {
    if (!option) return;
    this.query.value = option.dataset.display;
    this.querySelector("[data-code-place]").value = option.dataset.code;
    this.querySelector("[data-code-system]").value = "ICD-10-CM";
    this.close();
    this.query.focus();
    window.wardline.announce(`${option.dataset.code}, ${option.dataset.display}`);
  }

  close() {
    this.querySelector("#codes").replaceChildren();
  }
}

customElements.define("code-search", CodeSearch);
