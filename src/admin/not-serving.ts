/** What four-letter words and admin commands say while no requests are served. */
export const NOT_SERVING = "This ZooKeeper instance is not currently serving requests";
