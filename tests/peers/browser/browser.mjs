// The Chromium of this machine: one for each file of tests.

import { after } from "node:test";

import { chromium } from "playwright-core";

// The font of pictures, where it is there.
const args = ["--system-font-family=Inter"];

export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args });

after(() => browser.close());
