import { clientSuite } from "../interop/client-library/suite.ts";
import { ClientTestServer } from "../support/client-server.ts";

clientSuite("the client against our server", {
  start: () => new ClientTestServer().start(),
  dispose: (server) => (server as ClientTestServer).dispose(),
  isSince39: true,
});
