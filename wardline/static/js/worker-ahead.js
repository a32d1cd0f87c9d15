// The round, kept ahead: who opens a ward's list of due medicines gets the medicines of its patients along, in one request
// that the server may refuse, so that a round begun before the network went can be finished.

const AHEAD_AGE_MS = 20 * 60_000;
const AHEAD_WAIT_MS = 2_000; // the page comes first
const RESTS_MS = 60_000;
let restsUntil = 0;

const escaped = (words) => words.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

// The page that was opened, with other content.
function pageWith(shell, { title, topic, html }) {
  return shell
    .replace(/<title>[^<]*/, () => `<title>${escaped(title)}`)
    .replace(/<live-page topic="[^"]*" version="[^"]*"/, () => `<live-page topic="${topic}" version="0"`)
    .replace(/(<main[^>]*>).*(<\/main>)/s, (whole, begin, end) => `${begin}\n${html}\n${end}`);
}

async function keepAhead(shell, page, kept) {
  await self.copies.ahead(`page:${page.address}`, pageWith(shell, page), kept);
  const sheet = page.html.indexOf('<aside class="sheet');
  if (sheet > 0) await self.copies.ahead(`part:${page.address}`, page.html.slice(sheet), kept);
}

// The server asks for less: nothing is fetched ahead for a while.
self.rest = (answer) => {
  if ([429, 503].includes(answer.status)) restsUntil = Date.now() + Math.max(RESTS_MS, 1_000 * Number(answer.headers.get("retry-after") ?? 0));
};

self.ahead = async (address, shell, headers) => {
  const ward = address.match(/^\/wards\/[\w-]+\/round/)?.[0];
  if (!ward || navigator.connection?.saveData) return;
  if ((await self.copies.age(`ahead:${ward}`)) < AHEAD_AGE_MS) return;
  await new Promise((resolve) => setTimeout(resolve, AHEAD_WAIT_MS));
  if (Date.now() < restsUntil) return;
  const kept = { mark: self.markOf(shell), askedAt: Date.now(), headers };
  const answer = await fetch(`${ward}/ahead`, { headers: { Accept: "application/json" }, priority: "low" });
  self.rest(answer);
  if (!answer.ok) return;
  const { pages } = await answer.json();
  for (const page of pages) await keepAhead(shell, page, kept);
  await self.copies.ahead(`ahead:${ward}`, " ", { ...kept, headers: [] });
};
