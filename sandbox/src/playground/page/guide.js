// The guide: three steps that light up, and one sentence on what to do next.

import { fill, h, picture } from "./dom.js";

const guide = document.getElementById("guide");

const STEPS = [
  { step: "asked", who: "ada", title: "Ada asks" },
  { step: "approved", who: "bob", title: "Bob approves" },
  { step: "opened", who: "ada", title: "Ada opens the console" },
];

/** What stands in the composer until it is sent, where that is the next thing to do. */
export function suggestion(state) {
  const isNext = nextStep(state)?.step === "asked" && state.me === "ada" && state.at.is_direct;
  return isNext && (isLinked(state, "ada") || !sees(state, "person.link")) ? "/elevate" : undefined;
}

/** Draws the steps and the sentence; `go` leads to a person and a place. */
export function drawGuide(state, go) {
  const next = nextStep(state);
  const { text, who, place } = hint(state, next);
  const done = state.records.done;
  fill(guide,
    h("ol", {}, STEPS.map(({ step, who: actor, title }, at) =>
      h("li", { class: done.includes(step) ? "done" : "", "aria-current": next?.step === step && "step" },
        h("span", { class: "number", "aria-hidden": "true" }, done.includes(step) ? "✓" : at + 1),
        picture(actor, 22), h("span", { class: "title" }, title), done.includes(step) && h("span", { class: "hidden" }, ", done")))),
    h("p", { class: "next", role: "status" }, text, " ",
      who && h("button", { type: "button", class: "plain", click: () => go(who, place) }, `Be ${state.people.find((one) => one.login === who).name}`)));
}

const isLinked = ({ people, records }, login) => records.linked.includes(people.find((one) => one.login === login).user);
const nextStep = ({ records }) => STEPS.find(({ step }) => !records.done.includes(step));
const sees = ({ at }, action) => JSON.stringify(at.messages).includes(`"${action}"`);

function hint(state, next) {
  const { me } = state;
  if (!next) {
    const text = "Ada is in. Let time pass to the end and try a call in her console again. Carol has read it all in #access-audit.";
    return me === "carol" ? { text } : { text, who: "carol", place: "C0AUDIT" };
  }
  if (me !== next.who) return { text: elsewhere[next.step], who: next.who, place: next.who === "bob" ? "C0REVIEW" : undefined };
  return { text: here[next.step](state) };
}

const elsewhere = {
  asked: "An engineer needs a role in AWS, for an hour and for a reason.",
  approved: "Ada's request waits in #access-reviews for a reviewer.",
  opened: "Approved. Ada has been sent a link that works once, for her alone.",
};

const here = {
  asked: (state) => {
    if (state.modals.length) return "Choose a role, say for how long and why, and send it.";
    if (isLinked(state, "ada")) return "You are linked. Send /elevate, and say what you need.";
    if (sees(state, "person.link")) return "elevate wants to know who you are: follow the link, sign in as Ada, and come back here.";
    return "You are Ada, an engineer, and need a role in AWS. Send /elevate.";
  },
  approved: (state) => {
    if (isLinked(state, "bob")) return "You are Bob, a reviewer. Approve Ada's request on its card.";
    if (sees(state, "person.link")) return "elevate wants to know who you are: follow the link, sign in as Bob, and press Approve again.";
    return "You are Bob, a reviewer. Approve Ada's request; elevate will first ask who you are.";
  },
  opened: () => "Approved. Follow the link that only you can see, and that works once.",
};
