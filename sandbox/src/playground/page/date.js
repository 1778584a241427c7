// Formats a time in the reader's own time zone, by the demo's shared clock.

let ahead = 0;

/** Sets the shared clock by what the server says. */
export function setClock(now) {
  ahead = Date.parse(now) - Date.now();
}

/** The time by the shared clock. */
export const now = () => new Date(Date.now() + ahead);

const formats = {
  date_num: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  date_slash: (at) => `${two(at.getMonth() + 1)}/${two(at.getDate())}/${at.getFullYear()}`,
  date_short: (at) => at.toLocaleDateString("en", { month: "short", day: "numeric", year: "numeric" }),
  date: (at) => at.toLocaleDateString("en", { month: "long", day: "numeric", year: "numeric" }),
  date_long: (at) => at.toLocaleDateString("en", { weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  time: (at) => at.toLocaleTimeString("en", { hour: "numeric", minute: "2-digit" }),
  time_secs: (at) => at.toLocaleTimeString("en", { hour: "numeric", minute: "2-digit", second: "2-digit" }),
};

/** `<!date^…>` in words; nothing where the format is none of Slack's. */
export function slackDate(unix, format) {
  const at = new Date(unix * 1000);
  let isKnown = true;
  const text = format.split("^")[0].replace(/\{(\w+)\}/g, (_, token) => {
    const plain = token.replace(/_pretty$/, "");
    isKnown &&= plain in formats;
    const relative = token === plain ? undefined : relativeDay(at);
    return relative ?? formats[plain]?.(at);
  });
  return isKnown ? text : undefined;
}

/** The day as a heading: Today, Yesterday, or its date. */
export function day(at) {
  const relative = relativeDay(at);
  return relative ? relative[0].toUpperCase() + relative.slice(1) : formats.date_long(at);
}

export const clockTime = (at) => formats.time(at);
export const clockTimeWithSeconds = (at) =>
  at.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
export const shortDay = (at) => at.toLocaleDateString("en", { weekday: "short", day: "numeric", month: "short" });

function relativeDay(at) {
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  const days = Math.round((midnight(at) - midnight(now())) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

const two = (number) => String(number).padStart(2, "0");
