"use client";

import { type ReactNode, useActionState, useEffect, useRef } from "react";
import styles from "./AccountForm.module.css";

interface AccountFormProps {
  title: string;
  intro: string;
  submit: string;
  submitting: string;
  /** Sends what was typed; a sentence when it was refused. */
  send: (values: Readonly<Record<string, string>>) => Promise<string | null>;
  fields: readonly FieldProps[];
  /** The way to the other form. */
  children: ReactNode;
}

interface FieldProps {
  name: string;
  label: string;
  type: "text" | "email" | "password";
  autoComplete: string;
  hint?: string;
  minLength?: number;
  maxLength?: number;
}

interface FormState {
  problem: string | null;
  /** What stays in the fields when the form comes back; never a password. */
  typed: Readonly<Record<string, string>>;
}

/** Sign-in and sign-up: the same form with other fields. */
export function AccountForm({ title, intro, submit, submitting, send, fields, children }: AccountFormProps) {
  // As a form action, what was submitted before the page's script ran is sent afterwards, and nothing that
  // was typed ever gets into the address.
  const [state, action, busy] = useActionState<FormState, FormData>(
    async (_before, data) => {
      const values = Object.fromEntries(fields.map(({ name }) => [name, String(data.get(name) ?? "")]));
      const problem = await send(values);
      // A whole new page, so that it is made for the user who has just signed in.
      if (problem === null) window.location.assign("/");
      const kept = fields
        .filter(({ type }) => type !== "password")
        .map(({ name }) => [name, values[name] ?? ""]);
      return { problem, typed: Object.fromEntries(kept) };
    },
    { problem: null, typed: {} },
  );
  const alert = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (state.problem) alert.current?.focus();
  }, [state]);

  return (
    <form action={action} className={styles.form}>
      <div>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.intro}>{intro}</p>
      </div>
      {state.problem && (
        <p ref={alert} role="alert" tabIndex={-1} className={styles.problem}>
          {state.problem}
        </p>
      )}
      {fields.map((field) => (
        <Field key={field.name} {...field} value={state.typed[field.name]} />
      ))}
      <button type="submit" className={styles.submit} disabled={busy}>
        {busy ? submitting : submit}
      </button>
      <p className={styles.other}>{children}</p>
    </form>
  );
}

function Field({ name, label, hint, value, ...input }: FieldProps & { value?: string }) {
  const hintId = `${name}-hint`;
  return (
    <div className={styles.field}>
      <label htmlFor={name}>{label}</label>
      <input
        id={name}
        name={name}
        defaultValue={value}
        required
        aria-describedby={hint && hintId}
        {...input}
      />
      {hint && (
        <p id={hintId} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
