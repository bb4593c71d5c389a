/** Kubernetes quantities as numbers: CPU in cores, memory in bytes. */
const factors: Record<string, number> = {
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

export function quantity(text: string): number {
  const [, number, unit] = /^([\d.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = factors[unit ?? "?"];
  if (number === undefined || factor === undefined) throw new Error(`${text} is no quantity`);
  return Number(number) * factor;
}
