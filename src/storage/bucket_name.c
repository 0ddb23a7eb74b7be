/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "crypto/random.h"
#include "storage/buckets_int.h"

/* Names: of buckets, of their files, and labels for who has none. */

/* x: a hexadecimal digit, v: the variant's; others stand for themselves. */
static bool has_form(char c, char form)
{
    switch (form) {
    case 'x':
        return isxdigit((unsigned char)c);
    case 'v':
        return c && strchr("89abAB", c);
    default:
        return c == form;
    }
}

bool bucket_is_id(const char *id)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    size_t i;

    for (i = 0; form[i]; i++) {
        if (!has_form(id[i], form[i]))
            return false;
    }
    return id[i] == '\0';
}

/* Bytes of the UTF-8 character at s, 0 when it is none or a control character. */
static size_t character(const unsigned char *s)
{
    static const struct {
        unsigned char mask, lead;
        unsigned long least;
    } form[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    unsigned long code;
    size_t n, i;

    for (n = 0; n < ARRAY_LEN(form) && (s[0] & form[n].mask) != form[n].lead; n++)
        ;
    if (n == ARRAY_LEN(form))
        return 0;
    code = s[0] & (unsigned char)~form[n].mask;
    for (i = 1; i <= n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < form[n].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ? 0 : n + 1;
}

bool bucket_is_name(const char *name)
{
    const unsigned char *s = (const unsigned char *)name;
    size_t n;

    if (!*name || strlen(name) > BUCKET_NAME_MAX || str_eq(name, ".") || str_eq(name, ".."))
        return false;
    for (; *s; s += n) {
        n = character(s);
        if (n == 0 || *s == '/' || *s == '\\')
            return false;
    }
    return true;
}

const char *bucket__label(struct arena *a)
{
    static const char *const how[] = {
        "amber",  "ancient", "azure",  "bold",   "brave", "bright", "calm",   "clever",
        "coral",  "curious", "deep",   "eager",  "early", "fair",   "gentle", "golden",
        "grand",  "happy",   "hidden", "humble", "keen",  "kind",   "lively", "lucky",
        "merry",  "misty",   "noble",  "quick",  "quiet", "shy",    "silver", "steady",
        "summer", "swift",   "tidal",  "vivid",  "warm",  "wild",   "wise",   "young"};
    static const char *const who[] = {
        "albatross", "anemone", "barracuda", "clam",     "cormorant", "crab",    "cuttlefish",
        "dolphin",   "dugong",  "eel",       "egret",    "flounder",  "gannet",  "grouper",
        "gull",      "heron",   "ibis",      "krill",    "lobster",   "manatee", "manta",
        "marlin",    "mussel",  "narwhal",   "nautilus", "octopus",   "orca",    "osprey",
        "otter",     "oyster",  "pelican",   "plover",   "porpoise",  "prawn",   "puffin",
        "seal",      "shark",   "squid",     "tern",     "turtle",    "urchin",  "whale"};
    uint32_t pick[2];

    random_bytes(pick, sizeof(pick));
    return arena_printf(a, "%s-%s", how[pick[0] % ARRAY_LEN(how)], who[pick[1] % ARRAY_LEN(who)]);
}
