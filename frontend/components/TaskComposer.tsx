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

  async function addTask(title: string) {
    const taken = await onAdd(title);
    if (!taken && field.current?.value === "") field.current.value = title;
  }

  return (
    <form
      className={styles.composer}
      action={(data) => {
        const title = String(data.get("title") ?? "").trim();
        if (title) void addTask(title);
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
