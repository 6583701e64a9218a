import type { Faker } from "@faker-js/faker";
import type { Product } from "../../src/contract/product.ts";

/** A made-up product. */
export function madeUpProduct(faker: Faker, id: string): Product {
  return {
    id,
    name: faker.commerce.productName(),
    price: madeUpPrice(faker),
    ...(faker.datatype.boolean(0.8) && { description: faker.commerce.productDescription() }),
    ...(faker.datatype.boolean(0.7) && { attributes: madeUpAttributes(faker) }),
  };
}

/** Mostly cents, now and then a price of four decimals or none. */
export function madeUpPrice(faker: Faker): number {
  const fractionDigits = faker.helpers.weightedArrayElement([
    { weight: 8, value: 2 },
    { weight: 1, value: 4 },
    { weight: 1, value: 0 },
  ]);
  return faker.number.float({ min: 0, max: 5_000, fractionDigits });
}

export function madeUpAttributes(faker: Faker): NonNullable<Product["attributes"]> {
  return {
    category: faker.commerce.department().toLowerCase(),
    color: faker.color.human(),
    stock: faker.number.int({ max: 500 }),
    tags: faker.helpers.multiple(() => faker.commerce.productAdjective(), { count: { min: 0, max: 4 } }),
    dimensions: { unit: "cm", size: [faker.number.float({ max: 200, fractionDigits: 1 }), null] },
    available: faker.datatype.boolean(),
  };
}
