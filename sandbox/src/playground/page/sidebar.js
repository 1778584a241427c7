// The sidebar: people and conversations, with dots for unread messages.

import { fill, h, picture } from "./dom.js";

const sidebar = document.getElementById("sidebar");
const menu = document.getElementById("menu");

menu.addEventListener("click", () => open(menu.getAttribute("aria-expanded") !== "true"));

function open(isOpen) {
  menu.setAttribute("aria-expanded", String(isOpen));
  sidebar.classList.toggle("open", isOpen);
}

/** Draws people and places; `go` leads to a person and a place. */
export function drawSidebar(state, unread, go) {
  const { me, people, places, at } = state;
  const channels = places.filter((place) => !place.is_direct);
  const direct = places.filter((place) => place.is_direct);
  const focused = document.activeElement?.dataset.go;
  const goTo = (event, ...where) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(false);
    go(...where);
  };
  fill(sidebar,
    h("p", { class: "workspace" }, "Example Corp"),
    h("h2", { id: "you-are" }, "You are"),
    h("ul", { "aria-labelledby": "you-are" }, people.map((person) => {
      const dot = person.login !== me && unread(person);
      return h("li", {}, h("a", {
        href: `?as=${person.login}`, "data-go": person.login, "aria-current": person.login === me && "true",
        click: (event) => goTo(event, person.login),
      }, picture(person.login, 32), h("span", {}, h("strong", {}, person.name), h("small", {}, person.title)), dot && mark()));
    })),
    h("h2", { id: "channels" }, "Channels"),
    h("ul", { "aria-labelledby": "channels" }, channels.map((place) => link(place, `# ${place.name}`))),
    direct.length > 0 && [
      h("h2", { id: "apps" }, "Apps"),
      h("ul", { "aria-labelledby": "apps" }, direct.map((place) => link(place, "elevate", picture("elevate", 20)))),
    ],
    h("p", { class: "note" }, "Everything here runs on this machine. A second tab can be a second person."));
  if (focused) sidebar.querySelector(`[data-go="${focused}"]`)?.focus();

  function link(place, name, icon) {
    const dot = place.id !== at.id && unread(people.find((one) => one.login === me), place.id);
    return h("li", {}, h("a", {
      href: `?as=${me}#${place.id}`, "data-go": place.id, "aria-current": place.id === at.id && "page", class: dot && "unread",
      click: (event) => goTo(event, me, place.id),
    }, icon, h("span", {}, name), dot && mark()));
  }
}

const mark = () => h("span", { class: "dot" }, h("span", { class: "hidden" }, "unread"));
