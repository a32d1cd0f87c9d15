// <bed-board>: move a patient by pointer, or by keys (Space picks up, arrows walk the free beds, Enter drops, Esc lets go).
// A drop is a proposal: it opens the move form beside the board, where the server has ranked and checked the bed.
//
// Contract with the templates:
//   whoever can move:  [data-encounter-id][data-name]   a bed in use, or a card of the waiting list
//   where one can go:  [data-bed-id][data-bed-label][data-free]
//   what the form ranks: [data-choice=<bed id>][data-rank] beside the board; the same number stands on the bed
//   every mover also has a visible "Move" control that leads to the same form (WCAG 2.5.7).

const START_PX = 6;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function middle(element) {
  const box = element.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}

class BedBoard extends HTMLElement {
  connectedCallback() {
    this.held = null;
    this.listen = new AbortController();
    const options = { signal: this.listen.signal };
    this.addEventListener("pointerdown", (event) => this.press(event), options);
    this.addEventListener("keydown", (event) => this.key(event), options);
    this.addEventListener("click", (event) => this.swallow(event), { ...options, capture: true });
    document.addEventListener("pointermove", (event) => this.drag(event), options);
    document.addEventListener("pointerup", (event) => this.release(event), options);
    document.addEventListener("pointercancel", () => this.letGo(), options);
    document.addEventListener("htmx:after:swap", () => this.rank(), options);
    document.addEventListener("wardline:sheet-closed", () => this.rank(), options);
    document.addEventListener("wardline:rows", () => this.rank(), options);
  }

  disconnectedCallback() {
    this.letGo();
    this.listen.abort();
  }

  get free() {
    return [...this.querySelectorAll("[data-bed-id][data-free]")].filter((bed) => bed.checkVisibility());
  }

  // ---- pointer ----

  press(event) {
    const mover = event.target.closest("[data-encounter-id]");
    if (!mover || event.button !== 0 || event.pointerType === "touch" || event.target.closest("a, [data-act]")) return;
    this.pressed = { mover, x: event.clientX, y: event.clientY };
  }

  drag(event) {
    if (!this.pressed) return;
    const { mover, x, y } = this.pressed;
    if (!this.held && Math.hypot(event.clientX - x, event.clientY - y) < START_PX) return;
    if (!this.held) this.pickUp(mover, true);
    event.preventDefault();
    this.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
    const under = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-bed-id][data-free]");
    this.aim(under && this.contains(under) ? under : null);
  }

  release() {
    if (!this.pressed) return;
    this.pressed = null;
    if (!this.held) return;
    this.ended = Date.now();
    if (this.target) this.drop();
    else {
      window.wardline.announce(`${this.held.dataset.name} stays where they are`);
      this.letGo();
    }
  }

  // The click that ends a drag is not a click on the bed.
  swallow(event) {
    if (Date.now() - (this.ended ?? 0) > 200) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // ---- keys ----

  key(event) {
    if (event.key === " " && !this.held) {
      const mover = event.target.closest("[data-encounter-id]");
      if (!mover || event.target.closest("[data-act], input, select, textarea")) return;
      event.preventDefault();
      this.pickUp(mover, false);
      return;
    }
    if (!this.held) return;
    if (event.key === "Escape") {
      event.preventDefault();
      const { held } = this;
      window.wardline.announce(`Let go. ${held.dataset.name} stays where they are`);
      this.letGo();
      held.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (this.target) this.drop();
    } else if (event.key in KEYS) {
      event.preventDefault();
      this.walk(...KEYS[event.key]);
    }
  }

  // The nearest free bed in the direction of the arrow; sideways distance counts double.
  walk(dx, dy) {
    const from = middle(this.target ?? this.held);
    const ranked = this.free
      .filter((bed) => bed !== this.target)
      .map((bed) => {
        const to = middle(bed);
        const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
        const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
        return { bed, along, cost: along + aside * 2 };
      })
      .filter(({ along }) => along > 4)
      .sort((one, other) => one.cost - other.cost);
    if (!ranked.length) return window.wardline.announce("No free bed further that way");
    this.aim(ranked[0].bed);
    this.target.focus();
    window.wardline.announce(`Bed ${this.target.dataset.bedLabel}. Enter to propose, Escape to let go`);
  }

  // ---- both ----

  pickUp(mover, byPointer) {
    this.held = mover;
    this.classList.add("moving");
    mover.classList.add("held");
    const count = this.free.length;
    if (byPointer) {
      this.ghost = Object.assign(document.createElement("div"), { className: "ghost", textContent: mover.dataset.name });
      document.body.append(this.ghost);
    }
    const how = byPointer ? "Drop on a free bed" : "Arrows choose a free bed, Enter proposes the move, Escape lets go";
    window.wardline.announce(`Picked up ${mover.dataset.name}. ${count} free beds. ${how}`);
  }

  aim(bed) {
    if (this.target === bed) return;
    this.target?.classList.remove("pick");
    bed?.classList.add("pick");
    this.target = bed;
  }

  drop() {
    const { held, target } = this;
    const url = `/encounters/${held.dataset.encounterId}/move?bed=${target.dataset.bedId}`;
    window.wardline.announce(`Move of ${held.dataset.name} to bed ${target.dataset.bedLabel}: check and confirm`);
    this.letGo();
    const source = held.isConnected ? held : this; // rows that came in meanwhile may have drawn it anew
    window.htmx.ajax("GET", url, { target: "#sheet", swap: "innerHTML", source });
  }

  // Ranked beds wear the same number on the board and in the form.
  rank() {
    for (const mark of this.querySelectorAll(".rank")) mark.remove();
    for (const bed of this.querySelectorAll(".bed.pick")) bed.classList.remove("pick");
    for (const choice of document.querySelectorAll("#sheet [data-choice]")) {
      const bed = this.querySelector(`[data-bed-id="${CSS.escape(choice.dataset.choice)}"]`);
      if (!bed) continue;
      bed.append(Object.assign(document.createElement("span"), { className: "rank", textContent: choice.dataset.rank }));
      bed.lastElementChild.setAttribute("aria-label", `choice ${choice.dataset.rank}`);
      bed.lastElementChild.setAttribute("role", "img");
      bed.classList.toggle("pick", choice.classList.contains("on"));
    }
    if (this.target) this.aimAgain(this.target);
  }

  // Rows have come in while somebody holds a patient over a bed: it may have been drawn anew, or be taken.
  aimAgain({ dataset: { bedId, bedLabel } }) {
    const bed = this.querySelector(`[data-bed-id="${CSS.escape(bedId)}"][data-free]`);
    this.aim(null);
    this.aim(bed);
    if (!bed) window.wardline.announce(`Bed ${bedLabel} is not free any more`);
    else if (!this.ghost) bed.focus();
  }

  letGo() {
    this.ghost?.remove();
    this.held?.classList.remove("held");
    this.classList.remove("moving");
    this.aim(null);
    this.held = this.ghost = this.pressed = this.target = null;
  }
}

customElements.define("bed-board", BedBoard);
