/* The before/after slider: two pictures on top of each other, and a range input that says how much
 * of the second is seen. The input brings the keyboard (arrows, Page Up and Down, Home, End) and
 * what screen readers need. With it come zoom and pan, the same for all pictures of a view.
 *
 *   <div class="ba" data-before="Before" data-after="After">
 *     <div class="ba-pane"><img src="a.jpg" alt="Before"></div>
 *     <div class="ba-pane ba-after"><img src="b.jpg" alt="After"></div>
 *     <input class="ba-split" type="range" min="0" max="100" step="0.5" value="50"
 *            aria-label="Share of the left picture">
 *   </div>
 *
 *   const view = new ZoomView();             // scale and position; several roots may share one
 *   beforeAfter(document.querySelector(".ba"), view);
 *   view.zoom(1.5); view.pan(0.1, 0); view.reset(); view.onchange = () => view.scale;
 *
 * The page gives `.ba` its size (`aspect-ratio` or `height`); pictures are fitted into it whole, so
 * they may differ in size. Images may be replaced at any time by their `src`. Without an
 * `.ba-split`, `view.attach(root)` gives zoom and pan to panes that the page lays out by itself.
 *
 * Drag: move the split, or the picture if it is zoomed in. Pinch, Ctrl + wheel, double click: zoom
 * (with `data-wheel` on the root also the wheel alone). Keys on the root or its input: + - 0 zoom,
 * Shift + arrows pan. Works under a Content-Security-Policy without 'unsafe-inline'.
 */
"use strict";

class ZoomView {
  static MOST = 16;

  constructor() {
    this.scale = 1;
    this.x = 0; // where the picture's left and upper edge are, as shares of the pane
    this.y = 0;
    this.onchange = null;
    this.roots = [];
  }

  /** Zoom about a point, in shares of the pane. */
  zoom(factor, px = 0.5, py = 0.5) {
    const scale = Math.min(ZoomView.MOST, Math.max(1, this.scale * factor));
    const u = (px - this.x) / this.scale;
    const v = (py - this.y) / this.scale;
    this.#set(scale, px - scale * u, py - scale * v);
  }

  /** Move the picture, in shares of the pane. */
  pan(dx, dy) {
    this.#set(this.scale, this.x + dx, this.y + dy);
  }

  reset() {
    this.#set(1, 0, 0);
  }

  #set(scale, x, y) {
    this.scale = scale;
    this.x = Math.min(0, Math.max(1 - scale, x));
    this.y = Math.min(0, Math.max(1 - scale, y));
    this.roots.forEach((root) => this.#show(root));
    if (this.onchange) this.onchange();
  }

  #show(root) {
    root.style.setProperty("--ba-scale", this.scale);
    root.style.setProperty("--ba-x", this.x);
    root.style.setProperty("--ba-y", this.y);
    root.toggleAttribute("data-zoomed", this.scale > 1);
  }

  /** Zoom and pan all panes of a root; `drag` is called instead of panning where nothing is zoomed. */
  attach(root, drag = null) {
    this.roots.push(root);
    this.#show(root);
    const pointers = new Map();
    const paneOf = (event) => {
      const pane = event.target.closest(".ba-pane") || root.querySelector(".ba-pane") || root;
      return pane.getBoundingClientRect();
    };
    let pane = null;
    const share = (point) => [(point.x - pane.left) / pane.width, (point.y - pane.top) / pane.height];
    const middle = () => {
      const points = [...pointers.values()];
      return {
        x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
        y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
        spread: points.length < 2 ? 1
          : Math.max(1, Math.hypot(points[0].x - points[1].x, points[0].y - points[1].y)),
      };
    };
    root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("input, button, a, select")) return;
      pane = paneOf(event);
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      root.setPointerCapture(event.pointerId);
      if (drag && pointers.size === 1 && this.scale === 1 && event.pointerType === "mouse") {
        drag(share(middle())[0]);
      }
    });
    root.addEventListener("pointermove", (event) => {
      if (!pointers.has(event.pointerId)) return;
      const before = middle();
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const after = middle();
      if (pointers.size > 1) this.zoom(after.spread / before.spread, ...share(after));
      if (this.scale > 1) {
        this.pan((after.x - before.x) / pane.width, (after.y - before.y) / pane.height);
      } else if (drag && pointers.size === 1) {
        drag(share(after)[0]);
      }
    });
    root.addEventListener("mousedown", (event) => {
      if (event.target.closest("input, button, a, select")) return;
      event.preventDefault(); // else the keys would go to nobody after a click
      (root.querySelector(".ba-split") || root).focus({ preventScroll: true });
    });
    const up = (event) => pointers.delete(event.pointerId);
    root.addEventListener("pointerup", up);
    root.addEventListener("pointercancel", up);
    root.addEventListener("dblclick", (event) => {
      if (event.target.closest("button, a, select")) return;
      pane = paneOf(event);
      if (this.scale > 1) this.reset();
      else this.zoom(4, ...share({ x: event.clientX, y: event.clientY }));
    });
    root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !root.hasAttribute("data-wheel")) return;
      event.preventDefault();
      pane = paneOf(event);
      const lines = event.deltaMode === 0 ? event.deltaY / 300 : event.deltaY / 6;
      this.zoom(2 ** -Math.max(-1, Math.min(1, lines)), ...share({ x: event.clientX, y: event.clientY }));
    }, { passive: false });
    root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = 0.1;
      const moves = {
        ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step],
      };
      if (event.key === "+" || event.key === "=") this.zoom(1.5);
      else if (event.key === "-") this.zoom(1 / 1.5);
      else if (event.key === "0") this.reset();
      else if (event.shiftKey && moves[event.key]) this.pan(...moves[event.key]);
      else return;
      event.preventDefault();
    });
  }
}

/** Make a slider of a root with two panes and a range input; return a function that sets its split. */
function beforeAfter(root, view = new ZoomView()) {
  const input = root.querySelector(".ba-split");
  const show = () => {
    const share = Number(input.value);
    root.style.setProperty("--ba-split", `${share}%`);
    const left = Math.round(share);
    input.setAttribute(
      "aria-valuetext",
      `${left} % ${root.dataset.before || "before"}, ${100 - left} % ${root.dataset.after || "after"}`,
    );
  };
  const split = (share) => {
    input.value = String(100 * Math.min(1, Math.max(0, share)));
    show();
  };
  input.addEventListener("input", show);
  view.attach(root, split);
  show();
  return split;
}
