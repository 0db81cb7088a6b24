/* The page: which pictures there are, how each should look, and what becomes of them. */
"use strict";

const $ = (id) => document.getElementById(id);
const SLIDERS = { brightness: 0, strength: 1, denoise: 1, protect: 0 };
const USUAL = { ...SLIDERS, variant: 1 };
const VARIANTS = ["Usual", "Darker", "Brighter", "Warmer", "Cooler", "Another", "One more", "And one"];
const SHOWN = /^image\/(jpeg|png|webp|avif|gif|bmp)$/; // what browsers can show
const REFUSED = new Set([413, 422]); // what the service answers if a picture is the reason
const THIN = 30; // times as high as wide, or as wide as high
const PICTURE = /\.(jpe?g|jfif|png|webp|tiff?|bmp|avif|gif|p[bgpn]m|pam|mpo|hei[cf]|hif|jxl|dng|cr[23]|nef|arw|orf|raf|rw2|pef|srw|raw)$/i;
const LET_GO = 600; // milliseconds without a move, before the full picture is made

const service = new Service();
const view = new ZoomView();
const pictures = [];
let current = null;
let added = ""; // what was said when pictures came in
let collecting = null; // an AbortController, while all are downloaded

const say = (text) => { $("status").textContent = text; };
const query = (picture) => ({
  ...picture.look,
  name: picture.name,
  metadata: $("metadata").value,
  ...($("format").value ? { format: $("format").value } : {}),
});
const keyOf = (picture) => JSON.stringify(query(picture));

function sentence(error) {
  return error instanceof Problem ? error.message : `This did not work: ${error.message || error}`;
}

/* ---- Pictures come in ---- */

async function filesIn(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, name: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a reader gives at most 100 at a time
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...some);
  }
  found.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return (await Promise.all(found.map(filesIn))).flat();
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
  if (entries.every((entry) => entry)) return (await Promise.all(entries.map(filesIn))).flat();
  return [...transfer.files].map((file) => ({ file, name: file.name }));
}

function add(found) {
  const seen = found.filter(({ file, name }) =>
    !/(^|\/)\./.test(name) && (PICTURE.test(name) || file.type.startsWith("image/")));
  const others = found.length - seen.length;
  for (const { file, name } of seen) {
    const picture = { file, name, look: { ...USUAL }, id: null, full: null, urls: {} };
    pictures.push(picture);
    list(picture);
  }
  if (seen.length) {
    $("work").hidden = false;
    $("drop").classList.add("few");
    if (!current) select(pictures[0]);
  }
  const count = seen.length === 1 ? "1 picture was added." : `${seen.length} pictures were added.`;
  const passed = others === 1 ? " 1 file that is no picture was left out."
    : others ? ` ${others} files that are no pictures were left out.` : "";
  added = count + passed;
  say(added);
  buttons();
}

function list(picture) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const thumbnail = Object.assign(document.createElement("span"), { className: "blank" });
  const title = document.createElement("span");
  title.className = "title";
  title.textContent = picture.name;
  title.title = picture.name;
  picture.state = document.createElement("span");
  picture.state.className = "state";
  button.append(thumbnail, title, picture.state);
  button.addEventListener("click", () => select(picture));
  button.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const next = step && pictures[pictures.indexOf(picture) + step];
    if (!next) return;
    event.preventDefault();
    next.button.focus();
    select(next);
  });
  picture.button = button;
  item.append(button);
  $("pictures").append(item);
  inSight.observe(button);
}

/* ---- Thumbnails, of those in sight: what cannot be used is told before somebody opens it ---- */

const unseen = []; // pictures in sight that were not looked at yet
let looking = false;

const inSight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    inSight.unobserve(target);
    unseen.push(...pictures.filter((picture) => picture.button === target));
  }
  lookAtAll();
});

async function lookAtAll() {
  if (looking) return;
  looking = true;
  while (unseen.length) await lookAt(unseen.shift());
  looking = false;
}

/** Show what the browser can read, and ask the service for the rest. */
async function lookAt(picture) {
  if (SHOWN.test(picture.file.type)) {
    try {
      (await createImageBitmap(picture.file)).close(); // an <img> would also show a half of a file
      return thumbnail(picture, picture.file);
    } catch { /* The service knows more formats, and says what is wrong. */ }
  }
  if (!picture.error && pictures.includes(picture)) {
    try {
      await opened(picture);
      thumbnail(picture, picture.small);
      if (picture === current) return;
      service.close(picture.id);
      picture.id = null;
    } catch (error) {
      notOpened(picture, error);
    }
  }
}

function thumbnail(picture, blob) {
  if (picture.error) return;
  const image = document.createElement("img");
  image.alt = "";
  const url = URL.createObjectURL(blob);
  image.addEventListener("load", () => {
    shape(image);
    URL.revokeObjectURL(url);
  });
  image.src = url;
  picture.button.firstChild.replaceWith(image);
}

/** Let something be seen of a very thin picture: it is stretched. */
function shape(image) {
  const ratio = image.naturalWidth / image.naturalHeight;
  image.classList.toggle("tall", ratio < 1 / THIN);
  image.classList.toggle("wide", ratio > THIN);
}

for (const id of ["before", "after"]) $(id).addEventListener("load", () => shape($(id)));

function mark(picture, text, bad = false) {
  picture.state.textContent = text;
  picture.state.classList.toggle("bad", bad);
}

/* ---- One picture is seen ---- */

function show(picture, which, blob) {
  if (picture.urls[which]) URL.revokeObjectURL(picture.urls[which]);
  picture.urls[which] = URL.createObjectURL(blob);
  if (picture === current) $(which).src = picture.urls[which];
}

function trouble(error) {
  $("problem").hidden = !error;
  $("problem").textContent = error ? sentence(error) : "";
}

async function select(picture) {
  stopFull();
  current = picture;
  pictures.forEach((one) => one.button.setAttribute("aria-current", String(one === picture)));
  picture.button.scrollIntoView({ block: "nearest", inline: "nearest" });
  $("name").textContent = picture.name;
  trouble(picture.error);
  usable(!picture.error);
  $("caption").textContent = "";
  sliders(picture.look);
  pick();
  clearVariants();
  view.reset();
  for (const which of ["before", "after"]) {
    if (picture.urls[which]) $(which).src = picture.urls[which];
    else $(which).removeAttribute("src");
  }
  buttons();
  if (picture.error) return;
  try {
    await opened(picture);
    if (picture === current) move();
  } catch (error) {
    notOpened(picture, error);
  }
}

function failed(picture, error) {
  picture.error = error;
  mark(picture, "cannot be used", true);
  const none = Object.assign(document.createElement("span"), { className: "blank none" });
  picture.button.firstChild.replaceWith(none);
  if (!collecting) {
    const bad = pictures.filter((one) => one.error).length;
    say(`${added} ${bad} cannot be used.`);
  }
  if (picture !== current) return;
  trouble(error);
  usable(false);
  buttons();
}

/** Show what belongs to a picture that can be used, or hide it. */
function usable(is) {
  for (const id of ["compare", "caption", "others", "zoom-in", "zoom-out", "zoom-reset"]) $(id).hidden = !is;
}

/** Say why a picture was not opened: because of itself, or for now. */
function notOpened(picture, error) {
  if (REFUSED.has(error.status)) {
    failed(picture, error);
  } else if (picture === current) {
    $("caption").textContent = "";
    trouble(error);
  }
}

async function send(picture) {
  if (!picture.file.size) throw new Problem({ title: "The file is empty" }, 422);
  Object.assign(picture, await service.open(picture.file, picture.name));
  picture.small = await service.before(picture.id);
  show(picture, "before", picture.small);
}

async function opened(picture) {
  if (!picture.id || picture.opening) {
    if (picture === current) $("caption").textContent = "Opening the picture ...";
    picture.opening ||= send(picture).finally(() => { picture.opening = null; });
    await picture.opening;
  }
  if (picture === current) {
    $("compare").style.aspectRatio = `${picture.width} / ${picture.height}`;
    caption(picture, "");
  }
}

function caption(picture, more) {
  const megapixels = (picture.width * picture.height) / 1e6;
  const size = `${picture.width} x ${picture.height} pixels, ${megapixels.toFixed(megapixels < 10 ? 1 : 0)} MP.`;
  const ratio = picture.width / picture.height;
  const thin = ratio < 1 / THIN || ratio > THIN ? "Shown less thin than it is. " : "";
  $("caption").textContent = `${size} ${thin}${more}`;
}

/* ---- Sliders move: the latest look is asked for, as soon as the answer to the one before is there ---- */

let wanted = null;
let moving = false;

async function move() {
  wanted = current;
  if (moving) return;
  moving = true;
  while (wanted) {
    const picture = wanted;
    wanted = null;
    const look = { ...picture.look };
    try {
      const started = performance.now();
      const blob = await service.after(picture.id, look);
      if (blob) show(picture, "after", blob);
      picture.milliseconds = performance.now() - started;
    } catch (error) {
      if (error.code === "preview-gone") {
        picture.id = null;
        await opened(picture).then(() => { wanted ||= picture; }, (reason) => notOpened(picture, reason));
      } else if (picture === current) {
        trouble(error);
      }
    }
  }
  moving = false;
  planFull();
  offer();
}

function sliders(look) {
  for (const name of Object.keys(SLIDERS)) {
    $(name).value = look[name];
    const signed = name === "brightness" && look[name] > 0 ? "+" : "";
    $(`${name}-value`).textContent = signed + Number(look[name]).toFixed(2);
  }
}

for (const name of Object.keys(SLIDERS)) {
  $(name).addEventListener("input", () => {
    if (!current || current.error) return;
    stopFull();
    current.look[name] = Number($(name).value);
    sliders(current.look);
    trouble(null);
    if (current.id) move();
  });
}

/* ---- Variants: seen while nothing moves ---- */

VARIANTS.forEach((title, index) => {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("role", "radio");
  button.append(document.createElement("span"), title);
  button.addEventListener("click", () => choose(index + 1));
  button.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    let next = index;
    do next = (next + step + VARIANTS.length) % VARIANTS.length;
    while ($("variants").children[next].disabled && next !== index);
    $("variants").children[next].focus();
    choose(next + 1);
  });
  $("variants").append(button);
});

function choose(variant) {
  stopFull();
  current.look.variant = variant;
  pick();
  if (current.id) move();
}

/** Mark the variant of the picture. */
function pick() {
  [...$("variants").children].forEach((button, index) => {
    const is = index + 1 === current.look.variant;
    button.setAttribute("aria-checked", String(is));
    button.tabIndex = is ? 0 : -1;
  });
}

let offered = ""; // which picture and look the small pictures are of
let offering = 0; // only the latest offer goes on

/** Show a small picture of a variant, or words instead, with which it cannot be picked. */
function filled(index, blob, words) {
  const button = $("variants").children[index];
  const before = button.firstChild;
  if (before.src) URL.revokeObjectURL(before.src);
  const shown = document.createElement(blob ? "img" : "span");
  if (blob) {
    shown.alt = "";
    shown.addEventListener("load", () => shape(shown));
    shown.src = URL.createObjectURL(blob);
  } else {
    shown.className = "blank";
    shown.textContent = words;
  }
  before.replaceWith(shown);
  button.disabled = !blob;
}

/** Forget what the variants of a picture look like: another one is seen. */
function clearVariants() {
  offered = "";
  offering += 1;
  VARIANTS.forEach((_, index) => filled(index, null, "making ..."));
}

async function offer() {
  const picture = current;
  if (!$("others").open || !picture || picture.error || !picture.id || moving) return;
  const key = JSON.stringify({ ...picture.look, variant: 0, id: picture.id });
  if (key === offered) return;
  offered = key;
  offering += 1;
  const own = offering;
  for (let index = 0; index < VARIANTS.length; index += 1) {
    const look = { ...picture.look, variant: index + 1 };
    let blob = null;
    let gone = false;
    try {
      blob = await service.after(picture.id, look);
    } catch (error) {
      gone = error.code === "preview-gone";
    }
    if (own !== offering) return;
    if (moving) { // the end of the move offers them again
      offered = "";
      return;
    }
    if (gone) { // a move opens the picture again
      move();
      return;
    }
    filled(index, blob, "not made");
  }
}

$("others").addEventListener("toggle", offer);

/* ---- The full picture, when the sliders are let go ---- */

let making = null; // { timer, controller }

function stopFull() {
  if (!making) return;
  clearTimeout(making.timer);
  making.controller.abort();
  making = null;
}

function planFull() {
  stopFull();
  const picture = current;
  if (!picture || picture.error || !picture.id || collecting) return;
  const controller = new AbortController();
  const timer = setTimeout(() => full(picture, controller.signal).catch((error) => {
    if (error.name !== "AbortError" && picture === current) trouble(error);
  }), LET_GO);
  making = { timer, controller };
}

/** Return the full picture with the look of now; it is made once. */
async function full(picture, signal) {
  const key = keyOf(picture);
  if (!picture.full || picture.full.key !== key) {
    if (picture === current) caption(picture, "Making the full picture ...");
    const made = await service.enhance(picture.file, query(picture), signal);
    picture.full = { key, ...made };
  }
  if (picture === current && keyOf(picture) === key) {
    const notes = picture.full.notes.map((note) => `${note.text[0].toUpperCase()}${note.text.slice(1)}.`);
    caption(picture, ["This is the full picture.", ...notes].join(" "));
    if (SHOWN.test(picture.full.blob.type)) {
      show(picture, "after", picture.full.blob);
      if (SHOWN.test(picture.file.type)) show(picture, "before", picture.file);
    }
  }
  return picture.full;
}

/* ---- Downloads ---- */

function save(href, name) {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

function buttons() {
  const good = pictures.filter((picture) => !picture.error);
  $("download").disabled = !current || Boolean(current.error) || Boolean(collecting);
  $("download-all").disabled = good.length < 2 || Boolean(collecting);
  $("download-all").hidden = pictures.length < 2;
  $("remove").disabled = Boolean(collecting);
  $("for-all").disabled = pictures.length < 2;
  $("cancel").hidden = !collecting;
  $("progress").hidden = !collecting;
}

$("download").addEventListener("click", async () => {
  const picture = current;
  stopFull();
  say(`${picture.name}: making the full picture ...`);
  collecting = new AbortController();
  buttons();
  try {
    const made = await full(picture, collecting.signal);
    const dot = made.name.lastIndexOf(".");
    const href = URL.createObjectURL(made.blob);
    save(href, `${made.name.slice(0, dot)}_enhanced${made.name.slice(dot)}`);
    setTimeout(() => URL.revokeObjectURL(href), 60000);
    mark(picture, "downloaded");
    say(`${picture.name} is downloaded.`);
  } catch (error) {
    if (error.name === "AbortError") say("Canceled.");
    else trouble(error);
    if (picture === current) caption(picture, "");
  } finally {
    collecting = null;
    buttons();
  }
});

$("download-all").addEventListener("click", async () => {
  stopFull();
  collecting = new AbortController();
  buttons();
  const { signal } = collecting;
  let id = null;
  let done = 0;
  let bad = 0;
  const good = pictures.filter((picture) => !picture.error);
  good.forEach((picture) => mark(picture, "waits"));
  try {
    id = await service.beginArchive();
    for (const picture of good) {
      mark(picture, "is made ...");
      say(`${done + bad + 1} of ${good.length}: ${picture.name}`);
      try {
        await service.addToArchive(id, picture.file, query(picture), signal);
        done += 1;
        mark(picture, "done");
      } catch (error) {
        if (error.name === "AbortError" || [0, 401, 404, 409, 507].includes(error.status)) throw error;
        bad += 1;
        failed(picture, error);
        mark(picture, sentence(error), true);
      }
      $("progress").value = (done + bad) / good.length;
    }
    if (done) save(`/archives/${id}`, "llenhance.zip");
    else service.endArchive(id);
    const words = bad ? ` ${bad} could not be made; the list says why.` : "";
    say(`${done} of ${good.length} pictures are in the zip file.${words}`);
  } catch (error) {
    if (id) service.endArchive(id);
    good.filter((picture) => !picture.error).forEach((picture) => mark(picture, ""));
    say(error.name === "AbortError" ? "Canceled; nothing was downloaded." : sentence(error));
  } finally {
    collecting = null;
    $("progress").value = 0;
    buttons();
  }
});

$("cancel").addEventListener("click", () => collecting && collecting.abort());

/* ---- The rest ---- */

$("reset").addEventListener("click", () => {
  if (!current) return;
  current.look = { ...USUAL };
  sliders(current.look);
  pick();
  if (current.id) move();
});

$("remove").addEventListener("click", () => {
  const index = pictures.indexOf(current);
  stopFull();
  const [gone] = pictures.splice(index, 1);
  if (gone.id) service.close(gone.id);
  Object.values(gone.urls).forEach((url) => URL.revokeObjectURL(url));
  gone.button.parentElement.remove();
  current = null;
  say(`${gone.name} was taken off the list.`);
  if (pictures.length) {
    select(pictures[Math.min(index, pictures.length - 1)]);
    current.button.focus();
  } else {
    $("work").hidden = true;
    $("drop").classList.remove("few");
    $("choose-files").focus();
  }
  buttons();
});

$("for-all").addEventListener("click", () => {
  for (const picture of pictures) picture.look = { ...current.look };
  say(`All ${pictures.length} pictures get this look.`);
});

for (const id of ["format", "metadata"]) $(id).addEventListener("change", planFull);
$("zoom-in").addEventListener("click", () => view.zoom(1.5));
$("zoom-out").addEventListener("click", () => view.zoom(1 / 1.5));
$("zoom-reset").addEventListener("click", () => view.reset());
$("choose-files").addEventListener("click", () => $("files").click());
$("choose-folder").addEventListener("click", () => $("folder").click());
for (const id of ["files", "folder"]) {
  $(id).addEventListener("change", () => {
    add([...$(id).files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
    $(id).value = "";
  });
}
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
document.addEventListener("dragleave", () => $("drop").classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  try {
    add(await dropped(event.dataTransfer));
  } catch (error) {
    say(sentence(error));
  }
});
window.addEventListener("pagehide", () => {
  pictures.forEach((picture) => picture.id && service.close(picture.id));
});

async function begin() {
  try {
    const about = await service.about();
    $("token-form").hidden = true;
    $("drop").hidden = false;
    $("model").textContent = `Model ${about.model}, version ${about.version}`;
    for (const format of about.formats) {
      $("format").append(new Option(format.name, format.name));
    }
  } catch (error) {
    $("drop").hidden = true;
    $("token-form").hidden = error.status !== 401;
    say(error.status === 401 ? "" : sentence(error));
  }
}

$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  service.token = $("token").value;
  begin();
});

beforeAfter($("compare"), view);
buttons();
begin();
