/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "package/answers.h"
#include "test.h"

/* What may be answered, type by type; regression 5: the server checks every answer itself. */

#define NOW INT64_C(1800000000000)

static const char head[] =
    "name = \"p\"\nversion = \"1\"\n"
    "[[sizes]]\nname = \"s\"\ncpu = 1\nram = \"1 GiB\"\ndisk = \"1 GiB\"\n"
    "[[sizes]]\nname = \"l\"\nlabel = \"Large\"\ncpu = 1\nram = \"1 GiB\"\ndisk = \"1 GiB\"\n"
    "[[containers]]\nname = \"c\"\nimage = \"x:1\"\nuser = \"1:1\"\n";

static struct package *package_with(struct arena *a, const char *questions)
{
    static const struct package_rules rules = {.allow_tags = true};
    const char *toml = arena_printf(a, "%s%s", head, questions);
    struct package_file file = {"package.toml", toml, strlen(toml)};
    const struct package_files files = {&file, 1};
    struct package *p = NULL;
    struct err e;

    ok(package_parse(a, "", &files, &rules, &p, &e), e);
    return p;
}

static struct json *json_of(struct arena *a, const char *text)
{
    struct json *v = NULL;
    struct err e;

    ok(json_parse(a, text, strlen(text), &v, &e), e);
    return v;
}

/* One answer to one question: its normal form as JSON text, or "!" and what is wrong. */
static const char *ask(struct arena *a, const char *question, const char *answer)
{
    struct package *p = package_with(
        a, arena_printf(a, "[[questions]]\nname = \"q\"\nlabel = \"q\"\n%s\n", question));
    const struct answers_ask what = {.package = p, .step = "settings", .now_ms = NOW};
    struct json *normal, *errors;
    struct err e;
    const char *why;

    ok(answers_check(a, &what, json_of(a, arena_printf(a, "{\"q\": %s}", answer)), &normal, &errors,
                     &e),
       e);
    why = json_get_str(errors, "q", NULL);
    if (why) {
        assert_null(json_get(normal, "q"));
        return arena_printf(a, "!%s", why);
    }
    return json_get(normal, "q") ? json_text(a, json_get(normal, "q")) : "";
}

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVuTNBkLfViZycRc0sbfXvlJ2ugn9Yx1QTitFQPykM5"
#define NO_TEXT "!holds a control character or an escape sequence"

static const struct {
    const char *question;
    const char *answer;
    const char *normal;
} rows[] = {
    /* texts */
    {"type = \"string\"", "\"  two words \"", "\"two words\""},
    {"type = \"string\"", "\"<b>&amp;\"", "\"<b>&amp;\""}, /* text is text; who shows it escapes */
    {"type = \"string\"", "\"a\\nb\"", NO_TEXT},
    {"type = \"string\"", "\"\\u001b[31mred\"", NO_TEXT},
    {"type = \"string\"", "\"a\\u0000b\"", NO_TEXT},
    {"type = \"string\"", "\"a\\u009bb\"", NO_TEXT},
    {"type = \"string\"", "\"user\\u202Etxt.exe\"", NO_TEXT},
    {"type = \"string\"", "5", "!must be a text"},
    {"type = \"string\"", "{\"a\": 1}", "!must be a text"},
    {"type = \"string\"\nmax_length = 3", "\"äöüß\"", "!must have at most 3 characters"},
    {"type = \"string\"\nmax_length = 4", "\"äöüß\"", "\"äöüß\""},
    {"type = \"string\"\nmin_length = 2", "\"a\"", "!must have at least 2 characters"},
    {"type = \"string\"\npattern = \"[a-z]+\"", "\"abc\"", "\"abc\""},
    {"type = \"string\"\npattern = \"[a-z]+|x y\"", "\"x yz\"",
     "!does not have the form that is asked for"},
    {"type = \"string\"\nrequired = true", "\"  \"", "!must be answered"},
    {"type = \"string\"\nrequired = true", "null", "!must be answered"},
    {"type = \"string\"", "\"\"", ""},
    {"type = \"text\"", "\"a\\r\\nb\\tc\\n\"", "\"a\\nb\\tc\""},
    {"type = \"text\"", "\"a\\u0007\"", NO_TEXT},
    {"type = \"secret\"", "\"short\"", "!must have at least 8 characters"},
    {"type = \"secret\"", "\" with blanks \"", "\" with blanks \""},
    /* numbers */
    {"type = \"int\"", "\"42\"", "42"},
    {"type = \"int\"", "4.5", "!must be a whole number"},
    {"type = \"int\"", "\"4e1\"", "40"},
    {"type = \"int\"", "\"0x10\"", "!must be a whole number"},
    {"type = \"int\"", "\"nan\"", "!must be a whole number"},
    {"type = \"int\"", "1e300", "!must be a whole number"},
    {"type = \"int\"", "true", "!must be a whole number"},
    {"type = \"int\"\nmin = 1\nmax = 5", "6", "!must be a number from 1 to 5"},
    {"type = \"int\"\nmin = 1\nmax = 5", "0", "!must be a number from 1 to 5"},
    {"type = \"int\"\nmin = 1\nmax = 5", "5", "5"},
    {"type = \"number\"\nmax = 2.5", "2.5", "2.5"},
    {"type = \"number\"", "-0", "0"},
    {"type = \"number\"", "\"1e999\"", "!must be a number"},
    /* choices */
    {"type = \"bool\"", "true", "true"},
    {"type = \"bool\"", "\"false\"", "false"},
    {"type = \"bool\"", "1", "!must be yes or no"},
    {"type = \"confirm\"", "false", "!must be confirmed"},
    {"type = \"confirm\"", "true", "true"},
    {"type = \"confirm\"", "null", "!must be confirmed"},
    {"type = \"choice\"\noptions = [\"a\", \"b\"]", "\"b\"", "\"b\""},
    {"type = \"choice\"\noptions = [\"a\", \"b\"]", "\"c\"", "!must be one of the options"},
    {"type = \"choice\"\noptions = [\"a\", \"b\"]", "\"b\\u0000\"", "!must be one of the options"},
    {"type = \"choice\"\noptions = [\"a\", \"b\"]", "[\"b\"]", "!must be one of the options"},
    {"type = \"dropdown\"\noptions = [{value = \"a\", disabled = true}, \"b\"]", "\"a\"",
     "!must be one of the options"},
    {"type = \"multi\"\noptions = [\"a\", \"b\", \"c\"]", "[\"c\", \"a\"]", "[\"a\",\"c\"]"},
    {"type = \"multi\"\noptions = [\"a\", \"b\"]", "[\"a\", \"a\"]", "!has an option twice"},
    {"type = \"multi\"\noptions = [\"a\", \"b\"]", "[\"x\"]", "!must be a list of options"},
    {"type = \"multi\"\noptions = [\"a\", \"b\", \"c\"]\nmax = 2", "[\"a\", \"b\", \"c\"]",
     "!must have a number of options, at most 2"},
    {"type = \"multi\"\noptions = [\"a\", \"b\"]\nmin = 2", "[\"a\"]",
     "!must have a number of options, at least 2"},
    /* times */
    {"type = \"datetime\"", "1900000000000", "1900000000000"},
    {"type = \"datetime\"", "\"2027-06-01T00:00:00Z\"", "1811808000000"},
    {"type = \"datetime\"", "\"2027-02-30\"", "!must be a date and a time"},
    {"type = \"datetime\"", "-1", "!must be a date and a time"},
    {"type = \"datetime\"", "1e300", "!must be a date and a time"},
    {"type = \"datetime\"\nmin = 3600", "1800000000000", "!must be at least 60 minutes from now"},
    {"type = \"datetime\"\nmax = 86400", "1900000000000", "!must be at most 1 days from now"},
    {"type = \"duration\"", "\"1Y 2M 1w 3d 4h\"", "\"1Y 2M 1w 3d 4h\""},
    {"type = \"duration\"", "\"4h 3d\"",
     "!must be like 1Y 2M 1w 3d 4h: years, months, weeks, days, hours"},
    {"type = \"duration\"", "\"1d 1d\"",
     "!must be like 1Y 2M 1w 3d 4h: years, months, weeks, days, hours"},
    {"type = \"duration\"", "\"0h\"",
     "!must be like 1Y 2M 1w 3d 4h: years, months, weeks, days, hours"},
    {"type = \"duration\"\nmax = 7200", "\"3h\"", "!must be at most 2 hours"},
    /* compound */
    {"type = \"keyvalue\"", "{\"A_1\": \"x y\"}", "{\"A_1\":\"x y\"}"},
    {"type = \"keyvalue\"", "{\"1A\": \"x\"}",
     "!a name must be letters, digits and '_', no digit first"},
    {"type = \"keyvalue\"", "{\"A=B\": \"x\"}",
     "!a name must be letters, digits and '_', no digit first"},
    {"type = \"keyvalue\"", "{\"A\": 1}", "!a value must be a text without control characters"},
    {"type = \"keyvalue\"\nmax = 1", "{\"A\": \"\", \"B\": \"\"}",
     "!must have a number of pairs, at most 1"},
    {"type = \"keyvalue\"", "[1]", "!must be pairs of a name and a value"},
    {"type = \"file\"", "{\"name\": \"a.txt\", \"type\": \"text/plain\", \"content\": \"aGk=\"}",
     "{\"name\":\"a.txt\",\"type\":\"text/plain\",\"size\":2,\"content\":\"aGk=\"}"},
    {"type = \"file\"", "{\"name\": \"../a\", \"type\": \"\", \"content\": \"aGk=\"}",
     "!must be a file: {name, type, content} with the content in base64"},
    {"type = \"file\"", "{\"name\": \"a\", \"type\": \"\", \"content\": \"*\"}",
     "!must be a file: {name, type, content} with the content in base64"},
    {"type = \"file\"\nmax_size = 1", "{\"name\": \"a\", \"type\": \"\", \"content\": \"aGk=\"}",
     "!must have at most 1 bytes"},
    {"type = \"file\"\nallowed_types = [\"image/\", \".csv\"]",
     "{\"name\": \"a\", \"type\": \"text/html\", \"content\": \"aGk=\"}",
     "!is of a type that is not allowed"},
    {"type = \"file\"\nallowed_types = [\"image/\", \".csv\"]",
     "{\"name\": \"a.csv\", \"type\": \"\", \"content\": \"\"}",
     "{\"name\":\"a.csv\",\"type\":\"\",\"size\":0,\"content\":\"\"}"},
    /* names of things */
    {"type = \"domain\"", "\"WWW.Example.ORG.\"", "\"www.example.org\""},
    {"type = \"domain\"", "\"localhost\"", "!must be a domain name such as www.example.org"},
    {"type = \"domain\"", "\"127.0.0.1\"", "!must be a domain name such as www.example.org"},
    {"type = \"domain\"", "\"-a.example.org\"", "!must be a domain name such as www.example.org"},
    {"type = \"domain\"", "\"a..example.org\"", "!must be a domain name such as www.example.org"},
    {"type = \"domain\"", "\"a b.example.org\"", "!must be a domain name such as www.example.org"},
    {"type = \"sshkey\"", "\"" KEY " me@home\"", "\"" KEY " me@home\""},
    {"type = \"sshkey\"", "\"" KEY "\\n\\n  " KEY "  \"", "\"" KEY "\\n" KEY "\""},
    {"type = \"sshkey\"", "\"command=\\\"sh\\\" " KEY "\"",
     "!must be public keys of SSH, one a line: \"ssh-ed25519 AAAA... name\""},
    {"type = \"sshkey\"", "\"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJ00\"",
     "!must be public keys of SSH, one a line: \"ssh-ed25519 AAAA... name\""},
    {"type = \"sshkey\"", "\"-----BEGIN OPENSSH PRIVATE KEY-----\"",
     "!is a private key; never give it away"},
    {"type = \"giturl\"", "\"https://GitHub.com/Owner/Repo.git\"",
     "\"https://github.com/Owner/Repo.git\""},
    {"type = \"giturl\"", "\"https://git.example.org:8443/~me/x\"",
     "\"https://git.example.org:8443/~me/x\""},
    {"type = \"giturl\"", "\"git@github.com:a/b\"",
     "!must begin with https://; keys of SSH are not given to us"},
    {"type = \"giturl\"", "\"https://u:p@github.com/a/b\"",
     "!must not hold a user or password; use a repository that anybody can read"},
    {"type = \"giturl\"", "\"file:///etc\"", "!must be like https://host/path/to/repository.git"},
    {"type = \"giturl\"", "\"ext::sh -c id\"", "!must be like https://host/path/to/repository.git"},
    {"type = \"giturl\"", "\"https://h.example.org/a/../b\"",
     "!must be like https://host/path/to/repository.git"},
    {"type = \"giturl\"", "\"https://h.example.org/a?x=$(id)\"",
     "!must be like https://host/path/to/repository.git"},
    {"type = \"giturl\"", "\"--upload-pack=id\"",
     "!must be like https://host/path/to/repository.git"},
    {"type = \"note\"", "\"x\"", "!takes no answer"},
};

static void each_type_has_its_rule(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(rows); i++) {
        _arena_ struct arena *a = arena_new();
        const char *got = ask(a, rows[i].question, rows[i].answer);

        if (!str_eq(got, str_eq(rows[i].question, "type = \"note\"") ? "" : rows[i].normal))
            fail_msg("%s, %s: %s", rows[i].question, rows[i].answer, got);
    }
}

static void names_become_hosts(void **state)
{
    static const char *const good[] = {"ab", "a1", "my-site", "a-1-b",
                                       "x2345678901234567890123456789012"};
    static const char *const bad[] = {"",
                                      "a",
                                      "A1",
                                      "1a",
                                      "a-",
                                      "-a",
                                      "a--b",
                                      "xn--a",
                                      "a_b",
                                      "a.b",
                                      "x23456789012345678901234567890123",
                                      "a b",
                                      "\xc3\xa4\xc3\xa4"};
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(good); i++)
        if (!answers_is_name(good[i]))
            fail_msg("%s", good[i]);
    for (i = 0; i < ARRAY_LEN(bad); i++)
        if (answers_is_name(bad[i]))
            fail_msg("%s", bad[i]);
}

/* Checks all of them; the errors as JSON text, the normal answers by the way. */
static const char *check_all(struct arena *a, const struct package *p, const char *answers,
                             struct json **ret_normal)
{
    const struct answers_ask what = {.package = p, .now_ms = NOW};
    struct json *errors;
    struct err e;

    ok(answers_check(a, &what, json_of(a, answers), ret_normal, &errors, &e), e);
    return json_text(a, errors);
}

static void standard_questions_are_asked(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p = package_with(a, "");
    struct json *normal;

    (void)state;
    assert_string_equal(check_all(a, p, "{}", &normal),
                        "{\"name\":\"must be answered\",\"pool\":\"must be answered\"}");
    assert_string_equal(json_text(a, normal), "{\"size\":\"s\"}"); /* the first is the default */
    assert_string_equal(
        check_all(a, p, "{\"name\": \"Web_1\", \"size\": \"xl\", \"pool\": \"a b\", \"ends\": 5}",
                  &normal),
        "{\"name\":\"must be 2 to 32 of a-z, 0-9 and single '-', a letter first and no '-' last\","
        "\"size\":\"must be one of the sizes\",\"pool\":\"must be one of your pools\","
        "\"ends\":\"must be at least 60 minutes from now\"}");
    assert_string_equal(
        check_all(a, p, "{\"name\": \"web-1\", \"size\": \"l\", \"pool\": \"p1\", \"other\": 1}",
                  &normal),
        "{\"other\":\"is not asked here\"}");
    assert_string_equal(json_text(a, answers_review(a, p, normal)),
                        "[{\"label\":\"Name\",\"value\":\"web-1\"},"
                        "{\"label\":\"Size\",\"value\":\"Large\"}]");
}

static const char conditional[] =
    "[[questions]]\nname = \"kind\"\nlabel = \"k\"\ntype = \"choice\"\noptions = [\"a\", \"b\"]\n"
    "[[questions]]\nname = \"deep\"\nlabel = \"d\"\ntype = \"bool\"\nrequired = true\n"
    "when = {question = \"kind\", is = [\"b\"]}\n"
    "[[questions]]\nname = \"deeper\"\nlabel = \"e\"\ntype = \"secret\"\nrequired = true\n"
    "when = {question = \"deep\", is = true}\n"
    "[[questions]]\nname = \"not\"\nlabel = \"n\"\ntype = \"string\"\ndefault = \"x\"\n"
    "when = {question = \"kind\", is_not = \"b\"}\n";

static void conditions_are_followed(void **state)
{
    static const struct {
        const char *answers;
        const char *normal;
        const char *errors;
    } cases[] = {
        {"{\"kind\": \"a\"}", "{\"kind\":\"a\",\"not\":\"x\"}", "{}"},
        {"{}", "{\"not\":\"x\"}", "{}"},
        {"{\"kind\": \"b\"}", "{\"kind\":\"b\"}", "{\"deep\":\"must be answered\"}"},
        {"{\"kind\": \"b\", \"deep\": true}", "{\"kind\":\"b\",\"deep\":true}",
         "{\"deeper\":\"must be answered\"}"},
        {"{\"kind\": \"b\", \"deep\": false, \"deeper\": \"ignored!\"}",
         "{\"kind\":\"b\",\"deep\":false}", "{}"},
        /* what is not asked does not count, whatever somebody sends for it */
        {"{\"kind\": \"a\", \"deep\": true, \"deeper\": \"12345678\"}",
         "{\"kind\":\"a\",\"not\":\"x\"}", "{}"},
    };
    _arena_ struct arena *a = arena_new();
    struct package *p = package_with(a, conditional);
    struct answers_ask what = {.package = p, .step = "settings", .now_ms = NOW};
    struct json *normal, *errors;
    struct err e;
    size_t i;

    (void)state;
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        ok(answers_check(a, &what, json_of(a, cases[i].answers), &normal, &errors, &e), e);
        assert_string_equal(json_text(a, normal), cases[i].normal);
        assert_string_equal(json_text(a, errors), cases[i].errors);
    }
}

/* Regression 14: secrets are never echoed. */
static void secrets_are_not_shown(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p =
        package_with(a, "[[questions]]\nname = \"pw\"\nlabel = \"Password\"\ntype = \"secret\"\n"
                        "[[questions]]\nname = \"env\"\nlabel = \"Env\"\ntype = \"keyvalue\"\n"
                        "[[questions]]\nname = \"f\"\nlabel = \"File\"\ntype = \"file\"\n");
    struct json *v =
        json_of(a, "{\"pw\": \"hunter22\", \"env\": {\"TOKEN\": \"hunter23\"}, "
                   "\"f\": {\"name\": \"k\", \"size\": 2, \"content\": \"aHVudGVy\"}}");
    const char *shown = json_text(a, answers_shown(a, p, v));
    const char *review = json_text(a, answers_review(a, p, v));

    (void)state;
    assert_null(strstr(shown, "hunter"));
    assert_null(strstr(shown, "aHVudGVy"));
    assert_null(strstr(review, "hunter"));
    assert_non_null(strstr(review, "\"value\":\"***\""));
    assert_non_null(strstr(review, "\"value\":\"TOKEN\""));
}

static void has_ceilings(void **state)
{
    _arena_ struct arena *a = arena_new();
    struct package *p = package_with(a, "");
    const struct answers_ask what = {.package = p, .now_ms = NOW};
    struct json *big = json_new_object(a), *normal, *errors;
    char *text = arena_alloc(a, ANSWERS_MAX + 1);
    struct err e;

    (void)state;
    memset(text, 'x', ANSWERS_MAX);
    text[ANSWERS_MAX] = '\0';
    json_set_str(a, big, "name", text);
    err_is(answers_check(a, &what, big, &normal, &errors, &e), e, TOO_LARGE);
    err_is(answers_check(a, &what, json_new_array(a), &normal, &errors, &e), e, INVALID);
    err_is(answers_check(a, &what, NULL, &normal, &errors, &e), e, INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_rule),       cmocka_unit_test(names_become_hosts),
        cmocka_unit_test(standard_questions_are_asked), cmocka_unit_test(conditions_are_followed),
        cmocka_unit_test(secrets_are_not_shown),        cmocka_unit_test(has_ceilings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
