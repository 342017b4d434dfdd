// What a hand does on the pages: things are named as who looks at them would name them.

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

  /** A line in the corner that says how something went; it goes when it is clicked away. */
  async told(text) {
    const note = this.page.locator(".mantine-Notification-root").filter({ hasText: text }).first();
    await note.waitFor();
    await note.getByRole("button").click();
    await note.waitFor({ state: "detached" });
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
