"use client";

import { MessagePage } from "@/components/MessagePage";

/** A page that could not be made. What went wrong is in the server's log, under the digest shown here. */
export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <MessagePage
      title="This page didn't load"
      text="TaskFlow or its database may be restarting. Nothing that you saved is lost."
      detail={error.digest && `Reference ${error.digest}`}
    >
      <button type="button" onClick={reset}>
        Try again
      </button>
    </MessagePage>
  );
}
