import { type PatternCheck } from './check-patterns';
import { type Findings, quoted, type RequestLoc } from './finding';
import { type StopLeaf, type StopRule } from './stop-rule';

/** What a stop rule may name. */
export interface StopScope {
  readonly findings: Findings;
  readonly patterns: PatternCheck;
  /** All agents of the request. */
  readonly agents: ReadonlySet<string>;
  /** Those that speak where the rule counts. */
  readonly speakers: ReadonlySet<string>;
  /** To whom can be handed over there; empty = nobody hands over. */
  readonly targets: ReadonlySet<string>;
}

/** Checks what the shape of a stop rule does not show: names, patterns, and fields that need each other. */
export function checkStop(rule: StopRule, loc: RequestLoc, scope: StopScope): void {
  if ('any' in rule) {
    rule.any.forEach((part, index) => checkStop(part, [...loc, 'any', index], scope));
  } else if ('all' in rule) {
    rule.all.forEach((part, index) => checkStop(part, [...loc, 'all', index], scope));
  } else {
    checkLeaf(rule, loc, scope);
  }
}

function checkLeaf(rule: StopLeaf, loc: RequestLoc, scope: StopScope): void {
  const { findings, patterns } = scope;
  switch (rule.type) {
    case 'text':
    case 'source':
      checkSpeakers(rule.from ?? [], [...loc, 'from'], scope);
      break;
    case 'pattern':
      checkSpeakers(rule.from ?? [], [...loc, 'from'], scope);
      patterns.check(rule.pattern, [...loc, 'pattern']);
      break;
    case 'tokens':
      if (rule.total === undefined && rule.prompt === undefined && rule.completion === undefined) {
        findings.error(loc, 'limit_missing', 'needs a limit: total, prompt or completion', rule);
      }
      break;
    case 'agreement':
      checkSpeakers(rule.agents ?? [], [...loc, 'agents'], scope);
      if (rule.by === 'text' && rule.text === undefined) {
        findings.error(loc, 'text_missing', "needs `text`, what everybody says, or `by: 'answer'`", rule);
      } else if (rule.by === 'answer' && rule.text !== undefined) {
        findings.warning([...loc, 'text'], 'no_effect', "has no effect with `by: 'answer'`", rule.text);
      }
      break;
    case 'handoff':
      checkTarget(rule.to, [...loc, 'to'], scope);
      break;
    default:
      break;
  }
}

function checkSpeakers(names: readonly string[], loc: RequestLoc, scope: StopScope): void {
  const { findings, agents, speakers } = scope;
  names.forEach((name, index) => {
    if (!agents.has(name)) {
      const what = 'agent of this request, and only agents say something';
      findings.unknownName([...loc, index], { type: 'unknown_agent', what, name, known: agents });
    } else if (!speakers.has(name)) {
      findings.warning([...loc, index], 'never_speaks', `${quoted(name)} does not take part here`, name);
    }
  });
}

function checkTarget(to: string, loc: RequestLoc, { findings, targets }: StopScope): void {
  if (targets.size === 0) {
    findings.warning(loc, 'no_handoffs', 'nobody hands over here: only a swarm or a moderator does', to);
  } else if (!targets.has(to) && to !== 'user') {
    const what = 'member of a team that hands over here, nor `user`';
    findings.unknownName(loc, { type: 'unknown_member', what, name: to, known: [...targets, 'user'] });
  }
}
