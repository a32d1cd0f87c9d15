// <note-editor>: drafts that save themselves, section by section, without losing a keystroke.
//
// Every change is kept in this tab (sessionStorage, under writer and note) before it is sent, and forgotten once stored.
// The same words keep one idempotency key until they are answered. Other people's words are other rows.

const WAIT_MS = 900; // after the last key
const WAIT_MOST_MS = 4_000; // while somebody goes on typing
const RETRY_MS = [1_500, 20_000];
const WRITING_MS = 25_000;
const KEPT = "draft:";
const KEPT_MS = 12 * 3_600_000;
const COPY = /⟦[^⟦⟧\n]+, copied [^⟦⟧\n]+⟧\n([\s\S]*?)\n⟦end of copy⟧/g;

function element(name, given, ...children) {
  const made = Object.assign(document.createElement(name), given);
  made.append(...children);
  return made;
}

class Draft {
  constructor(editor, area) {
    this.editor = editor;
    this.area = area;
    this.section = area.dataset.section;
    this.version = Number(area.dataset.version);
    this.saved = area.defaultValue;
    this.order = editor.drafts.size;
    this.status = area.form.querySelector("[data-status]");
    this.conflictPlace = area.form.querySelector(".conflict");
    this.attempt = 0;
    this.sent = []; // what went out and was not answered: it may have come through
    this.place = `${KEPT}${editor.dataset.me}:${editor.dataset.note}:${this.section}`;
    this.restore();
  }

  get isDirty() {
    return this.area.value !== this.saved;
  }

  // What a lost page left behind, before what was typed already.
  restore() {
    const kept = sessionStorage.getItem(this.place);
    if (kept === null) return this.isDirty && this.typed();
    const { text, version, sent } = JSON.parse(kept);
    if (text === this.saved) return this.isDirty ? this.typed() : this.forget();
    this.sent = sent ?? [];
    this.area.value = this.isDirty && this.area.value !== text ? `${text}\n${this.area.value}` : text;
    this.version = version;
    this.say("These words were not saved yet. Saving", true);
    this.later(0);
  }

  keep() {
    try {
      const title = this.area.closest("section").querySelector("h3").textContent;
      sessionStorage.setItem(this.place, JSON.stringify({ text: this.area.value, version: this.version, sent: this.sent, at: Date.now(), title, order: this.order }));
      return true;
    } catch {
      this.say("This browser keeps nothing: stay on this page until it is saved", true);
    }
  }

  forget() {
    sessionStorage.removeItem(this.place);
  }

  typed() {
    this.keep();
    this.since ??= Date.now();
    if (this.conflictPlace.hidden) this.stopped = false; // other words may be taken
    if (this.refused) this.editor.sum();
    else this.say("Not saved yet", true);
    this.later(Date.now() - this.since > WAIT_MOST_MS ? 0 : WAIT_MS);
  }

  later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), ms);
  }

  say(words, unsaved = false) {
    if (this.status.textContent !== words) this.status.textContent = words;
    this.status.classList.toggle("unsaved", unsaved);
    this.editor.sum();
  }

  // What was typed meanwhile goes with the next save.
  async save({ keepalive = false } = {}) {
    clearTimeout(this.timer);
    if (this.sending) return this.sending;
    if (!this.isDirty || this.stopped) return null;
    this.sending = this.send(this.area.value, keepalive);
    await this.sending;
    this.sending = null;
    if (this.isDirty && !this.stopped && !this.attempt) this.later(WAIT_MS);
    return null;
  }

  async send(text, keepalive) {
    const marks = `${this.version}:${text}`;
    if (this.marks !== marks) [this.marks, this.key] = [marks, crypto.getRandomValues(new Uint32Array(4)).join("-")];
    this.sent = [...this.sent.slice(-9), text];
    this.keep();
    let answer;
    try {
      answer = await fetch(`/notes/${this.editor.dataset.note}/sections/${this.section}`, {
        method: "PUT",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": this.key },
        body: JSON.stringify({ text, version: this.version }),
        keepalive: keepalive && text.length < 30_000,
      });
      const told = await answer.json();
      return this.answered(answer.status, told, text);
    } catch {
      return this.failed("Not saved: no connection. Your words are kept in this window and sent when it is back");
    }
  }

  answered(status, told, text) {
    this.refused = status !== 200;
    if (status === 200) return this.done(told, text);
    if (status === 412) return this.choose(told.current);
    if (status === 409) return this.closed(told.detail);
    if (status === 401) return this.failed("Not saved: you are signed out. Sign in again in another tab; your words wait here");
    if (status >= 500 || status === 429) return this.failed("Not saved: the server is busy. Your words are kept here and sent again");
    this.stopped = true;
    return this.say(`Not saved: ${told.detail}`, true);
  }

  done(told, text) {
    this.version = told.version;
    this.saved = text;
    this.sent = [];
    this.attempt = 0;
    this.since = null;
    if (this.isDirty) {
      this.keep();
      return;
    }
    this.forget();
    this.say(`Draft saved ${window.wardline.clock(new Date(told.saved_at), true)}`);
  }

  failed(words) {
    this.attempt += 1;
    this.say(words, true);
    const [least, most] = RETRY_MS;
    this.later(Math.min(most, least * 2 ** (this.attempt - 1)) * (0.75 + Math.random() / 2));
  }

  // The same person wrote here in another window, and chooses. What came through without an answer is no other text.
  choose(other) {
    if (this.sent.includes(other.text) || other.text === this.area.value) return this.done(other, other.text);
    this.stopped = true;
    this.keep();
    this.say("Not saved: you wrote here in another window too", true);
    const mine = this.area.value;
    const both = `${other.text.trimEnd()}\n${mine}`;
    const act = (words, text) => {
      const button = element("button", { type: "button", textContent: words });
      button.addEventListener("click", () => this.decided(other, text));
      return button;
    };
    const text = (title, words) => element("div", {}, element("b", { textContent: title }), element("p", { className: "said", textContent: words || "(empty)" }));
    this.conflictPlace.replaceChildren(
      element("p", { textContent: "Nothing is lost: choose what stays." }),
      element("div", { className: "two" }, text("In this window", mine), text(`Saved ${window.wardline.clock(new Date(other.saved_at), true)}`, other.text)),
      element("p", { className: "row wrap" }, act("Keep both", both), act("Keep this window's", mine), act("Keep the saved one", other.text)),
    );
    this.conflictPlace.hidden = false;
    this.conflictPlace.querySelector("button").focus();
  }

  decided(other, text) {
    this.conflictPlace.hidden = true;
    this.version = other.version;
    this.saved = other.text;
    this.area.value = text;
    this.stopped = false;
    this.attempt = 0;
    if (this.isDirty) this.typed();
    else this.done({ version: other.version, saved_at: other.saved_at }, text);
    this.area.focus();
  }

  // Signed or withdrawn by somebody else.
  closed(detail) {
    this.stopped = true;
    this.area.readOnly = true;
    this.keep();
    this.say(`Not saved: ${detail}`, true);
    const again = element("button", { type: "button", textContent: "Open the note; your words come along" });
    again.addEventListener("click", () => this.editor.leave());
    this.conflictPlace.replaceChildren(element("p", { textContent: detail }), element("p", { className: "row" }, again));
    this.conflictPlace.hidden = false;
  }
}

class NoteEditor extends HTMLElement {
  connectedCallback() {
    this.listen = new AbortController();
    const { signal } = this.listen;
    this.whole = this.querySelector("[data-whole-status]");
    this.drafts = new Map();
    this.commands = this.dataset.commands.split("|").map((each) => each.split("="));
    for (const area of this.querySelectorAll("textarea[data-section]")) this.drafts.set(area, new Draft(this, area));
    for (const plain of this.querySelectorAll("[data-plain]")) plain.hidden = true;
    this.addEventListener("input", (event) => this.typed(event.target), { signal });
    this.addEventListener("keydown", (event) => this.pressed(event), { signal });
    this.parentElement.addEventListener("click", (event) => this.copyIn(event.target.closest("[data-copy]")), { signal });
    this.addEventListener("focusin", (event) => this.drafts.has(event.target) && (this.last = event.target), { signal });
    this.addEventListener("focusout", (event) => this.drafts.get(event.target)?.save(), { signal });
    document.addEventListener("submit", (event) => this.signs(event), { signal, capture: true });
    document.addEventListener("wardline:rows", () => this.others(), { signal });
    document.addEventListener("wardline:reread", (event) => this.dirty.length && event.preventDefault(), { signal });
    window.addEventListener("online", () => this.saveAll(), { signal });
    window.addEventListener("beforeunload", (event) => this.dirty.length && event.preventDefault(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.saveAll({ keepalive: true }), { signal });
    this.ticker = setInterval(() => this.pens(), 2_000);
    this.others();
    this.sum();
  }

  disconnectedCallback() {
    this.listen.abort();
    clearInterval(this.ticker);
  }

  get dirty() {
    return [...this.drafts.values()].filter((draft) => draft.isDirty);
  }

  async saveAll(how) {
    await Promise.all([...this.drafts.values()].map((draft) => draft.save(how)));
  }

  // The writer's own words are in the fields. What was shown may be signed.
  others() {
    for (const passage of this.querySelectorAll(".passage[data-author]")) passage.hidden = passage.dataset.author === this.dataset.me;
    const versions = [...document.querySelectorAll(".saids[data-version], #note-state")].map((part) => Number(part.dataset.version));
    const form = document.getElementById("sign-form");
    if (form && versions.length) form.elements.version.value = Math.min(...versions);
    const state = document.getElementById("note-state")?.dataset.state;
    if (state && state !== "draft" && !this.dirty.length) location.reload();
    this.pens();
  }

  pens() {
    const now = window.wardline.now();
    for (const pen of this.querySelectorAll(".pen")) pen.hidden = now - Date.parse(pen.dataset.saved) > WRITING_MS;
  }

  typed(area) {
    const draft = this.drafts.get(area);
    if (!draft) return;
    draft.typed();
    this.offer(area);
  }

  sum() {
    if (!this.whole || !this.drafts) return;
    const open = this.dirty.length;
    const words = open ? `${open === 1 ? "1 section is" : `${open} sections are`} not saved yet.` : "Everything is saved.";
    if (this.whole.textContent !== words) this.whole.textContent = words;
    this.whole.classList.toggle("unsaved", open > 0);
    const all = [...this.drafts.keys()].map((area) => area.value).join("\n");
    const copied = [...all.matchAll(COPY)].reduce((length, match) => length + match[1].length, 0);
    const length = all.trim().length;
    const share = length ? Math.round((100 * copied) / length) : 0;
    this.querySelector("[data-length]").textContent = length ? `Your words: ${length.toLocaleString("en-GB")} characters, ${share} % copied.` : "";
  }

  async signs(event) {
    const form = event.target;
    if (form.id !== "sign-form" || !this.dirty.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await this.saveAll();
    await this.saveAll(); // what was typed while the first save was under way
    if (this.dirty.length) return window.wardline.toast("Not signed: some words are not saved yet. See beside the section.");
    form.requestSubmit(form.querySelector(".go"));
  }

  leave() {
    if (!this.dirty.every((draft) => draft.keep())) return;
    for (const each of this.drafts.values()) each.saved = each.area.value;
    location.reload();
  }

  // ---- the / commands ----

  pressed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      const form = document.getElementById("sign-form");
      form?.requestSubmit(form.querySelector(".go"));
      return;
    }
    const menu = this.menuOf(event.target);
    if (!menu || menu.hidden) return;
    const options = [...menu.children];
    const at = options.findIndex((each) => each.ariaSelected === "true");
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) this.mark(menu, (at + moves[event.key] + options.length) % options.length);
    else if (event.key === "Enter" || event.key === "Tab") this.take(event.target, options[at].dataset.command);
    else if (event.key === "Escape") menu.hidden = true;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  menuOf(area) {
    return this.drafts.has(area) ? area.form.querySelector(".slash") : null;
  }

  asked(area) {
    return area.value.slice(0, area.selectionStart).match(/(?:^|\s)\/([a-z]*)$/);
  }

  offer(area) {
    const menu = this.menuOf(area);
    const asked = this.asked(area);
    const fitting = asked ? this.commands.filter(([name, words]) => name.startsWith(asked[1]) || words.toLowerCase().includes(asked[1])) : [];
    const usable = fitting.filter(([name]) => name !== "prompts" || area.dataset.prompts);
    menu.hidden = !usable.length;
    if (menu.hidden) return;
    menu.replaceChildren(
      ...usable.map(([name, words]) => {
        const option = element("div", { textContent: `${words} (/${name})` });
        option.setAttribute("role", "option");
        option.dataset.command = name;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.take(area, name);
        });
        return option;
      }),
    );
    this.mark(menu, 0);
    menu.scrollIntoView({ block: "nearest" });
  }

  mark(menu, at) {
    [...menu.children].forEach((option, number) => (option.ariaSelected = String(number === at)));
    window.wardline.announce(menu.children[at].textContent);
  }

  async take(area, command) {
    const menu = this.menuOf(area);
    const asked = this.asked(area);
    menu.hidden = true;
    if (!asked) return;
    const end = area.selectionStart;
    const start = end - asked[1].length - 1;
    const typed = area.value.slice(start, end);
    const text = command === "prompts" ? this.prompts(area) : await this.copied(command);
    if (text === null) return;
    const at = area.value.slice(start, end) === typed ? start : area.value.lastIndexOf(typed);
    if (at < 0) return;
    const lead = at > 0 && area.value[at - 1] !== "\n" ? "\n" : "";
    area.setRangeText(`${lead}${text}\n`, at, at + typed.length, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async copyIn(button) {
    if (!button) return;
    const area = this.last ?? [...this.drafts.keys()][0];
    const text = await this.copied(button.dataset.copy);
    if (text === null) return;
    const at = area.selectionEnd;
    const lead = at > 0 && area.value[at - 1] !== "\n" ? "\n" : "";
    area.setRangeText(`${lead}${text}\n`, at, at, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  }

  prompts(area) {
    return area.dataset.prompts.split("|").map((prompt) => `${prompt}: `).join("\n");
  }

  async copied(command) {
    const answer = await fetch(`/patients/${this.dataset.patient}/inserts/${command}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = answer?.ok ? await answer.json() : null;
    if (told?.found) return told.text;
    window.wardline.toast(told ? told.text : "Nothing could be copied: no connection.");
    return null;
  }
}

const keptPlaces = (start) => Object.keys(sessionStorage).filter((name) => name.startsWith(start));
const keptAt = (place) => JSON.parse(sessionStorage.getItem(place));

// After a shift, and when somebody else works in this tab.
function forgetOld(me) {
  for (const place of keptPlaces(KEPT)) {
    if (!(Date.now() - keptAt(place).at < KEPT_MS) || (me && !place.startsWith(`${KEPT}${me}:`))) sessionStorage.removeItem(place);
  }
}

// Words that came too late for a note wait in the field of its addendum until that is stored, or to be copied where the
// note takes none.
function offerKept({ me, note }) {
  const mine = `${KEPT}${me}:${note}:`;
  const found = keptPlaces(mine).map(keptAt).sort((a, b) => a.order - b.order);
  if (!found.length) return;
  const forget = () => keptPlaces(mine).forEach((place) => sessionStorage.removeItem(place));
  const words = found.map(({ title, text }) => `${title ?? "Words"}:\n${text.trim()}`).join("\n\n");
  const panel = document.getElementById("kept-words");
  const area = document.getElementById("addendum-text") ?? panel.querySelector("textarea");
  area.value = words + area.value;
  panel.hidden = !panel.contains(area);
  area.form?.addEventListener("htmx:after:request", ({ detail }) => {
    if (detail.ctx.response.status < 400) forget();
  });
  const [copy, discard] = panel.querySelectorAll("button");
  copy.addEventListener("click", () => {
    area.select();
    document.execCommand("copy");
  });
  discard.addEventListener("click", () => {
    forget();
    panel.remove();
  });
  area.focus();
}

const view = document.querySelector(".noteview")?.dataset;
forgetOld(document.querySelector("[data-me]")?.dataset.me);
customElements.define("note-editor", NoteEditor);
if (view && !document.querySelector("note-editor")) offerKept(view);
