// The demo, played as people would: in Slack, at the identity provider, on the bot's own pages and in the console.

import assert from "node:assert/strict";

import { story } from "./story.mjs";

story("one person plays Ada and Bob, and Ada is in the console until her time is up", async (arrives) => {
  const slack = await arrives("ada");
  await slack.isInOrder();
  await slack.types("/");
  await slack.reads("What you can request, and your latest requests");
  await slack.isInOrder();
  await slack.says("/elevate");
  await slack.hears("is not linked yet");
  await slack.isInOrder();
  await slack.linksAs("Ada");
  await slack.hears("Your Slack account is linked to ada@example.com");

  await slack.sends("/elevate");
  await slack.sendsForm("Request");
  await slack.reads("Please complete this required field.");
  await slack.isInOrder();
  const why = "The bucket policy of invoices is broken, customers cannot pay";
  await slack.writes({ "Account and role": "prod / S3Admin · 111122223333", "For how long": "1h", Why: why });
  await slack.sendsForm("Request");
  await slack.hears("You requested prod (111122223333) / S3Admin");

  await slack.becomes("Bob");
  await slack.hears(why);
  await slack.isInOrder();
  await slack.presses("Approve");
  await slack.linksAs("Bob");
  await slack.presses("Approve");
  await slack.hears("Approved by @Bob");
  await slack.isInOrder();

  await slack.becomes("Ada");
  await slack.hears("Approved by @Bob");
  await slack.isInOrder();
  const console = await slack.follows("Open AWS console");
  await console.shows("Signed in to AWS");
  await console.presses("Try s3:ListAllMyBuckets");
  await console.reads("Allowed");
  await slack.presses("To the end");
  await slack.hears("Ended · the window closed");
  await console.presses("Try s3:ListAllMyBuckets");
  await console.shows("Your session has ended");

  await slack.becomes("Carol");
  await slack.hears("S3Admin ended");
  await slack.isInOrder();
  const steps = ["Linked", "Requested", "Refused", "Linked", "Approved", "Session requested", "Session issued", "Ended"];
  assert.deepEqual(await slack.auditSteps(), ["Policy changed", ...steps]);

  await slack.presses("Behind the scenes");
  await slack.reads("AssumeRole");
  await slack.isInOrder();
  await slack.turnsTo("Written down");
  await slack.reads("session issued");
  await slack.isInOrder();
});

story("Bob rejects, and Ada reads why", async (arrives) => {
  const [ada, bob] = await bothAreLinked(arrives);
  await ada.asks();
  await bob.goesTo("# access-reviews");
  await bob.presses("Reject");
  await bob.sendsForm("Reject");
  await bob.reads("Please complete this required field.");
  await bob.isInOrder();
  await bob.writes({ Why: "ReadOnly is enough for that" });
  await bob.sendsForm("Reject");
  await bob.hears("Rejected by @Bob");
  await ada.hears("ReadOnly is enough for that");
  await ada.isInOrder();
});

story("nobody answers, and the request expires for everybody", async (arrives) => {
  const [ada, bob] = await bothAreLinked(arrives);
  await ada.asks();
  await bob.goesTo("# access-reviews");
  await bob.offers("Approve");
  await ada.presses("+24 h");
  await ada.hears("Expired · not answered");
  await bob.hears("Expired · not answered");
  assert.equal(await bob.button("Approve").count(), 0);
  await bob.isInOrder();
});

story("a link that Ada has passed on opens nothing for Bob, and the console for Ada", async (arrives) => {
  const [ada, bob] = await bothAreLinked(arrives);
  await ada.asks();
  await bob.goesTo("# access-reviews");
  await bob.presses("Approve");
  await ada.hears("Your link to prod (111122223333) / S3Admin");
  const link = await ada.copies("Open AWS console");
  await ada.goesTo("# general");
  await ada.says(link);
  await bob.goesTo("# general");
  const refused = await bob.follows(/\/console\//);
  await refused.shows("That did not work");
  await refused.reads("You signed in as bob@example.com, but this access was approved for someone else.");

  await ada.goesTo("elevate");
  const opened = await ada.follows("Open AWS console");
  await opened.shows("Signed in to AWS");
  const carol = await arrives("carol");
  await carol.hears("You signed in as bob@example.com");
});

story("Mallory, of another company, gets nowhere", async (arrives) => {
  const mallory = await arrives("mallory");
  await mallory.says("/elevate");
  await mallory.hears("/elevate is not a valid command.");
  await mallory.isInOrder();

  const ada = await arrives("ada");
  await ada.goesTo("# partners");
  await ada.says("/elevate");
  await ada.hears("is not linked yet");
  await ada.says(await ada.copies("Link my account"));
  const tab = await mallory.follows(/\/link\//);
  await tab.shows("Link your Slack account");
  await tab.presses("This is me: go on to sign in");
  await tab.signsInAs("Mallory");
  await tab.shows("That did not work");
  await tab.reads("You signed in as mallory@elsewhere.example");

  const carol = await arrives("carol");
  await carol.hears("Refused");
  assert.deepEqual(await carol.auditSteps(), ["Policy changed", "Refused"]);
});

/** Ada and Bob, each in a tab, with their Slack accounts linked. */
async function bothAreLinked(arrives) {
  const ada = await arrives("ada");
  await ada.says("/elevate link");
  const bob = await arrives("bob");
  await bob.goesTo("elevate");
  await bob.says("/elevate link");
  await ada.linksAs("Ada");
  await bob.linksAs("Bob");
  return [ada, bob];
}
