"use client";

import { MessagePage } from "@/components/MessagePage";

/** A page that could not be made. What went wrong is in the server's log, under the digest shown here. */
export default function ErrorPage({ error }: { error: Error & { digest?: string } }) {
  return (
    <MessagePage
      title="This page didn't load"
      text="TaskFlow or its database may be restarting. Nothing that you saved is lost."
      detail={error.digest && `Reference ${error.digest}`}
    >
      {/* Not `reset`: that draws the page again from what the server sent, which was the error. */}
      <button type="button" onClick={() => window.location.reload()}>
        Try again
      </button>
    </MessagePage>
  );
}
