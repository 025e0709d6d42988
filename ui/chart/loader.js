// Loading Plotly, once for all charts of a page.

function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  if (!window.nablaPlotly) {
    window.nablaPlotly = fetchPlotly(url).catch((error) => {
      window.nablaPlotly = undefined; // so that the next chart tries again
      throw error;
    });
  }
  return window.nablaPlotly;
}

async function fetchPlotly(url) {
  // Streamlit's own static route labels scripts as text and forbids sniffing, so a script tag would be refused there.
  if (!url.includes("app/static/")) {
    try {
      await addScript(url);
      return window.Plotly;
    } catch {
      // fall through: read it as text instead
    }
  }
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  const blob = URL.createObjectURL(new Blob([await reply.text()], { type: "text/javascript" }));
  try {
    await addScript(blob);
  } finally {
    URL.revokeObjectURL(blob);
  }
  return window.Plotly;
}

function addScript(src) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => (window.Plotly ? resolve() : reject(new Error(`${src} holds no Plotly`)));
    script.onerror = () => reject(new Error(`cannot load ${src}`));
    document.head.append(script);
  });
}

