// What the tests of the stepper's JavaScript say: equal, or an error that shows both.

export function same(got, want, what = "") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) throw new Error(`${what} got ${a}, wanted ${b}`);
}

export function truth(value, what) {
  if (!value) throw new Error(what);
}
