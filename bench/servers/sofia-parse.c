/* Messages per second of Sofia-SIP's parser, one thread: sofia-parse SECONDS FILE … */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

#define MOST 64

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static char *data[MOST];
static size_t size[MOST];

static int parse(int i) {
  msg_t *msg = msg_make(sip_default_mclass(), 0, data[i], size[i]);
  sip_t *sip = msg ? sip_object(msg) : NULL;
  int good = sip && !sip->sip_error && sip->sip_via && sip->sip_from && sip->sip_to && sip->sip_cseq && sip->sip_call_id;
  msg_destroy(msg);
  return good;
}

int main(int c, char **v) {
  if (c < 3 || c - 2 > MOST) return fprintf(stderr, "usage: sofia-parse SECONDS FILE ...\n"), 2;
  double seconds = atof(v[1]);
  int count = c - 2;
  for (int i = 0; i < count; i++) {
    FILE *f = fopen(v[i + 2], "rb");
    if (!f) return perror(v[i + 2]), 1;
    data[i] = malloc(65536);
    size[i] = fread(data[i], 1, 65536, f);
    fclose(f);
    if (!parse(i)) return fprintf(stderr, "refuses %s\n", v[i + 2]), 1;
  }
  for (double until = now() + seconds / 4; now() < until;)
    for (int i = 0; i < count; i++) parse(i);
  long done = 0;
  double began = now(), end;
  do {
    for (int k = 0; k < 20; k++)
      for (int i = 0; i < count; i++) done += parse(i);
    end = now();
  } while (end - began < seconds);
  printf("%.0f\n", done / (end - began));
  return 0;
}
