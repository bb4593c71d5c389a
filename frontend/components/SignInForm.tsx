"use client";

import Link from "next/link";
import { sendToAuth } from "@/lib/accountApi";
import { AccountForm } from "./AccountForm";

export function SignInForm() {
  return (
    <AccountForm
      title="Welcome back"
      intro="Sign in to see your tasks."
      submit="Sign in"
      submitting="Signing in…"
      send={({ email, password }) => sendToAuth("sign-in/email", { email, password })}
      fields={[
        { name: "email", label: "Email", type: "email", autoComplete: "email" },
        { name: "password", label: "Password", type: "password", autoComplete: "current-password" },
      ]}
    >
      New here? <Link href="/sign-up">Create an account</Link>
    </AccountForm>
  );
}
