/* SPDX-License-Identifier: Apache-2.0 */
/* The query language over the index: what is found, in which order, what is refused, and how. */
#include "index_fixture.h"

static void elastic_queries_find(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS(FILTER("{\"term\":{\"id\":\"did:op:2\"}}"), "2");
    FINDS(FILTER("{\"term\":{\"_id\":\"did:op:2\"}}"), "2");
    FINDS("{\"query\":{\"bool\":{\"filter\":{\"term\":{\"metadata.type\":\"algorithm\"}}}}}", "3");
    FINDS(
        FILTER("{\"term\":{\"chainId\":8996}},{\"terms\":{\"metadata.tags.keyword\":[\"EVEN\"]}}"),
        "1 3 5");
    FINDS("{\"query\":{\"bool\":{\"must_not\":[{\"term\":{\"metadata.type\":\"dataset\"}}]}}}",
          "3");
    FINDS(Q("{\"term\":{\"nftAddress\":\"0x000000000000000000000000000000000000ABC1\"}}"), "1");
    FINDS(Q("{\"term\":{\"nft.owner\":{\"value\":\"0xowner0\"}}}"), "2 4");
    FINDS(Q("{\"range\":{\"stats.orders\":{\"gte\":6,\"lt\":\"12\"}}}"), "2 3");
    FINDS(Q("{\"range\":{\"stats.orders\":{\"gt\":5.5,\"lt\":9.5}}}"), "2 3");
    FINDS(Q("{\"range\":{\"metadata.created\":{\"gt\":\"2024-01-05T00:00:00Z\"}}}"), "5");
    FINDS(Q("{\"term\":{\"metadata.created\":\"2024-01-05T00:00:00Z\"}}"), "4");
    FINDS("{\"query\":{\"exists\":{\"field\":\"services.id\"}},\"size\":2}", "1 2");
    FINDS(Q("{\"exists\":{\"field\":\"metadata.license\"}}"), "");
    FINDS(Q("{\"exists\":{\"field\":\"metadata.description\"}}"), "1 2 3 4 5");
    FINDS(Q("{\"match_all\":{}}"), "1 2 3 4 5");
    FINDS(Q("{\"match_none\":{}}"), "");
    FINDS("{}", "1 2 3 4 5");
    FINDS(Q("{\"term\":{\"chainId\":\"eight\"}}"), "");
    FINDS(Q("{\"terms\":{\"metadata.tags\":[]}}"), "");
    FINDS(Q("{\"ids\":{\"values\":[\"did:op:5\",\"did:op:9\",\"did:op:1\"]}}"), "1 5");
    FINDS(Q("{\"prefix\":{\"services.datatokenAddress\":\"0xDA000\"}}"), "1 2 3 4 5");
    FINDS(Q("{\"prefix\":{\"id\":{\"value\":\"did:OP:4\"}}}"), "4");
    FINDS(Q("{\"wildcard\":{\"metadata.tags\":\"ev*\"}}"), "1 3 5");
    FINDS(Q("{\"wildcard\":{\"metadata.tags\":{\"value\":\"odd\"}}}"), "2 4");
    FINDS(Q("{\"nested\":{\"path\":\"services\",\"query\":{\"term\":{\"services.type\":\"access\"}}"
            "}}"),
          "1 2 3 4 5");
    FINDS(Q("{\"constant_score\":{\"filter\":{\"term\":{\"metadata.tags\":\"odd\"}}}}"), "2 4");
}

static void groups_combine(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS(Q("{\"bool\":{\"should\":[{\"term\":{\"id\":\"did:op:1\"}},{\"term\":{\"id\":\"did:op:"
            "3\"}}]}}"),
          "1 3");
    /* Beside a filter, should only ranks ... */
    FINDS(Q("{\"bool\":{\"filter\":[{\"term\":{\"metadata.tags\":\"odd\"}}],"
            "\"should\":[{\"term\":{\"id\":\"did:op:2\"}}]}}"),
          "2 4");
    /* ... unless it must match. */
    FINDS(Q("{\"bool\":{\"filter\":[{\"term\":{\"metadata.tags\":\"odd\"}}],\"minimum_should_"
            "match\":1,"
            "\"should\":[{\"term\":{\"id\":\"did:op:2\"}},{\"term\":{\"id\":\"did:op:1\"}}]}}"),
          "2");
    FINDS(Q("{\"bool\":{\"minimum_should_match\":\"75%\",\"should\":[{\"term\":{\"metadata.tags\":"
            "\"odd\"}},"
            "{\"term\":{\"metadata.type\":\"dataset\"}},{\"range\":{\"stats.orders\":{\"gte\":9}}}]"
            "}}"),
          "2 4 5");
    /* What is not there is not "odd" either; prices may be missing. */
    FINDS(Q("{\"bool\":{\"must_not\":[{\"range\":{\"stats.prices.price\":{\"gt\":8}}}]}}"),
          "3 4 5");
    FINDS(Q("{\"bool\":{\"must\":[],\"should\":[],\"must_not\":[],\"filter\":[]}}"), "1 2 3 4 5");
    /* The market site's leftovers. */
    FINDS(Q("{\"bool\":{\"must_not\":[false,null,{\"term\":{\"metadata.tags\":\"odd\"}}],"
            "\"filter\":[null,{\"bool\":{\"must_not\":[null]}}]}}"),
          "1 3 5");
    FINDS("{\"sort\":{\"undefined\":\"desc\"}}", "1 2 3 4 5");
    FINDS(FILTER("{\"terms\":{\"_index\":[\"aquarius\"]}},{\"term\":{\"id\":\"did:op:3\"}}"), "3");
    FINDS(Q("{\"match_phrase\":{\"content\":{\"query\":\"rain\",\"boost\":10}}}"), "");
}

static void words_are_searched(void **state)
{
    struct fixture *f = *state;
    struct asset_row row;

    put_five(f);
    FINDS(Q("{\"match\":{\"metadata.name\":\"rain\"}}"), "1 4");
    FINDS(Q("{\"match\":{\"metadata.name\":{\"query\":\"rain bavaria\",\"operator\":\"and\"}}}"),
          "1");
    FINDS(Q("{\"match\":{\"metadata.author\":\"rain\"}}"), "");
    FINDS(Q("{\"match\":{\"metadata.author\":\"ALICE\"}}"), "5 3 1 2 4");
    FINDS(Q("{\"match\":{\"metadata.tags.keyword\":\"odd\"}}"), "2 4");
    FINDS(Q("{\"match\":{\"nft.owner\":\"0xOWNER1\"}}"), "1 3 5");
    FINDS(Q("{\"match_phrase\":{\"metadata.name\":\"in Bavaria\"}}"), "1 2");
    FINDS(Q("{\"match_phrase\":{\"metadata.name\":\"Bavaria in\"}}"), "");
    FINDS(Q("{\"match_phrase_prefix\":{\"metadata.name\":\"rain in s\"}}"), "4");
    FINDS(Q("{\"match\":{\"metadata.description\":{\"query\":\"rain snow "
            "bavaria\",\"minimum_should_match\":2}}}"),
          "2 1");
    FINDS(Q("{\"multi_match\":{\"query\":\"gr\xc3\xb6\xc3\x9f"
            "e\",\"fields\":[\"*\"]}}"),
          "5");
    FINDS(Q("{\"multi_match\":{\"query\":\"did:op:2\",\"fields\":[\"id\",\"metadata.name^10\"]}}"),
          "2");
    FINDS(Q("{\"multi_match\":{\"query\":\"0xda"
            "00000000000000000000000000000000000002\"}}"),
          "2");
    FINDS("{\"q\":\"rain\",\"query_by\":\"metadata.name\"}", "1 4");
    FINDS("{\"q\":\"bava\",\"query_by\":\"metadata.name\"}", "1 2");
    FINDS("{\"q\":\"bava\",\"query_by\":\"metadata.name\",\"prefix\":false}", "");
    FINDS("{\"q\":\"Bav* rain\",\"query_by\":\"metadata.name\"}", "1");
    FINDS("{\"q\":\"bavaria -rain\",\"query_by\":\"metadata.name\"}", "2");
    FINDS("{\"q\":\"\\\"rain in\\\" bavaria\"}", "1");
    FINDS("{\"q\":\"0x000000000000000000000000000000000000abc3\",\"query_by\":\"nftAddress\"}",
          "3");
    FINDS("{\"q\":\"did:op:4\",\"query_by\":\"did\"}", "4");
    /* What somebody typed is never a search expression. */
    FINDS("{\"q\":\"\\\" OR NEAR(^\",\"query_by\":\"metadata.name\"}", "");
    FINDS("{\"q\":\"name : rain\"}", "");
    row = asset(f->a, 1, "dataset", "Sun in Bavaria", "even");
    put(f, &row);
    FINDS("{\"q\":\"rain\",\"query_by\":\"metadata.name\"}", "4");
    FINDS("{\"q\":\"sun\",\"query_by\":\"metadata.name\"}", "1");
}

static void query_strings_are_read(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS(LUCENE("snow sweden"), "2 4");
    FINDS(LUCENE("rain AND bavaria"), "1");
    FINDS(LUCENE("rain AND NOT bavaria"), "4");
    FINDS(LUCENE("+rain -bavaria"), "4");
    FINDS(LUCENE("(rain OR snow) AND bavaria"), "2 1");
    FINDS(LUCENE("rain && (sweden || bavaria)"), "4 1");
    FINDS(LUCENE("\\\"in bavaria\\\"^3"), "1 2");
    FINDS(LUCENE("bav*"), "1 2");
    FINDS(LUCENE("*"), "1 2 3 4 5");
    FINDS(LUCENE("**"), "1 2 3 4 5");
    FINDS(LUCENE(""), "");
    FINDS(LUCENE("*bavar*"), "1 2");
    FINDS(LUCENE("metadata.tags:odd AND rain"), "4");
    FINDS(LUCENE("metadata.type:(algorithm OR other)"), "3");
    FINDS(LUCENE("indexedMetadata.stats.orders:[6 TO 9]"), "2 3");
    FINDS(LUCENE("stats.orders:{6 TO 12}"), "3");
    FINDS(LUCENE("stats.orders:>=12"), "4 5");
    FINDS(LUCENE("_exists_:metadata.license OR words"), "3");
    FINDS(LUCENE("did\\\\:op\\\\:2"), "2");
    FINDS(LUCENE("rain\\\\-in"), "1 4");
    FINDS(LUCENE("!! && ||"), "");
    FINDS(
        "{\"query\":{\"query_string\":{\"query\":\"rain bavaria\",\"default_operator\":\"AND\"}}}",
        "1");
    FINDS("{\"query\":{\"query_string\":{\"query\":\"rain in "
          "nowhere\",\"minimum_should_match\":\"2<75%\"}}}",
          "1 4");
    FINDS("{\"query\":{\"query_string\":{\"query\":\"odd\",\"fields\":[\"metadata.tags\"]}}}",
          "2 4");
    FINDS("{\"query\":{\"query_string\":{\"query\":\"odd\",\"fields\":[\"metadata.name\"]}}}", "");
    FINDS(
        "{\"query\":{\"simple_query_string\":{\"query\":\"rain + (bavaria | sweden) -bavaria\"}}}",
        "4");
    FINDS("{\"query\":{\"simple_query_string\":{\"query\":\"\\\"snow in\\\" :) ^ ~2 +\"}}}", "2");
}

/* A document of nothing but names, so that its rank is known. */
static void better_fits_come_first(void **state)
{
    struct fixture *f = *state;
    struct asset_row row = asset(f->a, 1, "dataset", "power of the north", "wind");

    put(f, &row);
    row = asset(f->a, 2, "dataset", "wind power", "y");
    put(f, &row);
    row = asset(f->a, 3, "dataset", "wind", "wind");
    put(f, &row);
    row = asset(f->a, 4, "algorithm", "wind", "wind");
    put(f, &row);
    FINDS("{\"q\":\"wind\"}", "3 4 2 1");
    FINDS(LUCENE("wind"), "3 4 2 1");
    FINDS("{\"q\":\"wind\",\"sort_by\":\"_text_match:asc\"}", "1 2 3 4");
    FINDS("{\"q\":\"wind\",\"sort_by\":\"_text_match:desc,stats.orders:desc\"}", "4 3 2 1");
    FINDS("{\"q\":\"wind\",\"sort_by\":\"stats.orders:desc\"}", "4 3 2 1");
    FINDS("{\"q\":\"wind\",\"filter_by\":\"metadata.type:=dataset\",\"per_page\":1,\"page\":2}",
          "2");
    FINDS("{\"query\":{\"bool\":{\"must\":[{\"match\":{\"metadata.name\":\"wind\"}}],\"filter\":"
          "[{\"term\":{\"metadata.type\":\"dataset\"}}]}},\"size\":1,\"from\":2,\"sort\":{\"_"
          "score\":\"desc\"}}",
          "2");
}

static void typesense_queries_find(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS(TS("metadata.type:=dataset && metadata.tags:=[odd, x]"), "2 4");
    FINDS(TS("metadata.tags:!=odd"), "1 3 5");
    FINDS(TS("metadata.tags:!=[odd,other]"), "1 3 5");
    FINDS("{\"q\":\"*\",\"filter_by\":\"stats.orders:>=9\",\"sort_by\":\"stats.orders:desc\"}",
          "5 4 3");
    FINDS(TS("stats.orders:>9 || id:=did:op:1"), "1 4 5");
    FINDS(TS("(metadata.tags:=odd || metadata.type:=algorithm) && stats.orders:<10"), "2 3");
    FINDS(TS("metadata.tags:=odd || metadata.type:=algorithm && stats.orders:<3"), "2 4");
    FINDS(TS("stats.orders:[6..9]"), "2 3");
    FINDS(TS("stats.orders:[3..3, 12..99]"), "1 4 5");
    FINDS(TS("stats.orders:=[3, 12..99]"), "1 4 5");
    FINDS(TS("metadata.name: bavaria"), "1 2");
    FINDS(TS("metadata.name:=bavaria"), "");
    FINDS(TS("metadata.name:=`Snow in Bavaria`"), "2");
    FINDS(TS("chainId:8996"), "1 2 3 4 5");
    FINDS("{\"q\":\"*\",\"num_hits\":2,\"start\":2}", "3 4");
    FINDS("{\"q\":\"*\",\"num_hits\":2,\"start\":0}", "1 2");
    FINDS("{\"q\":\"*\",\"per_page\":2,\"page\":3}", "5");
    FINDS("{\"q\":\"*\",\"limit\":2,\"offset\":1}", "2 3");
    FINDS("{\"q\":\"*\",\"sort_by\":\"stats.prices.price:asc, chainId:desc\",\"per_page\":2}",
          "5 4");
}

static void pages_and_order(void **state)
{
    struct fixture *f = *state;

    put_five(f);
    FINDS("{\"size\":2}", "1 2");
    FINDS("{\"size\":2,\"from\":0}", "1 2");
    FINDS("{\"size\":2,\"from\":1}", "1 2");
    FINDS("{\"size\":2,\"from\":3}", "5");
    FINDS("{\"size\":2,\"from\":4}", "");
    FINDS("{\"size\":0}", "1 2 3 4 5"); /* as Ocean Node: none given */
    FINDS("{\"size\":0,\"track_total_hits\":true}", "");
    FINDS("{\"size\":2,\"from\":3,\"track_total_hits\":true}", "4 5");
    FINDS("{\"size\":99999}", "1 2 3 4 5");
    FINDS("{\"sort\":{\"indexedMetadata.event.block\":\"desc\"},\"size\":3,\"index\":\"secrets\"}",
          "5 4 3");
    FINDS("{\"sort\":[{\"stats.prices.price\":{\"order\":\"asc\"}},\"_score\"]}", "5 4 3 2 1");
    FINDS("{\"sort\":[\"metadata.name\"]}", "3 5 1 4 2");
}

static void typesense_shape(void **state)
{
    struct fixture *f = *state;
    struct json *v;

    put_five(f);
    v = answer_of(f,
                  "{\"q\":\"bavaria\",\"query_by\":\"metadata.name\",\"per_page\":1,\"page\":2,"
                  "\"facet_by\":\"metadata.tags,metadata.type\",\"max_facet_values\":1,"
                  "\"include_fields\":\"id,metadata.name\"}",
                  ROUTE_NODE);
    v = json_at(v, 0);
    assert_int_equal(json_get_int(v, "found", 0), 2);
    assert_int_equal(json_get_int(v, "out_of", 0), 5);
    assert_int_equal(json_get_int(v, "page", 0), 2);
    assert_string_equal(json_text(f->a, json_get(v, "request_params")),
                        "{\"collection_name\":\"op_ddo\",\"per_page\":1,\"q\":\"bavaria\"}");
    assert_string_equal(json_text(f->a, json_path(v, "hits.0.document")),
                        "{\"id\":\"did:op:2\",\"metadata\":{\"name\":\"Snow in Bavaria\"}}");
    assert_string_equal(
        json_text(f->a, json_path(v, "facet_counts.0")),
        "{\"counts\":[{\"count\":2,\"highlighted\":\"ocean\",\"value\":\"ocean\"}],"
        "\"field_name\":\"metadata.tags\",\"sampled\":false,\"stats\":{\"total_values\":3}}");
    assert_string_equal(json_text(f->a, json_path(v, "facet_counts.1.counts")),
                        "[{\"count\":2,\"highlighted\":\"dataset\",\"value\":\"dataset\"}]");
    v = answer_of(f, "{\"q\":\"nothing\"}", ROUTE_NODE);
    assert_int_equal(json_get_int(json_at(v, 0), "found", 9), 0);
    assert_int_equal(json_len(json_path(v, "0.hits")), 0);
}

static void elastic_shape(void **state)
{
    struct fixture *f = *state;
    struct asset_row row;
    struct json *v;

    put_five(f);
    row = asset(f->a, 6, "dataset", "six", "EVEN");
    put(f, &row);
    v = answer_of(f,
                  "{\"size\":1,\"_source\":[\"id\",\"metadata.t*\"],\"aggs\":{\"tags\":{\"terms\":{"
                  "\"field\":\"metadata.tags.keyword\",\"size\":2,\"order\":{\"sales\":\"desc\"}},"
                  "\"aggs\":{\"sales\":{\"sum\":{\"field\":\"indexedMetadata.stats.orders\"}}}},"
                  "\"total\":{\"sum\":{\"field\":\"stats.orders\"}},\"cheap\":{\"min\":{\"field\":"
                  "\"stats.prices.price\"}},\"chains\":{\"terms\":{\"field\":\"chainId\"}}}}",
                  ROUTE_AQUARIUS);
    assert_string_equal(json_text(f->a, json_path(v, "hits.total")),
                        "{\"value\":6,\"relation\":\"eq\"}");
    assert_string_equal(
        json_text(f->a, json_path(v, "hits.hits.0._source")),
        "{\"id\":\"did:op:1\",\"metadata\":{\"type\":\"dataset\",\"tags\":[\"even\",\"ocean\"]}}");
    assert_string_equal(json_text(f->a, json_path(v, "aggregations.tags")),
                        "{\"doc_count_error_upper_bound\":0,\"sum_other_doc_count\":2,\"buckets\":["
                        "{\"key\":\"ocean\",\"doc_count\":6,\"sales\":{\"value\":63}},"
                        "{\"key\":\"even\",\"doc_count\":4,\"sales\":{\"value\":45}}]}");
    assert_string_equal(json_text(f->a, json_path(v, "aggregations.total")), "{\"value\":63}");
    assert_string_equal(json_text(f->a, json_path(v, "aggregations.cheap")), "{\"value\":4.5}");
    assert_string_equal(json_text(f->a, json_path(v, "aggregations.chains.buckets")),
                        "[{\"key\":8996,\"doc_count\":6}]");
    /* Ocean Node's route has no place for counts: the site gets its documents. */
    v = answer_of(f, "{\"size\":2,\"aggs\":{\"t\":{\"sum\":{\"field\":\"stats.orders\"}}}}",
                  ROUTE_NODE);
    assert_int_equal(json_len(json_at(v, 0)), 2);
    v = answer_of(f, "{\"query\":{\"match_none\":{}}}", ROUTE_AQUARIUS);
    assert_string_equal(json_text(f->a, v), "[]");
}

static const char *refusal(struct fixture *f, const char *query)
{
    _db_ struct db *db = store_lend(f->store);
    _buf_ struct buf out = BUF_INIT(1 << 20);
    struct err e;

    err_is(index_query(db, parse(f->a, query), ROUTE_NODE, &out, &e), e, INVALID);
    return arena_strdup(f->a, e.msg);
}

#define REFUSES(query, text)                                                                       \
    do {                                                                                           \
        const char *msg = refusal(f, query);                                                       \
        if (!strstr(msg, text))                                                                    \
            fail_msg("%s: \"%s\" does not say \"%s\"", query, msg, text);                          \
    } while (0)

static void what_is_not_understood_is_named(void **state)
{
    struct fixture *f = *state;

    REFUSES("[]", "must be an object");
    REFUSES(Q("{\"fuzzy\":{\"id\":\"x\"}}"), "\"fuzzy\" is not a supported query");
    REFUSES(Q("{\"wildcard\":{\"id\":\"a*b\"}}"), "only a * at the end");
    REFUSES(Q("{\"term\":{\"a.b\":\"x\"}}"), "\"a.b\" is not a field");
    REFUSES(Q("{\"term\":{\"id\":[[1]]}}"), "a value to compare with");
    REFUSES(Q("{\"term\":{\"id\":\"a\",\"chainId\":1}}"), "one member");
    REFUSES(Q("{\"term\":{\"metadata.description\":\"a\"}}"), "only be searched for words");
    REFUSES(Q("{\"bool\":{\"filtre\":[]}}"), "filtre");
    REFUSES(Q("{\"bool\":{\"minimum_should_match\":\"x\",\"should\":[{\"match_all\":{}}]}}"),
            "minimum_should_match");
    REFUSES(Q("{\"terms\":{\"id\":\"a\"}}"), "array");
    REFUSES(Q("7"), "one member");
    REFUSES("{\"size\":-1}", "\"size\"");
    REFUSES("{\"from\":1.5}", "\"from\"");
    REFUSES("{\"from\":2000000,\"size\":1000}", "begins behind");
    REFUSES("{\"quary\":{}}", "\"quary\" is not supported");
    REFUSES("{\"query\":{},\"q\":\"x\"}", "\"q\" is not supported");
    REFUSES("{\"sort\":[{\"metadata.type\":\"asc\"}]}", "sorted by");
    REFUSES("{\"sort\":[{\"id\":\"up\"}]}", "not an order");
    REFUSES("{\"aggs\":{\"x\":{\"histogram\":{}}}}", "\"histogram\" is not supported");
    REFUSES("{\"aggs\":{\"x\":{\"sum\":{\"field\":\"metadata.name\"}}}}", "not a number");
    REFUSES(
        "{\"aggs\":{\"x\":{\"terms\":{\"field\":\"metadata.tags\",\"order\":{\"y\":\"asc\"}}}}}",
        "ordered by");
    REFUSES("{\"_source\":false}", "leaves nothing");
    REFUSES(Q("{\"range\":{\"metadata.tags\":{\"gt\":1}}}"), "no order");
    REFUSES(Q("{\"range\":{\"event.block\":{\"gt\":\"x\"}}}"), "no bound");
    REFUSES(Q("{\"range\":{\"metadata.created\":{\"gt\":\"now-30d\"}}}"), "no bound");
    REFUSES(Q("{\"range\":{\"event.block\":{\"gt\":\"nan\"}}}"), "no bound");
    REFUSES(LUCENE("a:b"), "\"a\" is not a field");
    REFUSES(LUCENE("(a"), "not closed");
    REFUSES(LUCENE("a)"), "where no word does");
    REFUSES(LUCENE("wi*ld"), "wildcards");
    REFUSES(LUCENE("\\\"open"), "not closed");
    REFUSES(LUCENE("stats.orders:[1 5]"), "[a TO b]");
    REFUSES(Q("{\"query_string\":{\"query\":\"x\",\"fields\":[\"nope\"]}}"),
            "\"nope\" is not a field");
    REFUSES(TS("metadata.type"), "condition");
    REFUSES(TS("metadata.type:="), "missing");
    REFUSES(TS("(metadata.type:=x"), "not closed");
    REFUSES(TS("metadata.type:=[x"), "not closed");
    REFUSES(TS("metadata.type:=x) && id:=y"), "condition");
    REFUSES(TS("nope:=x"), "\"nope\" is not a field");
    REFUSES("{\"q\":\"*\",\"facet_by\":\"metadata.description\"}", "no values");
    REFUSES("{\"q\":\"*\",\"group_by\":\"id\"}", "\"group_by\" is not supported");
}

static void nesting_and_numbers_have_ceilings(void **state)
{
    struct fixture *f = *state;
    _buf_ struct buf b = BUF_INIT(1 << 20);
    int i;

    buf_puts(&b, "{\"query\":{\"terms\":{\"id\":[");
    for (i = 0; i < 1100; i++)
        buf_puts(&b, i ? ",1" : "1");
    buf_puts(&b, "]}}}");
    REFUSES(buf_str(&b), "more than 1024");
    buf_reset(&b);
    buf_puts(&b, "{\"query\":");
    for (i = 0; i < 20; i++)
        buf_puts(&b, "{\"bool\":{\"must\":");
    buf_puts(&b, "{\"match_all\":{}}");
    for (i = 0; i < 20; i++)
        buf_puts(&b, "}}");
    buf_puts(&b, "}");
    REFUSES(buf_str(&b), "nested deeper");
    buf_reset(&b);
    buf_puts(&b, "{\"query\":{\"query_string\":{\"query\":\"");
    for (i = 0; i < 3000; i++)
        buf_putc(&b, '(');
    buf_puts(&b, "\"}}}");
    REFUSES(buf_str(&b), "nested deeper");
    buf_reset(&b);
    buf_puts(&b, "{\"q\":\"*\",\"filter_by\":\"");
    for (i = 0; i < 3000; i++)
        buf_putc(&b, '(');
    buf_puts(&b, "\"}");
    REFUSES(buf_str(&b), "nested deeper");
    buf_reset(&b);
    buf_puts(&b, "{\"q\":\"");
    for (i = 0; i < 5000; i++)
        buf_putc(&b, 'x');
    buf_puts(&b, "\"}");
    REFUSES(buf_str(&b), "longer than 4096");
}

static void many_words_run(void **state)
{
    struct fixture *f = *state;
    _buf_ struct buf b = BUF_INIT(1 << 20);
    int i;

    put_five(f);
    buf_puts(&b, "{\"query\":{\"match\":{\"metadata.name\":{\"minimum_should_match\":\"50%\","
                 "\"query\":\"rain in bavaria");
    for (i = 0; i < 3; i++)
        buf_printf(&b, " nothing%d", i);
    buf_puts(&b, "\"}}}}");
    FINDS(buf_str(&b), "1"); /* written out as choices */
    buf_reset(&b);
    buf_puts(&b, "{\"query\":{\"match\":{\"metadata.name\":{\"minimum_should_match\":3,\"query\":"
                 "\"rain in bavaria");
    for (i = 0; i < 100; i++)
        buf_printf(&b, " n%d", i);
    buf_puts(&b, "\"}}}}");
    FINDS(buf_str(&b), "1"); /* counted */
    buf_reset(&b);
    buf_puts(&b, "{\"q\":\"");
    for (i = 0; i < 300; i++)
        buf_puts(&b, "a ");
    buf_puts(&b, "\"}");
    FINDS(buf_str(&b), "");
    buf_reset(&b);
    buf_puts(&b, "{\"q\":\"");
    for (i = 0; i < 301; i++)
        buf_puts(&b, "a ");
    buf_puts(&b, "\"}");
    REFUSES(buf_str(&b), "more than 300 words");
    buf_reset(&b);
    buf_puts(&b, "{\"q\":\"*\",\"filter_by\":\"stats.orders:>1");
    for (i = 0; i < 128; i++)
        buf_printf(&b, " || stats.orders:>%d", i);
    buf_puts(&b, "\"}");
    REFUSES(buf_str(&b), "more than 128 conditions");
}

static void answer_has_a_ceiling(void **state)
{
    struct fixture *f = *state;
    _db_ struct db *db = NULL;
    _buf_ struct buf out = BUF_INIT(1000);
    struct err e;

    put_five(f);
    db = store_lend(f->store);
    err_is(index_query(db, parse(f->a, "{}"), ROUTE_NODE, &out, &e), e, TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(elastic_queries_find),
        WITH(groups_combine),
        WITH(words_are_searched),
        WITH(query_strings_are_read),
        WITH(better_fits_come_first),
        WITH(typesense_queries_find),
        WITH(pages_and_order),
        WITH(typesense_shape),
        WITH(elastic_shape),
        WITH(what_is_not_understood_is_named),
        WITH(nesting_and_numbers_have_ceilings),
        WITH(many_words_run),
        WITH(answer_has_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
