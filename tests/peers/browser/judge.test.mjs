// The judge is shown pages that are wrong, and must say so.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser } from "./browser.mjs";
import { findings, listen } from "./judge.mjs";

const ADDRESS = "http://127.0.0.1/page";
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self'";

/** What stands in the page, and what the judge has to say of it. */
const WRONG = [
  ["<script>console.error('out of order')</script>", /out of order/],
  ["<script>throw new Error('broken')</script>", /broken/],
  ["<img src='/missing.png' alt='nothing'>", /404/],
  ["<img src='http://127.0.0.2/elsewhere.png' alt='nothing'>", /Content Security Policy/],
  ["<script>document.body.setAttribute('onclick', 'eval(\"1\")'), eval('1')</script>", /Content Security Policy/],
  ["<button></button>", /Buttons must have discernible text: <button>/],
  ["<input>", /Form elements must have labels/],
  ["<p style='color: #aaa; background: #fff'>pale</p>", /color contrast/],
  ["<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style><p>pale</p>", /dark, 1280 px.*color contrast/],
  ["<p style='width: 400px'>wide</p>", /360 px: it scrolls sideways/],
];

test("a page that is as it should be is left alone", async () => {
  assert.deepEqual(await judged("<p>Well</p>"), []);
});

for (const [body, complaint] of WRONG) {
  test(`something is wrong with ${body}`, async () => assert.match((await judged(body)).join("\n"), complaint));
}

async function judged(body) {
  const context = await browser.newContext();
  const complaints = listen(context);
  const html = `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${body}</main></html>`;
  await context.route("**", (route) => {
    const isThePage = route.request().url() === ADDRESS;
    return route.fulfill(isThePage ? { contentType: "text/html", headers: { "Content-Security-Policy": POLICY }, body: html } : { status: 404 });
  });
  const page = await context.newPage();
  await page.goto(ADDRESS);
  const all = [...(await findings(page)), ...complaints];
  await context.close();
  return all;
}
