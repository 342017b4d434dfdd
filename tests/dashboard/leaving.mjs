// Other languages and screens, and the end.

import { PHONE, WIDE } from "./browser.mjs";

export const leaving = {
  async "speaks Chinese"({ page, browser, hand, scene }) {
    await browser.go("/");
    await hand.button("Language").click();
    await page.getByRole("heading", { name: "概览" }).waitFor();
    const menu = page.getByRole("navigation").getByRole("link");
    const pages = await menu.evaluateAll((links) => links.map((link) => link.hash.slice(1)));
    for (const to of [...pages, `/nodes/${scene.nodes[0]}`, "/clients/far"]) {
      await browser.go(to);
      const name = `zh-${to.slice(1).replace(/@.*/, "").replaceAll("/", "-") || "overview"}`;
      await browser.picture(name);
      await browser.phone(name);
      await browser.picture(`${name}-phone`);
      await page.setViewportSize(WIDE);
    }
    await hand.button("语言").click();
    await browser.go("/");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
  },

  async "has a menu on a phone"({ page, browser, hand }) {
    await page.setViewportSize(PHONE);
    await hand.button("Open the menu").click();
    // Its name comes a moment after it.
    await page.getByRole("dialog", { name: "MeshMQ" }).waitFor();
    await browser.axe("menu");
    await browser.picture("menu-phone");
    await hand.dialog().getByRole("link", { name: "Clients" }).click();
    await page.getByRole("heading", { name: "Clients" }).waitFor();
    await page.setViewportSize(WIDE);
  },

  async "lets go"({ page, hand }) {
    await hand.button("admin").click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
  },
};
