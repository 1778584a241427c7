// What is wrong with what a browser shows? What its console complains of, what its policies refuse, and what axe finds.

import axe from "axe-core";

/** How people look at a page: at a desk and on a phone, by day and by night. */
const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
const SCHEMES = ["light", "dark"];

/** The findings of axe that keep somebody from using a page. */
const SERIOUS = ["serious", "critical"];

/** Listens to every page of a browser; hands back the list into which complaints go as they come. */
export function listen(context) {
  const complaints = [];
  const complain = (page, what) => complaints.push(`${where(page.url())}: ${what}`);
  context.on("console", (message) => {
    // That a page was refused is no fault of it: the person who is there reads why.
    const isRefusal = message.text().startsWith("Failed to load resource") && message.location().url === message.page().url();
    if (message.type() === "error" && !isRefusal) complain(message.page(), `${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => complain(error.page(), error.error().stack));
  context.on("requestfailed", (request) => {
    if (request.failure().errorText !== "net::ERR_ABORTED") complain(request.frame().page(), `${request.url()} failed`);
  });
  return complaints;
}

/** What keeps people from using a page, however they look at it: nothing, if it is as it should be. */
export async function findings(page) {
  const before = page.viewportSize();
  const found = new Set();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      for (const finding of await findingsOf(page)) found.add(`${where(page.url())}, ${colorScheme}, ${size.width} px: ${finding}`);
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
  return [...found];
}

async function findingsOf(page) {
  // As source and not as a script of the page, which its policy would refuse.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run({ preload: false, resultTypes: ['violations'] })");
  const serious = violations.filter(({ impact }) => SERIOUS.includes(impact));
  const told = serious.flatMap(({ help, nodes }) => nodes.map((node) => `${help}: ${node.html}`));
  return [...told, ...(await page.evaluate(widest))];
}

/** Runs in the page: what makes it scroll sideways. */
function widest() {
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const sticksOut = [...document.body.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > innerWidth);
  return [`it scrolls sideways: ${sticksOut.at(-1)?.outerHTML}`];
}

/** An address without what may be a secret in it. */
const where = (url) => url.replace(/[\w-]{43}/g, "…").replace(/\?.*/, "?…");
