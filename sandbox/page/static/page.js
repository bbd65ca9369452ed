// What one person does and sees. Draws nothing itself: the server sends parts of the page, this puts them in place.
"use strict";
const body = document.body, who = body.dataset.who, place = body.dataset.place;
const $ = (query, from = document) => from.querySelector(query);
const $$ = (query, from = document) => [...from.querySelectorAll(query)];
const windowBox = $("#window"), isTalk = Boolean($(".place-channel"));
let thread = new URLSearchParams(location.search).get("thread");
let version = body.dataset.version, isDirty = false;

// ---- Talking to the server
async function send(url, method, data) {
  try {
    const answer = await fetch(url, { method, headers: { "Content-Type": "application/json" }, body: data === undefined ? undefined : JSON.stringify(data) });
    $("#offline").hidden = true;
    const found = await answer.json();
    if (!answer.ok) toast(found.error || "That did not work.");
    return found;
  } catch {
    $("#offline").hidden = false;
    return { status: "failed" };
  }
}
const act = async (name, data) => { const outcome = await send(`/sandbox/people/${encodeURIComponent(who)}/${name}`, "POST", data); await refresh(); return outcome; };
let toastTimer;
function toast(words) {
  const box = $("#notice");
  box.textContent = words;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { if (box.textContent === words) box.textContent = ""; }, 6000);
}

// ---- Putting parts in place: children with a key are replaced only when the server draws them differently
const drawn = new WeakMap();
function remember(node) { drawn.set(node, node.outerHTML); $$("[data-keyed]", node).forEach((inner) => [...inner.children].forEach(remember)); }
function patch(box, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  return patchNodes(box, [...fresh.content.childNodes]);
}
function patchNodes(box, nodes) {
  const elements = nodes.filter((node) => node.nodeType === 1);
  if (!elements.every((node) => node.dataset && node.dataset.key)) {
    const now = elements.map((node) => node.outerHTML).join("");
    if (drawn.get(box) === now) return false;
    const focused = box.contains(document.activeElement) && document.activeElement;
    box.replaceChildren(...nodes);
    drawn.set(box, now);
    if (focused) refocus(focused);
    return true;
  }
  const old = new Map([...box.children].filter((node) => node.dataset.key).map((node) => [node.dataset.key, node]));
  let changed = false, last = null;
  for (const node of elements) {
    let kept = old.get(node.dataset.key);
    const html = node.outerHTML;
    if (!kept) { kept = node; drawn.set(node, html); changed = true; }
    else if (drawn.get(kept) !== html) {
      const inner = $("[data-keyed]", node), had = inner && $("[data-keyed]", kept);
      if (had) { patchNodes(had, [...inner.childNodes]); drawn.set(kept, html); }
      else {
        const focused = kept.contains(document.activeElement) && document.activeElement;
        if (kept.tagName === "DETAILS" && kept.open) node.open = true;
        kept.replaceWith(node);
        drawn.set(node, html);
        kept = node;
        if (focused) refocus(focused);
      }
      changed = true;
    }
    old.delete(node.dataset.key);
    const next = last ? last.nextSibling : box.firstChild;
    if (kept !== next) box.insertBefore(kept, next);
    last = kept;
  }
  for (const node of [...box.childNodes]) if (!elements.some((e) => e.dataset.key === node.dataset?.key)) { node.remove(); changed = true; }
  return changed;
}

const named = (node) => node.getAttribute("aria-label") || node.textContent.trim();
// What had the keyboard was drawn anew, or is gone: on to its successor, else to its message, else to the box to type in.
function refocus(lost) {
  const old = lost.closest("article"), box = (old && document.getElementById(old.id)) || body;
  const twin = lost.isConnected ? lost : (lost.id && document.getElementById(lost.id)) || $$(lost.tagName, box).find((one) => named(one) === named(lost));
  (twin || (box !== body && focusable(box)) || $("#composer-text") || $("#scroller")).focus({ preventScroll: true });
}

let fetching = null, again = false;
function refresh() {
  again = true;
  fetching ||= fetchParts().finally(() => { fetching = null; });
  return fetching;
}
async function fetchParts() {
  while (again) {
    again = false;
    const query = thread ? `?thread=${encodeURIComponent(thread)}` : "";
    try {
      const answer = await fetch(`/page/parts/${encodeURIComponent(who)}/${encodeURIComponent(place)}${query}`);
      if (answer.redirected) { location.href = "/"; return; }
      show(await answer.json());
      $("#offline").hidden = true;
    } catch {
      $("#offline").hidden = false;
    }
  }
}

function show(answer) {
  version = answer.version;
  const { sidebar, top, hints, main, thread: talk, modal, notice } = answer.parts;
  patch($("#sidebar"), sidebar);
  patch($("#top"), top);
  keepingBottom($("#scroller"), () => $("#hints") && patch($("#hints"), hints));
  keepingBottom($("#scroller"), () => patch($("#main"), main));
  const side = $("#thread");
  side.hidden = !talk.trim();
  keepingBottom($("#thread-scroller"), () => patch(side, talk));
  if (notice.trim()) patch($("#notice"), notice); else if ($("#notice [data-key]")) $("#notice").textContent = "";
  showWindow(modal);
  settle();
}
function keepingBottom(box, change) {
  const isLow = !box || box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const changed = change();
  if (box && changed && isLow && isTalk) box.scrollTop = box.scrollHeight;
}
function toBottom(box) { if (box) box.scrollTop = box.scrollHeight; }
// A narrower or lower window, or a thread that opens, must not hide what was in sight at the bottom.
let isAtBottom = true;
$("#scroller").addEventListener("scroll", (event) => { const box = event.target; isAtBottom = box.scrollHeight - box.scrollTop - box.clientHeight < 60; });
new ResizeObserver(() => { if (isAtBottom && isTalk) toBottom($("#scroller")); }).observe($("#scroller"));
function settle() {
  markRead();
  showHints();
  $$("[data-most]").forEach(countLeft);
}

// ---- What somebody looks at is read; all their windows hear of it
async function markRead() {
  if (document.visibilityState !== "visible") return;
  const look = (more) => fetch(`/sandbox/people/${encodeURIComponent(who)}/read`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ channel: place, ...more }) }).catch(() => {});
  if (isTalk && $("#sidebar .is-new[aria-current]")) await look({});
  if (isTalk && thread && $("#thread [data-unread]")) await look({ thread_ts: thread });
}
document.addEventListener("visibilitychange", markRead);

// ---- The first steps stay until all of them are done, and somebody has put them away
function showHints() {
  const box = $("#hints"), steps = box && $("[data-done]", box);
  if (box) box.hidden = !steps || (steps.dataset.done === steps.dataset.of && localStorage.getItem("hints") === "done");
}

// ---- The modal
function showWindow(html) {
  const now = $("form", windowBox), fresh = document.createElement("template");
  fresh.innerHTML = html;
  const next = $("form", fresh.content);
  if (!next) {
    if (windowBox.open) { windowBox.close(); windowBox.replaceChildren(); isDirty = false; if (backTo) refocus(backTo); }
    return;
  }
  if (now && windowBox.open && now.dataset.key === next.dataset.key) return;
  const isSame = now && now.dataset.view === next.dataset.view && windowBox.open;
  const focus = isSame && windowBox.contains(document.activeElement) ? document.activeElement.id : "";
  const top = isSame ? $(".content", now).scrollTop : 0;
  const had = isSame ? controls(now) : [], at = had.indexOf(document.activeElement), ids = new Set(had.map((one) => one.id));
  if (isSame) keepTyped(now, next);
  windowBox.replaceChildren(next);
  if (!windowBox.open) { backTo = document.activeElement; windowBox.showModal(); }
  if (!isSame) isDirty = false;
  const wrong = $(".has-error", next);
  if (wrong) { focusable(wrong)?.focus(); wrong.scrollIntoView({ block: "center" }); return; }
  const isFilled = isSame && focus === "window-title" && !$(".b.input", now) && $(".b.input", next);  // it was loading until now
  const again = focus && !isFilled && document.getElementById(focus);
  if (again) { again.focus(); $(".content", next).scrollTop = top; return; }
  if (at >= 0 && !isFilled) {  // what was pressed is gone: on to what came with it, else to what stands in its place
    const there = controls(next), born = there.find((one) => one.matches("input, select, textarea") && !ids.has(one.id));
    $(".content", next).scrollTop = top;
    (born || there[Math.min(at, there.length - 1)] || $("#window-title", next)).focus({ preventScroll: !born });
    return;
  }
  const first = $("[data-focus]", next) || $(".b.input input:not([type=radio]):not([type=checkbox]), .b.input select, .b.input textarea, .b.input summary", next);
  (first || $("#window-title", next)).focus();
  $(".content", next).scrollTop = 0;
}
// As in Slack an update of a window changes nothing under the same ids, and somebody may type faster than it comes.
const typed = new WeakSet();
function keepTyped(now, next) {
  for (const old of $$("input, textarea", now).filter((one) => typed.has(one))) {
    const twin = old.id && $(`#${CSS.escape(old.id)}`, next);
    if (!twin) continue;
    twin.value = old.value;
    typed.add(twin);
  }
}
let backTo = null;
const controls = (box) => $$(".content :is(input, select, textarea, summary, button)", box);
const focusable = (box) => $("input, select, textarea, summary, button", box);
const asked = (dialog) => new Promise((resolve) => {
  const done = (yes) => { dialog.close(); dialog.onclick = dialog.oncancel = null; resolve(yes); };
  dialog.onclick = (event) => { if (event.target.closest("[data-yes]")) done(true); else if (event.target.closest("[data-no]")) done(false); event.stopPropagation(); };
  dialog.oncancel = (event) => { event.preventDefault(); event.stopPropagation(); done(false); };
  dialog.onclose = () => { if (!dialog.open) resolve(false); };  // it is told late: by then the next question may be open
  dialog.showModal();
  $("[data-no]", dialog).focus();
});
let isLeaving = false;
async function leave(everything) {
  if (isLeaving) return;
  isLeaving = true;
  try {
    if (isDirty && $(".el[data-input]", windowBox) && !(await asked($("#leave")))) {
      if (!windowBox.open) windowBox.showModal();
      return;
    }
    isDirty = false;
    await settled();
    await act("close", { everything });
  } finally {
    isLeaving = false;
  }
}
windowBox.addEventListener("cancel", (event) => { if (event.target !== windowBox) return; event.preventDefault(); leave(false); });
windowBox.addEventListener("close", () => { if (!windowBox.open && $("form", windowBox)) leave(false); });  // a browser need not ask before it closes
windowBox.addEventListener("keydown", (event) => {
  if (event.key === "Tab") return cycle(event);
  if (event.key === "Escape" && !event.target.closest("dialog.confirm, details[open]")) { event.preventDefault(); leave(false); return; }
  if (event.key !== "Enter" || event.defaultPrevented) return;
  if (event.target.matches("textarea") && (event.ctrlKey || event.metaKey)) submit();
  if (event.target.matches("input.filter, input[type=checkbox], input[type=radio]")) event.preventDefault();
});
function cycle(event) {
  const stops = $$("a[href], button, input, select, textarea, summary, [tabindex='0']", windowBox).filter((node) => !node.disabled && node.offsetParent !== null);
  const first = stops[0], last = stops[stops.length - 1];
  if (event.shiftKey && document.activeElement === first) { last.focus(); event.preventDefault(); }
  else if (!event.shiftKey && document.activeElement === last) { first.focus(); event.preventDefault(); }
}
windowBox.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
async function submit() {
  const form = $("form", windowBox), button = $("[data-submit]", form);
  if (!button || button.getAttribute("aria-busy") === "true") return;
  const halfTyped = $$("input", form).find((input) => input.validity.badInput);  // a date without its time reads as empty
  if (halfTyped) { halfTyped.reportValidity(); return; }
  button.setAttribute("aria-busy", "true");
  $("#working").textContent = "Sending…";
  clearTimeout(dispatchTimer);  // the submission tells it too, and then the window may be gone
  await settled();
  await act("submit", { at: JSON.parse(form.dataset.at), values: values(form) });
  isDirty = false;
  button.removeAttribute("aria-busy");
  if ($("#working")) $("#working").textContent = "";
}

// ---- Reading controls
function value(box) {
  const kind = box.dataset.kind;
  if (kind === "checkboxes" || (kind.startsWith("multi_") && kind !== "multi_external_select")) return $$("input[type=checkbox]:checked", box).map((one) => one.value);
  if (kind === "radio_buttons") return $("input:checked", box)?.value ?? null;
  if (kind.endsWith("external_select")) { const chosen = $$(".picked [data-option]", box).map((one) => JSON.parse(one.dataset.option)); return kind.startsWith("multi_") ? chosen : chosen[0] ?? null; }
  return $("input, select, textarea", box)?.value || null;
}
const control = (box) => ({ block_id: box.dataset.block, action_id: box.dataset.action, value: value(box) });
const values = (from) => $$(".el[data-input]", from).map(control);
const holder = (node) => node.closest("[data-at]");

let holding = null, holdingTimer;
function hold(box, at) {
  clearTimeout(holdingTimer);
  const write = () => { holding = fetch(`/sandbox/people/${encodeURIComponent(who)}/hold`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ at, values: [control(box)] }) }).catch(() => {}); };
  holdingTimer = setTimeout(write, 250);
}
async function settled() { clearTimeout(holdingTimer); await holding; }

async function press(box, at, chosen, button) {
  button?.setAttribute("aria-busy", "true");
  await settled();
  const whole = holder(box);
  await act("press", { at, block_id: box.dataset.block, action_id: box.dataset.action, value: chosen, values: values(whole).filter((one) => one.block_id !== box.dataset.block || one.action_id !== box.dataset.action) });
  button?.removeAttribute("aria-busy");
}
const atOf = (node) => JSON.parse(holder(node).dataset.at);

document.addEventListener("click", async (event) => {
  const node = event.target;
  const one = (query) => node.closest(query);
  $$("details.menu[open]").forEach((menu) => { if (!menu.contains(node)) menu.open = false; });
  if (one("[data-press]")) {
    const button = one("[data-press]"), box = button.closest(".el");
    if (button.getAttribute("aria-busy") === "true") return;
    if (button.dataset.confirm && !(await asked(document.getElementById(button.dataset.confirm)))) return;
    await press(box, atOf(box), null, button);
  } else if (one(".k-overflow [data-value]")) {
    const item = one("[data-value]"), box = item.closest(".el");
    item.closest("details").open = false;
    if (item.dataset.confirm && !(await asked(document.getElementById(item.dataset.confirm)))) return;
    await press(box, atOf(box), item.dataset.value);
  } else if (one("[data-close-all]")) leave(true);
  else if (one("[data-back]") || one("[data-close]")) leave(false);
  else if (one("[data-thread]")) {
    event.preventDefault();
    openThread(one("[data-thread]").dataset.thread);
    one("details")?.removeAttribute("open");
  } else if (one("[data-close-thread]")) { event.preventDefault(); openThread(null); }
  else if (one("[data-message-shortcut]")) {
    one("details").open = false;
    await act("shortcut", { name: one("[data-message-shortcut]").dataset.messageShortcut, message: atOf(node) });
  } else if (one("[data-shortcut]")) {
    one("details").open = false;
    await act("shortcut", { name: one("[data-shortcut]").dataset.shortcut });
  } else if (one("[data-step]")) {
    one("details").open = false;
    await act("workflow", { step: one("[data-step]").dataset.step, channel: $("#composer").dataset.channel });
  } else if (one("[data-menu]")) body.classList.toggle("menu-open");
  else if (one("[data-dismiss]")) { 
    localStorage.setItem($("#hints") ? "hints" : "hint", $("#hints") ? "done" : "seen");
    showHints();
    if ($("#hint")) $("#hint").hidden = true;
    $("#composer-text")?.focus();
  }
  else if (one("[data-fault]")) await act2("/sandbox/faults", "POST", { method: $("#fault-method").value, kind: one("[data-fault]").dataset.fault, times: Number($("#fault-times").value) || 1, seconds: 4, retry_after: 3 });
  else if (one("[data-post]")) await act2(one("[data-post]").dataset.post, "POST", JSON.parse(one("[data-post]").dataset.body || "{}"));
  else if (one("[data-delete]")) await act2(one("[data-delete]").dataset.delete, "DELETE");
  else if (one("[data-more]")) { one("[data-more]").previousElementSibling.querySelector("table").classList.add("show-all"); one("[data-more]").remove(); }
  else if (one("[data-sort]")) sort(one("[data-sort]"));
  else if (one(".external .list button")) pickExternal(one(".external .list button"));
  else if (one(".external .chip")) { const box = one(".el"); one(".chip").remove(); changed(box); }
  else if (one(".menu-open") && !one("#sidebar")) body.classList.remove("menu-open");
});
async function act2(url, method, data) { await send(url, method, data); await refresh(); }
function sort(button) {
  const head = button.closest("th"), column = Number(button.dataset.sort), rows = $$("tbody tr", head.closest("table"));
  const isDown = head.getAttribute("aria-sort") === "ascending";
  const read = (row) => row.children[column].textContent.trim(), number = (text) => Number(text.replace(/[,%]/g, ""));
  const compare = (a, b) => (isNaN(number(a)) || isNaN(number(b)) ? a.localeCompare(b) : number(a) - number(b));
  rows.sort((a, b) => compare(read(a), read(b)) * (isDown ? -1 : 1));
  $$("th", head.parentElement).forEach((th) => th.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  const shown = rows.length - $$("tr.beyond", head.closest("table")).length;
  rows.forEach((row, n) => { row.classList.toggle("beyond", n >= shown); row.parentElement.append(row); });
}

// ---- Changing controls
document.addEventListener("change", (event) => {
  const box = event.target.closest(".el");
  if (!box || event.target.matches(".filter")) return;
  if (box.dataset.kind?.startsWith("multi_")) showPicked(box);
  changed(box, event.target);
});
document.addEventListener("input", (event) => {
  const box = event.target.closest(".el[data-input]");
  if (event.target.matches(".multi .filter")) return filter(event.target);
  if (event.target.matches(".external .filter")) return suggest(event.target);
  if (!box || !event.target.matches("input[type=text], textarea")) return;
  if (box.closest("#window")) isDirty = true;
  typed.add(event.target);
  countLeft(event.target);
  if ((box.dataset.dispatch || "").includes("on_character_entered")) dispatchSoon(box);
  else hold(box, atOf(box));
});
function changed(box) {
  if (box.closest("#window")) isDirty = true;
  if (!box.hasAttribute("data-input")) return press(box, atOf(box), value(box));
  const isTyped = $("input[type=text]:not(.filter), textarea", box);
  if (box.dataset.dispatch !== undefined && !isTyped) return press(box, atOf(box), value(box));
  return hold(box, atOf(box));
}
let dispatchTimer;
function dispatchSoon(box) { clearTimeout(dispatchTimer); dispatchTimer = setTimeout(() => press(box, atOf(box), value(box)), 300); }
// A menu near the lower edge opens upwards: its place would cut it off.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.("details.menu") || menu.classList.contains("up")) return;
  menu.classList.remove("over");
  const edge = (menu.closest(".scroller, .content") || document.documentElement).getBoundingClientRect().bottom;
  if (menu.open && $(".list", menu).getBoundingClientRect().bottom > edge) menu.classList.add("over");
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $("details.menu[open], details.multi[open]")) {
    const open = $("details.menu[open], details.multi[open]");
    open.open = false;
    $("summary", open).focus();
    event.preventDefault();
    return;
  }
  if (event.key === "Escape" && !$("dialog[open]") && body.classList.contains("menu-open")) { body.classList.remove("menu-open"); return; }
  if (event.key === "Escape" && !$("dialog[open]") && thread) { openThread(null); return; }
  const box = event.target.closest?.(".el[data-dispatch]");
  if (box && event.key === "Enter" && event.target.matches("input[type=text]") && box.dataset.dispatch.includes("on_enter_pressed")) { event.preventDefault(); press(box, atOf(box), value(box)); }
  if (event.target.closest?.(".menu .list") && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    const items = $$("button", event.target.closest(".list")), at = items.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    items[(at + items.length) % items.length].focus();
    event.preventDefault();
  }
});
function showPicked(box) {
  const picked = $(".picked", box), chosen = $$("input[type=checkbox]:checked", box), most = Number($(".multi", box).dataset.most);
  if (most && chosen.length > most) { toast(`At most ${most} can be chosen.`); chosen[chosen.length - 1].checked = false; return showPicked(box); }
  picked.replaceChildren(...chosen.map((one) => { const chip = document.createElement("span"); chip.className = "chip"; chip.textContent = one.nextElementSibling.textContent; return chip; }));
  if (!chosen.length) picked.textContent = "Choose";
}
function filter(input) {
  const words = input.value.toLowerCase();
  $$(".choice", input.parentElement).forEach((one) => { one.hidden = !one.textContent.toLowerCase().includes(words); });
}
let suggestTimer;
function suggest(input) {
  clearTimeout(suggestTimer);
  const box = input.closest(".el"), frame = input.closest(".external"), list = $(".list", frame);
  if (input.value.length < Number(frame.dataset.least)) { list.hidden = true; return; }
  suggestTimer = setTimeout(async () => {
    const found = await send(`/sandbox/people/${encodeURIComponent(who)}/suggest`, "POST", { at: atOf(box), block_id: box.dataset.block, action_id: box.dataset.action, typed: input.value });
    if (!Array.isArray(found)) return;
    list.replaceChildren(...found.map((option) => { const item = document.createElement("button"); item.type = "button"; item.textContent = option.text?.text ?? ""; item.dataset.option = JSON.stringify(option); return item; }));
    if (!found.length) list.textContent = "Nothing found";
    list.hidden = false;
  }, 200);
}
function pickExternal(item) {
  const frame = item.closest(".external"), picked = $(".picked", frame), chip = document.createElement("button");
  if (!frame.dataset.several) picked.replaceChildren();
  chip.type = "button";
  chip.className = "chip";
  chip.dataset.option = item.dataset.option;
  chip.textContent = item.textContent;
  chip.insertAdjacentHTML("beforeend", '<span aria-hidden="true"> ×</span>');
  chip.setAttribute("aria-label", `Remove ${item.textContent}`);
  picked.append(chip);
  $(".list", frame).hidden = true;
  $(".filter", frame).value = "";
  $(".filter", frame).focus();
  changed(item.closest(".el"));
}
function countLeft(input) {
  const box = input.closest(".el"), left = box && $(".left", box), most = Number(input.dataset.most);
  if (!left || !most || input.value === undefined) return;
  const rest = most - input.value.length;
  left.textContent = rest < 0 || (most >= 20 && rest < Math.max(10, most * 0.1)) ? rest : "";
  left.classList.toggle("is-over", rest < 0);
}

// ---- Threads and the composer
function openThread(ts) {
  thread = ts;
  history.replaceState(null, "", ts ? `?thread=${encodeURIComponent(ts)}` : location.pathname);
  refresh().then(() => {
    if (!ts) return;
    $("#reply-text")?.focus();
    toBottom($("#thread-scroller"));
  });
}
document.addEventListener("submit", async (event) => {
  const form = event.target.closest(".composer");
  if (!form) return;
  event.preventDefault();
  await say(form);
});
async function say(form) {
  const box = $("textarea", form), words = box.value.trim(), channel = form.dataset.channel;
  if (!words) return;
  box.value = "";
  grow(box);
  hideSuggestions();
  const isCommand = words.startsWith("/"), where = { channel, ...(form.dataset.threadTs ? { thread_ts: form.dataset.threadTs } : {}) };
  const outcome = isCommand ? await act("slash", { command: words, ...where }) : await act("say", { text: words, ...where });
  if (isCommand && outcome.status === "ok") { localStorage.setItem("hint", "seen"); if ($("#hint")) $("#hint").hidden = true; }
  if (outcome.error && !outcome.status) { box.value = words; grow(box); }
  const scroller = form.dataset.threadTs ? $("#thread-scroller") : $("#scroller");
  if (scroller) scroller.scrollTop = scroller.scrollHeight;
}
function grow(box) { box.rows = Math.min(8, box.value.split("\n").length); }
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".composer textarea");
  if (!box) return;
  const list = $("#suggest"), isOpen = box.id === "composer-text" && list && !list.hidden;
  if (isOpen && ["ArrowDown", "ArrowUp"].includes(event.key)) { move(event.key === "ArrowDown" ? 1 : -1); event.preventDefault(); return; }
  if (isOpen && event.key === "Escape") { hideSuggestions(); event.preventDefault(); event.stopPropagation(); return; }
  if (isOpen && (event.key === "Tab" || (event.key === "Enter" && !isWhole(box.value)))) { take($("[aria-selected=true]", list)); event.preventDefault(); return; }
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say(box.form); }
}, true);
const commands = JSON.parse($("#commands")?.textContent || "[]");
const isWhole = (text) => commands.some((one) => text.trim() === one.command);
function offerCommands(box) {
  const list = $("#suggest"), typed = box.value;
  if (!list) return;
  const found = /^\/\S*$/.test(typed) ? commands.filter((one) => one.command.startsWith(typed)) : typed.startsWith("/") ? commands.filter((one) => typed.startsWith(`${one.command} `) && one.usage && typed === `${one.command} `) : [];
  list.replaceChildren(...found.map((one, n) => {
    const item = document.createElement("div"), name = document.createElement("strong"), usage = document.createElement("span");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(n === 0));
    item.id = `suggestion-${n}`;
    item.dataset.command = one.command;
    name.textContent = one.command;
    usage.textContent = one.usage;
    usage.className = "hint";
    item.append(name, usage);
    return item;
  }));
  list.hidden = !found.length;
  if (found.length) box.setAttribute("aria-activedescendant", "suggestion-0"); else box.removeAttribute("aria-activedescendant");
}
function move(step) {
  const items = $$("#suggest [role=option]"), at = items.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const next = (at + step + items.length) % items.length;
  items.forEach((one, n) => one.setAttribute("aria-selected", String(n === next)));
  $("#composer-text").setAttribute("aria-activedescendant", items[next].id);
}
function take(item) {
  const box = $("#composer-text");
  if (!item) return;
  if (!box.value.startsWith(`${item.dataset.command} `)) box.value = `${item.dataset.command} `;
  box.focus();
  offerCommands(box);
}
function hideSuggestions() { const list = $("#suggest"); if (list) list.hidden = true; }
$("#suggest")?.addEventListener("mousedown", (event) => { event.preventDefault(); take(event.target.closest("[role=option]")); });
document.addEventListener("input", (event) => {
  const box = event.target.closest(".composer textarea");
  if (!box) return;
  grow(box);
  if (box.id === "composer-text") offerCommands(box);
});

// ---- Hearing that something has changed
function heard(versions) {
  if (versions === null) { $("#offline").hidden = false; return; }
  $("#offline").hidden = true;
  const mine = place === "inspector" ? versions["*"] + versions[who] : versions[who];
  if (mine !== undefined && mine !== version) refresh();
}
function listen() {
  try {
    const worker = new SharedWorker(document.currentScript?.src.replace("page.js", "live.js") || `/page/${body.dataset.stamp}/live.js`);
    worker.port.onmessage = (event) => heard(event.data);
    addEventListener("pagehide", () => worker.port.postMessage("bye"));
  } catch {
    const stream = new EventSource("/page/live");
    stream.onmessage = (event) => heard(JSON.parse(event.data));
    stream.onerror = () => heard(null);
  }
}

for (const box of [$("#main"), $("#thread"), $("#notice")]) [...box.children].forEach(remember);
for (const box of [$("#sidebar"), $("#top")]) drawn.set(box, [...box.children].map((node) => node.outerHTML).join(""));
if ($("form", windowBox)) { const html = windowBox.innerHTML; windowBox.replaceChildren(); showWindow(html); }
if ($("#hint") && !localStorage.getItem("hint")) $("#hint").hidden = false;
const target = location.hash.startsWith("#m") && document.getElementById(location.hash.slice(1));
if (target) { target.classList.add("is-target"); target.scrollIntoView({ block: "center" }); setTimeout(() => target.classList.remove("is-target"), 2500); }
else if (isTalk) $("#scroller").scrollTop = $("#scroller").scrollHeight;
if (place === "home") send(`/sandbox/people/${encodeURIComponent(who)}/home`, "POST", {});
settle();
if (!windowBox.open && !target && matchMedia("(hover: hover)").matches) $("#composer-text")?.focus({ preventScroll: true });
listen();
