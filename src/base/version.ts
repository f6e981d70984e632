/** Filled in by scripts/build.mjs; sources that run without a build have none. */
declare const MENAGERIE_BUILD: BuildInfo | undefined;

interface BuildInfo {
  /** The package's version. */
  readonly version: string;
  /** Commit of the sources, or "unknown" for a build outside a checkout. */
  readonly revision: string;
  /** `yyyy-MM-dd HH:mm`, UTC. */
  readonly builtAt: string;
}

const UNBUILT: BuildInfo = { version: "0.0.0", revision: "source", builtAt: "1970-01-01 00:00" };

const build = typeof MENAGERIE_BUILD === "undefined" ? UNBUILT : MENAGERIE_BUILD;

/** The ZooKeeper release whose behaviour tools and clients may expect (docs/decisions/0021-version-string.md). */
const ZOOKEEPER_VERSION = "3.9.4";

/** This package's own version. */
export const MENAGERIE_VERSION: string = build.version;

/** `yyyy-MM-dd HH:mm UTC`. */
const BUILT_AT = `${build.builtAt} UTC`;

/** `3.9.4-menagerie-0.1.0`: Apache's `x.y.z-QUALIFIER`. Letters, digits, dots and hyphens only, because parsers insist. */
export const VERSION = `${ZOOKEEPER_VERSION}-menagerie-${MENAGERIE_VERSION}`;

/** What `srvr`, `stat`, `envi`, `mntr` and the admin commands print: `<version>-<revision>, built on <date>` (operations 1.5). */
export const VERSION_TEXT = `${VERSION}-${build.revision}, built on ${BUILT_AT}`;

/** The line of `zkServer.sh version`. */
export const VERSION_LINE = `Apache ZooKeeper, version ${VERSION} ${BUILT_AT}`;
