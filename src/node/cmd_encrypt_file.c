/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "api.gen.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/str.h"
#include "node/node.h"
#include "node/policy.h"
#include "node/seal.h"
#include "storage/storage.h"

/* encryptFile: a file's content for this node's key.  See api/encryptFile.json. */

enum {
    PIECE = 64 * 1024,
    FETCH_LIMIT_MS = 120000, /* an origin that trickles must not hold a worker for ever */
    OBJECT_VALUES_MAX = 10000
};

/* What is to be encrypted: a file object, or else bytes. */
struct input {
    const struct json *file;
    struct bytes bytes;
};

static bool is_content(const struct task *t, const char *type)
{
    const char *have = http_header_get(t->request, "content-type");
    size_t n = strlen(type);

    return have && strncasecmp(have, type, n) == 0 && (have[n] == '\0' || strchr("; \t", have[n]));
}

static int take_body(const struct task *t, struct input *ret, struct err *e)
{
    const struct bytes body = t->request->body;
    struct json *file;
    struct err why;

    if (is_content(t, "application/octet-stream")) {
        ret->bytes = body;
        return 0;
    }
    if (!is_content(t, "application/json"))
        return refused(e, ENCRYPT_BODY);
    if (json_parse_most(t->arena, (const char *)body.p, body.n, OBJECT_VALUES_MAX, &file, &why) < 0)
        return refused(e, BODY_MALFORMED, why.msg);
    ret->file = file;
    return 0;
}

static int take_input(const struct task *t, const struct args_encrypt_file *args, struct input *ret,
                      struct err *e)
{
    *ret = (struct input){0};
    if (!t->direct && take_body(t, ret, e) < 0)
        return -1;
    if (t->direct && args->files)
        ret->file = args->files;
    else if (t->direct && args->raw_data)
        ret->bytes = (struct bytes){(const uint8_t *)args->raw_data, strlen(args->raw_data)};
    else if (t->direct)
        return refused(e, ENCRYPT_DATA);
    return ret->file ? storage_check(t->node->storage, ret->file, e) : 0;
}

static int read_all(struct storage_body *body, struct buf *out, struct err *e)
{
    int64_t deadline = clock_mono_ms() + FETCH_LIMIT_MS;
    _free_ char *piece = xmalloc(PIECE);
    int64_t n;

    while ((n = storage_read(body, piece, PIECE, e)) > 0) {
        buf_add(out, piece, (size_t)n);
        if (out->full)
            return failed(e, TOO_LARGE, "The file is larger than %zu bytes", out->max);
        if (clock_mono_ms() > deadline)
            return failed(e, TIMEOUT, "the origin is too slow");
    }
    return (int)n;
}

/* The origin's own words stay here: they would tell strangers about the node's network. */
static int fetch(const struct task *t, const struct json *file, struct buf *out, struct err *e)
{
    const struct storage_request request = {.file = file};
    struct storage_opened opened;
    struct err why;
    int rc;

    if (storage_open(t->node->storage, t->arena, &request, &opened, &why) < 0)
        return refused(e, ENCRYPT_FETCH);
    rc = read_all(opened.body, out, &why);
    storage_close(opened.body);
    if (rc < 0 && why.code == ERR_TOO_LARGE)
        *e = why;
    else if (rc < 0)
        (void)refused(e, ENCRYPT_FETCH);
    return rc;
}

static int check_policy(struct task *t, const struct args_encrypt_file *args,
                        const struct json *file, const struct addr *who, struct err *e)
{
    struct json *q = policy_question(t->arena, "encryptFile");
    const char *name =
        auth_is_given(args->consumer_address) ? args->consumer_address : addr_text(t->arena, who);
    struct err denial;

    json_set_str(t->arena, q, "consumerAddress", name);
    policy_add(t->arena, q, "policyServer", args->policy_server);
    policy_add(t->arena, q, "files", file);
    (void)refused(&denial, ENCRYPT_FILE_DENIED, name);
    return policy_demand(t, q, &denial, e);
}

int cmd_encrypt_file(struct task *t, const struct args_encrypt_file *args, struct err *e)
{
    const struct auth_request r = {.command = "encryptFile",
                                   .address = args->consumer_address,
                                   .nonce = args->nonce,
                                   .signature = args->signature,
                                   .token = t->authorization};
    const bool ecies = str_ieq(args->encryption_type ? args->encryption_type : "AES", "ECIES");
    _buf_ struct buf plain = BUF_INIT(SEAL_PLAIN_MAX);
    _buf_ struct buf out = BUF_INIT(SEAL_MAX);
    struct input in;
    struct addr who;

    if (args->encryption_type && !ecies && !str_ieq(args->encryption_type, "AES"))
        return refused(e, ENCRYPT_METHOD);
    if (take_input(t, args, &in, e) < 0 || auth_check(t->node->auth, &r, &who, e) < 0 ||
        (policy_is_configured(t->node) && check_policy(t, args, in.file, &who, e) < 0))
        return -1;
    if (in.file) {
        if (fetch(t, in.file, &plain, e) < 0)
            return -1;
        in.bytes = (struct bytes){(const uint8_t *)buf_str(&plain), plain.len};
    }
    if (node_seal(t->node, ecies, in.bytes, &out, e) < 0)
        return -1;
    reply_header(t, "X-Encrypted-By", t->node->peer_id);
    reply_header(t, "X-Encrypted-Method", ecies ? "ECIES" : "AES");
    return reply_bytes(t, "application/octet-stream", buf_str(&out), out.len);
}
