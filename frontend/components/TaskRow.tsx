import { useEffect, useId, useRef, useState } from "react";
import type { Task } from "@/lib/tasks/types";
import { isSaved } from "@/lib/tasks/useTasks";
import { PencilIcon, TrashIcon } from "./icons";
import styles from "./TaskRow.module.css";
import { TitleEditor } from "./TitleEditor";

interface TaskRowProps {
  task: Task;
  onToggle: () => void;
  onRename: (title: string) => void;
  onDelete: () => void;
  /** The row goes, and no other is left to take the focus. */
  onLeave: () => void;
}

/** One task of a list. Its controls wait until the server knows the task. */
export function TaskRow({ task, onToggle, onRename, onDelete, onLeave }: TaskRowProps) {
  const [editing, setEditing] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const editButton = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const titleId = useId();
  const saved = isSaved(task);

  useEffect(() => {
    if (wasEditing.current && !editing && document.activeElement === document.body)
      editButton.current?.focus();
    wasEditing.current = editing;
  }, [editing]);

  /** Does what takes this row out of its list, and leaves the keyboard's focus on the row that follows. */
  function leave(how: () => void) {
    const neighbour = row.current?.nextElementSibling ?? row.current?.previousElementSibling;
    const target = neighbour?.querySelector<HTMLElement>("input[type=checkbox]");
    if (target) target.focus();
    else onLeave();
    how();
  }

  return (
    <li ref={row} className={styles.row} data-done={task.completed} data-saved={saved}>
      <input
        type="checkbox"
        className={styles.checkbox}
        checked={task.completed}
        disabled={!saved}
        aria-labelledby={titleId}
        onChange={() => leave(onToggle)}
      />
      {editing ? (
        <TitleEditor
          title={task.title}
          onDone={(title) => {
            setEditing(false);
            if (title !== null) onRename(title);
          }}
        />
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the pointer; the Edit button is the way for everybody.
        <span
          id={titleId}
          className={styles.title}
          dir="auto"
          onDoubleClick={() => saved && setEditing(true)}
        >
          {task.title}
        </span>
      )}
      {/* While the title is being edited it still names the checkbox. */}
      {editing && (
        <span id={titleId} hidden>
          {task.title}
        </span>
      )}
      <span className={styles.actions}>
        {!editing && (
          <button
            ref={editButton}
            type="button"
            disabled={!saved}
            aria-label={`Edit "${task.title}"`}
            title="Edit"
            onClick={() => setEditing(true)}
          >
            <PencilIcon />
          </button>
        )}
        <button
          type="button"
          disabled={!saved}
          aria-label={`Delete "${task.title}"`}
          title="Delete"
          onClick={() => leave(onDelete)}
        >
          <TrashIcon />
        </button>
      </span>
    </li>
  );
}
