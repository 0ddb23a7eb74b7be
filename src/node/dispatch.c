/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dispatch.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "base/must.h"
#include "base/str.h"
#include "node/api.h"
#include "node/hosts.h"
#include "node/node.h"
#include "node/page.h"
#include "node/query.h"
#include "node/visits.h"
#include "node/who.h"

enum {
    DIRECT_BODY_MAX = 10 * 1048576,
    VALUES_MAX = 200000,    /* of the JSON in a body: some 20 MB of memory */
    INLINE_BODY_MAX = 16384 /* a larger body is parsed by a worker */
};

/* What is known of a request between the loop and its worker. */
struct plan {
    const struct api_route *route; /* NULL: /directCommand, or nothing of ours */
    struct api_param params[API_PARAMS_MAX];
    size_t param_count;
    bool direct;
    bool page;   /* a file of the page */
    bool nobody; /* a session is needed and none is brought */
    bool ready;  /* the task below is filled */
    struct task task;
    struct task_sink sink; /* of a streamed body */
};

/* --- errors --- */

/* Writes the error as the route wants errors. */
static void answer_error(const struct http_request *r, struct http_reply *reply,
                         enum api_errors style, const struct err *e)
{
    struct task t = {.arena = r->arena, .reply = reply, .request = r};
    struct json *object;

    http_reply_drop(reply);
    switch (style) {
    case API_ERR_TEXT:
        (void)reply_text(&t, e->msg);
        break;
    case API_ERR_STRING:
        (void)reply_json_string(&t, e->msg);
        break;
    case API_ERR_OBJECT:
        object = json_new_object(r->arena);
        json_set_str(r->arena, object, "error", e->msg);
        (void)reply_json(&t, object);
        break;
    }
    reply->status = err_status(e->code);
}

/* --- arguments --- */

static const char *token_of(const char *s)
{
    return s && *s && !str_eq(s, "undefined") && !str_eq(s, "null") ? s : NULL;
}

static int parse_body(struct http_request *r, struct json **ret, struct err *e)
{
    struct err why;

    if (json_parse_most(r->arena, (const char *)r->body.p, r->body.n, VALUES_MAX, ret, &why) < 0)
        return refused(e, BODY_MALFORMED, why.msg);
    return 0;
}

/* A part of a path with the slashes that were sent as %2F. */
static char *path_text(struct arena *a, const char *p, size_t n)
{
    char *text = arena_strndup(a, p, n);
    char *slash = text;

    while ((slash = strchr(slash, HTTP_PATH_SLASH)))
        *slash = '/';
    return text;
}

static struct json *mapped(const struct plan *p, const struct http_request *r,
                           const struct api_source *s, struct json *body)
{
    const char *text = NULL;
    size_t i;

    switch (s->from) {
    case API_QUERY:
        text = token_of(http_query_get(r, s->name));
        break;
    case API_HEADER:
        text = token_of(http_header_get(r, s->name));
        break;
    case API_BODY:
        return *s->name ? json_get(body, s->name) : body;
    case API_PATH:
        for (i = 0; i < p->param_count; i++)
            if (strlen(s->name) == p->params[i].name_len &&
                strncmp(s->name, p->params[i].name, p->params[i].name_len) == 0)
                text = path_text(r->arena, p->params[i].value, p->params[i].value_len);
        break;
    }
    return text ? json_new_str(r->arena, text) : NULL;
}

static int route_args(const struct plan *p, struct http_request *r, struct json **ret,
                      struct err *e)
{
    const struct api_route *route = p->route;
    struct json *body = NULL;
    struct json *args;
    size_t i;

    if (route->empty_body != ERR_NONE && r->body.n == 0)
        return err_set(e, route->empty_body, "%s", route->empty_text);
    if (route->input == API_IN_BODY && r->body.n > 0 && parse_body(r, &body, e) < 0)
        return -1;
    if (route->input == API_IN_BODY)
        args = json_is(body, JSON_OBJECT) ? body : json_new_object(r->arena);
    else
        args = query_json(r);
    for (i = 0; i < route->source_count; i++) {
        struct json *v = mapped(p, r, &route->sources[i], body);

        if (v && v == args)
            v = json_copy(r->arena, v);
        if (v)
            json_set(r->arena, args, route->sources[i].field, v);
    }
    for (i = 0; i < route->missing_count; i++)
        if (json_type(json_get(args, route->missing[i].field)) == JSON_NULL)
            return err_set(e, route->missing[i].code, "%s", route->missing[i].text);
    *ret = args;
    return 0;
}

/* A command for another node would travel through a network that this node does not have. */
static bool is_for_another(const struct node *n, const struct api_command *c,
                           const struct json *args)
{
    const char *peer = json_get_str(args, "node", "");

    return *peer && !c->takes_node && !str_eq(peer, n->peer_id);
}

/* As the reference reads it: what JavaScript takes for false is none. */
static const char *command_name(struct arena *a, const struct json *v)
{
    bool none = json_is(v, JSON_NUMBER) && json_num(v, 0) == 0;

    return json_is(v, JSON_NUMBER) && !none ? json_text(a, v) : json_str(v, "");
}

static int direct_args(const struct node *n, struct http_request *r, struct json **ret,
                       const struct api_command **ret_command, struct err *e)
{
    const char *name;

    if (r->body.n == 0)
        return refused(e, MISSING_BODY);
    if (parse_body(r, ret, e) < 0)
        return -1;
    name = command_name(r->arena, json_get(*ret, "command"));
    if (*name == '\0')
        return refused(e, COMMAND_MANDATORY);
    *ret_command = api_command_find(name);
    if (!*ret_command || !(*ret_command)->direct)
        return refused(e, COMMAND_UNKNOWN, name);
    if (is_for_another(n, *ret_command, *ret))
        return refused(e, P2P_DISABLED);
    return 0;
}

static int fill_task(struct node *n, struct http_request *r, struct http_reply *reply,
                     struct err *e)
{
    struct plan *p = r->plan;
    const struct auth_person *person = NULL;
    const struct api_command *command = p->direct ? NULL : p->route->command;
    struct json *args = NULL;
    const char *token;

    if (command && command->who != API_WHO_ANY && who_check(n, r, command->who, &person, e) < 0)
        return -1;
    if (p->direct ? direct_args(n, r, &args, &command, e) < 0 : route_args(p, r, &args, e) < 0)
        return -1;
    token = p->direct ? NULL : token_of(http_header_get(r, "authorization"));
    /* what ocean.js makes to be fetched by others is a URL alone */
    if (!token && (p->direct || p->route->input == API_IN_QUERY))
        token = json_get_str(args, "authorization", NULL);
    p->task = (struct task){.arena = r->arena,
                            .node = n,
                            .request = r,
                            .reply = reply,
                            .command = command,
                            .args = args,
                            .authorization = token_of(token),
                            .person = person,
                            .direct = p->direct};
    p->ready = true;
    return 0;
}

/* --- the server's callbacks --- */

/* The page's own files belong to its group as its routes do. */
static const char *group_of(const struct plan *p)
{
    return p->route ? p->route->group : p->page ? "marketplace" : "";
}

static size_t admit(void *ctx, struct http_request *r)
{
    struct plan *p = arena_calloc(r->arena, 1, sizeof(*p));
    size_t n = strlen(r->path);

    (void)ctx;
    r->plan = p;
    if (str_eq(r->method, "POST") && strncasecmp(r->path, "/directCommand", 14) == 0 &&
        (n == 14 || str_eq(r->path + 14, "/"))) {
        p->direct = true;
        return DIRECT_BODY_MAX;
    }
    p->route = api_route_find(r->method, r->path, p->params, &p->param_count);
    p->page = !p->route && str_eq(r->method, "GET") && page_has(r->path);
    p->nobody = p->route && p->route->command->who != API_WHO_ANY && who_is_nobody(r);
    if (p->nobody)
        return HTTP_BODY_UNWANTED;
    r->streamed = p->route && p->route->input == API_IN_STREAM;
    return p->route ? p->route->body_max : HTTP_BODY_UNWANTED;
}

static enum api_errors style_of(const struct plan *p)
{
    return p->route ? p->route->errors : API_ERR_TEXT;
}

/* What a request came to; its query may hold signatures and stays out. */
static void tell(const struct http_request *r, const struct http_reply *reply, const struct plan *p,
                 const struct err *e)
{
    const char *command = p->task.command ? p->task.command->name : "-";
    const char *method = r->head ? "HEAD" : r->method;
    int status = reply->status ? reply->status : 200;

    if (e && (e->code == ERR_FAILED || e->code == ERR_INTERNAL || e->code == ERR_TIMEOUT))
        log_error("http", "%s %s %s: %d %s", method, r->path, command, status, e->msg);
    else if (e)
        log_verbose("http", "%s %s %s: %d %s", method, r->path, command, status, e->msg);
    log_http("http", "%s %s %s %d from %s", method, r->path, command, status, r->peer);
}

static bool has_header(const struct http_reply *reply, const char *name)
{
    size_t i;

    for (i = 0; i < reply->header_count; i++)
        if (str_ieq(reply->headers[i].name, name))
            return true;
    return false;
}

/* What people are told is theirs alone, and no browser shall guess that a text of theirs is HTML.
 */
static void protect(const struct plan *p, struct http_reply *reply)
{
    if (!p->route || !*p->route->group)
        return;
    if (!has_header(reply, "Cache-Control"))
        http_reply_header(reply, "Cache-Control", "no-store");
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
}

/* Parses if that has not been done yet, and runs; true when a worker has to go on. */
static bool run(struct node *n, struct http_request *r, struct http_reply *reply, bool on_loop)
{
    struct plan *p = r->plan;
    struct err e;
    int result;

    if (!p->ready && fill_task(n, r, reply, &e) < 0) {
        answer_error(r, reply, style_of(p), &e);
        protect(p, reply);
        tell(r, reply, p, &e);
        return false;
    }
    p->task.reply = reply;
    p->task.on_loop = on_loop;
    if (on_loop && !p->task.command->on_loop)
        return true;
    result = p->task.command->run(&p->task, &e);
    must(result <= 0 || on_loop);
    if (result < 0)
        answer_error(r, reply, style_of(p), &e);
    if (result == 0 && p->task.person && reply->kind == HTTP_STREAM)
        visits_stream(&p->task);
    if (result <= 0)
        protect(p, reply);
    if (result <= 0 && reply->kind != HTTP_SINK) /* that one has only begun */
        tell(r, reply, p, result < 0 ? &e : NULL);
    return result > 0;
}

/* --- streamed bodies --- */

static int sink_write(void *ctx, const void *data, size_t n, struct http_reply *reply)
{
    struct plan *p = ctx;
    struct err e;

    if (p->sink.write(p->sink.ctx, data, n, &e) == 0)
        return 0;
    answer_error(p->task.request, reply, style_of(p), &e);
    tell(p->task.request, reply, p, &e);
    return -1;
}

static void sink_end(void *ctx, struct http_reply *reply)
{
    struct plan *p = ctx;
    struct err e;

    int result;

    p->task.reply = reply;
    result = p->sink.end(p->sink.ctx, &p->task, &e);
    if (result < 0)
        answer_error(p->task.request, reply, style_of(p), &e);
    tell(p->task.request, reply, p, result < 0 ? &e : NULL);
}

static void sink_close(void *ctx)
{
    struct plan *p = ctx;

    p->sink.close(p->sink.ctx);
}

int reply_sink(struct task *t, const struct task_sink *sink)
{
    struct plan *p = container_of(t, struct plan, task);

    must(t->request->streamed);
    p->sink = *sink;
    t->reply->kind = HTTP_SINK;
    t->reply->sink = (struct http_sink){sink_write, sink_end, sink_close, p};
    return 0;
}

/* --- the way in --- */

/* What can be said at once, and no to. */
static int refuse_early(const struct node *n, const struct http_request *r, const struct plan *p,
                        struct err *e)
{
    if (str_eq(http_header_get(r, "x-atoll-node"), n->peer_id)) /* STORAGE_MARK */
        return refused(e, LOOP);
    if ((!p->route && !p->direct && !p->page) || !hosts_allow(n, r, group_of(p)))
        return refused(e, ROUTE_UNKNOWN, r->head ? "HEAD" : r->method,
                       path_text(r->arena, r->path, strlen(r->path)));
    return p->nobody ? refused(e, LOGIN_NEEDED) : 0;
}

static enum http_verdict handle(void *ctx, struct http_request *r, struct http_reply *reply)
{
    struct plan *p = r->plan;
    const struct node *n = ctx;
    struct err e;

    if (refuse_early(n, r, p, &e) < 0) {
        answer_error(r, reply, e.code == ERR_LOGIN_NEEDED ? style_of(p) : API_ERR_TEXT, &e);
        return HTTP_ANSWERED;
    }
    if (p->page) {
        page_answer(r, reply);
        tell(r, reply, p, NULL);
        return HTTP_ANSWERED;
    }
    if (r->body.n > INLINE_BODY_MAX || (p->route && !p->route->command->on_loop)) {
        r->lane = p->route ? p->route->command->lane : API_LANE_ASKS;
        return HTTP_OFFLOAD;
    }
    if (!run(ctx, r, reply, true))
        return HTTP_ANSWERED;
    r->lane = p->task.command->lane;
    return HTTP_OFFLOAD;
}

static void work(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)run(ctx, r, reply, false);
}

static unsigned budget(void *ctx, const struct http_request *r)
{
    (void)ctx;
    return page_budget(r->path);
}

struct http_app dispatch_app(struct node *n)
{
    return (struct http_app){
        .budget = budget, .admit = admit, .handle = handle, .work = work, .ctx = n};
}
