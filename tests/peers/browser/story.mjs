// A story: people in a browser, a demo of their own, and nothing that goes wrong unheard.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browser } from "./browser.mjs";
import { startDemo } from "./demo.mjs";
import { listen } from "./judge.mjs";
import { Person } from "./people.mjs";

/** For how many milliseconds somebody waits for what should come. */
const PATIENCE = 20_000;

/**
 * Tells a story in a demo that was started with these flags. `play` gets what lets somebody arrive, in a tab of
 * the one browser in which one person plays everybody.
 */
export function story(title, play, ...flags) {
  test(title, async () => {
    const demo = await startDemo(...flags);
    const context = await browser.newContext({ locale: "en", timezoneId: "UTC" });
    context.setDefaultTimeout(PATIENCE);
    const complaints = listen(context);
    try {
      await play((login) => Person.arrives(context, demo.origin, login));
      assert.deepEqual(complaints, []);
    } catch (failure) {
      await picture(context.pages(), title);
      throw failure;
    } finally {
      await context.close();
      await demo.end();
    }
  });
}

/** Takes a picture of every tab, for whoever looks into why a story failed. A tab that cannot be shown does not hide that. */
async function picture(pages, title) {
  const taken = pages.map((page, at) => page.screenshot({ path: `failed: ${title}, ${at}.png` }));
  await Promise.allSettled(taken);
}
