import { type Ref, useImperativeHandle, useRef } from "react";
import { TITLE_MAX_LENGTH } from "@/lib/tasks/types";
import { PlusIcon } from "./icons";
import styles from "./TaskComposer.module.css";

interface TaskComposerProps {
  /** The field, to put the cursor into. */
  ref?: Ref<HTMLInputElement>;
  /** Resolves to whether the task was taken. */
  onAdd: (title: string) => Promise<boolean>;
}

/** The line on top where a new task is typed. Emptied at once; what is refused comes back. */
export function TaskComposer({ ref, onAdd }: TaskComposerProps) {
  const field = useRef<HTMLInputElement>(null);
  useImperativeHandle(ref, () => field.current as HTMLInputElement);

  async function submit() {
    const input = field.current;
    const title = input?.value.trim();
    if (!input || !title) return;
    input.value = "";
    const taken = await onAdd(title);
    if (!taken && input.value === "") input.value = title;
  }

  return (
    <form
      className={styles.composer}
      // For a line that was sent before the page's script ran: React sends it afterwards.
      action={() => void submit()}
      // Otherwise here: after an action React empties the form once more, and that may be too late for who types on.
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label htmlFor="new-task" className="visually-hidden">
        New task
      </label>
      <input
        ref={field}
        id="new-task"
        name="title"
        type="text"
        placeholder="What needs doing?"
        maxLength={TITLE_MAX_LENGTH}
        autoComplete="off"
        enterKeyHint="done"
      />
      <button type="submit">
        <PlusIcon />
        <span>Add task</span>
      </button>
    </form>
  );
}
