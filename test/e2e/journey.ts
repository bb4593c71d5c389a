/** What a person does with TaskFlow, in a real browser; both deployers' tests use it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { launch, screenshot } from "../support/browser.ts";

export interface Account {
  email: string;
  password: string;
}

export const newAccount = (): Account => ({
  email: `ada-${Date.now()}@example.com`,
  password: "correct horse battery",
});

/** Signs up, adds two tasks, completes one, deletes the other, reloads and sees what is left. */
export async function firstVisit(url: string, account: Account, name: string): Promise<void> {
  await withPage(async (page) => {
    await page.goto(`${url}/sign-up`);
    await page.getByRole("textbox", { name: "Name" }).fill("Ada");
    await page.getByRole("textbox", { name: "Email" }).fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Create account" }).click();

    await add(page, "Water the plants");
    await add(page, "Write to Grace");
    await page.getByRole("checkbox", { name: "Water the plants" }).check();
    await page.getByRole("button", { name: 'Delete "Write to Grace"' }).click();
    await page.getByRole("checkbox", { name: "Write to Grace" }).waitFor({ state: "detached" });
    await add(page, "Call the bank");
    await saved(page);

    await page.reload();
    await page.getByRole("checkbox", { name: "Call the bank" }).waitFor();
    expect(await page.getByRole("checkbox", { name: "Water the plants" }).isChecked()).toBe(true);
    expect(await page.getByRole("checkbox", { name: "Call the bank" }).isChecked()).toBe(false);
    expect(await page.getByRole("checkbox", { name: "Write to Grace" }).count()).toBe(0);
    await screenshot(page, `${name}-tasks`);
  });
}

/** Signs in later and finds what the first visit left. */
export async function laterVisit(url: string, account: Account): Promise<void> {
  await withPage(async (page) => {
    await page.goto(`${url}/sign-in`);
    await page.getByRole("textbox", { name: "Email" }).fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("checkbox", { name: "Call the bank" }).waitFor();
    expect(await page.getByRole("checkbox", { name: "Water the plants" }).isChecked()).toBe(true);
  });
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByRole("textbox", { name: "New task" }).fill(title);
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("checkbox", { name: title }).waitFor();
}

/** Optimistic changes are on the server once no request is under way. */
async function saved(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
}

async function withPage(visit: (page: Page) => Promise<void>): Promise<void> {
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    page.setDefaultTimeout(20_000);
    await visit(page).catch(async (error) => {
      await screenshot(page, "failure");
      throw error;
    });
  } finally {
    await browser.close();
  }
}
