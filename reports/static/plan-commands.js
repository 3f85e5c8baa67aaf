// What is asked for, as a command to copy: the page itself changes nothing. The words and lines are the page's; what a
// reader types is quoted here as it is in reports/commands.py.
"use strict";

(() => {
  const plan = window.quarterhourPlan;
  const { told, isContract } = plan;
  const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

  function shellText(value) {
    return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
  }

  function option(flag, value) {
    return value.startsWith("-") ? `${flag}=${shellText(value)}` : `${flag} ${shellText(value)}`;
  }

  function yamlText(value) {
    const escaped = [...value].map((character) => {
      if (character === '"' || character === "\\") return `\\${character}`;
      if (!UNSEEN.test(character)) return character;
      const code = character.codePointAt(0).toString(16);
      return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
    });
    return `"${escaped.join("")}"`;
  }

  function commandsOf(app) {
    return isContract(app) ? told.contractCommands : told.commands;
  }

  // The words and lines with their gaps filled; none for a shell where an id or a value is not safe in a terminal.
  function filled(app, event, values) {
    const { shell, config } = commandsOf(app)[event];
    const isSafe = shell !== null && (isContract(app) || app.shell !== undefined);
    const lines = config.map((line) => {
      if (typeof line === "string") return line;
      return `${line[0]} ${line[1] === "app_id" ? app.yaml : yamlText(values[line[1]])}`;
    });
    if (!isSafe || Object.values(values).some((value) => UNSEEN.test(value))) {
      return { shell: null, config: lines.join("\n") };
    }
    const words = shell.map((word) => {
      if (typeof word === "string") return word;
      return word[1] === "app_id" ? app.shell : option(word[0], values[word[1]]);
    });
    return { shell: words.join(" "), config: lines.join("\n") };
  }

  const commandTemplate = document.getElementById("command");

  function showCommand(place, app, event, values) {
    if (!place.firstElementChild) place.append(commandTemplate.content.cloneNode(true));
    const { shell, config } = filled(app, event, values);
    place.querySelector("[data-unsafe]").hidden = shell !== null;
    place.querySelector("[data-shell]").hidden = shell === null;
    place.querySelector("[data-shell] pre code").textContent = shell || "";
    place.querySelector("[data-config] pre code").textContent = config;
    place.querySelector("[data-copied]").textContent = "";
    place.hidden = false;
  }

  async function copy(button) {
    const text = button.closest(".code").querySelector("pre code");
    const said = button.closest(".command").querySelector("[data-copied]");
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = "Copied.";
    } catch {
      // Without leave, or from a page that the browser does not trust: what is selected can always be copied.
      getSelection().selectAllChildren(text);
      said.textContent = document.execCommand("copy") ? "Copied." : "Selected: copy it with the keyboard.";
    }
  }

  Object.assign(plan, { commandsOf, showCommand, copy });
})();
