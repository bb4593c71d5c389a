"use client";

import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import type { TaskPage } from "@/lib/tasks/types";
import { TasksView } from "./TasksView";

// Before the browser draws again. By default it is a task later, and a checkbox jumps back in between.
notifyManager.setScheduler(queueMicrotask);

/** The tasks and the cache that they live in. */
export function TasksApp({ firstPage }: { firstPage: TaskPage | null }) {
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { staleTime: 10_000 } } }));
  return (
    <QueryClientProvider client={client}>
      <TasksView firstPage={firstPage} />
    </QueryClientProvider>
  );
}
