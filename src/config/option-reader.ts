import type { ConfigNotice } from "./config.ts";
import type { ConfigProblem } from "./config-error.ts";
import type { Option, OptionsOf } from "./option.ts";
import type { FileSettings, Setting } from "./settings.ts";

/**
 * Reads options out of the raw settings, and collects everything that is wrong or worth a word, so that an operator
 * sees all mistakes at once.
 */
export class OptionReader {
  readonly problems: ConfigProblem[] = [];
  readonly notices: ConfigNotice[] = [];
  /** File keys that some option has read. */
  readonly usedKeys = new Set<string>();
  readonly #file: FileSettings;
  readonly #properties: ReadonlyMap<string, string>;

  constructor(file: FileSettings, properties: ReadonlyMap<string, string>) {
    this.#file = file;
    this.#properties = properties;
  }

  /** All fields of one section. */
  section<Section>(options: OptionsOf<Section>): Section {
    const entries = Object.entries(options as Record<string, Option<unknown>>);
    return Object.fromEntries(entries.map(([field, option]) => [field, this.read(option)])) as Section;
  }

  /** The value of one option: what is set, or its default. A wrong value is recorded and the default returned. */
  read<T>(option: Option<T>): T {
    const setting = this.find(option);
    if (setting === undefined) return option.default;
    this.#warnOfMissingFeature(option, setting);
    const isFromFile = setting.origin.kind !== "flag";
    if (setting.value === "" && isNumber(option) && !option.isNamed) {
      this.warn(setting.key, `${setting.key} is empty: the default ${defaultOf(option)} is taken`);
      return option.default;
    }
    const parsed = option.type.parse(setting.value, option.isNamed && isFromFile ? "named" : "property");
    if (!parsed.ok) {
      const reason = parsed.reason.replace("$KEY", () => setting.key);
      this.refuse(setting, reason, option.type.range, option.type.isSecret);
      return option.default;
    }
    if (parsed.correction !== undefined) {
      this.warn(setting.key, `${setting.key}=${setting.value} ${parsed.correction}`);
    }
    return parsed.value;
  }

  /** What is set for an option: the file's key or one of its aliases, else a system property. */
  find(option: Option<unknown>): Setting | undefined {
    let found: Setting | undefined;
    for (const key of [option.key, ...option.aliases]) {
      const setting = this.#file.get(key);
      if (setting === undefined || isEnsembleKey(key)) continue;
      this.usedKeys.add(key);
      found ??= setting;
    }
    if (found !== undefined) return found;
    for (const property of option.properties) {
      const value = this.#properties.get(property);
      if (value !== undefined) return { key: property, value: value.trim(), origin: { kind: "flag" } };
    }
    return undefined;
  }

  refuse(setting: Setting, reason: string, allowed?: string, isSecret = false): void {
    this.problems.push({
      reason,
      key: setting.key,
      origin: setting.origin,
      ...(isSecret ? {} : { value: setting.value }),
      ...(allowed === undefined ? {} : { allowed }),
    });
  }

  warn(key: string | undefined, message: string): void {
    this.notices.push({ level: "warn", key, message });
  }

  #warnOfMissingFeature(option: Option<unknown>, setting: Setting): void {
    if (option.effect.kind !== "later") return;
    this.warn(
      setting.key,
      `${setting.key} has no effect: ${option.effect.feature} is not part of this release yet`,
    );
  }
}

/** Keys of the ensemble lines; the match is by prefix, as in Apache. */
export function isEnsembleKey(key: string): boolean {
  return key.startsWith("server.") || key.startsWith("group") || key.startsWith("weight");
}

function isNumber(option: Option<unknown>): boolean {
  return ["int", "long", "ratio"].includes(option.type.name);
}

/** The default as the documentation writes it. */
function defaultOf(option: Option<unknown>): string {
  return option.defaultText ?? String(option.default);
}
