/** What this browser keeps for its owner: how the view looks and listens, nothing of what is remembered. */
import { effect, signal } from "@preact/signals";

function kept<T extends string>(name: string, values: readonly T[], usual: T) {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(name);
  } catch {
    // Storage may be forbidden; then it lasts as long as the tab.
  }
  const value = signal<T>(values.find((known) => known === stored) ?? usual);
  effect(() => {
    try {
      localStorage.setItem(name, value.value);
    } catch {
      // As above.
    }
  });
  return value;
}

export const THEMES = ["system", "light", "dark"] as const;
export const theme = kept("hydra.theme", THEMES, "system");
/** Whether single letters are commands (outside of text fields). */
export const letters = kept("hydra.letters", ["on", "off"] as const, "on");

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = signal(systemIsDark.matches);
systemIsDark.addEventListener("change", () => (isDark.value = systemIsDark.matches));

// The styles have each theme once.
effect(() => {
  document.documentElement.dataset["theme"] = theme.value === "system" ? (isDark.value ? "dark" : "light") : theme.value;
});
