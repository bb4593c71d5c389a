const paths = { helm3: "bin/h3/helm", helm4: "bin/h4/helm", kubeconform: "bin/kubeconform" };
export async function tool(name: keyof typeof paths): Promise<string> {
  return `${process.env.CHART_TOOLS}/${paths[name]}`;
}
