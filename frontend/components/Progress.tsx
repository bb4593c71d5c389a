import styles from "./Progress.module.css";

interface ProgressProps {
  open: number;
  completed: number;
  /** There are more tasks than are loaded. */
  more: boolean;
}

/** How much is done, in words and as a bar. */
export function Progress({ open, completed, more }: ProgressProps) {
  const total = open + completed;
  const plus = more ? "+" : "";
  return (
    <div className={styles.progress}>
      <p>
        <strong>{completed}</strong> of {total}
        {plus} done
      </p>
      <div className={styles.track} aria-hidden="true">
        <div className={styles.bar} style={{ width: `${(100 * completed) / total}%` }} />
      </div>
    </div>
  );
}
