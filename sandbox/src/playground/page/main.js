// The page's state: fetched again on each notification, and drawn by the other files.

import * as api from "./api.js";
import { drawComposer } from "./composer.js";
import { drawConversation } from "./conversation.js";
import { clockTime, now, setClock, shortDay } from "./date.js";
import { fill, h } from "./dom.js";
import { drawRecords, drawCalls } from "./drawer.js";
import { drawGuide, suggestion } from "./guide.js";
import { drawModal } from "./modal.js";
import { drawSidebar } from "./sidebar.js";

const time = document.getElementById("time");
const people = ["ada", "bob", "carol", "mallory"];
/** The conversation that opens first. */
const HOME = { bob: "C0REVIEW", carol: "C0AUDIT", mallory: "C0PARTNERS" };

let me = asked();
let state;
/** Messages that only this page shows, by person and conversation. */
const notes = new Map();

function asked() {
  const name = new URLSearchParams(location.search).get("as");
  return people.includes(name) ? name : "ada";
}

let fetches = 0;

/** Fetches all that there is to see; what was fetched before it and comes after it is of no use. */
async function refresh() {
  const fetch = (fetches += 1);
  const [readModel, records] = await Promise.all([api.readModel(me), api.records()]);
  if (fetch !== fetches) return;
  setClock(readModel.now);
  state = { ...readModel, records, at: whereabouts(readModel) };
  remember();
  draw();
}

/** The conversation that the address names, or where this person is at home. */
function whereabouts({ places }) {
  const wanted = [location.hash.slice(1), HOME[me]];
  const found = wanted.map((id) => places.find((place) => place.id === id)).find(Boolean);
  return found ?? places.find((place) => place.is_direct) ?? places[0];
}

function draw() {
  const person = state.people.find((one) => one.login === me);
  document.title = `${person.name} · ${state.at.is_direct ? "elevate" : `#${state.at.name}`} · Example Corp`;
  drawSidebar(state, isUnread, go);
  drawConversation(state, notes.get(`${me} ${state.at.id}`) ?? []);
  drawComposer(state, suggestion(state), sayOnly);
  drawGuide(state, go);
  drawModal(state);
  drawTime();
  drawRecords(state.records);
}

function go(who, place) {
  history.pushState({}, "", `?as=${who}${place ? `#${place}` : ""}`);
  arrive();
}

function arrive() {
  me = asked();
  refresh();
}

/** Shows a message from Slack itself, if the bot could not respond. */
function sayOnly(channel, text) {
  const key = `${me} ${channel}`;
  const ts = (now() / 1000).toFixed(6);
  notes.set(key, [...(notes.get(key) ?? []), { key: ts, ts, user: "", text, blocks: [], edits: 0, only_you: true }]);
  draw();
}

/** Marks the open conversation as read. A new run starts with nothing read. */
function remember() {
  if (localStorage.getItem("run") !== state.run) {
    localStorage.clear();
    localStorage.setItem("run", state.run);
  }
  const newest = state.people.find((one) => one.login === me).newest[state.at.id];
  if (newest && !document.hidden) localStorage.setItem(`${me} ${state.at.id}`, newest);
}

/** Whether a person has unread messages, in one conversation or in any. */
function isUnread(person, place) {
  const places = place ? [place] : Object.keys(person.newest);
  return places.some((id) => (person.newest[id] ?? "") > (localStorage.getItem(`${person.login} ${id}`) ?? ""));
}

function drawTime() {
  const ends = state.records.requests.map((request) => Date.parse(request.until)).filter((until) => until > now());
  const pass = (label, seconds) =>
    h("button", { type: "button", class: "plain", disabled: !(seconds > 0), click: () => api.act("time", { seconds }) }, label);
  const untilTheEnd = ends.length ? Math.ceil((Math.min(...ends) - now()) / 1000) : 0;
  const focused = [...time.children].indexOf(document.activeElement);
  fill(time, h("time", { id: "clock" }), pass("+1 min", 60), pass("To the end", untilTheEnd), pass("+24 h", 86_400));
  time.children[focused]?.focus();
  tick();
}

function tick() {
  const clock = document.getElementById("clock");
  if (clock) clock.textContent = `${shortDay(now())}, ${clockTime(now())}`;
}

addEventListener("popstate", arrive);
document.addEventListener("visibilitychange", () => state && !document.hidden && refresh());
setInterval(tick, 1000);

await api.act("reloads", { as: me });
await refresh();
api.listen(
  (kind) => (kind === "calls" ? drawCalls() : refresh()),
  (isLost) => document.body.classList.toggle("lost", isLost),
);
