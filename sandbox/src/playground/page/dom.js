// Creates elements. Text from people or the bot becomes a text node, never markup.

/** An element with attributes (listeners are functions, by the event's name) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Puts children in place of all that is there. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
}

/** A list in which every item keeps its element for as long as its `stamp` stays the same. */
export function fillKept(list, items, make) {
  const kept = new Map([...list.children].map((element) => [element.dataset.stamp, element]));
  const elements = items.map((item) => {
    const stamp = JSON.stringify(item);
    const element = kept.get(stamp) ?? make(item);
    element.dataset.stamp = stamp;
    return element;
  });
  const isSame = elements.length === list.children.length && elements.every((one, at) => one === list.children[at]);
  if (!isSame) list.replaceChildren(...elements);
}

/** Somebody's picture. */
export function picture(login, size) {
  return h("img", { src: `/page/${login}.svg`, alt: "", width: size, height: size });
}
