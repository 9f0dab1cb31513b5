/* A user agent on Sofia-SIP's full engine, nua, SDP offer/answer off: answers every call. usage: sofia-nua PORT */
#include <stdio.h>
#include <stdlib.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url_tag.h>

static const char sdp[] = "v=0\r\no=user1 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                          "t=0 0\r\nm=audio 6000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

static void on_event(nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *magic,
                     nua_handle_t *nh, nua_hmagic_t *hmagic, sip_t const *sip, tagi_t tags[]) {
  if (event == nua_i_invite) {
    nua_respond(nh, SIP_180_RINGING, TAG_END());
    nua_respond(nh, SIP_200_OK, SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(sdp), TAG_END());
  } else if (event == nua_i_terminated) {
    nua_handle_destroy(nh);
  }
}

int main(int c, char **v) {
  char url[64];
  snprintf(url, sizeof url, "sip:127.0.0.1:%d;transport=udp", c > 1 ? atoi(v[1]) : 5070);
  su_init();
  su_root_t *root = su_root_create(NULL);
  su_root_threading(root, 0);
  nua_t *nua = nua_create(root, on_event, NULL, NUTAG_URL(url), NUTAG_MEDIA_ENABLE(0), NUTAG_SESSION_TIMER(0),
                          NUTAG_AUTOALERT(0), NUTAG_AUTOACK(1), NTATAG_UA(1), TPTAG_UDP_RMEM(4 * 1024 * 1024),
                          TPTAG_UDP_WMEM(4 * 1024 * 1024), TAG_END());
  if (!nua) return perror("nua_create"), 1;
  su_root_run(root);
  return 0;
}
