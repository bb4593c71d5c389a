import type { Metadata } from "next";
import { AppHeader } from "@/components/AppHeader";
import { TasksApp } from "@/components/TasksApp";
import { requireSession } from "@/lib/session";
import { firstPageOf } from "@/lib/tasks/firstPage";

export const metadata: Metadata = { title: "Tasks" };

export default async function TasksPage() {
  const { user } = await requireSession();
  return (
    <>
      <AppHeader email={user.email} />
      <TasksApp firstPage={await firstPageOf(user.id)} />
    </>
  );
}
