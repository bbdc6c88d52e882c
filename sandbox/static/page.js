// What the server cannot do for the page: keys, focus, scrolling, dropping files, and asking "are you sure?".
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Scrolling: a list that is at its end stays at its end.
const lists = $$(".scroll");
const atEnd = new WeakMap();
const toEnd = (list) => { list.scrollTop = list.scrollHeight; };
const newestOf = (list) => $(".newest", list.parentElement);
const newestAnswer = (list) => $(".message.ephemeral:last-child", list)?.id;
for (const list of lists) {
  if (!newestOf(list)) continue;
  const saved = sessionStorage.getItem(scrollKey(list));
  const unread = $("#new", list);
  newestOf(list).addEventListener("click", () => { atEnd.set(list, true); toEnd(list); });
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && list.contains(target)) {
    target.classList.add("found");
    target.scrollIntoView({ block: "center" });
  } else if (unread) unread.scrollIntoView({ block: "center" });
  else if (saved !== null && list.id === "scroll") list.scrollTop = Number(saved);
  else toEnd(list);
  let last = list.scrollTop;
  const scrolled = () => {
    const end = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    // Only who goes up leaves the end: while the list goes down to it, more may have come below.
    if (end || list.scrollTop < last) atEnd.set(list, end);
    last = list.scrollTop;
    newestOf(list).hidden = atEnd.get(list);
  };
  atEnd.set(list, false);
  scrolled();
  list.addEventListener("scroll", () => {
    scrolled();
    if (atEnd.get(list)) sessionStorage.removeItem(scrollKey(list));
    else sessionStorage.setItem(scrollKey(list), list.scrollTop);
  }, { passive: true });
  let answer = newestAnswer(list);
  new ResizeObserver(() => {
    // What only this person sees answers what they have just done: they need not look for it.
    if (answer !== (answer = newestAnswer(list)) && answer) atEnd.set(list, true);
    if (atEnd.get(list)) toEnd(list);
  }).observe(list.firstElementChild);
  new ResizeObserver(() => { if (atEnd.get(list)) toEnd(list); }).observe(list);
}
function scrollKey(list) { return `scroll:${document.body.dataset.user}:${document.body.dataset.channel}:${list.id}`; }

// The modal: while it is open, nothing behind it can be reached.
let shown = "";
let wrong = "";
function modalChanged() {
  const form = $("#modal form");
  $("#app").inert = Boolean(form);
  const id = form ? form.id : "";
  if (id !== shown) {
    shown = id;
    if (form) ($(".modal-body input:not([type=hidden]), .modal-body select, .modal-body textarea", form) || $("footer .primary, footer .button", form)).focus();
    else $(".composer textarea:last-of-type")?.focus();
  }
  const invalid = form ? $$("[aria-invalid=true]", form) : [];
  const now = invalid.map((e) => e.id).join();
  if (now && now !== wrong) invalid[0].focus();
  wrong = now;
}
new MutationObserver(modalChanged).observe($("#modal"), { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-invalid"] });
modalChanged();
document.addEventListener("keydown", (event) => {
  const form = $("#modal form");
  if (event.key === "Tab" && form) {
    const stops = $$("a[href], button, input:not([type=hidden]), select, textarea, summary", form).filter((e) => !e.disabled && e.offsetParent);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement === edge) { event.preventDefault(); (event.shiftKey ? stops.at(-1) : stops[0]).focus(); }
  }
  if (event.key !== "Escape" || $("#confirm").open || $("#edit").open) return;
  const open = $("details[open]");
  if (open) { open.open = false; $("summary", open).focus(); return; }
  if (form) { $("[data-close]", form).click(); return; }
  $("#close-thread")?.click();
});
document.addEventListener("click", (event) => {
  for (const open of $$("details[open]")) if (!open.contains(event.target) || event.target.closest(".menu button")) open.open = false;
});

// In a menu the arrows go from entry to entry; on its button they open it.
document.addEventListener("keydown", (event) => {
  const details = event.target.closest("details:has(> .menu)");
  const entries = details ? $$("[role=menuitem]", details) : [];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !entries.length) return;
  event.preventDefault();
  details.open = true;
  const at = entries.indexOf(document.activeElement);
  entries[at < 0 ? (step > 0 ? 0 : entries.length - 1) : (at + step + entries.length) % entries.length].focus();
});

// A menu that would end below its list opens upwards, and one that would end beside it to the other side.
document.addEventListener("toggle", (event) => {
  const menu = event.target.open && $(".menu", event.target);
  const list = menu && menu.closest(".scroll");
  if (!list) return;
  menu.classList.remove("up", "end");
  const [inner, outer] = [menu.getBoundingClientRect(), list.getBoundingClientRect()];
  menu.classList.toggle("up", inner.bottom > outer.bottom && inner.top - inner.height > outer.top);
  menu.classList.toggle("end", inner.right > outer.right);
}, true);

// Are you sure?
document.addEventListener("htmx:confirm", (event) => {
  const source = event.target.closest("[data-confirm]");
  if (!source) return;
  event.preventDefault();
  const words = JSON.parse(source.dataset.confirm);
  const dialog = $("#confirm");
  $("#confirm-title").textContent = words.title;
  $("#confirm-text").textContent = words.text;
  $("#confirm-yes").textContent = words.confirm || "Yes";
  $("#confirm-no").textContent = words.deny || "Cancel";
  $("#confirm-yes").classList.toggle("danger", words.style === "danger");
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? event.detail.issueRequest() : event.detail.dropRequest()), { once: true });
  dialog.showModal();
});

// Editing a message
document.addEventListener("click", (event) => {
  const source = event.target.closest("[data-edit]");
  const dialog = $("#edit");
  if (source) {
    const form = $("form", dialog);
    form.elements.channel.value = source.dataset.channel;
    form.elements.ts.value = source.dataset.ts;
    form.elements.text.value = source.dataset.edit;
    dialog.showModal();
    form.elements.text.focus();
  }
  if (event.target.closest("#edit [data-cancel]")) dialog.close();
});
$("#edit").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("textarea")) { event.preventDefault(); $("#edit form").requestSubmit(); }
});
$("#edit").addEventListener("htmx:before:request", () => $("#edit").close());

// Toasts
$("#live").addEventListener("toast", (event) => toast(event.detail.data));
document.addEventListener("htmx:error", () => toast("The sandbox does not answer. Is it still running?"));
function toast(html) {
  const box = document.createElement("p");
  box.innerHTML = html.replace(/<[^>]*>/g, ""); // escaped by the server; tags would be a mistake
  $("#toasts").append(box);
  setTimeout(() => box.remove(), 7000);
}

// An external select: choosing an option fills the hidden input, or where several may be chosen adds a tick.
document.addEventListener("click", (event) => {
  const option = event.target.closest(".external [role=option]");
  if (!option) return;
  const box = option.closest(".external");
  const chosen = $(".chosen", box);
  if (chosen) {
    if (![...chosen.querySelectorAll("input")].some((input) => input.value === option.dataset.value)) {
      const label = document.createElement("label");
      const tick = document.createElement("input");
      Object.assign(tick, { type: "checkbox", name: chosen.dataset.name, value: option.dataset.value, checked: true });
      label.append(tick, document.createTextNode(option.textContent));
      chosen.append(label);
    }
    $("input[type=search]", box).value = "";
    $(".menu", box).replaceChildren();
    chosen.dispatchEvent(new Event("change", { bubbles: true }));
    return;
  }
  $("input[type=search]", box).value = option.textContent;
  const hidden = $("input[type=hidden]", box);
  hidden.value = option.dataset.value;
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
  $(".menu", box).replaceChildren();
});

// A data_table is sorted by the column whose heading is pressed; pressed again, the other way round.
document.addEventListener("click", (event) => {
  const heading = event.target.closest(".data_table .sort")?.closest("th");
  if (!heading) return;
  const [header, ...rows] = heading.closest("table").rows;
  const order = heading.ariaSort === "ascending" ? "descending" : "ascending";
  for (const other of header.cells) other.ariaSort = other === heading ? order : null;
  const way = order === "ascending" ? 1 : -1;
  const compare = (a, b) => "value" in a.dataset && "value" in b.dataset ? a.dataset.value - b.dataset.value : a.textContent.localeCompare(b.textContent);
  rows.sort((a, b) => way * compare(a.cells[heading.cellIndex], b.cells[heading.cellIndex]));
  header.after(...rows);
});

// The composer
const commands = JSON.parse($("#commands").textContent);
const people = JSON.parse($("#mentionable").textContent);
for (const form of $$("form.composer")) compose(form);

function compose(form) {
  const area = $("textarea", form);
  const picker = $("input[type=file]", form);
  const attached = $(".attached", form);
  const list = $(".suggest", form);
  // What is written to the channel is the same whether or not a thread is open beside it.
  const thread = form.id === "composer" ? "" : document.body.dataset.thread;
  const draftKey = `draft:${document.body.dataset.user}:${document.body.dataset.channel}:${form.id}:${thread}`;
  let files = [];
  let choice = 0;

  area.value = sessionStorage.getItem(draftKey) || "";
  const grow = () => { area.style.height = "auto"; area.style.height = `${Math.min(area.scrollHeight, 260)}px`; };
  grow();

  area.addEventListener("input", () => { sessionStorage.setItem(draftKey, area.value); grow(); suggest(); });
  area.addEventListener("blur", () => setTimeout(hide, 150));
  area.addEventListener("keydown", (event) => {
    if (!list.hidden) {
      const rows = $$("[role=option]", list);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark((choice + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length);
        return;
      }
      if (event.key === "Tab" || (event.key === "Enter" && !exact())) { event.preventDefault(); take(rows[choice]); return; }
      if (event.key === "Escape") { event.stopPropagation(); hide(); return; }
    }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit($(".send", form)); }
  });

  // A command that is typed out in full needs no completion.
  function exact() { return commands.some((c) => area.value.trim() === c.command); }

  function suggest() {
    const before = area.value.slice(0, area.selectionStart);
    const at = before.match(/(?:^|\s)@([\w .-]{0,30})$/);
    let rows = [];
    if (/^\/\S*$/.test(before)) rows = commands.filter((c) => c.command.startsWith(before)).map((c) => ({ put: `${c.command} `, from: 0, name: c.command, note: `${c.hint} ${c.description}` }));
    else if (at) rows = people.filter((p) => `${p.name} ${p.handle}`.toLowerCase().includes(at[1].toLowerCase())).map((p) => ({ put: `@${p.name} `, from: before.length - at[1].length - 1, name: `@${p.name}`, note: p.bot ? "App" : p.handle }));
    list.replaceChildren(...rows.slice(0, 8).map((row, i) => {
      const item = document.createElement("div");
      item.setAttribute("role", "option");
      item.id = `${list.id}-${i}`;
      item.dataset.put = row.put;
      item.dataset.from = row.from;
      const name = document.createElement("b");
      const note = document.createElement("span");
      name.textContent = row.name;
      note.textContent = row.note;
      item.append(name, note);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(item); });
      return item;
    }));
    list.hidden = !rows.length;
    if (rows.length) mark(0); else hide();
  }
  function mark(i) {
    choice = i;
    $$("[role=option]", list).forEach((row, n) => row.setAttribute("aria-selected", n === i));
    area.setAttribute("aria-activedescendant", `${list.id}-${i}`);
  }
  function take(row) {
    if (!row) return;
    const end = area.selectionStart;
    area.setRangeText(row.dataset.put, Number(row.dataset.from), end, "end");
    hide();
    area.dispatchEvent(new Event("input"));
    hide();
    area.focus();
  }
  function hide() { list.hidden = true; area.removeAttribute("aria-activedescendant"); }

  $(".slash", form).addEventListener("click", () => { area.value = "/"; area.focus(); suggest(); });
  $(".mention-key", form).addEventListener("click", () => {
    area.setRangeText(area.value && !/\s$/.test(area.value) ? " @" : "@", area.selectionStart, area.selectionEnd, "end");
    area.focus();
    suggest();
  });

  // Files: chosen, dropped, or pasted; sent with the text.
  function attach(more) {
    files.push(...more);
    const held = new DataTransfer();
    files.forEach((f) => held.items.add(f));
    picker.files = held.files;
    attached.hidden = !files.length;
    attached.replaceChildren(...files.map((f, i) => {
      const item = document.createElement("li");
      const remove = document.createElement("button");
      item.textContent = f.name;
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Remove ${f.name}`);
      remove.addEventListener("click", () => { files.splice(i, 1); attach([]); });
      item.append(remove);
      return item;
    }));
    area.focus();
  }
  picker.addEventListener("change", () => { const chosen = [...picker.files]; files = []; attach(chosen); });
  area.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); attach([...event.clipboardData.files]); } });
  const pane = form.closest("main, aside");
  let depth = 0;
  pane.addEventListener("dragenter", (event) => { if (event.dataTransfer.types.includes("Files")) { depth += 1; form.classList.add("dropping"); } });
  pane.addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); if (!depth) form.classList.remove("dropping"); });
  pane.addEventListener("dragover", (event) => event.preventDefault());
  pane.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    form.classList.remove("dropping");
    attach([...event.dataTransfer.files]);
  });

  // What is sent is gone from the composer at once; htmx has read the form by then.
  form.addEventListener("htmx:before:request", (event) => {
    if (event.target !== form) return; // a shortcut
    const kept = { text: area.value, files };
    area.value = "";
    files = [];
    attach([]);
    sessionStorage.removeItem(draftKey);
    grow();
    form.addEventListener("htmx:error", () => { area.value = kept.text; attach(kept.files); grow(); }, { once: true });
    for (const scroll of $$(".scroll", pane)) { atEnd.set(scroll, true); toEnd(scroll); }
  });
}
