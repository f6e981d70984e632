import { connect } from "menagerie";
import { groups } from "./group-membership-client.ts";
import { joinGroup } from "./group-membership-server.ts";
import type { Stage } from "./stage.ts";

/** Plays the two programs: servers come and go, and a client prints who is there. */
export default async function groupMembership({ servers, print }: Stage): Promise<void> {
  await using client = await connect(servers);
  const lists = groups(client);
  const printNext = async (): Promise<void> => {
    const { value } = await lists.next();
    print(`  client sees: ${value.join(" ") || "none"}`);
  };
  await printNext();

  print("web1 starts");
  await using _web1 = await joinGroup(servers, "web1", "10.0.0.1:80");
  await printNext();

  print("web2 starts");
  const web2 = await joinGroup(servers, "web2", "10.0.0.2:80");
  await printNext();

  print("web3 starts");
  await using _web3 = await joinGroup(servers, "web3", "10.0.0.3:80");
  await printNext();

  print("web2 stops");
  await web2.close();
  await printNext();
  await lists.return(undefined);
}
