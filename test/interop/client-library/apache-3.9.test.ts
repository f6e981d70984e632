import { type Subject, startSubject } from "../../support/apache.ts";
import { clientSuite } from "./suite.ts";

clientSuite("the client against Apache 3.9", {
  start: () => startSubject("apache-3.9", { config: { tickTime: 500 } }),
  dispose: (server) => (server as Subject).dispose(),
  isSince39: true,
});
