// The pictures: what people see of elevate, as README shows it.

import { mkdir, writeFile } from "node:fs/promises";

import { story } from "./story.mjs";

/** Wide enough for people and places beside the conversation, and no wider than README is shown. */
const SIZE = { width: 1000, height: 680 };
/** Pixels of a picture to a pixel of the page, for screens that show more. */
const SCALE = 1.6;
const FOLDER = "pictures";

story("the story has its picture taken", async (arrives) => {
  const slack = await arrives("ada");
  await slack.page.setViewportSize(SIZE);
  await slack.says("/elevate link");
  await slack.linksAs("Ada");
  await slack.says("/elevate");
  const answers = { "Account and role": "prod / S3Admin · 111122223333", "For how long": "1h" };
  await slack.writes({ ...answers, Why: "The bucket policy of invoices is broken, customers cannot pay" });
  await take(slack, "request");
  await slack.sendsForm("Request");
  await slack.hears("You requested");

  await slack.becomes("Bob");
  await slack.says("/elevate link");
  await slack.linksAs("Bob");
  await slack.reloads();
  await slack.offers("Approve");
  await take(slack, "card");
  await slack.presses("Approve");
  await slack.hears("Approved by @Bob");

  await slack.becomes("Ada");
  await slack.hears("Your link to prod (111122223333) / S3Admin");
  await take(slack, "approved");
  const console = await slack.follows("Open AWS console");
  await console.page.setViewportSize(SIZE);
  await console.shows("Signed in to AWS");
  await console.presses("Try s3:ListAllMyBuckets");
  await console.reads("Allowed");
  await take(console, "console");

  await slack.becomes("Carol");
  await slack.hears("Session issued");
  await take(slack, "audit");
});

/** A WebP, which Chromium makes though Playwright does not ask for any. */
async function take({ page }, name) {
  await page.emulateMedia({ colorScheme: "light" });
  const devtools = await page.context().newCDPSession(page);
  const clip = { x: 0, y: 0, ...SIZE, scale: SCALE };
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 60, clip });
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${FOLDER}/${name}.webp`, data, "base64");
}
