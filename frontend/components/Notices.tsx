import { CrossIcon } from "./icons";
import styles from "./Notices.module.css";

export interface Notice {
  id: number;
  message: string;
}

interface NoticesProps {
  notices: readonly Notice[];
  onDismiss: (id: number) => void;
}

/** What went wrong and was taken back. Stays until it is dismissed: nobody should have to read in a hurry. */
export function Notices({ notices, onDismiss }: NoticesProps) {
  return (
    <div className={styles.notices}>
      {notices.map(({ id, message }) => (
        <div key={id} role="alert" className={styles.notice}>
          <p>{message}</p>
          <button type="button" aria-label="Dismiss" onClick={() => onDismiss(id)}>
            <CrossIcon />
          </button>
        </div>
      ))}
    </div>
  );
}
