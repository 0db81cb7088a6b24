/* What the service offers, as functions. The token, if there is one, comes in the fragment of the
 * address, which browsers send nowhere, and is kept until the tab is closed. */
"use strict";

class Problem extends Error {
  constructor(details, status) {
    const words = details.title ? `${details.title}.${details.remedy ? ` ${details.remedy}.` : ""}` : "";
    super(words || `The service answered with ${status}.`);
    this.code = details.code || "";
    this.status = status;
  }
}

class Service {
  constructor() {
    const found = /[#&]token=([^&]+)/.exec(location.hash);
    if (found) {
      this.token = decodeURIComponent(found[1]);
      history.replaceState(null, "", location.pathname);
    }
  }

  get token() {
    return sessionStorage.getItem("token") || "";
  }

  set token(value) {
    sessionStorage.setItem("token", value);
  }

  async #ask(path, options = {}, query = {}) {
    const headers = { ...options.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    const asked = new URLSearchParams(query).toString();
    let response;
    for (let tries = 0; ; tries += 1) {
      try {
        response = await fetch(asked ? `${path}?${asked}` : path, { ...options, headers });
      } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem({ title: "The service does not answer", remedy: "Is it still running" }, 0);
      }
      if (response.status !== 503 || tries >= 60 || !options.patient) break;
      const seconds = Number(response.headers.get("Retry-After")) || 2;
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      if (options.signal) options.signal.throwIfAborted();
    }
    if (response.ok) return response;
    const details = await response.json().catch(() => ({}));
    throw new Problem(details, response.status);
  }

  #send(path, file, query, signal) {
    const headers = { "Content-Type": "application/octet-stream" };
    return this.#ask(path, { method: "POST", body: file, headers, signal, patient: true }, query);
  }

  async about() {
    return (await this.#ask("/about")).json();
  }

  /** Send a picture; what comes back is the id of its small copy and its size. */
  async open(file, name) {
    return (await this.#send("/previews", file, { name })).json();
  }

  async before(id) {
    return (await this.#ask(`/previews/${id}/before`)).blob();
  }

  /** The small copy as it would look; null if a later request has come. */
  async after(id, look) {
    const response = await this.#ask(`/previews/${id}/after`, {}, look);
    return response.status === 204 ? null : response.blob();
  }

  close(id) {
    this.#ask(`/previews/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  /** The full picture: its bytes, what it is called, and notes. */
  async enhance(file, query, signal) {
    const response = await this.#send("/enhance", file, query, signal);
    const called = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition"));
    return {
      blob: await response.blob(),
      name: decodeURIComponent(called[1]),
      notes: JSON.parse(response.headers.get("Llenhance-Notes")),
    };
  }

  async beginArchive() {
    return (await (await this.#ask("/archives", { method: "POST" })).json()).id;
  }

  async addToArchive(id, file, query, signal) {
    return (await this.#send(`/archives/${id}`, file, query, signal)).json();
  }

  endArchive(id) {
    this.#ask(`/archives/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }
}
