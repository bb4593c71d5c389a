import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { Welcome } from "@/components/Welcome";
import { currentSession } from "@/lib/session";

/** Sign-in and sign-up; whoever is signed in has no business here. */
export default async function AccountLayout({ children }: { children: ReactNode }) {
  if (await currentSession()) redirect("/");
  return <Welcome>{children}</Welcome>;
}
