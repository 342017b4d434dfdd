// What a hand does on the pages: things are named as who looks at them would name them.

import { execFileSync } from "node:child_process";
import { PATIENCE_MS } from "./browser.mjs";

export class Hand {
  constructor(page) {
    this.page = page;
  }

  button(name, inside = this.page) {
    return inside.getByRole("button", { name, exact: true });
  }
  field(name, inside = this.page) {
    return inside.getByRole("textbox", { name, exact: true });
  }
  dialog() {
    return this.page.getByRole("dialog");
  }
  row(text) {
    return this.page.locator("table.data tbody tr").filter({ hasText: text });
  }
  tab(name) {
    return this.page.getByRole("tab", { name, exact: true });
  }

  /** What a dialog asks, with the word of the button that opened it. */
  async confirm(name) {
    await this.button(name, this.dialog()).click();
    await this.dialog().waitFor({ state: "detached" });
  }

  /** Again and again until something is there: what the button asks for may only be on its way through the cluster. */
  async pressUntil(button, seen, state = "visible") {
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline) {
      // The button may be busy, or gone with what has come.
      await button.click({ timeout: 1000 }).catch(() => undefined);
      const wait = seen.first().waitFor({ state, timeout: 500 });
      if (await wait.then(() => true).catch(() => false)) return;
    }
    throw new Error(`${button} did not bring ${seen} to be ${state}`);
  }

  /** A line in the corner that says how something went. It goes when it is clicked away, or soon after by itself: it is
   *  seen and clicked in one go. */
  async told(text) {
    const dismiss = (wanted) => {
      const notes = [...document.querySelectorAll(".mantine-Notification-root")];
      const note = notes.find((each) => each.textContent.includes(wanted));
      note?.setAttribute("data-read", "");
      note?.querySelector("button").click();
      return note !== undefined;
    };
    await this.page.waitForFunction(dismiss, text);
    await this.page.locator("[data-read]").waitFor({ state: "detached" });
  }

  /** What meshmq_ctl answers; `command` is it with the node that it asks. */
  ctl(command, ...words) {
    const [program, ...first] = command;
    return execFileSync(program, [...first, ...words], { encoding: "utf8" });
  }
  /** Until it answers what is expected. */
  async ctlSays(command, words, expected) {
    const deadline = Date.now() + PATIENCE_MS;
    let said = "";
    while (Date.now() < deadline) {
      said = this.ctl(command, ...words);
      if (expected(said)) return;
      await this.page.waitForTimeout(200);
    }
    throw new Error(`${words.join(" ")} says ${said}`);
  }

  async choose(label, option, inside = this.page) {
    await inside.getByRole("combobox", { name: label, exact: true }).click();
    await this.page.getByRole("option", { name: option, exact: true }).click();
  }

  async logIn(username, password) {
    await this.field("User name").fill(username);
    await this.password(0, password);
    await this.button("Log in").click();
  }
  async password(index, text) {
    await this.page.locator("input[type=password]").nth(index).fill(text);
  }
}
