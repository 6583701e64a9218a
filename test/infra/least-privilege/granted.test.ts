import { describe, expect, test } from "vitest";
import { granted, grantedKms, type Statement } from "./granted.ts";

const QUEUE = "arn:aws:sqs:eu-west-1:123456789012:requests";
const TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/products";
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1";

const policy = (...statements: Statement[]) => ({ Version: "2012-10-17", Statement: statements });
const allow = (Action: string | string[], Resource: string | string[], more: Partial<Statement> = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const nameOf = (arn: string) => arn.slice(arn.lastIndexOf(":") + 1);
const via = (...services: string[]) => ({
  Condition: {
    StringEquals: { "kms:ViaService": services.map((service) => `${service}.eu-west-1.amazonaws.com`) },
  },
});

describe("a policy cannot be listed", () => {
  const { Action: _, ...noAction } = allow([], QUEUE);
  const { Resource: __, ...noResource } = allow("sqs:SendMessage", []);
  test.each<[string, Statement, RegExp]>([
    ["that denies", { ...allow("sqs:SendMessage", QUEUE), Effect: "Deny" }, /effect is Deny/],
    ["that denies another service", { ...allow("s3:GetObject", "*"), Effect: "Deny" }, /effect is Deny/],
    ["with every action of every service", allow("*", QUEUE), /action \*/],
    ["with every action of a service", allow("sqs:*", QUEUE), /action sqs:\*/],
    ["with a wildcard in an action", allow(["sqs:SendMessage", "sqs:Get*"], QUEUE), /action sqs:Get\*/],
    ["with a wildcard for one letter", allow("sqs:SendMessag?", QUEUE), /action sqs:SendMessag\?/],
    ["with a wildcard in the service", allow("s*:SendMessage", QUEUE), /action s\*:SendMessage/],
    ["in letters it would not be compared in", allow("SQS:sendMessage", QUEUE), /action SQS:sendMessage/],
    ["with every resource", allow("sqs:SendMessage", "*"), /resource \* has/],
    ["with a wildcard in a resource", allow("dynamodb:Scan", [TABLE, `${TABLE}/index/*`]), /index\/\* has/],
    ["with NotAction", { ...noAction, NotAction: "sqs:DeleteQueue" }, /NotAction/],
    ["with NotResource", { ...noResource, NotResource: QUEUE }, /NotResource/],
    ["without an action", noAction, /names no action/],
    ["with no action in its list", allow([], QUEUE), /names no action/],
    ["without a resource", noResource, /names no resource/],
  ])("%s", (_, statement, why) => {
    expect(() => granted(policy(allow("sqs:SendMessage", QUEUE), statement), nameOf)).toThrow(why);
  });

  test("and says which statement it was", () => {
    const statement = allow("sqs:*", QUEUE, { Sid: "TooMuch" });
    expect(() => granted(policy(statement), nameOf)).toThrow(/"Sid":"TooMuch"/);
  });

  test("with a resource that has no name", () => {
    const unknown = (arn: string): string => {
      throw new Error(`no name for ${arn}`);
    };
    expect(() => granted(policy(allow("sqs:SendMessage", QUEUE)), unknown)).toThrow(`no name for ${QUEUE}`);
  });
});

describe("a grant of the key cannot be listed", () => {
  const decrypt = (more: Partial<Statement>) => policy(allow("kms:Decrypt", KEY, more));
  const host = "sqs.eu-west-1.amazonaws.com";
  test.each<[string, Partial<Statement>]>([
    ["without a condition", {}],
    ["with another condition", { Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } } }],
    ["that holds without a service", { Condition: { StringEqualsIfExists: { "kms:ViaService": host } } }],
    ["for services by wildcard", { Condition: { StringLike: { "kms:ViaService": "*.amazonaws.com" } } }],
    ["for all but a service", { Condition: { StringNotEquals: { "kms:ViaService": host } } }],
    ["through no service", via()],
  ])("%s", (_, more) => {
    expect(() => grantedKms(decrypt(more))).toThrow(/no StringEquals condition on kms:ViaService/);
  });

  test("through what is not a service", () => {
    expect(() => grantedKms(decrypt(via("*")))).toThrow(/not a service's name/);
  });

  test("with wildcards", () => {
    expect(() => grantedKms(policy(allow("kms:GenerateDataKey*", KEY, via("sqs"))))).toThrow(
      /not a single one/,
    );
    expect(() => grantedKms(policy(allow("kms:Decrypt", "*", via("sqs"))))).toThrow(/has a wildcard/);
  });
});

describe("what a policy allows", () => {
  test("is nothing where it has no statement", () => {
    expect(granted(policy(), nameOf)).toEqual(new Set());
    expect(grantedKms(policy())).toEqual(new Set());
  });

  test("is every action of a statement on every resource of it", () => {
    const both = allow(["sqs:SendMessage", "sqs:GetQueueAttributes"], [QUEUE, `${QUEUE}-2`]);
    expect(granted(policy(both, allow("dynamodb:Scan", TABLE)), nameOf)).toEqual(
      new Set([
        "sqs:SendMessage requests",
        "sqs:SendMessage requests-2",
        "sqs:GetQueueAttributes requests",
        "sqs:GetQueueAttributes requests-2",
        "dynamodb:Scan table/products",
      ]),
    );
  });

  test("is the same whether two statements allow it or one", () => {
    const one = allow("sqs:SendMessage", QUEUE);
    expect(granted(policy(one, one), nameOf)).toEqual(granted(policy(one), nameOf));
  });

  test("of other services is not looked at, as wide as it may be", () => {
    const others = policy(allow("logs:*", "*"), allow("kms:Decrypt", "*"), allow("ssm:GetParameter", "*"));
    expect(granted(others, nameOf)).toEqual(new Set());
  });

  test("of the key is by the service it is used through", () => {
    const statements = policy(
      allow("kms:Decrypt", KEY, via("dynamodb", "sqs")),
      allow("kms:GenerateDataKey", KEY, via("sqs")),
      allow("sqs:SendMessage", "*"),
    );
    expect(grantedKms(statements)).toEqual(
      new Set(["kms:Decrypt dynamodb", "kms:Decrypt sqs", "kms:GenerateDataKey sqs"]),
    );
  });

  test("of the key may name the region by an expression", () => {
    const host = "dynamodb.${data.aws_region.current.region}.amazonaws.com";
    const condition = { Condition: { StringEquals: { "kms:ViaService": host } } };
    expect(grantedKms(policy(allow("kms:Decrypt", KEY, condition)))).toEqual(
      new Set(["kms:Decrypt dynamodb"]),
    );
  });
});
