/** The browser's calls to Better Auth's endpoints. */

/** What the person should read, by Better Auth's own error codes. */
const sentences: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: "That email and password don't match.",
  INVALID_EMAIL: "That doesn't look like an email address.",
  USER_ALREADY_EXISTS: "There is already an account with that email. Sign in instead.",
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "There is already an account with that email. Sign in instead.",
  PASSWORD_TOO_SHORT: "Use a password of at least 8 characters.",
  PASSWORD_TOO_LONG: "Use a password of at most 128 characters.",
  INVALID_ORIGIN: "This page was opened from an address that TaskFlow isn't set up for.",
};

/**
 * Sends one form to Better Auth.
 * @returns null when it worked, otherwise a sentence for the person
 */
export async function sendToAuth(
  path: "sign-in/email" | "sign-up/email" | "sign-out",
  body: Readonly<Record<string, unknown>> = {},
): Promise<string | null> {
  let response: Response;
  try {
    response = await fetch(`/api/auth/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    return "TaskFlow can't be reached. Check your connection and try again.";
  }
  if (response.ok) return null;
  if (response.status === 429) return "Too many attempts. Wait a minute and try again.";
  const { code } = (await response.json().catch(() => ({}))) as { code?: string };
  return (
    (code && sentences[code]) ??
    (response.status >= 500
      ? "TaskFlow can't check that right now. Try again in a moment."
      : "That didn't work. Check what you typed and try again.")
  );
}
