// Server-sent events out of a fetch, which, unlike EventSource, can post.

/** Yields {name, data} for each event. Throws if the connection breaks before the stream's end. */
export async function* serverEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (kept + value).split("\n\n");
      kept = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event.data) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(block) {
  const fields = block.split("\n").filter((line) => !line.startsWith(":"));
  const of = (name) => fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
  return { name: of("event")[0] ?? "message", data: of("data").join("\n") };
}
