import type { FilesConfig } from "../config.ts";
import { named, type OptionsOf, passThrough } from "../option.ts";
import { orNull, text } from "../text-type.ts";
import { bool } from "../value-type.ts";

/** Where the data is. `configFile` and `serverId` come from the call and from `myid`, not from a key. */
type FilesOptions = OptionsOf<Pick<FilesConfig, "createsMissingDirectories">> & {
  readonly dataDir: ReturnType<typeof named<string | null>>;
  readonly dataLogDir: ReturnType<typeof named<string | null>>;
};

export const filesOptions: FilesOptions = {
  dataDir: named({
    key: "dataDir",
    type: orNull(text("path")),
    default: null,
    defaultText: "required",
    importance: "must",
    since: "3.0",
    meaning:
      "Snapshots and epoch files live in `<dataDir>/version-2`, `myid` and `initialize` directly in it.",
  }),
  dataLogDir: named({
    key: "dataLogDir",
    type: orNull(text("path")),
    default: null,
    defaultText: "= dataDir",
    importance: "must",
    since: "3.0",
    meaning: "Transaction logs live in `<dataLogDir>/version-2`; a device of its own makes writes faster.",
  }),
  createsMissingDirectories: passThrough({
    key: "datadir.autocreate",
    type: bool(),
    default: true,
    importance: "should",
    since: "3.5",
    meaning: "Make missing data directories; `false` refuses to start without them (exit code 3).",
  }),
};
