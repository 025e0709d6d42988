// One button and a drop zone. The file is read here; only its text goes to Python, and only when it is short UTF-8 text.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".nb-pick");
  let input = root.querySelector("input");
  if (!input) {
    root.innerHTML =
      '<label class="nb-drop"><span class="nb-button"></span><span class="nb-hint"></span>' +
      '<input type="file"></label><p class="nb-said" role="status"></p>';
    input = root.querySelector("input");
    const zone = root.querySelector(".nb-drop");
    const read = async (file) => {
      const { words, most } = root.nablaData;
      const say = (text) => (root.querySelector(".nb-said").textContent = text);
      say("");
      if (!file) return;
      if (file.size > most) return say(words.too_large);
      try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
        if (text.includes("\u0000")) throw new Error("no text");
        root.nablaSend("file", { name: file.name, text });
      } catch {
        say(words.no_text);
      }
      input.value = ""; // the same file may be chosen again after it was mended
    };
    input.addEventListener("change", () => read(input.files[0]));
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("nb-over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("nb-over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("nb-over");
      read(event.dataTransfer.files[0]);
    });
  }
  root.nablaData = data;
  root.nablaSend = setTriggerValue;
  input.accept = data.accept;
  root.querySelector(".nb-button").textContent = data.words.label;
  root.querySelector(".nb-hint").textContent = data.words.drop;
}
