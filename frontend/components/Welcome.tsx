import type { ReactNode } from "react";
import { Logo } from "./Logo";
import styles from "./Welcome.module.css";

const examples = [
  { title: "Water the tomatoes", done: true },
  { title: "Send the quarterly figures", done: true },
  { title: "Book the train to Lisbon", done: false },
  { title: "Call grandma", done: false },
];

/** The frame of sign-in and sign-up: the form, and beside it what the app is about. */
export function Welcome({ children }: { children: ReactNode }) {
  return (
    <div className={styles.page}>
      <main className={styles.main}>
        <span className={styles.brand}>
          <Logo size={34} />
          TaskFlow
        </span>
        {children}
      </main>
      <aside className={styles.picture} aria-hidden="true">
        <p className={styles.claim}>A clear head starts with a clear list.</p>
        <div className={styles.card}>
          {examples.map(({ title, done }) => (
            <div key={title} className={done ? styles.exampleDone : styles.example}>
              <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true" focusable="false">
                <circle cx="11" cy="11" r="9.5" />
                <path d="M6.5 11.4l3 3 6-6.4" />
              </svg>
              {title}
            </div>
          ))}
        </div>
      </aside>
    </div>
  );
}
