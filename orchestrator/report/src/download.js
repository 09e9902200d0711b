// A figure as a file: its panels in one SVG, with the colours that are shown, or that drawn at twice the size as a PNG.
const name = "http://www.w3.org/2000/svg";
const strip = 26;

function element(kind, attributes, text) {
  const made = document.createElementNS(name, kind);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

function compose(panels) {
  const svgs = panels.map((panel) => panel.querySelector("svg"));
  const [width, height] = ["width", "height"].map((key) =>
    Math.max(...svgs.map((svg) => Number(svg.getAttribute(key)))),
  );
  const columns = Math.min(2, panels.length);
  const lines = Math.ceil(panels.length / columns);
  const whole = element("svg", { xmlns: name, width: columns * width + 10, height: lines * (height + strip + 10) + 5 });
  whole.setAttribute("viewBox", `0 0 ${whole.getAttribute("width")} ${whole.getAttribute("height")}`);
  whole.append(element("rect", { width: "100%", height: "100%", fill: "var(--page)" }));
  panels.forEach((panel, i) => {
    const x = (i % columns) * width;
    const y = Math.floor(i / columns) * (height + strip + 10) + 5;
    const own = svgs[i].cloneNode(true);
    const frame = svgs[i].querySelector('[aria-label="frame"]').getBBox();
    whole.append(
      element("rect", {
        x: x + frame.x,
        y,
        width: frame.width,
        height: strip,
        fill: "var(--strip)",
        stroke: "var(--frame)",
      }),
      element(
        "text",
        {
          x: x + frame.x + frame.width / 2,
          y: y + strip * 0.7,
          "text-anchor": "middle",
          fill: "var(--ink)",
          "font-family": "sans-serif",
          "font-size": 15,
        },
        panel.querySelector(".strip").textContent,
      ),
      own,
    );
    own.setAttribute("x", x);
    own.setAttribute("y", y + strip);
  });
  const style = getComputedStyle(document.documentElement);
  return new XMLSerializer()
    .serializeToString(whole)
    .replace(/var\((--[\w-]+)\)/g, (_, variable) => style.getPropertyValue(variable).trim() || "none");
}

function save(url, file) {
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  link.click();
}

export function saveSvg(panels, file) {
  const url = URL.createObjectURL(new Blob([compose(panels)], { type: "image/svg+xml" }));
  save(url, `${file}.svg`);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export async function savePng(panels, file) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(compose(panels))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  save(canvas.toDataURL("image/png"), `${file}.png`);
}
