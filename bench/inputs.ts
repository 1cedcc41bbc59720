// The files that real programs are given: generated, the same everywhere, of the size that is asked for.

/** A generator of numbers below `limit`; always the same ones. */
export function randomNumbers(seed = 42): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}

const SYLLABLES = "ba be bi da de di ga ge ka ke la le lo ma me mo na ne no ra re ri sa se si ta te to va vi"
  .split(
    " ",
  );

/** So many KiB of lines of invented words, frequent ones more often. */
function text(kibibytes: number): string {
  const below = randomNumbers();
  const words = Array.from(
    { length: 2000 },
    () => Array.from({ length: 1 + below(4) }, () => SYLLABLES[below(SYLLABLES.length)]).join(""),
  );
  const lines: string[] = [];
  for (let length = 0; length < kibibytes * 1024;) {
    const line = Array.from({ length: 6 + below(8) }, () => words[below(1 + below(words.length))]).join(" ");
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join("\n") + "\n";
}

/** An array of so many objects. */
function json(count: number): string {
  const below = randomNumbers();
  return JSON.stringify(Array.from({ length: count }, (_, id) => ({
    id,
    name: SYLLABLES[below(SYLLABLES.length)]! + SYLLABLES[below(SYLLABLES.length)],
    price: below(100000) / 100,
    tags: Array.from({ length: below(4) }, () => SYLLABLES[below(SYLLABLES.length)]),
    stock: { here: below(50), there: below(2) === 1 ? null : below(9) },
  })));
}

/** A table of so many rows, an index, and queries of several kinds. */
function sql(rows: number): string {
  const below = randomNumbers();
  const out = ["create table goods (id integer primary key, name text, price real, kind integer);", "begin;"];
  for (let id = 0; id < rows; id++) {
    const name = SYLLABLES[below(SYLLABLES.length)]! + SYLLABLES[below(SYLLABLES.length)]! + below(100);
    out.push(`insert into goods values (${id}, '${name}', ${below(100000) / 100}, ${below(20)});`);
  }
  out.push(
    "commit;",
    "create index by_name on goods (name);",
    "select kind, count(*), round(sum(price), 2) from goods group by kind order by kind;",
    "select count(*) from goods a join goods b on a.name = b.name where a.kind < b.kind;",
    "select name, max(price) from goods where name like '%ba%' group by name order by 2 desc, 1 limit 5;",
    "update goods set price = price * 1.1 where kind = 3;",
    "delete from goods where kind = 4;",
    "select count(*), round(sum(price), 2) from goods;",
  );
  return out.join("\n") + "\n";
}

/** A C source file of so many functions, for the compiler. */
function source(functions: number): string {
  const below = randomNumbers();
  const out = ["struct node { struct node *next; long key; double weight; char name[16]; };"];
  for (let i = 0; i < functions; i++) {
    const cases = Array.from(
      { length: 5 },
      (_, k) => `    case ${k * 3}: sum ${["+", "-", "^"][below(3)]}= n->key * ${below(1000)}; break;`,
    );
    out.push(
      `long f${i}(struct node *list, long limit) {`,
      `  long sum = ${below(100)};`,
      "  for (struct node *n = list; n && sum < limit; n = n->next) {",
      "    switch (n->key % 16) {",
      ...cases,
      `    default: n->weight = n->weight * ${below(90) + 1}.5 + (double)sum;`,
      "    }",
      `    for (int i = 0; i < ${4 + below(12)} && n->name[i]; i++) sum += n->name[i] << (i & ${below(8)});`,
      i > 0 ? `    if (sum & ${1 << below(8)}) sum ^= f${below(i)}(n->next, limit >> 1);` : "",
      "  }",
      "  return sum;",
      "}",
    );
  }
  return out.join("\n") + "\n";
}

/** Arithmetic for bc: sums of roots and exponentials, a modular power, pi. */
function bc(terms: number): string {
  return `scale = 30
for (i = 1; i <= ${terms}; i++) {
  x += sqrt(i) * e(1 / i)
  y = y + i ^ 7
}
x
y
scale = 150
4 * a(1)
`;
}

export const INPUTS = { text, json, sql, source, bc };
export type Input = keyof typeof INPUTS;
