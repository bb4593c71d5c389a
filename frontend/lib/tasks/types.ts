/** A task as the API gives it. Times are ISO 8601 in UTC. */
export interface Task {
  id: string;
  title: string;
  notes: string | null;
  completed: boolean;
  createdAt: string;
  updatedAt: string;
  completedAt: string | null;
}

export interface TaskPage {
  items: Task[];
  /** Where the next page begins; null on the last one. */
  nextCursor: string | null;
}

export type TaskChange = Partial<Pick<Task, "title" | "notes" | "completed">>;

export const TITLE_MAX_LENGTH = 500;
