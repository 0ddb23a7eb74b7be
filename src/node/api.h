/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_NODE_API_H
#define ATOLL_NODE_API_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "node/task.h"

/*
 * The tables that gen_api.py makes from api/: commands and the routes that lead to them. They
 * are constants; any thread may read them.
 */

/*
 * Who names a server that never answers has a worker wait for it. Commands that may have to wait
 * like this have workers of their own, and once more of their own where nobody signs for them.
 */
enum api_lane { API_LANE_QUICK, API_LANE_WAITS, API_LANE_ASKS };

/* Who may ask, where a session decides; elsewhere the command checks a signature itself. */
enum api_who {
    API_WHO_ANY,
    API_WHO_PERSON, /* somebody who is logged in */
    API_WHO_MEMBER, /* and has accepted the terms */
    API_WHO_ADMIN   /* and is an administrator */
};

struct api_command {
    const char *name;
    int (*run)(struct task *t, struct err *e);
    bool on_loop;    /* answered inline */
    unsigned lane;   /* of workers: enum api_lane */
    bool direct;     /* reachable by /directCommand */
    bool takes_node; /* "node" is an argument of its own, not the peer to pass the command to */
    enum api_who who;
};

/* Where a route finds a field that is not simply a member of its query or body. */
enum api_from { API_QUERY, API_PATH, API_HEADER, API_BODY };
struct api_source {
    const char *field;
    enum api_from from;
    const char *name; /* there; "" with API_BODY: the whole body */
};

/* A route's own text for a missing field. */
struct api_missing {
    const char *field;
    enum errcode code;
    const char *text;
};

/* What the fields of a route are taken from, unless its sources say otherwise. */
enum api_input { API_IN_QUERY, API_IN_BODY, API_IN_RAW, API_IN_STREAM };
/* How a route writes an error: bare text, a JSON string, {"error": text}. */
enum api_errors { API_ERR_TEXT, API_ERR_STRING, API_ERR_OBJECT };

/* One method and path. The first match wins; no two routes are the same. */
struct api_route {
    const char *method;
    const char *path; /* segments; ":name" matches any, a trailing "?" makes it optional */
    const char *name; /* in serviceEndpoints; "" = listed by its path; those of a group are not */
    const struct api_command *command;
    enum api_input input;
    enum api_errors errors;
    size_t body_max;
    const struct api_source *sources;
    size_t source_count;
    const struct api_missing *missing;
    size_t missing_count;
    enum errcode empty_body; /* ERR_NONE: an absent body is an empty object */
    const char *empty_text;
    const char *group; /* what a package's `includes` know it by; "" = of the node's API */
};

extern const struct api_command api_commands[]; /* by name */
extern const size_t api_command_count;
extern const struct api_route api_routes[]; /* by path in lower case, then method */
extern const size_t api_route_count;

/* NULL when unknown. */
const struct api_command *api_command_find(const char *name);

/* One ":name" of a route and what the request has there. */
struct api_param {
    const char *name; /* not terminated: name_len */
    size_t name_len;
    const char *value; /* likewise */
    size_t value_len;
};
enum { API_PARAMS_MAX = 4 };

/*
 * The route for a method and a decoded path; letter case and a trailing slash do not matter.
 * NULL when there is none. Up to API_PARAMS_MAX path parameters go to ret_params.
 */
const struct api_route *api_route_find(const char *method, const char *path,
                                       struct api_param *ret_params, size_t *ret_count);

#endif
