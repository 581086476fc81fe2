// Shapes of JSON: a shape is a function of a value and its path that throws Wrong where it does not fit.
export class Wrong extends Error {
  constructor(path, what) {
    super(`${path || "body"}: ${what}`);
    this.path = path;
  }
}
const is = (fits, what) => (value, path) => {
  if (!fits(value)) throw new Wrong(path, `is not ${what}: ${JSON.stringify(value)?.slice(0, 80)}`);
};
export const any = () => {};
export const text = is((value) => typeof value === "string", "a string");
export const words = is((value) => typeof value === "string" && value.trim() !== "", "a text with a word in it");
export const flag = is((value) => typeof value === "boolean", "true or false");
export const count = is((value) => Number.isInteger(value) && value >= 0, "a count");
export const between = (least, most) =>
  is((value) => typeof value === "number" && value >= least && value <= most, `a number from ${least} to ${most}`);
export const like = (pattern) => is((value) => typeof value === "string" && pattern.test(value), `like ${pattern}`);
export const one = (...values) => is((value) => values.includes(value), `one of ${values.join(", ")}`);
export const map = is((value) => value !== null && typeof value === "object" && !Array.isArray(value), "an object");
export const json = is((value) => {
  try {
    return typeof JSON.parse(value) === "object";
  } catch {
    return false;
  }
}, "a text that is a JSON object");
export const orNull = (shape) => (value, path) => value === null || shape(value, path);
export const list = (shape, least = 0) => (value, path) => {
  if (!Array.isArray(value)) throw new Wrong(path, "is not a list");
  if (value.length < least) throw new Wrong(path, `has fewer than ${least} elements`);
  value.forEach((element, index) => shape(element, `${path}[${index}]`));
};
export const object = (required, optional = {}) => (value, path) => {
  map(value, path);
  const at = (name) => (path ? `${path}.${name}` : name);
  for (const name of Object.keys(required)) {
    if (!(name in value)) throw new Wrong(at(name), "is missing");
  }
  for (const [name, inner] of Object.entries(value)) {
    const shape = required[name] ?? optional[name];
    if (!shape) throw new Wrong(at(name), "is not known here");
    shape(inner, at(name));
  }
};
// The shape of an object by one of its fields.
export const by = (field, shapes, otherwise) => (value, path) => {
  map(value, path);
  const shape = Object.hasOwn(shapes, value[field] ?? "") ? shapes[value[field]] : otherwise;
  if (!shape) throw new Wrong(`${path}.${field}`, `is not known: ${JSON.stringify(value[field])}`);
  shape(value, path);
};
// A string, or what the other shape says.
export const textOr = (shape) => (value, path) => typeof value === "string" || shape(value, path);
export const require = (holds, path, what) => {
  if (!holds) throw new Wrong(path, what);
};
