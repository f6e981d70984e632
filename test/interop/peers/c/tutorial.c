/* The C client: what it sees, one fact per line. usage: tutorial HOST:PORT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

enum { PATIENCE_S = 30, EVENTS_MAX = 64 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char seen[EVENTS_MAX][256];
static int seen_count = 0;
static int connections = 0;
static int answered = 0;

static void watcher(zhandle_t *zh, int type, int state, const char *path, void *context) {
  (void)zh;
  (void)context;
  pthread_mutex_lock(&mutex);
  if (type == ZOO_SESSION_EVENT) {
    if (state == ZOO_CONNECTED_STATE) connections++;
  } else if (seen_count < EVENTS_MAX) {
    snprintf(seen[seen_count++], sizeof seen[0], "%d %s", type, path);
  }
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

/* Waits until *counter reaches count; ends the program when it does not. */
static void wait_for(const int *counter, int count, const char *what) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += PATIENCE_S;
  pthread_mutex_lock(&mutex);
  while (*counter < count) {
    if (pthread_cond_timedwait(&changed, &mutex, &deadline) != 0) {
      fprintf(stderr, "%s: only %d of %d\n", what, *counter, count);
      exit(2);
    }
  }
  pthread_mutex_unlock(&mutex);
}

static void say_stat(const char *what, int rc, const struct Stat *stat) {
  printf("%s %s", what, zerror(rc));
  if (rc == ZOK) {
    printf(" v%d c%d a%d len%d kids%d ephemeral=%d", stat->version, stat->cversion, stat->aversion,
           stat->dataLength, stat->numChildren, stat->ephemeralOwner != 0);
  }
  printf("\n");
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void basics(zhandle_t *zh) {
  char path[256];
  char data[256];
  struct Stat stat;
  int length;
  const struct ACL_vector *open = &ZOO_OPEN_ACL_UNSAFE;
  printf("create %s", zerror(zoo_create(zh, "/c", "hello", 5, open, 0, path, sizeof path)));
  printf(" %s\n", path);
  printf("again %s\n", zerror(zoo_create(zh, "/c", "", 0, open, 0, path, sizeof path)));
  printf("no parent %s\n", zerror(zoo_create(zh, "/none/x", "", 0, open, 0, path, sizeof path)));
  printf("null data %s\n", zerror(zoo_create(zh, "/c/null", NULL, -1, open, 0, path, sizeof path)));
  int flags = ZOO_EPHEMERAL | ZOO_SEQUENCE;
  printf("ephemeral sequence %s", zerror(zoo_create(zh, "/c/es-", "", 0, open, flags, path, sizeof path)));
  printf(" %s\n", path);
  int rc = zoo_create2(zh, "/c/two", "12345", 5, open, 0, path, sizeof path, &stat);
  say_stat("create2", rc, &stat);
  rc = zoo_create2_ttl(zh, "/c/ttl", "", 0, open, ZOO_PERSISTENT_WITH_TTL, 60000, path, sizeof path, &stat);
  say_stat("ttl", rc, &stat);
  rc = zoo_create2(zh, "/c/container", "", 0, open, ZOO_CONTAINER, path, sizeof path, &stat);
  say_stat("container", rc, &stat);
  length = sizeof data;
  rc = zoo_get(zh, "/c", 0, data, &length, &stat);
  say_stat("get", rc, &stat);
  printf("data %.*s\n", length, data);
  length = sizeof data;
  rc = zoo_get(zh, "/c/null", 0, data, &length, &stat);
  printf("null %s length %d\n", zerror(rc), length);
  say_stat("set", zoo_set2(zh, "/c", "v1", 2, 0, &stat), &stat);
  printf("set wrong version %s\n", zerror(zoo_set(zh, "/c", "v2", 2, 0)));
  say_stat("exists", zoo_exists(zh, "/c", 0, &stat), &stat);
  printf("missing %s\n", zerror(zoo_exists(zh, "/none", 0, &stat)));
  struct String_vector names;
  rc = zoo_get_children2(zh, "/c", 0, &names, &stat);
  say_stat("children", rc, &stat);
  qsort(names.data, names.count, sizeof names.data[0], by_name);
  for (int i = 0; i < names.count; i++) printf("  %s\n", names.data[i]);
  deallocate_String_vector(&names);
  printf("not empty %s\n", zerror(zoo_delete(zh, "/c", -1)));
  printf("wrong version %s\n", zerror(zoo_delete(zh, "/c/two", 9)));
  printf("delete %s\n", zerror(zoo_delete(zh, "/c/two", 0)));
}

static void acls(zhandle_t *zh) {
  struct ACL_vector list;
  struct Stat stat;
  printf("auth %s\n", zerror(zoo_add_auth(zh, "digest", "ann:pw", 6, NULL, NULL)));
  char path[64];
  printf("creator all %s\n", zerror(zoo_create(zh, "/c/mine", "", 0, &ZOO_CREATOR_ALL_ACL, 0, path, sizeof path)));
  say_stat("get_acl", zoo_get_acl(zh, "/c/mine", &list, &stat), &stat);
  for (int i = 0; i < list.count; i++) {
    printf("  %d %s %s\n", list.data[i].perms, list.data[i].id.scheme, list.data[i].id.id);
  }
  printf("set_acl %s\n", zerror(zoo_set_acl(zh, "/c/mine", 0, &ZOO_READ_ACL_UNSAFE)));
  printf("no write %s\n", zerror(zoo_set(zh, "/c/mine", "x", 1, -1)));
  printf("set_acl wrong version %s\n", zerror(zoo_set_acl(zh, "/c/mine", 0, &list)));
  deallocate_ACL_vector(&list);
}

static void multis(zhandle_t *zh) {
  zoo_op_t ops[4];
  zoo_op_result_t results[4];
  char path[64];
  struct Stat stat;
  zoo_create_op_init(&ops[0], "/c/m", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
  zoo_set_op_init(&ops[1], "/c/m", "2", 1, 0, &stat);
  zoo_check_op_init(&ops[2], "/c/m", 1);
  zoo_delete_op_init(&ops[3], "/c/m", 1);
  printf("multi %s", zerror(zoo_multi(zh, 4, ops, results)));
  for (int i = 0; i < 4; i++) printf(" %d", results[i].err);
  printf(" %s v%d\n", path, stat.version);
  zoo_check_op_init(&ops[2], "/c/m", 99);
  printf("multi fails %s", zerror(zoo_multi(zh, 4, ops, results)));
  for (int i = 0; i < 4; i++) printf(" %d", results[i].err);
  printf("\n");
}

static void watches(zhandle_t *zh) {
  struct Stat stat;
  struct String_vector names;
  char path[64];
  char data[16];
  int length = sizeof data;
  zoo_exists(zh, "/c/w", 1, &stat);
  zoo_create(zh, "/c/w", "0", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
  wait_for(&seen_count, 1, "created");
  zoo_get(zh, "/c/w", 1, data, &length, &stat);
  zoo_set(zh, "/c/w", "1", 1, -1);
  wait_for(&seen_count, 2, "changed");
  zoo_get_children(zh, "/c/w", 1, &names);
  deallocate_String_vector(&names);
  zoo_create(zh, "/c/w/x", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
  wait_for(&seen_count, 3, "child");
  zoo_exists(zh, "/c/w/x", 1, &stat);
  zoo_delete(zh, "/c/w/x", -1);
  wait_for(&seen_count, 4, "deleted");
  for (int i = 0; i < 4; i++) printf("event %s\n", seen[i]);
  zoo_get(zh, "/c/w", 1, data, &length, &stat);
  printf("remove %s\n", zerror(zoo_remove_watches(zh, "/c/w", ZWATCHTYPE_DATA, watcher, NULL, 0)));
  printf("remove again %s\n", zerror(zoo_remove_watches(zh, "/c/w", ZWATCHTYPE_DATA, watcher, NULL, 0)));
}

static void count_answer(int rc, const struct Stat *stat, const void *context) {
  (void)stat;
  (void)context;
  pthread_mutex_lock(&mutex);
  if (rc == ZOK) answered++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  setvbuf(stdout, NULL, _IOLBF, 0);
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zhandle_t *zh = zookeeper_init(argv[1], watcher, 10000, NULL, NULL, 0);
  if (zh == NULL) return 1;
  wait_for(&connections, 1, "connected");
  printf("timeout %d\n", zoo_recv_timeout(zh));
  basics(zh);
  acls(zh);
  multis(zh);
  watches(zh);
  for (int i = 0; i < 500; i++) zoo_aset(zh, "/c/w", "async", 5, -1, count_answer, NULL);
  wait_for(&answered, 500, "asynchronous sets");
  struct Stat stat;
  say_stat("after 500 sets", zoo_exists(zh, "/c/w", 1, &stat), &stat);
  printf("@restart\n");
  if (getchar() == EOF) return 3;
  wait_for(&connections, 2, "connected again");
  say_stat("after restart", zoo_exists(zh, "/c", 0, &stat), &stat);
  int before = seen_count;
  say_stat("set after restart", zoo_set2(zh, "/c/w", "x", 1, -1, &stat), &stat);
  wait_for(&seen_count, before + 1, "watch set again");
  printf("event %s\n", seen[before]);
  zookeeper_close(zh);
  printf("done\n");
  return 0;
}
