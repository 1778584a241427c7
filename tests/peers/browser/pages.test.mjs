// The bot's own pages that no story comes by.

import { story } from "./story.mjs";

story("a link that is a day old is refused", async (arrives) => {
  const ada = await arrives("ada");
  await ada.sends("/elevate");
  await ada.presses("+24 h");
  const tab = await ada.follows("Link my account");
  await tab.shows("That did not work");
  await tab.reads("This link has been used or has expired.");
});

story("while the identity provider has nothing to show, there is a link that leads to it", async (arrives) => {
  const ada = await arrives("ada");
  await ada.sends("/elevate");
  const tab = await ada.follows("Link my account");
  await tab.doesNotReach("**/authorize?*");
  await tab.presses("This is me: go on to sign in");
  await tab.shows("Signing in");
  await tab.offersLink("Go on to sign in");
});

story("nothing is where nobody has been sent", async (arrives) => {
  const ada = await arrives("ada");
  await ada.sends("/elevate");
  const tab = await ada.follows("Link my account");
  await tab.shows("Link your Slack account");
  await tab.opens("/nowhere");
  await tab.shows("Page not found");
});

story("where reviewers must sign in, Bob answers on a page and not in Slack", async (arrives) => {
  const ada = await arrives("ada");
  await ada.sends("/elevate");
  await ada.linksAs("Ada");
  await ada.asks();
  const bob = await arrives("bob");
  await bob.presses("Approve");
  await bob.linksAs("Bob");
  await bob.presses("Approve");
  await bob.hears("Your answer counts after you sign in.");
  const tab = await bob.follows("Sign in");
  await tab.shows("Answer a request");
  await tab.presses("Sign in and approve");
  await tab.shows("Answered");
  await bob.hears("Approved by @Bob");
}, "--step-up");
