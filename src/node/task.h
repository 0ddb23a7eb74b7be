/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_TASK_H
#define ATOLL_NODE_TASK_H

#include "base/arena.h"
#include "base/err.h"
#include "http/http.h"
#include "json/json.h"

/*
 * One command in flight. It came by a REST route or by /directCommand; the command need not know
 * which. A command is
 *
 *     int cmd_NAME(struct task *t, const struct args_NAME *args, struct err *e);
 *
 * straight-line code on a worker thread, or inline on the loop when api/NAME.json says
 * "run": "inline" (then it must not block: no database, no network, no signature). args holds the
 * fields of api/NAME.json, checked by the generated parser (api.gen.h). It answers by one of the
 * reply helpers and returns 0; when it returns -1 the error becomes the answer: status and text
 * of api/errors.json, written as the route wants errors (text, JSON string, {"error": text}).
 */
struct node;
struct api_command;
struct auth_person; /* auth/person.h */

struct task {
    struct arena *arena; /* the request's; freed when the reply has been written */
    struct node *node;
    const struct http_request *request; /* headers, raw body, peer address */
    struct http_reply *reply;
    const struct api_command *command;
    const struct json *args;   /* all arguments, as one JSON object */
    const char *authorization; /* the token's text; NULL when none was sent */
    /*
     * Who asks, of commands whose "auth" is session (they have accepted the terms), session_any
     * (perhaps not) or session_admin; NULL elsewhere. What they own carries person->id.
     */
    const struct auth_person *person;
    bool direct;  /* came by /directCommand */
    bool on_loop; /* runs on the loop: answer from memory, or return TASK_OFFLOAD */
};

/*
 * What a command on the loop may return instead of waiting for something: it is called again, on
 * a worker. It must not have touched the reply. Elsewhere it is a bug.
 */
enum { TASK_OFFLOAD = 1 };

/* Answers; each sets status 200 unless the helper takes a status. Texts are copied. */
int reply_text(struct task *t, const char *text);     /* text/plain */
int reply_json(struct task *t, const struct json *v); /* compact JSON */
/* Text that is JSON already, as the index keeps documents. */
int reply_json_text(struct task *t, const char *text);
int reply_json_string(struct task *t, const char *text); /* a JSON string literal */
int reply_bytes(struct task *t, const char *type, const void *p, size_t n); /* n bytes, copied */
void reply_status(struct task *t, int status);
/* Adds a header; the value is copied. */
void reply_header(struct task *t, const char *name, const char *value);

/*
 * An open file as the body: `size` bytes from the start; the descriptor belongs to the reply
 * afterwards. Range requests are answered (206, 416). A name adds Content-Disposition.
 */
int reply_file(struct task *t, int fd, int64_t size, const char *type, const char *name);

/* The same from an offset (at most size) on: the part is the whole as far as Range is concerned. */
struct reply_file {
    int64_t size; /* of the file */
    const char *type;
    const char *name; /* or NULL */
};
int reply_file_from(struct task *t, int fd, int64_t offset, const struct reply_file *f);

/*
 * Where a body goes that is not collected: only by a route with "input": "stream", whose command
 * runs before the body has come. Everything runs on workers, one at a time, with the task of the
 * command, whose arena lives on; errors become the answer as those of the command do. end() has the
 * whole body behind it and replies like a command. The sink is over after end(), or a write() that
 * failed; close() is called when the client broke off instead.
 */
struct task_sink {
    int (*write)(void *ctx, const void *p, size_t n, struct err *e);
    int (*end)(void *ctx, struct task *t, struct err *e);
    void (*close)(void *ctx);
    void *ctx;
};
int reply_sink(struct task *t, const struct task_sink *sink);

/* A pulled body (http.h); it belongs to the reply afterwards. */
int reply_stream(struct task *t, const struct http_stream *stream, const char *type);

#endif
