// Other languages and screens, and the end.

import { PHONE, WIDE } from "./browser.mjs";

export const leaving = {
  async "speaks Chinese"({ page, browser, hand, scene }) {
    await browser.go("/");
    const texts = () => performance.getEntriesByType("resource").some(({ name }) => name.includes("/chinese-"));
    if (await page.evaluate(texts)) browser.note("Chinese is loaded before somebody wants it");
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
    await browser.go("/settings");
    const foreign = (rows) => rows.map((row) => row.textContent).filter((text) => !/[\u4e00-\u9fff]/.test(text));
    const english = await page.locator("table.data td:first-child .hint").evaluateAll(foreign);
    if (english.length > 0) browser.note(`not in Chinese: ${english.join(" | ")}`);
    await hand.field("键或含义").fill("CPU 使用率低于");
    await hand.button("修改 os_mon.cpu_low_watermark").click();
    await hand.field("值", hand.dialog()).fill("101%");
    await hand.button("保存", hand.dialog()).click();
    await hand.dialog().getByText("不符合要求：1% 到 100% 之间的百分比").first().waitFor();
    await browser.picture("zh-settings-refused");
    await page.keyboard.press("Escape");
    await hand.dialog().waitFor({ state: "detached" });
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

  async "lets go"({ page, browser, hand }) {
    await browser.go("/clients/far");
    await hand.button("admin").click();
    await page.getByRole("menuitem", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    if (await page.getByText("Your login is over").isVisible()) browser.note("logging out is no surprise");
  },

  async "says that a login is over, and goes on behind it"({ page, browser, hand, scene }) {
    hand.ctl(scene.ctl[0], "conf", "set", "dashboard.token_lifetime=2s");
    const [feed] = await Promise.all([
      page.waitForEvent("websocket"),
      hand.logIn("admin", scene.password),
    ]);
    if (!feed.isClosed()) await feed.waitForEvent("close");
    await page.getByText("Your login is over").waitFor();
    await browser.inspect("login-over");
    if (await page.locator(".mantine-Notification-root").count()) browser.note("a login that is over is no error");
    hand.ctl(scene.ctl[0], "conf", "unset", "dashboard.token_lifetime");
    await hand.logIn("admin", scene.password);
    await page.getByRole("heading", { name: "far", exact: true }).waitFor();
    await page.getByText("live", { exact: true }).waitFor();
  },
};
