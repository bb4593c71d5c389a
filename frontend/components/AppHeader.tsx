import styles from "./AppHeader.module.css";
import { Logo } from "./Logo";
import { SignOutButton } from "./SignOutButton";

/** The bar on top of every page of a signed-in user. */
export function AppHeader({ email }: { email: string }) {
  return (
    <header className={styles.bar}>
      <div className={styles.inner}>
        <span className={styles.brand}>
          <Logo />
          TaskFlow
        </span>
        <span className={styles.email} title={email}>
          {email}
        </span>
        <SignOutButton className={styles.signOut} />
      </div>
    </header>
  );
}
