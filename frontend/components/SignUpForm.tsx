"use client";

import Link from "next/link";
import { sendToAuth } from "@/lib/accountApi";
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from "@/lib/passwordRules";
import { AccountForm } from "./AccountForm";

export function SignUpForm() {
  return (
    <AccountForm
      title="Create your account"
      intro="It takes less than a minute."
      submit="Create account"
      submitting="Creating your account…"
      send={({ name, email, password }) => sendToAuth("sign-up/email", { name, email, password })}
      fields={[
        { name: "name", label: "Name", type: "text", autoComplete: "name", maxLength: 100 },
        { name: "email", label: "Email", type: "email", autoComplete: "email" },
        {
          name: "password",
          label: "Password",
          type: "password",
          autoComplete: "new-password",
          hint: `At least ${PASSWORD_MIN_LENGTH} characters.`,
          minLength: PASSWORD_MIN_LENGTH,
          maxLength: PASSWORD_MAX_LENGTH,
        },
      ]}
    >
      Already have an account? <Link href="/sign-in">Sign in</Link>
    </AccountForm>
  );
}
