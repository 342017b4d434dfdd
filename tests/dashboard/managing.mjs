// Who may do what, and how the nodes are set.

import { readFileSync } from "node:fs";

export const managing = {
  async "stops and starts a listener"({ page, browser, hand, scene }) {
    await browser.go("/listeners");
    const listener = page
      .locator(`section[aria-label="Listeners, ${scene.nodes[2]}"] tbody tr`)
      .filter({ hasText: "mqtt:ws:external" });
    await hand.button("Stop", listener).click();
    await hand.confirm("Stop");
    await listener.getByText("stopped").waitFor();
    await browser.inspect("listeners");
    await hand.button("Start", listener).click();
    await listener.getByText("running").waitFor();
    await hand.button("Restart", listener).click();
    await hand.confirm("Restart");
    await listener.getByText("running").waitFor();
  },

  async "raises alarms, and sees their end"({ page, browser, hand, scene }) {
    const change = async () => {
      await browser.go("/settings");
      await hand.field("Key or meaning").fill("os_mon.listener_high_watermark");
      await hand.button("Change os_mon.listener_high_watermark").click();
    };
    await browser.go("/alarms");
    await page.getByText("All is quiet").waitFor();
    await change();
    await hand.field("Value", hand.dialog()).fill("0%");
    await hand.button("Save", hand.dialog()).click();
    await hand.dialog().getByText("from 1% to 100%").nth(scene.nodes.length).waitFor();
    await browser.axe("settings, refused");
    await browser.picture("settings-refused");
    await hand.field("Value", hand.dialog()).fill("1%");
    await hand.confirm("Save");
    await browser.go("/alarms");
    for (const node of scene.nodes) await hand.row("listener_full/mqtt:tcp").filter({ hasText: node }).waitFor();
    await page.locator(".sidebar .nav-count").getByText(/^[3-9]$/).waitFor();
    await browser.inspect("alarms");
    await change();
    await hand.button("Take the change back", hand.dialog()).click();
    await hand.dialog().waitFor({ state: "detached" });
    await browser.go("/alarms");
    await page.getByText("All is quiet").waitFor();
    await hand.tab("Over").click();
    await hand.row("listener_full/mqtt:tcp").first().waitFor();
    await browser.inspect("alarms-over");
    await hand.button("Clear history").click();
    await hand.confirm("Clear history");
    await page.getByText("Nothing here.").waitFor();
  },

  async "bans and lifts"({ page, browser, hand }) {
    await browser.go("/clients/speaker");
    await hand.button("Ban").click();
    await hand.confirm("Ban");
    await browser.go("/banned");
    await hand.button("Lift", hand.row("speaker")).click();
    await hand.confirm("Lift");
    await page.getByText("Nothing here.").waitFor();
    await hand.button("Ban somebody").click();
    await hand.field("Who", hand.dialog()).fill("noisy");
    await hand.field("Reason", hand.dialog()).fill("too many messages");
    await browser.picture("ban");
    await browser.axe("ban");
    await hand.confirm("Ban");
    await hand.row("noisy").waitFor();
    await browser.inspect("banned");
    await hand.button("Lift", hand.row("noisy")).click();
    await hand.confirm("Lift");
    await page.getByText("Nothing here.").waitFor();
  },

  async "manages users and keys"({ page, browser, hand }) {
    await browser.go("/users");
    await hand.row("admin").waitFor();
    await hand.button("Add").click();
    await hand.field("User name", hand.dialog()).fill("eve");
    await hand.password(0, "a-password");
    await hand.confirm("Save");
    await hand.row("eve").waitFor();
    await hand.button("Set password", hand.row("eve")).click();
    await hand.password(0, "short");
    await hand.button("Save", hand.dialog()).click();
    await hand.dialog().getByRole("alert").getByText("At least 8 characters.").waitFor();
    await browser.axe("users, refused");
    await browser.picture("users-password");
    await hand.password(0, "another-word");
    await hand.confirm("Save");
    await browser.inspect("users");
    await hand.button("Delete", hand.row("eve")).click();
    await hand.confirm("Delete");
    await hand.row("eve").waitFor({ state: "detached" });
    await hand.tab("API keys").click();
    await hand.button("Add").click();
    await hand.field("Id", hand.dialog()).fill("ops");
    await hand.confirm("Save");
    await page.getByText("The secret of ops:").waitFor();
    const key = hand.row("ops");
    await hand.button("Show", key).click();
    const enabled = key.getByRole("switch");
    await enabled.locator("..").click();
    await page.waitForFunction((one) => !one.checked, await enabled.elementHandle());
    await browser.inspect("users-keys");
    for (const [tab, field] of [
      ["Users", "User name"],
      ["Client ids", "Client id"],
    ]) {
      await hand.tab(tab).click();
      await page.getByText("Nothing here.").waitFor();
      await hand.button("Add").click();
      await hand.field(field, hand.dialog()).fill("ann");
      await hand.password(0, "one");
      await hand.confirm("Save");
      await hand.button("Set password", hand.row("ann")).click();
      await hand.password(0, "two");
      await hand.confirm("Save");
      await browser.inspect(`users-${field.replace(" ", "-").toLowerCase()}`);
      await hand.button("Delete", hand.row("ann")).click();
      await hand.confirm("Delete");
      await hand.row("ann").waitFor({ state: "detached" });
    }
  },

  async "changes a setting of all nodes"({ page, browser, hand, scene }) {
    await browser.go("/settings");
    await hand.field("Key or meaning").fill("alarm.size_limit");
    const edit = hand.button("Change alarm.size_limit");
    await edit.click();
    await hand.field("Value", hand.dialog()).fill("77");
    await browser.axe("settings, change");
    await browser.picture("settings-change");
    await hand.confirm("Save");
    await hand.row("alarm.size_limit").getByText("77", { exact: true }).waitFor();
    // What counts after a restart stays to be read.
    const key = "dashboard.listener.http.max_clients";
    await hand.field("Key or meaning").fill(key);
    await hand.button(`Change ${key}`).click();
    await hand.field("Value", hand.dialog()).fill("500");
    await hand.button("Save", hand.dialog()).click();
    for (const node of scene.nodes) await hand.dialog().getByText(`${node}: `).waitFor();
    await browser.picture("settings-restart");
    await browser.axe("settings, after a change");
    await page.keyboard.press("Escape");
    await hand.dialog().waitFor({ state: "detached" });
    await hand.row(key).getByText("500 after a restart").waitFor();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith("/configs/reload")),
      hand.button("Read the file again").click(),
    ]);
    if ((await answer.json()).code !== 0) browser.note(`the file is not read again: ${await answer.text()}`);
    await hand.field("Key or meaning").fill("");
    await browser.inspect("settings");
  },

  async "writes a backup and takes it in"({ page, browser, hand }) {
    await browser.go("/backups");
    await hand.button("Write one now").click();
    const file = hand.row(".json");
    await file.waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      hand.button("Download", file).click(),
    ]);
    const content = readFileSync(await saved.path());
    await hand.button("Delete", file).click();
    await hand.confirm("Delete");
    await file.waitFor({ state: "detached" });
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "again.json", mimeType: "application/json", buffer: content });
    await hand.row("again.json").waitFor();
    await hand.button("Import", file).click();
    await hand.confirm("Import");
    await page.getByText("Imported from again.json").waitFor();
    await browser.inspect("backups");
  },
};
