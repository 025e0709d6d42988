// Numbers as text. Values are float64 and are only ever rounded for display, never recalculated.

export const MINUS = "\u2212";

// The shortest text that reads back as the same float64, in plain ASCII.
export function fullText(v) {
  if (Number.isNaN(v)) return "nan";
  if (!Number.isFinite(v)) return v > 0 ? "inf" : "-inf";
  return v === 0 ? "0" : String(v);
}

// ASCII minus signs become true minus signs; infinities get their sign.
export function pretty(text) {
  return text.replace("inf", "∞").replace("nan", "NaN").replaceAll("-", MINUS);
}

// A value with the learner's number of decimals ("full" or a count). Short exact values stay as they are; values too
// small or too large for the column switch to d.dddde-n. Rounding is exact (toFixed works on the binary value).
export function shownText(v, decimals) {
  const full = fullText(v);
  if (decimals === "full" || !Number.isFinite(v) || v === 0) return pretty(full);
  const places = Number(decimals);
  const size = Math.abs(v);
  const plain = !full.includes("e");
  const own = plain ? (full.split(".")[1] || "").length : Infinity;
  if (own <= places && size < 1e7) return pretty(full);
  const least = places >= 4 ? 10 ** (1 - places) : 10 ** -places;
  if (size >= 1e7 || size < least) return pretty(scientific(v, Math.min(4, Math.max(1, places))));
  return pretty(v.toFixed(places));
}

function scientific(v, digits) {
  const [mantissa, exponent] = v.toExponential(digits).split("e");
  const exact = Number(v.toExponential(15).split("e")[0]);
  const short = String(exact).length < mantissa.length ? String(exact) : mantissa;
  return `${short}e${exponent.replace("+", "")}`;
}

// The most decimals, at most the learner's, with which the value takes no more than `chars` characters.
export function fitText(v, decimals, chars) {
  const most = decimals === "full" ? 8 : Number(decimals);
  for (let places = most; places > 1; places -= 1) {
    const text = shownText(v, places);
    if (text.length <= chars) return text;
  }
  const text = shownText(v, 1);
  if (text.length <= chars) return text;
  return pretty(scientific(v, 1));
}

// The size of a difference: "1e-17".
export function sizeText(d) {
  return d.toExponential(0);
}

// How many digits after the point a printed figure has in common with what was computed.
export function placesOf(text) {
  const [mantissa] = text.toLowerCase().split("e");
  return (mantissa.split(".")[1] || "").length;
}
