// What do people do in a browser? They read, type and press, by the names that things have for them.

import assert from "node:assert/strict";

import { findings } from "./judge.mjs";

/** A tab of somebody's browser. */
export class Tab {
  constructor(page) {
    this.page = page;
  }

  /** Waits for a page by its title, and holds it to what every page must be. */
  async shows(title) {
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor();
    await this.isInOrder();
  }

  /** Waits for words, wherever they stand. */
  async reads(words) {
    await this.page.getByText(words).last().waitFor();
  }

  /** Presses the last button of this name. */
  async presses(name) {
    await this.button(name).click();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true }).last();
  }

  /** Waits for a link. */
  async offersLink(name) {
    await this.page.getByRole("link", { name }).waitFor();
  }

  /** Goes to another page of where they are. */
  async opens(path) {
    await this.page.goto(new URL(path, this.page.url()).href);
  }

  /** Stays where they are, from here on, when the page leads to an address that matches the pattern. */
  async doesNotReach(pattern) {
    await this.page.route(pattern, (route) => route.fulfill({ status: 204 }));
  }

  /** Says at the identity provider who they are. */
  async signsInAs(name) {
    await this.shows("Sign in");
    await this.page.getByRole("button", { name: `Continue as ${name}` }).click();
  }

  async isInOrder() {
    assert.deepEqual(await findings(this.page), []);
  }
}

/** Somebody in the demo's Slack. */
export class Person extends Tab {
  /** Opens a tab in which this is somebody, by what they sign in as. */
  static async arrives(context, origin, login) {
    const page = await context.newPage();
    await page.goto(`${origin}/?as=${login}`);
    const person = new Person(page);
    await person.isCalled("·");
    return person;
  }

  get composer() {
    return this.page.getByRole("combobox", { name: "Message" });
  }

  /** What was said last that has these words in it. */
  message(words) {
    return this.page.getByRole("list", { name: "Messages" }).getByRole("article").filter({ hasText: words }).last();
  }

  get form() {
    return this.page.getByRole("dialog");
  }

  /** Types a line and does not send it. */
  async types(line) {
    await this.composer.fill(line);
  }

  /** Types a line and sends it. */
  async says(line) {
    await this.types(line);
    await this.composer.press("Enter");
  }

  /** Sends what stands in the composer already. */
  async sends(line) {
    assert.equal(await this.composer.inputValue(), line);
    await this.composer.press("Enter");
  }

  /** Waits for somebody's message with these words in it. */
  async hears(words) {
    await this.message(words).waitFor();
  }

  /** Turns to another tab of those behind the scenes. */
  async turnsTo(name) {
    await this.page.getByRole("tab", { name }).click();
  }

  /** Waits for a button. */
  async offers(name) {
    await this.button(name).waitFor();
  }

  /** What happened, a word or two for each line of the audit channel. */
  async auditSteps() {
    const lines = await this.page.getByRole("list", { name: "Messages" }).getByRole("article").allInnerTexts();
    return lines.map((line) => line.match(/ · (?:⚠ )?([A-Z][a-z ]+) · /)[1]);
  }

  /** Goes to a conversation. */
  async goesTo(place) {
    await this.page.getByRole("navigation").getByRole("link", { name: place }).click();
    await this.isCalled(place.replace("# ", "#"));
  }

  /** Goes where the page's own hint leads: to be somebody else. */
  async becomes(name) {
    await this.page.getByRole("status").getByRole("button", { name: `Be ${name}` }).click();
    await this.isCalled(name);
  }

  /** Waits until the tab is called something with these words in it. */
  async isCalled(words) {
    await this.page.waitForFunction((words) => document.title.includes(words), words);
  }

  /** Fills in the form that lies in front, by the names of its fields. */
  async writes(fields) {
    for (const [name, value] of Object.entries(fields)) {
      const field = this.form.getByLabel(name, { exact: true });
      const isList = await field.evaluate((element) => element.matches("select"));
      await (isList ? field.selectOption({ label: value }) : field.fill(value));
    }
  }

  /** Sends the form, by the name of its button. */
  async sendsForm(name) {
    await this.form.getByRole("button", { name, exact: true }).click();
  }

  /** Loads the page anew, and with that loses what only they saw. */
  async reloads() {
    await this.page.reload();
    await this.isCalled("·");
  }

  /** Follows a link of this name, which opens a tab. */
  async follows(name) {
    const opened = this.page.waitForEvent("popup");
    await this.link(name).click();
    return new Tab(await opened);
  }

  /** The address of a link, as it is copied. */
  async copies(name) {
    return this.link(name).evaluate((link) => link.href);
  }

  /** Follows the invitation that stands there, and is linked when this ends. */
  async linksAs(name) {
    const tab = await this.follows("Link my account");
    await tab.shows("Link your Slack account");
    await tab.presses("This is me: go on to sign in");
    await tab.signsInAs(name);
    await tab.shows("Linked");
  }

  /** Asks for what everybody here asks for. */
  async asks() {
    await this.says("/elevate 111122223333/S3Admin 1h the bucket policy of invoices is broken");
    await this.hears("You requested");
  }

  link(name) {
    return this.page.getByRole("list", { name: "Messages" }).getByRole("link", { name }).last();
  }
}
