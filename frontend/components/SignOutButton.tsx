"use client";

import { useState } from "react";
import { sendToAuth } from "@/lib/accountApi";

export function SignOutButton({ className }: { className?: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function signOut() {
    setBusy(true);
    const failure = await sendToAuth("sign-out");
    // A whole new page: nothing of this user's tasks stays in memory.
    if (failure === null) return window.location.assign("/sign-in");
    setProblem(failure);
    setBusy(false);
  }

  return (
    <>
      <button type="button" className={className} onClick={signOut} disabled={busy}>
        Sign out
      </button>
      {problem && (
        <span role="alert" className="visually-hidden">
          {problem}
        </span>
      )}
    </>
  );
}
