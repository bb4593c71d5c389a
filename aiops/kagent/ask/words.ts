/**
 * The words by which a question is understood without a model: what can be asked, and how people call the parts of
 * TaskFlow. Patterns run over the question in lower case, without punctuation.
 */

export interface Topic {
  /** As the list of what can be asked has it. */
  title: string;
  example: string;
  words: RegExp;
  /** Are these words too common to mean TaskFlow by themselves? They then need a subject: a component, a pod, "it". */
  common?: true;
}

/** What can be asked. Order matters: the first whose words are in the question. */
export const topics = {
  rollback: {
    title: "how to go back to an earlier version",
    example: "How do I roll back?",
    words:
      /\broll(ed|ing)? ?back\b|\brevert\b|\bundo\b|\b(go|went) back to\b|\b(previous|earlier|older) (version|release|deployment)\b/,
  },
  fix: {
    title: "what mends it",
    example: "How do I fix the backend?",
    words:
      /\bhow (do|can|could|should|to)\b.*\b(fix|mend|repair|solve|resolve|recover|heal)\b|\b(fix|mend|repair|solve|resolve) (it|this|that|the)\b|\bwhat (should|can|do) (i|we) do\b|\bremed(y|iation)\b|\bnext steps?\b/,
    common: true,
  },
  database: {
    title: "whether the database is reachable",
    example: "Is the database reachable?",
    words: /\b(database|data base|db|postgres|postgresql|neon|migrations?|alembic|schema)\b/,
  },
  memory: {
    title: "memory use",
    example: "Show me all pods with high memory usage",
    words: /\b(memory|ram|mem)\b/,
  },
  cpu: {
    title: "CPU use",
    example: "Which pod uses the most CPU?",
    words: /\b(cpus?|processor|throttl\w*)\b/,
  },
  usage: {
    title: "resource use",
    example: "How much do the pods use?",
    words: /\b(resources?|usage|utili[sz]ation|consum\w+|load|how much .*(use|need))\b/,
    common: true,
  },
  quota: {
    title: "quotas and limits",
    example: "Which limits do the pods have?",
    words: /\b(quotas?|limit ?ranges?|limits?)\b/,
    common: true,
  },
  slow: {
    title: "why something is slow",
    example: "Why is the API slow?",
    words:
      /\b(slow\w*|latency|laggy?|sluggish|performance|response times?|takes? (so |too )?long|timeouts?|timing out|hang(s|ing)?)\b/,
    common: true,
  },
  autoscaling: {
    title: "what the autoscaler does",
    example: "Is the HPA working?",
    words: /\b(hpas?|auto ?-?scal\w*|horizontal pod)\b/,
  },
  network: {
    title: "network policies, ingress and DNS",
    example: "Does a network policy block the backend?",
    words: /\b(network|polic(y|ies)|firewall|block(s|ed|ing)?|dns|coredns|ingress(es)?|traffic|resolv\w+)\b/,
    common: true,
  },
  access: {
    title: "whether a service is accessible",
    example: "Is the backend service accessible?",
    words:
      /\b(accessib\w*|access(ed)?|reach\w*|unreachable|unavailable|available|expos\w+|respond\w*|answer(s|ing)?|connect\w*|endpoints?|urls?|ports?|online|offline|listen\w*|open it|is .{2,40} (up|down))\b/,
    common: true,
  },
  logs: {
    title: "errors in the logs",
    example: "Are there errors in the backend's logs?",
    words: /\b(logs?|logging|exceptions?|stack ?traces?|tracebacks?|error messages?|print(s|ed)?|says?)\b/,
    common: true,
  },
  events: {
    title: "recent warnings of the cluster",
    example: "Show me the recent events",
    words: /\b(events?|warnings?)\b/,
    common: true,
  },
  node: {
    title: "the nodes",
    example: "Is the node healthy?",
    words: /\b(nodes?|kubelet|disk ?pressure|cordon\w*)\b/,
  },
  storage: {
    title: "volumes",
    example: "Are the volumes bound?",
    words: /\b(storage|volumes?|pvcs?|persistent|disks?|mount\w*)\b/,
    common: true,
  },
  config: {
    title: "configuration and Secrets that are missing",
    example: "Is any configuration missing?",
    words: /\b(config ?maps?|config\w*|secrets?|environment|env|settings?|variables?)\b/,
    common: true,
  },
  why: {
    title: "why something fails, crashes, restarts or stays pending",
    example: "Why is the backend pod crashing?",
    words:
      /\b(why|how come|reason|causes?|caused|causing|root cause|fail\w*|crash\w*|die[sd]?|dying|kill(s|ed|ing)?|oom\w*|broken|pending|unschedul\w*|stuck|unready|not ready|errors?|backoff|imagepull\w*|errimage\w*|unhealthy|wrong|evict\w*)\b/,
    common: true,
  },
  restarts: {
    title: "what restarted",
    example: "Which pods restarted?",
    words: /\brestart\w*\b/,
  },
  rollout: {
    title: "how the rollout is, and what changed",
    example: "What changed in the last rollout?",
    words:
      /\b(roll ?outs?|rolled out|rolling|chang(e|es|ed)|deployment (status|state|done|finished|complete\w*)|(last|latest|recent) (deploy\w*|release)|deployed (last|when)|when .* deployed|revisions?|history|updated?|progress)\b/,
    common: true,
  },
  images: {
    title: "which images and versions run",
    example: "Which image does the frontend run?",
    words: /\b(images?|versions?|tags?|builds?)\b/,
    common: true,
  },
  replicas: {
    title: "how many replicas run",
    example: "How many replicas does the backend have?",
    words:
      /\b(replicas?|how many (\w+ )?(pods?|copies|instances?|containers?|backends?|frontends?|are running|run)|copies|instances?|scaled?)\b/,
    common: true,
  },
  services: {
    title: "the Services",
    example: "List the services",
    words: /\b(list|show|which|what|all|get)\b.*\bservices\b|^services$/,
  },
  pods: {
    title: "the pods",
    example: "List the pods",
    words:
      /\b(list|show|which|what|all|get)\b.*\b(pods?|containers?|running|deployed|components?)\b|^pods$|\bwhat runs\b/,
  },
  health: {
    title: "how everything is",
    example: "Is everything healthy?",
    words:
      /\b(health\w*|ok|okay|alright|all right|fine|well|status|state|works?|working|problems?|issues?|running|ready|up|down|summary|overview|diagnos\w*|happening|going on|doing|alerts?|look(s|ing)? (good|bad))\b/,
    common: true,
  },
} as const satisfies Record<string, Topic>;

export type TopicName = keyof typeof topics;

/** How people call the parts of TaskFlow. Several words before one: a web server is not the API's. */
export const components: readonly (readonly [RegExp, string])[] = [
  [/\b(web ?-?(server|app|site|page|ui)|user interface|home ?page)\b/, "frontend"],
  [/\b(api ?-?server|backend ?-?service|rest api)\b/, "backend"],
  [/\b(front ?-?end(-service)?|ui|web|next(\.?js)?|site|browser|gui)\b/, "frontend"],
  [/\b(back ?-?end|api|fast ?api|uvicorn|server|python)\b/, "backend"],
  [/\b(database|data base|db|postgres|postgresql|neon)\b/, "database"],
];

/** What makes common words mean TaskFlow. */
export const subjects =
  /\b(it|its|this|that|they|these|everything|anything|something|nothing|all|any|pods?|containers?|services?|deployments?|replica ?sets?|cluster|namespace|apps?|application|task ?flow|todo( app)?|stack|kubernetes|k8s|kubectl|roll ?outs?|release|hpa|images?|replicas|events|logs|volumes?|probes?|crashloop\w*|imagepull\w*|errimage\w*|oom\w*|restarts?|config ?maps?|secrets?|configuration|quotas?|network polic\w+|ingress(es)?|dns)\b|^what (has |have )?changed\b|^(overall )?(status|health|overview|summary)\b/;

/** Words before "pod" or "service" that name none of them. */
export const noName =
  /^(the|a|an|my|our|your|all|any|every|each|some|this|that|these|those|which|what|no|of|in|for|is|are|and|or|to|with|do|does|did|has|have|can|single|one|two|three|new|old|last|latest|recent|running|failing|failed|crashing|crashed|pending|healthy|unhealthy|broken|bad|other|app|application|kubernetes|k8s|network|show|list|get|see|me|many|much|most|more|few|taskflow|todo|todo-app|ready|unready|restarting|stuck|slow|down|up|evicted|first|second|current|horizontal|per|cluster|why|how|out|when|where|from|on|by|as|at|not|be|been|would|could|should|will|may|might|must|also|every|production|prod|staging|fix|roll|next|same|whole|entire|web|api)$/;

/** A wish to change something; asking only looks. */
export const changes =
  /^(please |now |just |(can|could|would|will) you (please )?)*(delete|remove|kill|restart|scale|apply|patch|drain|cordon|stop|start|deploy|upgrade|uninstall|install|edit|create|wipe|drop|exec|increase|decrease|raise|set|redeploy|reboot|update)\b/;

/** A place outside the cluster that is looked at, in the first group that is there. */
export const elsewhere: readonly (readonly [RegExp, "cluster" | "namespace"])[] = [
  [/\b(?:in|on|of|from|inside) (?:the |our |my |another )?([a-z0-9][a-z0-9.-]*)(?:'s)? cluster\b/, "cluster"],
  [
    /\b(?:in|on|of) (?:the )?(?:cluster|context) (?:named |called )?([a-z0-9]*[-:0-9][\w.:/@-]*|[a-z]+$)/,
    "cluster",
  ],
  [/\b(?:the )?(other|another|second|different|remote) cluster\b/, "cluster"],
  [/\bin (production|prod|staging|qa|eks|gke|aks|aws|azure|gcp|openshift)\b/, "cluster"],
  [/\b(eks|gke|aks|openshift)\b/, "cluster"],
  [/\b(?:in|of|from|inside|for) namespace ([a-z0-9][a-z0-9-]*)/, "namespace"],
  [/\b(?:in|of|from|inside) the namespace ([a-z0-9]*[-0-9][a-z0-9-]*|[a-z]+$)/, "namespace"],
  [/\b(?:in|of|from|inside) (?:the )?([a-z0-9][a-z0-9-]*) namespace\b/, "namespace"],
  [/\b(kube-system|kube-public|default namespace)\b/, "namespace"],
];

/** "in this cluster" names no other. */
export const here =
  /^(the|this|that|my|our|your|a|an|any|same|current|local|whole|entire|kubernetes|k8s|taskflow|dev|embedded|minikube|is|are|for|to|has|and|with|which|so|right|now|looks?)$/;

/** Very common words of languages that are not English and are no English words either. */
export const foreign = new Set(
  [
    "warum wieso weshalb wie ist sind nicht der das und ein eine einen zeige mir alle welche läuft stürzt ab für auf mit kann ich",
    "pourquoi quel quelle quels quelles est sont le la les des du une ne pas le dans montre montrez moi tous ça où",
    "por qué porque cuál cuáles cómo está están el los las una muestra muéstrame todos para con del se",
    "perché qual quale sono della dello degli gli che è il mostra tutti",
    "waarom hoe welke zijn het een niet van toon alle wordt",
    "por que como está estão os uma mostre todos não do da",
    "dlaczego jest nie czy jak proszę pokaż",
    "varför är inte och hur visa hvorfor er ikke og hvordan",
    "neden niçin nasıl değil mi",
  ].flatMap((line) => line.split(" ")),
);

/** Very common English words; "do", "is" and the like count for it. */
export const english = new Set(
  "the is are why what which how does do did can could show me my of to in on for and not there any was were has have with list it a an i all please tell when where who be been no".split(
    " ",
  ),
);
