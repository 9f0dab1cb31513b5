/* An answering machine on Sofia-SIP's transaction layer, nta: no dialogs, no calls. usage: sofia-nta PORT */
#include <stdio.h>
#include <stdlib.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url_tag.h>

static const char sdp[] = "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                          "t=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
static char contact[64];

/* ACK, CANCEL or timeout: nobody needs the transaction any more. */
static int on_ack(nta_incoming_magic_t *magic, nta_incoming_t *irq, sip_t const *sip) {
  nta_incoming_destroy(irq);
  return 0;
}

static int on_request(nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, sip_t const *sip) {
  if (sip->sip_request->rq_method == sip_method_ack) return 0;
  if (sip->sip_request->rq_method != sip_method_invite) return 200;
  nta_incoming_bind(irq, on_ack, NULL);
  nta_incoming_tag(irq, NULL);
  nta_incoming_treply(irq, 180, "Ringing", SIPTAG_CONTACT_STR(contact), TAG_END());
  nta_incoming_treply(irq, 200, "OK", SIPTAG_CONTACT_STR(contact), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
                      SIPTAG_PAYLOAD_STR(sdp), TAG_END());
  return 0;
}

int main(int c, char **v) {
  char url[64];
  int port = c > 1 ? atoi(v[1]) : 5070;
  snprintf(url, sizeof url, "sip:127.0.0.1:%d;transport=udp", port);
  snprintf(contact, sizeof contact, "<sip:uas@127.0.0.1:%d>", port);
  su_init();
  su_root_t *root = su_root_create(NULL);
  su_root_threading(root, 0);
  nta_agent_t *agent = nta_agent_create(root, (url_string_t *)url, NULL, NULL, NTATAG_UA(1),
                                        TPTAG_UDP_RMEM(4 * 1024 * 1024), TPTAG_UDP_WMEM(4 * 1024 * 1024), TAG_END());
  if (!agent) return perror("nta_agent_create"), 1;
  if (!nta_leg_tcreate(agent, on_request, NULL, NTATAG_NO_DIALOG(1), TAG_END())) return perror("nta_leg_tcreate"), 1;
  su_root_run(root);
  return 0;
}
