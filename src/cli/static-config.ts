import { loadSettings } from "../config/load.ts";

/** The data directories as a configuration file spells them, whatever else may be wrong with it. */
export interface DataDirectories {
  readonly dataDir: string | null;
  /** Null when it is the same as `dataDir`. */
  readonly dataLogDir: string | null;
}

/** Throws `ConfigError` when the file cannot be read. */
export function dataDirectoriesOf(configFile: string): DataDirectories {
  const settings = loadSettings(configFile);
  return {
    dataDir: settings.get("dataDir")?.value || null,
    dataLogDir: settings.get("dataLogDir")?.value || null,
  };
}
