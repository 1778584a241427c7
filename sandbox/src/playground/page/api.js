// The page's calls to its server.

export const readModel = (as) => fetched(`/api/read-model?as=${as}`);
export const records = () => fetched("/api/records");
export const calls = () => fetched("/api/calls");

/** Performs an action as a person; returns the message they get. */
export async function act(what, body) {
  const answer = await fetch(`/api/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : answer.json();
}

/** Where this person's browser is led to an address that they have been sent. */
export const browse = (as, to) => `/browse?${new URLSearchParams({ as, to })}`;

/**
 * Calls back for each kind of news, some of it joined together. A page that nobody looks at listens to nothing,
 * since a browser opens few connections to one server; it hears of everything once it is looked at again.
 */
export function listen(heard, lost) {
  const soon = new Map();
  const news = (kind) => {
    if (soon.has(kind)) return;
    soon.set(kind, setTimeout(() => (soon.delete(kind), heard(kind)), 60));
  };
  const kinds = ["slack", "clock", "calls"];
  let source;
  const tune = () => {
    source?.close();
    source = undefined;
    if (document.hidden) return;
    source = new EventSource("/api/live");
    for (const kind of kinds) source.addEventListener(kind, () => news(kind));
    source.addEventListener("open", () => (lost(false), kinds.forEach(news)));
    source.addEventListener("error", () => lost(true));
  };
  document.addEventListener("visibilitychange", tune);
  tune();
}

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}
