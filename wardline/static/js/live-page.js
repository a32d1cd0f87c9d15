// <live-page topic="ward:1" version="7">: one stream for the page. Rows that changed arrive as HTML and are put in by id.
//
// The stream sends two kinds of events:
//   rows      {"topic", "version", "html": {"element-id": "<tr ...>" or null}, "order": {"container-id": ["id", ...]}}
//   With "whole": true these are all there are: a row in one of the containers that is not among them is gone.
//   The same version again may show later lateness, so it is put in; an older one is not.
//   An element with data-reread is not put in: it asks the page to read itself anew, with the rights of who looks.
//   versions  {"versions": {topic: version}, "at": time}   every 15 s; a page that is behind reads itself anew
//   hello     the same, first of all; what the page has missed follows as rows, so who comes back need not read it anew
// Rules: focus, typing and the row under the hand stay; nothing re-sorts by itself; a page that cannot be sure says so.

const STALE_MS = 20_000;
const GRACE_MS = 1_500; // a version may arrive just before its rows
const HAND_MS = 1_500; // a pointer that moved this recently is about to click
const WASH_MS = 1_300;
const BACK_MS = [1_000, 30_000];
const BACK_USUAL_MS = 2_000;
const REREAD_SPREAD_MS = 3_000;
const MARK_SPREAD_MS = 300;
const main = document.getElementById("main");

let movedAt = 0;
document.addEventListener("pointermove", () => (movedAt = Date.now()), { passive: true });

function underHand(element) {
  if (element.contains(document.activeElement) && document.activeElement !== document.body) return true;
  if (element.querySelector("details[open], [aria-expanded=true], :popover-open")) return true;
  return Date.now() - movedAt < HAND_MS && element.matches(":hover");
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// What a row wants said aloud.
function newsOf(row) {
  return [row, ...row.querySelectorAll("[data-announce]")].map((part) => part.dataset.announce).filter(Boolean);
}

class LivePage extends HTMLElement {
  connectedCallback() {
    this.versions = new Map([[this.getAttribute("topic"), Number(this.getAttribute("version"))]]);
    for (const topic of (this.getAttribute("also") ?? "").split(" ").filter(Boolean)) this.versions.set(topic, 0);
    this.foreign = new Set([this.getAttribute("topic")]);
    for (const { dataset } of document.querySelectorAll("[data-also]")) {
      const [topic, version] = dataset.also.split("@"); // a page that is put together from several
      this.versions.set(topic, Number(version));
      this.foreign.add(topic);
    }
    this.waiting = new Map(); // element id -> html that waits until the hand has left
    this.orders = {};
    this.attempt = 0;
    this.heardAt = Date.now();
    this.lastAt = window.wardline.now();
    this.listen = new AbortController();
    const { signal } = this.listen;
    document.addEventListener("visibilitychange", () => this.visibility(), { signal });
    window.addEventListener("online", () => this.open(), { signal });
    window.addEventListener("pagehide", () => this.shut(), { signal });
    window.addEventListener("pageshow", (event) => event.persisted && this.wake(), { signal });
    document.addEventListener("focusout", () => setTimeout(() => this.flush()), { signal });
    this.ticker = setInterval(() => this.tick(), 1_000);
    this.open();
  }

  disconnectedCallback() {
    this.listen.abort();
    clearInterval(this.ticker);
    this.shut();
  }

  // ---- the stream ----

  open() {
    this.shut();
    if (document.hidden) return;
    const query = new URLSearchParams();
    for (const [topic, version] of this.versions) {
      query.append("topic", topic);
      query.append("version", version);
    }
    this.stream = window.wardline.listen(`/live?${query}`, {
      opened: () => this.heard(),
      event: (name, data) => this.told(name, data),
      ended: (status, backMs) => this.lost(status, backMs),
    });
  }

  told(name, data) {
    if (name === "rows") this.rows(data);
    else this.heartbeat(data);
  }

  shut() {
    clearTimeout(this.retry);
    this.stream?.close();
    this.stream = null;
  }

  // After a restart of the server a whole network must not return in one second. The server says how long to stay away,
  // to each at random and longer the more there are; where it says nothing more, the wait doubles, with full jitter.
  lost(status, backMs) {
    this.shut();
    const [least, most] = BACK_MS;
    const wait = status === 503 ? (backMs ?? BACK_USUAL_MS) + Math.random() * least : this.backoff(backMs, least, most);
    this.attempt += 1;
    this.retry = setTimeout(() => this.open(), wait);
    this.chip("warn", "refresh-cw", "Reconnecting");
    if (this.attempt === 4 || status === 401) this.reread();
  }

  backoff(backMs, least, most) {
    if (backMs !== null) return backMs;
    return least / 2 + Math.random() * Math.min(most, BACK_USUAL_MS * 2 ** this.attempt);
  }

  visibility() {
    if (document.hidden) this.shut();
    else this.wake();
  }

  wake() {
    this.attempt = 0;
    this.open();
    this.reread();
  }

  heard(at = null) {
    this.attempt = 0;
    this.heardAt = Date.now();
    if (at) window.wardline.hear(at);
    this.lastAt = window.wardline.now();
    if ("stale" in document.body.dataset) {
      delete document.body.dataset.stale;
      window.wardline.announce("Live again");
      if (!this.lapsed) this.reread(); // a copy from this device
      this.lapsed = false;
    }
    this.chip("ok", "wifi", "Live", window.wardline.clock(this.lastAt, true));
  }

  heartbeat({ versions, at }) {
    this.heard(at);
    for (const [topic, version] of Object.entries(versions ?? {})) {
      if (version > (this.versions.get(topic) ?? version)) this.behind(topic, version);
    }
  }

  behind(topic, version) {
    if (this.check) return;
    this.check = setTimeout(() => {
      this.check = 0;
      if (version > this.versions.get(topic)) this.reread(Math.random() * REREAD_SPREAD_MS);
    }, GRACE_MS);
  }

  tick() {
    this.flush();
    if (document.hidden || Date.now() - this.heardAt < STALE_MS || "stale" in document.body.dataset) return;
    const since = window.wardline.clock(this.lastAt);
    document.body.dataset.stale = since;
    this.lapsed = true; // the stream brings what was missed
    const words = `Not live since ${since}`;
    document.getElementById("stale-words").textContent = `${words}. What you see was last updated then. Check before you act.`;
    this.chip("warn", "wifi-off", words);
    window.wardline.announce(words);
  }

  chip(kind, icon, words, time = "") {
    const chip = this.querySelector(".live");
    if (!chip) return;
    if ("stale" in document.body.dataset && kind !== "ok") [icon, words] = ["wifi-off", `Not live since ${document.body.dataset.stale}`];
    chip.className = `chip live ${kind}`;
    if (chip.dataset.icon !== icon) {
      chip.dataset.icon = icon;
      chip.querySelector("svg")?.replaceWith(window.wardline.icon(icon));
    }
    const text = `${words} ${time}`.trim();
    if (chip.lastElementChild.textContent !== text) chip.lastElementChild.textContent = text;
  }

  // ---- rows ----

  rows({ topic, version, html, order, whole }) {
    this.heard();
    const before = this.versions.get(topic) ?? -1;
    if (version < before) return;
    this.versions.set(topic, version);
    Object.assign(this.orders, order ?? {});
    if (this.isForeign(topic, Object.keys(html ?? {}))) {
      if (version > before) this.reread(Math.random() * MARK_SPREAD_MS);
      return;
    }
    if (whole) this.dropOthers(order ?? {});
    for (const [id, text] of Object.entries(html ?? {})) this.waiting.set(id, text);
    this.flush();
  }

  dropOthers(order) {
    for (const [container, ids] of Object.entries(order)) {
      const known = new Set(ids);
      for (const row of document.getElementById(container)?.children ?? []) {
        if (row.id && !known.has(row.id)) this.waiting.set(row.id, null);
      }
    }
  }

  // A page may follow another page's topic (the ward by risk follows the ward): where none of the rows has a place here,
  // something that the page shows in its own way has changed.
  isForeign(topic, ids) {
    if (!this.foreign.has(topic) || !ids.length) return false;
    return !ids.some((id) => document.getElementById(id) || this.placeOf(id));
  }

  flush(all = false) {
    if (!this.waiting.size) return;
    const told = [];
    for (const [id, text] of this.waiting) {
      const done = this.put(id, text, all);
      if (!done) continue;
      this.waiting.delete(id);
      if (done !== true) told.push(done);
    }
    this.offer();
    this.tell(told);
  }

  // Returns false when it has to wait, true when nothing is visible, else the new row and what it has to say.
  put(id, text, all) {
    const old = document.getElementById(id);
    if (old && !all && underHand(old)) return false;
    if (text === null) {
      old?.remove();
      return true;
    }
    const fresh = parse(text);
    if (!fresh) return true;
    if ("reread" in fresh.dataset) {
      this.reread(Math.random() * MARK_SPREAD_MS);
      return true;
    }
    if (old) {
      if (old.isEqualNode(fresh)) return true;
      old.replaceWith(fresh);
    } else if (!this.insert(fresh, all)) return !this.placeOf(id);
    window.htmx?.process(fresh);
    fresh.classList.add("changed");
    setTimeout(() => fresh.classList.remove("changed"), WASH_MS);
    const before = old ? newsOf(old) : [];
    return { row: fresh, words: newsOf(fresh).filter((words) => !before.includes(words)) };
  }

  placeOf(id) {
    const entry = Object.entries(this.orders).find(([, ids]) => ids.includes(id));
    const container = entry && document.getElementById(entry[0]);
    return container && { container, ids: entry[1] };
  }

  // A new row goes behind its nearest known neighbour; the rows already there keep their places.
  insert(fresh, all) {
    const place = this.placeOf(fresh.id);
    if (!place || (!all && underHand(place.container))) return false;
    const at = place.ids.indexOf(fresh.id);
    const before = place.ids.slice(0, at).reverse().map((id) => document.getElementById(id)).find(Boolean);
    const after = place.ids.slice(at + 1).map((id) => document.getElementById(id)).find(Boolean);
    if (before?.parentElement === place.container) before.after(fresh);
    else if (after?.parentElement === place.container) after.before(fresh);
    else place.container.append(fresh);
    return true;
  }

  // What waits is never hidden: it says how much, and shows it at once when asked.
  offer() {
    const count = this.waiting.size;
    let button = document.getElementById("waiting-changes");
    if (!count) return button?.remove();
    if (!button) {
      button = Object.assign(document.createElement("button"), { id: "waiting-changes", type: "button", className: "waiting-changes go" });
      button.addEventListener("click", () => this.flush(true));
      document.body.append(button);
    }
    const words = count === 1 ? "1 change – show" : `${count} changes – show`;
    if (button.textContent !== words) button.textContent = words;
  }

  tell(changed) {
    if (!changed.length) return;
    window.wardline.announce([...new Set(changed.flatMap(({ words }) => words))].join(". "));
    document.dispatchEvent(new CustomEvent("wardline:rows", { detail: { rows: changed.map(({ row }) => row) } }));
  }

  // ---- reading the page anew ----

  reread(waitMs = 0) {
    clearTimeout(this.rereading);
    this.rereading = setTimeout(() => this.fetchPage(), waitMs);
  }

  async fetchPage() {
    let answer;
    try {
      answer = await fetch(location.href, { headers: { "HX-Request": "true", Accept: "text/html" }, cache: "no-cache" });
    } catch {
      return; // the stream's own backoff goes on trying
    }
    if (answer.status === 401) return location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    if (!answer.ok) return;
    const mark = answer.headers.get("wardline-topic")?.match(/^(.*)@(\d+)$/);
    const text = await answer.text();
    if (mark && Number(mark[2]) < (this.versions.get(mark[1]) ?? 0)) return;
    if (!document.dispatchEvent(new CustomEvent("wardline:reread", { cancelable: true }))) return; // unsaved words
    this.waiting.clear();
    this.offer();
    const opened = main.querySelectorAll("details[open]");
    await window.htmx.swap({ text, target: main, swap: "innerMorph", sourceElement: main, request: {} });
    for (const each of opened) each.open = true;
    if (mark) this.versions.set(mark[1], Number(mark[2]));
    document.dispatchEvent(new CustomEvent("wardline:rows", { detail: { rows: [main] } }));
  }
}

customElements.define("live-page", LivePage);
