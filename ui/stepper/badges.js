// The small certificates of a number: what each witness says, and the published figure.

import { h } from "./dom.js";
import { fullText, pretty, sizeText } from "./format.js";
import { valueAt, witnessOf } from "./model.js";

// One badge per witness that was heard or is missing, for the numbers of a step: the largest difference counts.
export function witnessBadges(model, w, indices, u) {
  const out = [];
  for (const name of ["autograd", "central", "graph"]) {
    const label = w(`witness.${name}`);
    const why = model.witness.missing[name];
    if (why) {
      if (indices.some((i) => model.writer[i] >= 0) && w.has(`missing.${why}`)) out.push(badge("quiet", `${label}: ${w(`missing.${why}`)}`, w(`witness.${name}.help`)));
      continue;
    }
    const told = indices.map((i) => witnessOf(model, name, i, u)).filter(Boolean);
    if (!told.length) continue;
    const agrees = told.every((one) => one.agrees);
    const largest = Math.max(...told.map((one) => one.difference));
    const text = largest === 0 ? w("witness.equal") : sizeText(largest);
    out.push(badge(agrees ? "good" : "bad", `${label} ${agrees ? "✓" : "✗"} ${text}`, `${w(`witness.${name}.help`)} ${w("witness.difference", { n: fullText(largest) })}`));
  }
  return out;
}

const VERDICTS = { match: "good", "last-digit": "good", float32: "fair", "rounded-chain": "fair", wrong: "bad" };

// The verdict on a published figure in a few words, such as "✓ 9 digits".
export function verdictText(w, figure) {
  if (figure.verdict === "match") return `✓ ${w("verdict.match", { n: String(figure.digits) })}`;
  const mark = VERDICTS[figure.verdict] === "bad" ? "✗" : "≈";
  return `${mark} ${w(`verdict.${figure.verdict}`, { n: String(figure.should_be ?? "") })}`;
}

// A published figure as it was printed; sources that print a multiple of the number get its factor.
export function publishedText(figure) {
  const { times = 1 } = figure;
  return pretty(times === 1 ? figure.text : `${figure.text} (${fullText(times)} ×)`);
}

export function verdictClass(figure) {
  return `nb-${VERDICTS[figure.verdict] || "fair"}`;
}

export function publishedBadge(model, w, i, u) {
  const figure = model.published.get(`${i}@${u}`);
  if (!figure) return null;
  const kind = VERDICTS[figure.verdict] || "fair";
  const text = figure.verdict === "match" ? `${w("published")} ${publishedText(figure)} ✓` : `${w("published")} ${publishedText(figure)} ${verdictText(w, figure)}`;
  return badge(kind, text, [w("verdict.own", { n: fullText(valueAt(model, i, u)) }), figure.note || ""].join(" ").trim());
}

function badge(kind, text, title) {
  return h("span", { class: `nb-badge nb-${kind}`, title }, text);
}
