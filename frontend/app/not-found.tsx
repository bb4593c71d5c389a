import type { Metadata } from "next";
import Link from "next/link";
import { MessagePage } from "@/components/MessagePage";

export const metadata: Metadata = { title: "Not found" };

export default function NotFoundPage() {
  return (
    <MessagePage title="There is nothing here" text="The address may be mistyped, or the page has moved.">
      <Link href="/">Go to your tasks</Link>
    </MessagePage>
  );
}
