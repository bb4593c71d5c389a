import type { ReactNode } from "react";
import { Logo } from "./Logo";
import styles from "./MessagePage.module.css";

interface MessagePageProps {
  title: string;
  text: string;
  detail?: string;
  /** What the person can do next. */
  children: ReactNode;
}

/** A whole page with one thing to say. */
export function MessagePage({ title, text, detail, children }: MessagePageProps) {
  return (
    <main className={styles.page}>
      <Logo size={48} />
      <h1>{title}</h1>
      <p>{text}</p>
      <div className={styles.action}>{children}</div>
      {detail && <p className={styles.detail}>{detail}</p>}
    </main>
  );
}
