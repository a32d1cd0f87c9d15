// wardline.listen(address, {opened, event, ended}): server-sent events, read with fetch.
//
// EventSource tells neither why a stream was refused nor when to come again, and comes back by itself in its own time.
// Here `ended` hears both: the status it was refused with (0 when the line was lost) and after how many milliseconds the
// server wants it back: Retry-After of a refusal, else the last `retry:` of the stream, else null.

function eventOf(block) {
  const event = { name: "message", data: [], retry: null };
  for (const line of block.split("\n")) {
    const [, field, value] = line.match(/^([a-z]*): ?(.*)$/) ?? [];
    if (field === "event") event.name = value;
    else if (field === "data") event.data.push(value);
    else if (field === "retry") event.retry = Number(value);
  }
  return event;
}

async function* blocksOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    yield* blocks;
  }
}

window.wardline.listen = (address, { opened, event, ended }) => {
  const stop = new AbortController();
  let status = 0;
  let backMs = null;
  async function read() {
    const answer = await fetch(address, { headers: { Accept: "text/event-stream" }, cache: "no-store", signal: stop.signal });
    status = answer.status;
    const after = Number(answer.headers.get("retry-after"));
    if (after) backMs = after * 1_000;
    if (!answer.ok) return;
    opened();
    for await (const block of blocksOf(answer.body)) {
      const { name, data, retry } = eventOf(block);
      if (retry) backMs = retry;
      if (data.length) event(name, JSON.parse(data.join("\n")));
    }
  }
  read()
    .catch(() => {})
    .finally(() => stop.signal.aborted || ended(status, backMs));
  return { close: () => stop.abort() };
};
