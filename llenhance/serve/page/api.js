/* The OpenAPI document, as people read it. */
"use strict";

const make = (tag, text, ...children) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

function values(schema) {
  const one = (schema.anyOf || [schema]).find((part) => part.type !== "null");
  if (one.enum) return one.enum.join(", ");
  const bounds = one.minimum === undefined ? "" : `, ${one.minimum} to ${one.maximum}`;
  const usual = schema.default === undefined || schema.default === null ? "" : `; ${schema.default} if not given`;
  return `${one.type}${bounds}${usual}`;
}

async function list() {
  const told = await (await fetch("/openapi.json")).json();
  for (const [path, methods] of Object.entries(told.paths)) {
    for (const [method, offered] of Object.entries(methods)) {
      const section = make("section", "", make("h2", `${method.toUpperCase()} ${path}`), make("p", offered.summary));
      const options = (offered.parameters || []).filter((option) => option.in === "query");
      if (options.length) {
        const head = make("tr", "", make("th", "Option"), make("th", "Value"), make("th", "What it does"));
        section.append(make("table", "", head, ...options.map((option) => make(
          "tr", "", make("td", option.name), make("td", values(option.schema)), make("td", option.description),
        ))));
      }
      const answers = Object.entries(offered.responses).map(([code, answer]) => `${code}: ${answer.description}`);
      section.append(make("p", `Answers: ${answers.join(" ")}`));
      document.getElementById("paths").append(section);
    }
  }
}

document.getElementById("example").textContent =
  `curl --data-binary @photo.jpg '${location.origin}/enhance?brightness=0.1' -o bright.jpg`;
list().catch((error) => { document.getElementById("status").textContent = error.message; });
