"use client";

import { useCallback, useRef, useState } from "react";
import type { Task, TaskPage } from "@/lib/tasks/types";
import { useTasks } from "@/lib/tasks/useTasks";
import { AllDone, LoadFailed, NoTasks, Skeleton } from "./EmptyStates";
import { ChevronIcon } from "./icons";
import { type Notice, Notices } from "./Notices";
import { Progress } from "./Progress";
import { TaskComposer } from "./TaskComposer";
import { TaskRow } from "./TaskRow";
import styles from "./TasksView.module.css";

/** The tasks page below the header. */
export function TasksView({ firstPage }: { firstPage: TaskPage | null }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const nextNotice = useRef(0);
  const [announcement, setAnnouncement] = useState("");
  const composer = useRef<HTMLInputElement>(null);

  const onFailure = useCallback((message: string) => {
    nextNotice.current += 1;
    setNotices((shown) => [
      ...shown.filter((notice) => notice.message !== message),
      { id: nextNotice.current, message },
    ]);
  }, []);
  const list = useTasks({ firstPage, onFailure, onSignedOut: () => window.location.assign("/sign-in") });

  const open = list.tasks.filter((task) => !task.completed);
  const completed = list.tasks.filter((task) => task.completed);

  const row = (task: Task) => (
    <TaskRow
      key={task.id}
      task={task}
      onToggle={() => {
        setAnnouncement(`${task.completed ? "Reopened" : "Completed"}: ${task.title}`);
        void list.change(task, { completed: !task.completed });
      }}
      onRename={(title) => void list.change(task, { title })}
      onDelete={() => {
        setAnnouncement(`Deleted: ${task.title}`);
        void list.remove(task);
      }}
      onLeave={() => composer.current?.focus()}
    />
  );

  return (
    <main className={styles.main}>
      <div className={styles.heading}>
        <h1>Tasks</h1>
        {list.tasks.length > 0 && (
          <Progress open={open.length} completed={completed.length} more={list.hasMore} />
        )}
      </div>
      <TaskComposer
        ref={composer}
        onAdd={(title) => {
          setAnnouncement(`Added: ${title}`);
          return list.add(title);
        }}
      />
      {list.loading && <Skeleton />}
      {list.loadError && <LoadFailed message={list.loadError.message} onRetry={list.reload} />}
      {!list.loading && !list.loadError && list.tasks.length === 0 && <NoTasks />}
      {list.tasks.length > 0 && open.length === 0 && !list.hasMore && <AllDone />}
      {open.length > 0 && (
        <ul className={styles.list} aria-label="Open tasks">
          {open.map(row)}
        </ul>
      )}
      {completed.length > 0 && (
        <details className={styles.completed} open>
          <summary>
            <ChevronIcon />
            <h2>Completed</h2>
            <span className={styles.count}>{completed.length}</span>
          </summary>
          <ul className={styles.list} aria-label="Completed tasks">
            {completed.map(row)}
          </ul>
        </details>
      )}
      {list.hasMore && (
        <button type="button" className={styles.more} onClick={list.loadMore} disabled={list.loadingMore}>
          {list.loadingMore ? "Loading…" : "Show more"}
        </button>
      )}
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
      <Notices
        notices={notices}
        onDismiss={(id) => setNotices((shown) => shown.filter((notice) => notice.id !== id))}
      />
    </main>
  );
}
