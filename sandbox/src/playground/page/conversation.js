// Draws a conversation: messages under the day on which they were posted, redrawn only where they change.

import { blocks } from "./blocks.js";
import { clockTime, day } from "./date.js";
import { fill, fillKept, h, picture } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

const place = document.getElementById("place");
const list = document.getElementById("messages");
let drawn = "";

/** Draws the conversation that is looked at, with what only this page has to say in it. */
export function drawConversation(state, notes) {
  const { at } = state;
  fill(place, ...heading(at));
  const said = [...at.messages, ...notes].sort((one, other) => (one.ts < other.ts ? -1 : 1));
  const isNew = drawn !== `${state.me} ${at.id}`;
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const items = [...(at.is_direct ? [{ beginning: true }] : []), ...withDays(said)];
  fillKept(list, items, (item) => (item.beginning ? beginning() : item.day ? dayLine(item) : message(item, state)));
  if (isNew || isAtEnd) list.scrollTop = list.scrollHeight;
  drawn = `${state.me} ${at.id}`;
}

function heading(at) {
  if (!at.is_direct) {
    return [h("h1", {}, "# ", at.name), h("p", { class: "soft" }, `${at.topic} · ${at.members} members`)];
  }
  return [
    h("h1", {}, picture("elevate", 24), " elevate ", h("span", { class: "badge" }, "App")),
    h("p", { class: "soft" }, at.topic),
    h("p", { class: "tab" }, "Messages"),
  ];
}

function withDays(said) {
  let last;
  return said.flatMap((one) => {
    const title = day(new Date(one.ts * 1000));
    const item = { ...one, seen: title };
    if (title === last) return [item];
    last = title;
    return [{ day: title }, item];
  });
}

const beginning = () => h("li", { class: "beginning" },
  h("p", {}, h("strong", {}, "This is the beginning of your messages with elevate,"), " which gives engineers time-bound access to AWS roles. " +
    "Ada asks here, Bob approves, and a link that works once opens the AWS console until the time is up."),
  h("p", { class: "soft" }, "The bot is the real one. Slack, the identity provider and AWS are stand-ins on this machine, and the bot cannot tell."));

const dayLine = (item) => h("li", { class: "day" }, h("span", {}, item.day));

function message(item, { me, names, people, bot, at }) {
  const person = people.find((one) => one.user === item.user);
  const [login, name] = person ? [person.login, person.name] : item.user === bot ? ["elevate", "elevate"] : ["slackbot", "Slackbot"];
  const said = new Date(item.ts * 1000);
  const context = { me, names, at: { channel: at.id, ts: item.ts } };
  return h("li", { class: `message ${item.only_you ? "only-you" : ""}`, "data-ts": item.ts },
    item.only_you && h("p", { class: "whisper" }, eye(), "Only visible to you"),
    picture(login, 36),
    h("article", { "aria-label": `${name}, ${clockTime(said)}` },
      h("header", {}, h("strong", {}, name), item.user === bot && h("span", { class: "badge" }, "App"), h("time", { datetime: said.toISOString() }, clockTime(said))),
      h("div", { class: "blocks" }, item.blocks.length ? blocks(item.blocks, context) : h("p", {}, mrkdwn(item.text, context)))));
}

function eye() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M8 3C4.5 3 1.9 5.6 1 8c.9 2.4 3.5 5 7 5s6.1-2.6 7-5c-.9-2.4-3.5-5-7-5zm0 8a3 3 0 1 1 0-6 3 3 0 0 1 0 6z");
  svg.append(path);
  return svg;
}
