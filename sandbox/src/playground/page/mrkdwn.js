// Draws text in Slack's markup.

import { slackDate } from "./date.js";
import { h } from "./dom.js";
import { browse } from "./api.js";

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** What a pair of marks makes of what stands between them. */
const MARKS = { "*": "strong", _: "em", "~": "s" };

/** A text in mrkdwn, as nodes: lines, quotes, code, and all that can stand within them. */
export function mrkdwn(text, context) {
  return text.split("```").map((part, at) => (at % 2 ? h("pre", {}, unescaped(part.trim())) : lines(part, context)));
}

function lines(text, context) {
  const nodes = [];
  let quote;
  for (const [at, line] of text.split("\n").entries()) {
    const quoted = line.match(/^(?:>|&gt;) ?(.*)$/);
    if (quoted) {
      if (quote) quote.append(h("br"));
      else nodes.push((quote = h("blockquote")));
      quote.append(...inline(quoted[1], context));
      continue;
    }
    if (at > 0 && !quote) nodes.push(h("br"));
    quote = undefined;
    nodes.push(...inline(line, context));
  }
  return nodes;
}

/** Code; what stands in angle brackets; and text between two marks that stand at the edges of words. */
const SPECIAL = /`([^`]+)`|<([^>]+)>|(?<!\w)([*_~])(?=\S)(.+?)(?<=\S)\3(?!\w)/g;

/** One line. */
function inline(line, context) {
  const nodes = [];
  let read = 0;
  for (const { 0: whole, 1: code, 2: inside, 3: mark, 4: between, index } of line.matchAll(SPECIAL)) {
    nodes.push(unescaped(line.slice(read, index)));
    if (code) nodes.push(h("code", {}, unescaped(code)));
    else if (inside) nodes.push(bracketed(inside, context));
    else nodes.push(h(MARKS[mark], {}, ...inline(between, context)));
    read = index + whole.length;
  }
  return [...nodes, unescaped(line.slice(read))];
}

function bracketed(inside, context) {
  const bar = inside.indexOf("|");
  const [target, label] = bar < 0 ? [inside, undefined] : [inside.slice(0, bar), unescaped(inside.slice(bar + 1))];
  const date = target.match(/^!date\^(\d+)\^(.+)$/);
  if (date) return h("time", { datetime: new Date(date[1] * 1000).toISOString() }, slackDate(date[1], date[2]) ?? label);
  if (/^[@#]/.test(target)) {
    return h("span", { class: "mention" }, target[0], context.names[target.slice(1)] ?? label ?? target.slice(1));
  }
  if (target.startsWith("!")) return h("span", { class: "mention" }, "@", target.slice(1).split("^")[0]);
  const url = unescaped(target);
  return h("a", { href: browse(context.me, url), target: "_blank", rel: "noopener" }, label ?? url);
}
