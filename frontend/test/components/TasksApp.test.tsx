import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TasksApp } from "@/components/TasksApp";
import { type HeldCall, TaskServer } from "../fixtures/taskServer";
import { task } from "../fixtures/tasks";

let server: TaskServer;
const user = userEvent.setup();

beforeEach(() => {
  server = new TaskServer([
    task("1", { title: "Water the plants" }),
    task("2", { title: "Call grandma" }),
    task("3", { title: "Pay the rent", completed: true }),
  ]);
  vi.stubGlobal("fetch", server.fetch);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show() {
  render(<TasksApp firstPage={{ items: server.tasks, nextCursor: null }} />);
}

const titles = (list: string) =>
  within(screen.getByRole("list", { name: list }))
    .getAllByRole("checkbox")
    .map((box) => document.getElementById(box.getAttribute("aria-labelledby") ?? "")?.textContent);
const checkbox = (name: string) => screen.getByRole<HTMLInputElement>("checkbox", { name });
const newTask = () => screen.getByRole<HTMLInputElement>("textbox", { name: "New task" });

async function nextCall(): Promise<HeldCall> {
  return waitFor(() => {
    const call = server.held.shift();
    if (!call) throw new Error("no call was made");
    return call;
  });
}

it("shows open and completed tasks apart, and how much is done", () => {
  show();
  expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]);
  expect(titles("Completed tasks")).toEqual(["Pay the rent"]);
  expect(screen.getByText(/of 3 done/).textContent).toBe("1 of 3 done");
});

it("adds a task at once, on top, and lets it be used when the server has it", async () => {
  show();
  await user.type(newTask(), "  Buy tea  {Enter}");
  expect(titles("Open tasks")).toEqual(["Buy tea", "Water the plants", "Call grandma"]);
  expect(newTask().value).toBe("");
  expect(checkbox("Buy tea").disabled).toBe(true);
  const call = await nextCall();
  expect(call).toMatchObject({ method: "POST", path: "tasks", body: { title: "Buy tea" } });
  call.succeed();
  await waitFor(() => expect(checkbox("Buy tea").disabled).toBe(false));
});

it("adds nothing for an empty line", async () => {
  show();
  await user.type(newTask(), "   {Enter}");
  expect(server.held).toHaveLength(0);
  expect(titles("Open tasks")).toHaveLength(2);
});

it("takes back a task that was refused: says why, and gives the text back", async () => {
  show();
  await user.type(newTask(), "Buy tea");
  await user.click(screen.getByRole("button", { name: "Add task" }));
  (await nextCall()).fail(503, "The task service is not running right now.");
  expect((await screen.findByRole("alert")).textContent).toBe("The task service is not running right now.");
  expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]);
  await waitFor(() => expect(newTask().value).toBe("Buy tea"));
});

it("does not put a refused text over what is being typed", async () => {
  show();
  await user.type(newTask(), "Buy tea{Enter}");
  await user.type(newTask(), "Buy milk");
  (await nextCall()).fail(503);
  await screen.findByRole("alert");
  expect(newTask().value).toBe("Buy milk");
});

it("completes a task at once", async () => {
  show();
  await user.click(checkbox("Call grandma"));
  expect(titles("Open tasks")).toEqual(["Water the plants"]);
  expect(titles("Completed tasks")).toEqual(["Call grandma", "Pay the rent"]);
  const call = await nextCall();
  expect(call).toMatchObject({ method: "PATCH", path: "tasks/2", body: { completed: true } });
});

it("opens it again when the server refuses", async () => {
  show();
  await user.click(checkbox("Call grandma"));
  (await nextCall()).fail(500);
  await screen.findByRole("alert");
  expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]);
  expect(checkbox("Call grandma").checked).toBe(false);
});

it("takes back only what was refused, not what was done in the meantime", async () => {
  show();
  await user.click(checkbox("Call grandma"));
  await user.click(screen.getByRole("button", { name: 'Delete "Water the plants"' }));
  const complete = await nextCall();
  const remove = await nextCall();
  complete.fail(500);
  await screen.findByRole("alert");
  expect(titles("Open tasks")).toEqual(["Call grandma"]);
  remove.succeed();
  await waitFor(() => expect(server.tasks.map(({ id }) => id)).toEqual(["2", "3"]));
  expect(titles("Open tasks")).toEqual(["Call grandma"]);
});

it("deletes a task at once and moves the focus to its neighbour", async () => {
  show();
  await user.click(screen.getByRole("button", { name: 'Delete "Water the plants"' }));
  expect(titles("Open tasks")).toEqual(["Call grandma"]);
  expect(document.activeElement).toBe(checkbox("Call grandma"));
  expect(await nextCall()).toMatchObject({ method: "DELETE", path: "tasks/1" });
});

it("puts a task that was not deleted back in its place", async () => {
  show();
  await user.click(screen.getByRole("button", { name: 'Delete "Water the plants"' }));
  (await nextCall()).fail(502);
  await screen.findByRole("alert");
  expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]);
});

it("is content with a deletion of what is gone already", async () => {
  show();
  await user.click(screen.getByRole("button", { name: 'Delete "Water the plants"' }));
  server.tasks = server.tasks.filter(({ id }) => id !== "1");
  (await nextCall()).fail(404);
  await waitFor(() => expect(titles("Open tasks")).toEqual(["Call grandma"]));
  expect(screen.queryByRole("alert")).toBeNull();
});

it("renames a task in its line", async () => {
  show();
  await user.click(screen.getByRole("button", { name: 'Edit "Call grandma"' }));
  const field = screen.getByRole("textbox", { name: 'Title of "Call grandma"' });
  expect(document.activeElement).toBe(field);
  await user.clear(field);
  await user.type(field, "Call grandpa{Enter}");
  expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandpa"]);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: 'Edit "Call grandpa"' }));
  expect(await nextCall()).toMatchObject({
    method: "PATCH",
    path: "tasks/2",
    body: { title: "Call grandpa" },
  });
});

it.each(["{Escape}", "{Control>}a{/Control}{Backspace}{Enter}", "{Enter}"])(
  "keeps the old title after %s",
  async (keys) => {
    show();
    await user.click(screen.getByRole("button", { name: 'Edit "Call grandma"' }));
    await user.keyboard(keys);
    expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]);
    expect(server.held).toHaveLength(0);
  },
);

it("brings the old title back when the new one is refused", async () => {
  show();
  await user.click(screen.getByRole("button", { name: 'Edit "Call grandma"' }));
  await user.clear(screen.getByRole("textbox", { name: 'Title of "Call grandma"' }));
  await user.keyboard("Call grandpa{Enter}");
  (await nextCall()).fail(422);
  await screen.findByRole("alert");
  expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]);
});

it("keeps a failure on the screen until it is dismissed", async () => {
  show();
  await user.click(checkbox("Call grandma"));
  (await nextCall()).fail(500);
  await screen.findByRole("alert");
  await user.click(screen.getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByRole("alert")).toBeNull();
});

it("leads to the sign-in page when the session is over", async () => {
  const assign = vi.spyOn(window.location, "assign").mockImplementation(() => {});
  show();
  await user.click(checkbox("Call grandma"));
  (await nextCall()).fail(401);
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/sign-in"));
  assign.mockRestore();
});

it("invites to write a first task, and says when all is done", async () => {
  server.tasks = [];
  show();
  expect(screen.getByRole("heading", { name: "Nothing on your list yet" })).toBeTruthy();
  cleanup();
  server.tasks = [task("3", { completed: true })];
  show();
  expect(screen.getByRole("heading", { name: "All done" })).toBeTruthy();
});

it("loads the list itself where the server had none for it, and can be asked to try again", async () => {
  server.listStatus = 404;
  render(<TasksApp firstPage={null} />);
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("Your tasks didn't load");
  server.listStatus = 200;
  await user.click(within(alert).getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(titles("Open tasks")).toEqual(["Water the plants", "Call grandma"]));
});
