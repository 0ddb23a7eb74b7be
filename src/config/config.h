/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_CONFIG_CONFIG_H
#define ATOLL_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "crypto/eth.h"
#include "crypto/secp.h"
#include "json/json.h"

/*
 * What an operator decides. The values come from a JSON file, then the environment, then flags,
 * each later one replacing single keys of the earlier (options.def is the table of them all; it
 * also makes --help and docs/config.md). config_load() checks everything and refuses with the
 * name of the key; afterwards a struct config is plain data that nobody changes, readable from
 * every thread. All pointers live as long as the config. Absent texts are NULL, absent
 * addresses zero, lists that were not given have count 0.
 */

struct config_texts {
    const char *const *items;
    size_t count;
};

struct config_addrs {
    const struct addr *items;
    size_t count;
};

/* Access-list contracts of {"<chainId>": ["0x...", ...]}, flat, in the order written. */
struct config_access_list {
    uint64_t chain_id;
    struct addr contract;
};
struct config_access_lists {
    const struct config_access_list *items;
    size_t count;
};

/* Ocean's contracts on one chain; zero address: there is none. */
struct config_contracts {
    bool known; /* the chain is in the built-in table or in ADDRESS_FILE */
    const char *network;
    uint64_t start_block;
    struct addr erc721_factory;
    struct addr router;
    struct addr fixed_price;
    struct addr dispenser;
    struct addr escrow;
    struct addr access_list_factory;
    struct addr batch_payments;
    struct addr opf_collector; /* OPFCommunityFeeCollector */
    struct addr ocean;         /* the token that fees default to */
};

struct config_network {
    uint64_t chain_id;
    const char *name; /* "network" of the entry or the address book's name; may be NULL */
    const char *rpc;
    struct config_texts fallback_rpcs;
    uint64_t start_block; /* where indexing starts: the entry's, else the contracts' */
    uint64_t chunk_size;  /* blocks a window at the most; default 100 */
    bool indexed;
    struct config_contracts contracts;
};

/* --- compute environments (wire/compute.md 3) --- */

struct config_constraint {
    const char *id;
    double min; /* units of `id` for each unit of the resource; negative: not given */
    double max;
};

struct config_resource {
    const char *id;
    const char *type;
    const char *kind;
    const char *description;
    const char *platform;
    const char *memory_total;
    const char *driver_version;
    double total; /* negative: not given; ram and disk in GB */
    double max;
    double min;
    const struct json *init; /* Docker device settings as written, or NULL */
    const struct config_constraint *constraints;
    size_t constraint_count;
    const struct json *json; /* the entry as written */
};

struct config_price {
    const char *id;    /* resource */
    const char *price; /* of a unit for a minute, exact decimal text, e.g. "0.5" */
};

/* What a job costs on one chain in one token. */
struct config_fee {
    uint64_t chain_id;
    struct addr token;
    const struct config_price *prices;
    size_t price_count;
};

struct config_access {
    struct config_addrs addresses;
    struct config_access_lists lists;
    bool lists_given; /* accessLists was an array, perhaps empty; false shows as null */
};

struct config_free {
    bool offered;
    int64_t storage_expiry; /* seconds; the environment's when not given */
    int64_t min_job_duration;
    int64_t max_job_duration;
    int64_t max_jobs;
    bool allow_image_build;
    struct config_access access;
    const struct config_resource *resources;
    size_t resource_count;
};

/* What the services on demand of an engine may have ("serviceOnDemand"). */
struct config_on_demand {
    bool enabled;
    const char *host;   /* how clients reach its ports; NULL: service_host */
    int64_t port_first; /* 0: service_port_first, and service_port_last with it */
    int64_t port_last;
    int64_t max_duration; /* seconds that one may have left */
};

struct config_environment {
    const char *id; /* NULL: the index stands for it */
    size_t index;   /* among the environments of its engine */
    const char *description;
    int64_t storage_expiry; /* seconds, like the next two */
    int64_t min_job_duration;
    int64_t max_job_duration;
    int64_t max_jobs; /* 0: no limit */
    bool enable_network;
    bool billing_by_second; /* "billing": "second"; otherwise whole minutes */
    struct config_access access;
    const struct config_fee *fees; /* only of configured chains, tokens filled in */
    size_t fee_count;
    const struct json *fees_json; /* the same as clients see it, NULL when nothing is left;
                                     the environment's id is a hash over its text */
    const struct config_resource *resources;
    size_t resource_count;
    struct config_free free;
    bool jobs;                                /* "features": takes jobs */
    bool services;                            /* the same: takes services on demand */
    const struct config_on_demand *on_demand; /* of its engine */
};

/* One Docker host. */
struct config_engine {
    size_t index;
    const char *connection; /* compact JSON {socketPath, protocol, host, port, ...} in this
                               order, given keys only: what the cluster hash is taken over */
    const char *socket_path;
    const char *protocol; /* "http", "https" or "ssh" with host and port, else NULL */
    const char *host;
    uint16_t port;
    const char *ca_path;
    const char *cert_path;
    const char *key_path;
    int64_t image_retention_days;
    int64_t image_cleanup_interval; /* seconds, like the next ones */
    int64_t payment_claim_interval;
    bool scan_images;
    int64_t scan_image_db_interval;
    struct config_on_demand on_demand;
    const struct config_environment *environments;
    size_t environment_count;
};

struct config_registry_auth {
    const char *registry; /* "https://registry-1.docker.io" */
    const char *username;
    const char *password;
    const char *auth; /* base64 of user:password; NULL when the two above are given */
};

/* --- the whole --- */

struct config_quota {
    uint64_t chain_id;
    struct addr token;
    const char *amount; /* base units, decimal digits, more than 0 */
};

struct config_fee_token {
    uint64_t chain_id;
    struct addr token;
};

struct config_input {
    const char *const *env;  /* NAME=VALUE..., NULL at the end: environ */
    const char *const *args; /* flags after the verb, NULL at the end; may be NULL */
};

struct config {
    struct arena *arena;
    const char *file;          /* the JSON file that was read, or NULL */
    struct config_input input; /* as it was loaded from; must live as long */

    /* the node */
    const char *data; /* folder of the node's state */
    struct seckey private_key;
    const char *jwt_secret; /* NULL: the node makes one and keeps it in `data` */
    const char *public_url; /* without a slash at the end */
    const char *http_bind;  /* NULL: every address */
    int64_t http_port;
    const char *http_cert_path; /* both or none */
    const char *http_key_path;
    int64_t rate_limit;      /* requests a minute for each client; 0: no limit */
    int64_t page_rate_limit; /* the same, for the page's files and calls apart */
    int64_t max_connections; /* clients a minute; 0: no limit */
    struct config_texts denied_ips;
    struct config_texts trusted_proxies; /* CIDRs whose X-Forwarded-For is believed */
    int64_t workers;                     /* 0: by the number of processors */
    bool validate_unsigned_ddo;
    bool strict_trusted_algorithms;
    const char *policy_server_url; /* NULL: none */
    const char *policy_server_api_key;
    int64_t policy_server_timeout; /* ms */
    const char *db_url;            /* NULL: SQLite in `data`, the only one yet */

    /* chains */
    const struct config_network *networks; /* ascending by chain id */
    size_t network_count;
    bool has_indexer;
    int64_t indexer_interval; /* ms */

    /* who may do what */
    struct config_addrs allowed_admins;
    struct config_access_lists allowed_admins_list;
    struct config_addrs authorized_decrypters;
    struct config_access_lists authorized_decrypters_list;
    struct config_addrs authorized_publishers;
    struct config_access_lists authorized_publishers_list;
    struct config_addrs allowed_validators;
    struct config_access_lists allowed_validators_list;

    /* people */
    struct config_texts marketplace_admins; /* names and addresses */
    const char *connect_url;                /* without a slash at the end, like the next one */
    const char *connect_verification_url;   /* or NULL */
    bool dev_login;
    const char *terms_file;    /* NULL: a text of our own */
    int64_t chatflow_lifetime; /* seconds */
    int64_t max_chatflows;     /* of a person */
    int64_t session_lifetime;  /* seconds, like the next one */
    int64_t session_idle;
    int64_t login_rate_limit; /* requests a minute; 0: no limit */

    /* provider fees; no tokens means the Ocean token of each chain, amount 0 */
    const struct config_fee_token *fee_tokens;
    size_t fee_token_count;
    const char *fee_amount; /* exact decimal text in whole tokens */
    const char *fee_unit;

    /* files */
    const char *ipfs_gateway; /* without a slash at the end, like the next one */
    const char *arweave_gateway;
    const char *extra_ca_file;       /* or NULL */
    struct config_texts unsafe_urls; /* extended regular expressions, checked to compile */
    bool allow_private_urls;         /* every private address */
    struct config_texts allow_private_cidrs;
    int64_t max_checksum_length; /* bytes */
    bool persistent_storage;
    const char *persistent_storage_folder;
    struct config_access_lists persistent_storage_lists; /* who may make buckets; empty: all */
    int64_t max_bucket_file_size;                        /* bytes, like the next one */
    int64_t max_bucket_size;
    int64_t max_bucket_files;
    int64_t max_buckets; /* of one account */
    int64_t bucket_disk_reserve;

    /* compute */
    const struct config_engine *engines;
    size_t engine_count;
    const struct config_registry_auth *registry_auths;
    size_t registry_auth_count;
    int64_t escrow_claim_timeout; /* seconds, added to the time of a lock */
    int64_t c2d_download_timeout; /* seconds for pulling an image */
    const char *cron_cleanup_c2d_storage;
    bool enable_benchmark;

    /* pools */
    int64_t over_cpu_milli; /* factors in thousandths, 1000: what there is */
    int64_t over_ram_milli;
    int64_t service_period; /* seconds, like the next one */
    int64_t pool_low;
    const struct config_quota *pool_quotas;
    size_t pool_quota_count;
    enum config_guard { CONFIG_GUARD_OFF, CONFIG_GUARD_WARN, CONFIG_GUARD_REFUSE } identity_guard;
    /* services */
    int64_t service_grace; /* seconds, like the next two */
    int64_t service_retention;
    int64_t service_forget;
    bool service_shell;
    const char *service_subnets;   /* "10.200.0.0/14" */
    const char *service_bind;      /* of raw ports */
    const char *service_host;      /* NULL: service_bind */
    const char *service_templates; /* folder; NULL: serviceTemplates in `data` */
    int64_t service_port_first;
    int64_t service_port_last;

    /* lists of banned accounts and assets */
    const char *account_purgatory_url;
    const char *asset_purgatory_url;
    int64_t purgatory_interval; /* ms */

    /* the gateway */
    bool gateway;
    const char *base_domain;
    const char *gateway_bind; /* NULL: every address */
    int64_t gateway_http_port;
    int64_t gateway_https_port;
    bool gateway_keep;
    const char *caddy;
    bool test_cert;
    const char *acme; /* "internal" or a URL, like the next one */
    const char *acme_staging;
    const char *acme_ca; /* or NULL, like the next ones */
    const char *acme_email;
    const char *dns_resolver;
    struct config_texts gateway_addresses;
    int64_t gateway_renew_interval; /* ms */

    /* packages */
    struct config_texts image_registries; /* whose images people may name */
    const struct json *image_map;         /* {"image": "what stands in for it"}, or NULL */
    bool develop_packages;

    /* backups */
    const char *backup_schedule; /* cron, or "none", like the next one */
    const char *backup_node_schedule;
    const char *backup_retention; /* "last=3 daily=7 ..." */
    const char *backup_alert_url; /* or NULL */
    int64_t backup_check_days;
    int64_t backup_gone_days; /* 0: never, like the next one */
    int64_t backup_test_days;
    int64_t backup_stall; /* seconds */

    /* logs */
    enum log_level log_level;
    bool log_console;
    bool log_files;
    bool log_db;
    int64_t log_retention; /* ms */
    const char *cron_delete_db_logs;

    /* One line for each thing worth telling: foreign keys, unknown keys, unknown contracts. */
    struct config_texts notices;
    const struct config_origin *origins; /* where each value came from; inside config/ only */
};

/*
 * Reads and checks everything. INVALID names the key as the operator wrote it: "HTTP_API_PORT",
 * "--http-port" or "httpPort in /etc/atoll.json". Free with config_free().
 */
int config_load(const struct config_input *in, struct config **ret, struct err *e) must_check;

/* Wipes the private key and frees; NULL is allowed. */
void config_free(struct config *c);

/* What an administrator's change would make of the configuration. */
struct config_change {
    struct config *config;    /* checked, not in use yet; config_free() */
    const char *file;         /* where it is to be written, so that the next start reads it */
    const char *text;         /* what is to be written */
    struct config_texts keys; /* members of the patch that change something */
    struct config_texts
        overridden; /* those whose value a variable or a flag decides all the same */
};

/*
 * The members of the patch, an object, replace those of the configuration file, which is read anew;
 * what a variable or a flag says still wins. Everything is checked as at the start, and nothing is
 * written. What config_json() hides may be in the patch as it was shown and then stays. Without a
 * file at the start it is config.json in the node's folder. Texts are in the arena.
 *
 * INVALID: the patch is wrong, with the name of the key; FAILED: the file cannot be read.
 */
int config_push(struct arena *a, const struct config *now, const struct json *patch,
                struct config_change *ret, struct err *e) must_check;

/* Keys whose values differ and that count only after a restart. In the arena. */
struct config_texts config_restart_keys(struct arena *a, const struct config *running,
                                        const struct config *wanted);

/* NULL when the chain is not configured. */
const struct config_network *config_network(const struct config *c, uint64_t chain_id);

/*
 * Ocean's contracts of the built-in table and, when path is not NULL, of an address file that
 * replaces entries; for clients, which need no node configuration. ret->known is false when the
 * chain is in neither.
 */
int config_contracts_find(struct arena *a, const char *path, uint64_t chain_id,
                          struct config_contracts *ret, struct err *e) must_check;

/*
 * Every key with its value, as a file would have it; secrets read "[*** HIDDEN CONTENT ***]", and
 * URLs lose what may be a key ("***").
 */
struct json *config_json(struct arena *a, const struct config *c);

/* A line "key = value (where from)" for each value that is not the default; no secrets. */
void config_explain(const struct config *c, struct buf *out);

/* The flags of `atoll node`, for --help. */
void config_help(struct buf *out);

#endif
