import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SignInForm } from "@/components/SignInForm";
import { SignUpForm } from "@/components/SignUpForm";

const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();
const user = userEvent.setup();
let assign: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  vi.stubGlobal("fetch", fetch);
  assign = vi.spyOn(window.location, "assign").mockImplementation(() => {});
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  fetch.mockReset();
});

it("signs in and opens the tasks", async () => {
  fetch.mockResolvedValue(Response.json({}));
  render(<SignInForm />);
  await user.type(screen.getByLabelText("Email"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/"));
  expect(fetch).toHaveBeenCalledWith("/api/auth/sign-in/email", expect.objectContaining({ method: "POST" }));
  expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({
    email: "ada@example.com",
    password: "correct horse",
  });
});

it("says what was wrong, moves there, and keeps the email but not the password", async () => {
  fetch.mockResolvedValue(Response.json({ code: "INVALID_EMAIL_OR_PASSWORD" }, { status: 401 }));
  render(<SignInForm />);
  await user.type(screen.getByLabelText("Email"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), "wrong horse{Enter}");
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe("That email and password don't match.");
  await waitFor(() => expect(document.activeElement).toBe(alert));
  expect(screen.getByLabelText<HTMLInputElement>("Email").value).toBe("ada@example.com");
  expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("");
  expect(assign).not.toHaveBeenCalled();
});

it("makes an account", async () => {
  fetch.mockResolvedValue(Response.json({}));
  render(<SignUpForm />);
  await user.type(screen.getByLabelText("Name"), "Ada");
  await user.type(screen.getByLabelText("Email"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), "correct horse");
  await user.click(screen.getByRole("button", { name: "Create account" }));
  await waitFor(() => expect(assign).toHaveBeenCalledWith("/"));
  expect(fetch.mock.calls[0]?.[0]).toBe("/api/auth/sign-up/email");
});

it.each([
  [
    422,
    { code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" },
    "There is already an account with that email. Sign in instead.",
  ],
  [400, { code: "PASSWORD_TOO_SHORT" }, "Use a password of at least 8 characters."],
  [429, {}, "Too many attempts. Wait a minute and try again."],
  [500, {}, "TaskFlow can't check that right now. Try again in a moment."],
  [400, { code: "SOMETHING_NEW" }, "That didn't work. Check what you typed and try again."],
])("turns HTTP %i %o into a sentence", async (status, body, sentence) => {
  fetch.mockResolvedValue(Response.json(body, { status }));
  render(<SignUpForm />);
  await user.type(screen.getByLabelText("Name"), "Ada");
  await user.type(screen.getByLabelText("Email"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  expect((await screen.findByRole("alert")).textContent).toBe(sentence);
});
