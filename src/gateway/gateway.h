/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_GATEWAY_GATEWAY_H
#define ATOLL_GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"
#include "net/net.h"
#include "store/db.h"

/*
 * The gateway: host names of deployments, custom domains, certificates, and Caddy, which serves
 * them. The rows of the database say what is served; Caddy's configuration is made from them whole
 * at each change, by a thread of the gateway's own, so that nothing has to be kept in step.
 *
 * Names, routes and domains work without Caddy too (the option is off, the program is missing):
 * then they are only written down, and served as soon as there is one.
 *
 * Unless it says otherwise a function may be called on any thread; it does not wait for Caddy.
 * Hosts are lower case, without a dot at the end.
 */
struct gateway;

/* What may change while the node runs. Texts are copied; NULL is none. */
struct gateway_settings {
    bool test_cert;           /* every certificate from acme_staging */
    const char *acme;         /* directory URL, or "internal": the gateway's own authority */
    const char *acme_staging; /* the same while test_cert is set */
    const char *acme_ca;      /* PEM file of the authority's own root, for private ones */
    const char *acme_email;
    const char *resolver;     /* "ADDRESS[:PORT]" of the DNS server to ask; NULL: the system's */
    const char *const *leads; /* addresses that domains must lead to; none: those of the base */
    size_t lead_count;
};

struct gateway_options {
    struct store *store;
    struct net *net;
    const char *folder; /* of Caddy's state, made when it is absent */
    bool enabled;       /* false: nothing is served */
    bool keep;          /* Caddy serves on when the node ends */
    const char *caddy;  /* the program */
    const char *bind;   /* numeric address; NULL: every one */
    int http_port;
    int https_port;
    const char *base_domain;   /* deployments are NAME.base_domain */
    const char *public_url;    /* of the node; served when it is https and names the port above */
    int64_t renew_interval_ms; /* between two looks at what expires */
    struct gateway_settings settings;
    /*
     * Told when the state of a deployment's host changed (a certificate came, was refused), on the
     * gateway's thread and without locks; it must be quick. NULL is allowed.
     */
    void (*changed)(void *ctx, const char *deployment);
    void *ctx;
};

/* Opens the tables; texts are copied. gateway_free() ends it. */
int gateway_new(const struct gateway_options *o, struct gateway **ret, struct err *e) must_check;

/* Where the node itself listens: what market hosts and logins are handed to. */
struct gateway_node {
    const char *address; /* numeric, e.g. "127.0.0.1" */
    int port;
    bool tls;
};
/* Starts Caddy, or takes over the one that an earlier process of this node left, and keeps it. */
void gateway_start(struct gateway *g, const struct gateway_node *node);
/* Ends Caddy (unless `keep`) and the thread; calls still work. NULL and twice are allowed. */
void gateway_stop(struct gateway *g);
void gateway_free(struct gateway *g); /* NULL is allowed */

/* Whether hosts are to be served at all (the option). */
bool gateway_is_on(const struct gateway *g);

void gateway_change(struct gateway *g, const struct gateway_settings *s);
/* Makes Caddy's configuration again. Never needed after the calls below. */
void gateway_refresh(struct gateway *g);

/* --- the marketplace's own domains: [[servers]] of packages --- */

struct gateway_server {
    const char *domain;
    const char *email; /* for the certificate; NULL: acme_email */
    bool page;         /* its "/" leads to /marketplace/; false: to the node's own "/" */
};
/* The whole list, in place of the one before. Copied. */
void gateway_servers(struct gateway *g, const struct gateway_server *servers, size_t count);

/* "https://market.example[:port]": where people log in. In the arena. */
const char *gateway_market_url(struct gateway *g, struct arena *a);
/* "https://HOST[:port]" */
const char *gateway_url(const struct gateway *g, struct arena *a, const char *host);

/* --- names of deployments --- */

/*
 * Whether NAME.base_domain can be had: GATEWAY_NAME (no letters, digits and inner hyphens, longer
 * than 40), GATEWAY_RESERVED, GATEWAY_TAKEN. Only gateway_set() makes it sure.
 */
int gateway_name_check(struct gateway *g, const char *name, struct err *e) must_check;
int gateway_name_taken(struct gateway *g, const char *name, bool *ret, struct err *e) must_check;

/* An http port of a deployment, to be served under a name of its own. */
struct gateway_route {
    const char *deployment;
    const char *owner;
    const char *name;    /* of the deployment: NAME.base_domain */
    const char *part;    /* "" for the main port, else NAME-PART.base_domain */
    const char *address; /* of the upstream; NULL: 127.0.0.1 */
    int port;            /* 0: not running now; visitors are told so */
    bool login;          /* only the owner and whom they allow pass */
};
/*
 * Serves it from now on. Idempotent for the same (deployment, part): whatever differs is changed.
 * The name is its owner's until gateway_remove(). *ret_host in the arena. GATEWAY_NAME, _RESERVED,
 * _TAKEN; of two that ask at the same time one gets it.
 */
int gateway_set(struct gateway *g, struct arena *a, const struct gateway_route *r,
                const char **ret_host, struct err *e) must_check;
/* Not running now (port 0) for every part. The names stay taken. */
int gateway_pause(struct gateway *g, const char *deployment, struct err *e) must_check;
/* Frees the names, domains and guests of the deployment. Nothing there is success. */
int gateway_remove(struct gateway *g, const char *deployment, struct err *e) must_check;

/* --- hosts and their state --- */

enum gateway_state {
    GATEWAY_UNPROVEN, /* a custom domain whose proof is missing */
    GATEWAY_READY,    /* its certificate is on the way */
    GATEWAY_SERVING,
    GATEWAY_FAILED /* no certificate: reason says why, and when it is tried again */
};
struct gateway_domain {
    const char *host;
    const char *deployment;
    const char *part;
    bool custom;
    const char *txt_name; /* custom: the records that prove it */
    const char *txt_value;
    const char *cname_value; /* the deployment's own host */
    enum gateway_state state;
    const char *reason; /* "" when there is nothing to say */
};
/* Every host of the deployment, its own first. Count 0 when it is not known. In the arena. */
int gateway_domains(struct gateway *g, struct arena *a, const char *deployment,
                    struct gateway_domain **ret, size_t *ret_count, struct err *e) must_check;
/* {host, custom, txt: {name, value}, cname: {name, value}, state, reason} */
struct json *gateway_domain_json(struct arena *a, const struct gateway_domain *d);

/* --- custom domains; deployment and owner must fit, else GATEWAY_NO_DEPLOYMENT --- */

struct gateway_domain_key {
    const char *deployment;
    const char *owner;
    const char *host; /* as a person wrote it */
};
/* Writes it down, unproven. GATEWAY_HOST, GATEWAY_HOST_OWN, GATEWAY_TAKEN, GATEWAY_DOMAINS_MANY. */
int gateway_domain_add(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                       struct gateway_domain *ret, struct err *e) must_check;
/*
 * Asks the DNS for the proof (TXT of _atoll.HOST) and whether HOST leads here; serves it when both
 * hold. That they do not hold, or cannot be known now, is no error: state and reason say it. Waits
 * for DNS servers, some seconds at the most. GATEWAY_NO_DOMAIN, GATEWAY_TAKEN.
 */
int gateway_domain_verify(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                          struct gateway_domain *ret, struct err *e) must_check;
int gateway_domain_remove(struct gateway *g, struct arena *a, const struct gateway_domain_key *k,
                          struct err *e) must_check;

/* --- who else may pass the login of a deployment: names of people as they log in --- */

int gateway_guest_add(struct gateway *g, const char *deployment, const char *owner,
                      const char *name, struct err *e) must_check;
int gateway_guest_remove(struct gateway *g, const char *deployment, const char *owner,
                         const char *name, struct err *e) must_check;
/* An array of names. */
int gateway_guests(struct gateway *g, struct arena *a, const char *deployment, const char *owner,
                   struct json **ret, struct err *e) must_check;

/* --- the login in front of a host --- */

/* Whose host it is. *ret_found false for a host of nobody. In the arena. */
struct gateway_owner {
    const char *deployment;
    const char *owner;
    bool login;
};
int gateway_host_find(struct gateway *g, struct arena *a, const char *host, bool *ret_found,
                      struct gateway_owner *ret, struct err *e) must_check;
/* Whether a person (auth's id, name) is the owner or a guest of the deployment. */
int gateway_may_pass(struct gateway *g, const struct gateway_owner *o, const char *person,
                     const char *name, bool *ret, struct err *e) must_check;

/* --- certificates --- */

/* {testCert, gateway, certificates: [{host, owner, issuer, notBefore, notAfter, state, error,
 * retryAt, staging}]}; reads Caddy's storage. */
int gateway_certificates(struct gateway *g, struct arena *a, struct json **ret, struct err *e)
    must_check;

#endif
