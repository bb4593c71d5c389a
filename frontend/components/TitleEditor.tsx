import { useEffect, useRef } from "react";
import { TITLE_MAX_LENGTH } from "@/lib/tasks/types";
import styles from "./TaskRow.module.css";

interface TitleEditorProps {
  title: string;
  /** The new title, or null where it stays as it was. Called once. */
  onDone: (title: string | null) => void;
}

/** A task's title as a field: Enter and leaving it save, Escape does not. */
export function TitleEditor({ title, onDone }: TitleEditorProps) {
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);

  function finish(save: boolean) {
    if (done.current) return;
    done.current = true;
    const typed = field.current?.value.trim() ?? "";
    onDone(save && typed !== "" && typed !== title ? typed : null);
  }

  return (
    <input
      ref={field}
      className={styles.editor}
      defaultValue={title}
      maxLength={TITLE_MAX_LENGTH}
      aria-label={`Title of "${title}"`}
      dir="auto"
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key !== "Enter" && event.key !== "Escape") return;
        // The same key press would otherwise go on to the button that gets the focus, and press it.
        event.preventDefault();
        finish(event.key === "Enter");
      }}
    />
  );
}
