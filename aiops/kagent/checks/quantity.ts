/** Kubernetes quantities (`512Mi`, `250m`, `12345n`) as numbers, and back. The client's own reader takes no `1.5Gi`. */

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** In bytes or cores; undefined for what is no quantity. */
export function amount(quantity: string | undefined): number | undefined {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(quantity ?? "");
  const factor = factors[match?.[2] ?? ""];
  const value = Number(match?.[1]);
  return match && factor !== undefined && Number.isFinite(value) ? value * factor : undefined;
}

/** Bytes as whole `Mi`. */
export const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}Mi`;

/** Cores as whole `m`. */
export const millicores = (cores: number): string => `${Math.floor(cores * 1000 + 1e-6)}m`;
