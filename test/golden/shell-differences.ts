import type { Comparable } from "../support/zk-cli-transcript.ts";

/** Where our shell answers otherwise than the recording, on purpose; docs/compatibility.md has the reasons. */
export interface ShellDifference {
  /** Transcript and line, as typed; every line that reads so. */
  readonly at: readonly [transcript: string, typed: string];
  readonly why: string;
  /** What ours prints instead, masked; streams that are left out are as recorded. */
  readonly ours: Partial<Comparable>;
  /** Which of several equal lines, counted from 0; all of them without it. */
  readonly nth?: number;
  /** What is typed in its place, where ours would do what Apache refuses. */
  readonly instead?: string;
  /** The exit code of a one-shot call, where it differs. */
  readonly exitCode?: number;
  /** Lines run afterwards, unseen, that bring the tree to where the recording has it. */
  readonly repair?: readonly string[];
}

const GET_USAGE = [
  "get [-s] [-w] [-b] [-x] path",
  " -b   Output data in base64 format",
  " -s   Print znode stats additionally",
  " -w   Watch for changes on the znode",
  " -x   Output data in hexdump format",
  "",
];
const SET_USAGE = [
  "set path data [-s] [-v version] [-b]",
  " -b         Supply data in base64 format",
  " -s         Print znode stats additionally",
  " -v <arg>   Set with an expected version",
  "",
];

const DEPRECATED_DELETE =
  "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead.";
const DEPRECATED_SET =
  "'set path data [version]' has been deprecated. Please use 'set [-s] [-v version] path data' instead.";
const OLD_SPELLING = "the spellings of 3.4 work";
const NEAREST = "a wrong command is answered with the nearest right one";
const USAGE_39 = "get and set have their options and usage of 3.9";
const VERSION_WORD = "the version word of 3.4 is checked";
const SERVER = "the server, not the shell: our server behaves as 3.9 here";

const NO_TRACE = "a sentence instead of a stack trace";
const REASON = "the reason is told";
const BAD_VERSION = 'version must be an integer of 0 ... 2147483647, or -1 for any, not "abc"';
const REFUSED = "ADDRESS refuses connections: no server listens there (is it started, is the port right?)";
const UNRESOLVED = "nosuchhost.invalid:22200 cannot be resolved: check the host name in the connect string";

export const DIFFERENCES: readonly ShellDifference[] = [
  { at: ["T1", "get"], why: USAGE_39, ours: { err: GET_USAGE } },
  { at: ["T1", "set /a"], why: USAGE_39, ours: { err: SET_USAGE } },
  {
    at: ["T1", "ls2 /a"],
    why: OLD_SPELLING,
    instead: "ls2",
    ours: { err: ["ls2 path [watch]"] },
  },
  { at: ["T1", "rmr /a"], why: OLD_SPELLING, instead: "rmr", ours: { err: ["rmr path"] } },
  {
    at: ["T1", "set /a/b v5 99"],
    why: VERSION_WORD,
    ours: { err: [DEPRECATED_SET, "version No is not valid : /a/b"] },
    repair: ["set /a/b v5"],
  },
  {
    at: ["T1", "printwatches"],
    nth: 1,
    why: "time: the TTL of /a/ttl was over when T3 was recorded",
    ours: {},
    repair: ["delete /a/ttl"],
  },
  {
    at: ["T2", "delete /d/k 9"],
    why: VERSION_WORD,
    ours: { err: [DEPRECATED_DELETE, "version No is not valid : /d/k"] },
    repair: ["delete /d/k"],
  },
  {
    at: ["T2", "deleteall /zookeeper/quota"],
    why: "what could not be deleted is told, as 3.10 does",
    ours: { err: ["Failed to delete some node(s) in the subtree!"] },
  },
  {
    at: ["T3", "ls /"],
    nth: 1,
    why: "the recording ends before the answer; the reason is told",
    ours: {
      err: ["KeeperErrorCode = ConnectionLoss for /", REFUSED],
    },
  },
  { at: ["T4", "stat /locked"], why: SERVER, ours: { out: [], err: ["Insufficient permission : /locked"] } },
  {
    at: ["T4", "getAcl /dig"],
    why: "the order of a hash table",
    ours: {
      out: [
        "'digest,'u1:fpT/y03U+EjItKZOSLGvjnJlyng=",
        ": r",
        "'digest,'super:nXindoZMsrhmm0JDlDwACbCSBn0=",
        ": r",
        "'digest,'super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
        ": r",
      ],
    },
  },
  {
    at: ["T5", "LS /"],
    why: NEAREST,
    ours: { err: ["<USAGE>", "Command not found: Command not found LS", 'Did you mean "ls"?'] },
  },
  {
    at: ["T6", "-server localhost:22200 create /one a b"],
    why: "quoting, which the recording lost",
    instead: '-server localhost:22200 create /one "a b"',
    ours: {},
  },
  {
    at: ["T6", "-server localhost:22200 help"],
    why: "help is a command",
    instead: "-server localhost:22200 help sync",
    ours: { out: ["Connecting to ADDRESS", "sync path"], err: [] },
    exitCode: 0,
  },
  { at: ["T6", "-server localhost:22200 set -v abc /one v"], why: NO_TRACE, ours: { err: [BAD_VERSION] } },
  { at: ["T6", "-server localhost:22200 delete -v abc /one"], why: NO_TRACE, ours: { err: [BAD_VERSION] } },
  {
    at: ["T6", "-timeout abc -server localhost:22200 ls /"],
    why: NO_TRACE,
    ours: { err: ['-timeout must be a number of milliseconds, 1 ... 2147483647, not "abc"'] },
  },
  {
    at: ["T6", "-timeout 3000 -server localhost:22299 ls /"],
    why: REASON,
    ours: { err: ["KeeperErrorCode = ConnectionLoss for /", REFUSED] },
  },
  {
    at: ["T6", "-waitforconnection -timeout 2000 -server localhost:22299 ls /"],
    why: NO_TRACE,
    ours: { err: ["KeeperErrorCode = ConnectionLoss", REFUSED] },
  },
  {
    at: ["T6", "-server localhost:22200/chroot/none ls /"],
    why: REASON,
    ours: {
      err: [
        "Node does not exist: /",
        "The chroot /chroot/none does not exist: connect without it, and create it first",
      ],
    },
  },
  {
    at: ["T6", "-server nosuchhost.invalid:22200 -timeout 2000 ls /"],
    why: REASON,
    ours: { err: ["KeeperErrorCode = ConnectionLoss for /", UNRESOLVED] },
  },
  {
    at: ["T6", "-client-configuration /no/such.cfg -server localhost:22200 ls /"],
    why: NO_TRACE,
    ours: { err: ["Error while processing /no/such.cfg: there is no such file"] },
  },
];
