export const PROXY_PREFIX = "/api/v1/";

// Letters, digits and the unreserved marks. No percent sign: nothing that could decode to '/', '\' or '..'.
const segment = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;

/**
 * The part of the path that the backend is asked for, e.g. `tasks/7f…` of `/api/v1/tasks/7f…`.
 * Null where it is not made of plain segments, so that it can never lead out of the backend's API.
 */
export function upstreamPath(pathname: string): string | null {
  if (!pathname.startsWith(PROXY_PREFIX)) return null;
  const rest = pathname.slice(PROXY_PREFIX.length);
  return rest.split("/").every((part) => segment.test(part)) ? rest : null;
}
