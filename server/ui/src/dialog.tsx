/** What opens above the page: any command by name, the keys, a field for a thought. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { go, searchAddress } from "./address";
import { changed } from "./api/answer";
import { tell } from "./api/graphql";
import rememberDocument from "./api/remember.graphql";
import { commands, dialog, type Command } from "./command";
import { say, sayFailure } from "./toast";
import { MAX_NAME_LETTERS, saveView } from "./view";

const close = (): void => {
  dialog.value = null;
};

/** The browser's own dialog: it keeps the focus inside and gives it back. */
function Dialog({ name, children }: { name: string; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const isGone = useRef(false);
  // Before the next key is heard: what is typed right after the key that opens it belongs into it.
  useLayoutEffect(() => {
    const opened = element.current;
    opened?.showModal();
    return () => {
      // Another may have been opened in its place: its end is not that one's.
      isGone.current = true;
      opened?.close();
    };
  }, []);
  return (
    <dialog ref={element} aria-label={name} onCancel={close} onClose={() => !isGone.current && close()} onClick={(event) => event.target === element.current && close()}>
      {children}
    </dialog>
  );
}

export function Dialogs() {
  switch (dialog.value) {
    case "palette":
      return <Palette />;
    case "keys":
      return <Keys />;
    case "capture":
      return <Capture />;
    case "save-view":
      return <SaveView />;
    default:
      return null;
  }
}

function Palette() {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting: Command[] = commands().filter(({ name, isQuiet }) => !isQuiet && words.every((word) => name.toLowerCase().includes(word)));
  if (typed.trim()) fitting.push({ name: `Search for “${typed.trim()}”`, run: () => go(searchAddress(typed.trim())) });
  const chosen = Math.min(at, fitting.length - 1);
  const run = (command: Command | undefined): void => {
    close();
    command?.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      event.preventDefault();
      setAt((chosen + step + fitting.length) % fitting.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(fitting[chosen]);
    }
  };
  useEffect(() => {
    document.getElementById(`command-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <Dialog name="Any command">
      <input
        class="palette-field" autofocus role="combobox" aria-expanded="true" aria-controls="commands" aria-label="Command or search"
        aria-activedescendant={`command-${chosen}`} placeholder="Do, go or search…" value={typed} autocomplete="off"
        onInput={(event) => { setTyped(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown}
      />
      <ul id="commands" class="palette" role="listbox" aria-label="Commands">
        {fitting.map((command, index) => (
          <li key={command.name} id={`command-${index}`} role="option" aria-selected={index === chosen} onClick={() => run(command)}>
            <span>{command.name}</span>
            {command.key && <Key of={command.key} />}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** A key as it is pressed. */
export function Key({ of }: { of: string }) {
  return (
    <span class="keys">
      {of.split(" ").map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}

const WALKING: [string, string][] = [
  ["j", "Next row"],
  ["k", "Row before"],
  ["Enter", "Open the row"],
  ["Escape", "Leave a field or a row"],
  ["Ctrl K", "Any command"],
];

function Keys() {
  const withKeys = commands().filter((command) => command.key);
  const jumps = withKeys.filter(({ key }) => key?.startsWith("g "));
  const others = withKeys.filter(({ key }) => !key?.startsWith("g "));
  const list = (items: [string, string][]) => (
    <dl class="key-list">
      {items.map(([key, name]) => (
        <div key={key + name}>
          <dt><Key of={key} /></dt>
          <dd>{name}</dd>
        </div>
      ))}
    </dl>
  );
  return (
    <Dialog name="Keys">
      <form method="dialog" class="dialog-head"><h2>Keys</h2><button>Close</button></form>
      <div class="key-columns">
        <section><h3>Here</h3>{list(others.map(({ key, name }) => [key ?? "", name]))}</section>
        <section><h3>Rows</h3>{list(WALKING)}</section>
        <section><h3>Pages</h3>{list(jumps.map(({ key, name }) => [key ?? "", name.replace("Go to ", "")]))}</section>
      </div>
      <p class="soft">Single letters can be switched off in Settings.</p>
    </Dialog>
  );
}

/** Gives what is shown a name. */
function SaveView() {
  const [name, setName] = useState("");
  const save = (event: Event): void => {
    event.preventDefault();
    if (!name.trim()) return;
    close();
    void saveView(name.trim(), location.pathname + location.search);
  };
  return (
    <Dialog name="Save this view">
      <form onSubmit={save}>
        <h2><label for="view-name">Save this view</label></h2>
        <input id="view-name" class="palette-field" autofocus autocomplete="off" dir="auto" maxLength={MAX_NAME_LETTERS} value={name} placeholder="What is it called?" onInput={(event) => setName(event.currentTarget.value)} />
        <p class="soft">What this page shows now is found again under this name: in the list of pages, and at its own address.</p>
        <div class="actions">
          <button class="primary" disabled={!name.trim()}>Save</button>
          <button type="button" onClick={close}>Leave it</button>
        </div>
      </form>
    </Dialog>
  );
}

function Capture() {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const keep = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!text.trim() || isBusy) return;
    setBusy(true);
    try {
      const kept = await tell<{ id: string; undo: string | null; status: string }>(rememberDocument, { input: { text } });
      close();
      say(kept.status === "DUPLICATE" ? "That was known already" : "Remembered", kept.undo);
      changed();
    } catch (error) {
      sayFailure(error);
      setBusy(false);
    }
  };
  return (
    <Dialog name="Capture a thought">
      <form onSubmit={keep}>
        <h2><label for="thought">Capture a thought</label></h2>
        <textarea
          id="thought" autofocus rows={5} dir="auto" value={text} placeholder="What should be remembered?"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void keep(event); }}
        />
        <div class="actions">
          <button class="primary" disabled={isBusy || !text.trim()}>Remember <Key of="Ctrl Enter" /></button>
          <button type="button" onClick={close}>Leave it</button>
        </div>
      </form>
    </Dialog>
  );
}
