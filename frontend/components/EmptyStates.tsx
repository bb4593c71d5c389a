import styles from "./EmptyStates.module.css";

/** A new user's list. */
export function NoTasks() {
  return (
    <section className={styles.state}>
      <svg width="120" height="96" viewBox="0 0 120 96" aria-hidden="true" focusable="false">
        <rect x="22" y="10" width="76" height="76" rx="14" className={styles.sheet} />
        <circle cx="40" cy="32" r="6" className={styles.ring} />
        <path d="M54 32h30" className={styles.lineStrong} />
        <circle cx="40" cy="50" r="6" className={styles.ring} />
        <path d="M54 50h22" className={styles.lineSoft} />
        <circle cx="40" cy="68" r="6" className={styles.ring} />
        <path d="M54 68h26" className={styles.lineSoft} />
        <circle cx="96" cy="78" r="14" className={styles.badge} />
        <path d="M96 72v12M90 78h12" className={styles.badgeMark} />
      </svg>
      <h2>Nothing on your list yet</h2>
      <p>Type your first task above and press Enter.</p>
    </section>
  );
}

/** Every task is completed. */
export function AllDone() {
  return (
    <section className={styles.allDone}>
      <svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
        <circle cx="20" cy="20" r="20" className={styles.doneDisc} />
        <path d="M11.5 20.8l5.7 5.7 11.3-12" className={styles.doneMark} />
      </svg>
      <div>
        <h2>All done</h2>
        <p>Enjoy the rest of your day.</p>
      </div>
    </section>
  );
}

interface LoadFailedProps {
  message: string;
  onRetry: () => void;
}

/** The list could not be had. */
export function LoadFailed({ message, onRetry }: LoadFailedProps) {
  return (
    <section className={styles.state} role="alert">
      <h2>Your tasks didn't load</h2>
      <p>{message}</p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </section>
  );
}

/** Where the list will be. */
export function Skeleton() {
  return (
    <div className={styles.skeleton} role="status">
      <span className="visually-hidden">Loading your tasks…</span>
      <div />
      <div />
      <div />
    </div>
  );
}
