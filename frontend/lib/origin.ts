/** Who may change something with a user's cookie: only pages that this app served. */

export interface OwnOrigins {
  appUrl: string;
  authUrl: string;
}

/** The origins that the configuration names. */
export function configuredOrigins({ appUrl, authUrl }: OwnOrigins): string[] {
  return [...new Set([new URL(appUrl).origin, new URL(authUrl).origin])];
}

/**
 * Whether a request comes from one of this app's own pages.
 *
 * `Sec-Fetch-Site` is set by the browser and out of a page's reach, and it also holds where the app is
 * opened through another port (`kubectl port-forward`). Browsers leave it out on plain http other than
 * localhost; there the `Origin` has to be a configured one.
 */
export function isOwnPage(headers: Headers, own: OwnOrigins): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  return origin !== null && configuredOrigins(own).includes(origin);
}
