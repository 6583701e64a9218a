/*
 * The part of CloudWatch's JSON filter patterns that the signals use: { a }, a && b, a || b, parentheses, and
 * $.field = "text" or != "text", where * at an end of the text stands for anything. Comparisons are case-sensitive;
 * what is not a field of the line equals nothing and differs from nothing. Anything else is refused.
 */

type Line = Record<string, unknown>;
type Test = (line: Line) => boolean;

const TOKEN = /\s*(\{|\}|\(|\)|&&|\|\||!=|=|\$\.\w+|"[^"]*")/y;

/** @throws where the pattern is not of that part */
export function filterPattern(pattern: string): Test {
  const tokens = tokensOf(pattern);
  const next = (expected?: RegExp): string => {
    const token = tokens.shift();
    if (token === undefined || (expected && !expected.test(token))) {
      throw new Error(`${pattern}: ${expected ?? "more"} was expected, not ${token ?? "its end"}`);
    }
    return token;
  };
  const either = (): Test => {
    const tests = [both()];
    while (tokens[0] === "||") {
      next();
      tests.push(both());
    }
    return (line) => tests.some((test) => test(line));
  };
  const both = (): Test => {
    const tests = [one()];
    while (tokens[0] === "&&") {
      next();
      tests.push(one());
    }
    return (line) => tests.every((test) => test(line));
  };
  const one = (): Test => {
    if (tokens[0] !== "(") return comparison();
    next();
    const test = either();
    next(/^\)$/);
    return test;
  };
  const comparison = (): Test => {
    const field = next(/^\$\./).slice(2);
    const operator = next(/^!?=$/);
    const matches = wildcards(next(/^"/).slice(1, -1));
    return ({ [field]: value }) => typeof value === "string" && matches(value) === (operator === "=");
  };
  next(/^\{$/);
  const test = either();
  next(/^\}$/);
  if (tokens.length > 0) throw new Error(`${pattern}: goes on after its end`);
  return test;
}

function tokensOf(pattern: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < pattern.trimEnd().length; at = TOKEN.lastIndex) {
    const [, token] = TOKEN.exec(pattern) ?? [];
    if (token === undefined) throw new Error(`${pattern}: not understood at ${pattern.slice(at)}`);
    tokens.push(token);
  }
  return tokens;
}

function wildcards(text: string): (value: string) => boolean {
  const open = text.startsWith("*");
  const goesOn = text.endsWith("*");
  const inner = text.slice(open ? 1 : 0, goesOn ? -1 : undefined);
  if (inner.includes("*")) throw new Error(`${text}: a wildcard in the middle is not used here`);
  if (open && goesOn) return (value) => value.includes(inner);
  if (open) return (value) => value.endsWith(inner);
  if (goesOn) return (value) => value.startsWith(inner);
  return (value) => value === inner;
}
