/* SPDX-License-Identifier: Apache-2.0 */
/* The indexer against a chain of this test's own: a server that answers JSON-RPC and misbehaves. */
#include "follow_world.h"

static void plain_document_is_indexed(void **state)
{
    struct fixture *f = *state;
    struct json *v;

    f->on.head = 10;
    fake_publish(&f->on, 3, &(struct fake_document){.text = fake_ddo(&f->on, "First")});
    fake_order(&f->on, 4);
    fake_order(&f->on, 4); /* a second one in the same transaction */
    steps_until(f, 11);
    assert_string_equal(name(f), "First");
    assert_int_equal(orders(f), 2);
    assert_string_equal(attempt(f), "valid");
    v = indexed(f);
    assert_string_equal(json_text(f->a, json_get(v, "datatokens")),
                        "[{\"address\":\"" TOKEN "\",\"name\":\"A name\",\"symbol\":\"SYM\","
                        "\"serviceId\":\"s1\"}]");
    assert_string_equal(json_str(json_path(v, "indexedMetadata.event.datetime"), ""),
                        "2023-11-14T22:13:23.000Z");
    assert_false(json_bool(json_path(v, "indexedMetadata.purgatory.state"), true));
    /* An update keeps what was counted and when it began. */
    f->on.head = 12;
    fake_publish(&f->on, 12,
                 &(struct fake_document){.text = fake_ddo(&f->on, "Second"), .update = true});
    fake_order(&f->on, 12);
    steps_until(f, 13);
    assert_string_equal(name(f), "Second");
    assert_int_equal(orders(f), 3);
    assert_string_equal(json_str(json_path(indexed(f), "indexedMetadata.nft.created"), ""),
                        "2023-11-14T22:13:23.000Z");
}

static void two_updates_in_a_block(void **state)
{
    struct fixture *f = *state;

    f->on.head = 5;
    fake_publish(&f->on, 5, &(struct fake_document){.text = fake_ddo(&f->on, "First")});
    fake_publish(&f->on, 5,
                 &(struct fake_document){.text = fake_ddo(&f->on, "Second"), .update = true})
        ->tx = 100;
    fake_publish(&f->on, 5,
                 &(struct fake_document){.text = fake_ddo(&f->on, "Third"), .update = true})
        ->tx = 101;
    steps_until(f, 6);
    assert_string_equal(name(f), "Third");
}

static void encrypted_document_is_decrypted(void **state)
{
    struct fixture *f = *state;
    const char *text = fake_ddo(&f->on, "Hidden");

    f->on.head = 3;
    fake_publish(&f->on, 3,
                 &(struct fake_document){
                     .text = text, .data = arena_printf(f->a, "enc:%s", text), .flags = 2});
    steps_until(f, 4);
    assert_string_equal(name(f), "Hidden");
}

/* A bad document is a fact about the asset; the indexer goes on. */
static void bad_documents_are_told(void **state)
{
    struct fixture *f = *state;
    const char *text = fake_ddo(&f->on, "Bad");

    f->on.head = 1;
    fake_publish(&f->on, 1, &(struct fake_document){.text = text, .data = "{\"a\":1}"});
    steps_until(f, 2);
    assert_string_equal(attempt(f), "Unencrypted DDO hash does not match metadata hash.");
    f->on.head = 2;
    fake_publish(&f->on, 2,
                 &(struct fake_document){.text = "{\"id\":\"did:op:1\"}", .update = true});
    steps_until(f, 3);
    assert_string_equal(attempt(f), "Decrypted DDO ID does not match generated DID.");
    f->on.head = 3;
    fake_publish(&f->on, 3,
                 &(struct fake_document){.text = text, .data = "zzz", .flags = 2, .update = true});
    steps_until(f, 4);
    assert_string_equal(attempt(f), "Provider exception on decrypt DDO. Status: not for this node");
    f->on.head = 4;
    f->on.remote = text;
    fake_publish(
        &f->on, 4,
        &(struct fake_document){
            .text = "other", .data = "x", .flags = 2, .decryptor = f->url, .update = true});
    steps_until(f, 5);
    look_again(f);
    assert_non_null(strstr(attempt(f), "does not have the hash"));
    f->on.head = 5;
    f->on.remote_status = 403;
    f->on.remote = "no";
    fake_publish(&f->on, 5,
                 &(struct fake_document){
                     .text = text, .data = "x", .flags = 2, .decryptor = f->url, .update = true});
    steps_until(f, 6);
    look_again(f);
    assert_non_null(strstr(attempt(f), "Provider validation failed: 403 no"));
    f->on.head = 6;
    fake_publish(&f->on, 6,
                 &(struct fake_document){
                     .text = text, .data = "x", .flags = 2, .decryptor = "16Uiu2", .update = true});
    steps_until(f, 7);
    assert_non_null(strstr(attempt(f), "16Uiu2"));
    assert_null(indexed(f));
}

/* Only whom the operator believes. */
static void policy_is_kept(void **state)
{
    struct fixture *f = *state;
    struct addr owner = fake_address(OWNER);
    struct addr other = fake_address(NFT);
    const struct indexer_list lists[] = {{CHAIN, fake_address(FACTORY)}};
    const char *text = fake_ddo(&f->on, "Wanted?");
    struct fake_log *seal;
    uint8_t zeros[128] = {0};

    f->o.policy = (struct indexer_policy){.publishers = &other, .publisher_count = 1};
    f->on.head = 1;
    fake_publish(&f->on, 1, &(struct fake_document){.text = text});
    steps_until(f, 2);
    assert_string_equal(attempt(f),
                        "DDO owner " OWNER " is NOT part of the AUTHORIZED_PUBLISHERS group.");
    f->o.policy = (struct indexer_policy){.publishers = &owner,
                                          .publisher_count = 1,
                                          .publisher_lists = lists,
                                          .publisher_list_count = 1};
    f->on.head = 2;
    fake_publish(&f->on, 2, &(struct fake_document){.text = text, .update = true});
    steps_until(f, 3);
    assert_string_equal(attempt(f), "DDO owner " OWNER
                                    " is NOT part of the AUTHORIZED_PUBLISHERS_LIST access group.");
    /* Without a validator's seal it does not count at all; with it it does. */
    f->o.policy = (struct indexer_policy){.validators = &other, .validator_count = 1};
    f->on.head = 4;
    fake_publish(&f->on, 4, &(struct fake_document){.text = text, .update = true});
    steps_until(f, 5);
    assert_non_null(strstr(attempt(f), "was not validated by any of the ALLOWED_VALIDATORS"));
    assert_null(indexed(f));
    f->on.head = 5;
    fake_publish(&f->on, 5, &(struct fake_document){.text = text, .update = true});
    seal = fake_emit(&f->on, 5, NFT, "MetadataValidated(address,bytes32,uint8,bytes32,bytes32)");
    seal->topics[seal->topic_count++] = fake_topic(NFT);
    seal->data = (struct bytes){zeros, sizeof(zeros)};
    steps_until(f, 6);
    assert_string_equal(attempt(f), "valid");
}

static void foreign_logs_are_ignored(void **state)
{
    struct fixture *f = *state;

    f->on.head = 5;
    /* Not of the factory; the same signature with other indexed parameters; data that is none. */
    f->on.undeployed = true;
    fake_publish(&f->on, 2, &(struct fake_document){.text = fake_ddo(&f->on, "Fake")});
    fake_emit(&f->on, 3, TOKEN,
              "OrderStarted(address,address,uint256,uint256,uint256,address,uint256)");
    fake_publish(&f->on, 4, &(struct fake_document){.text = fake_ddo(&f->on, "Fake")})->data.n = 40;
    steps_until(f, 6);
    assert_string_equal(attempt(f), "nothing");
}

/* A refused range is asked again in smaller pieces; no block is passed over. */
static void failed_window_is_read_again(void **state)
{
    struct fixture *f = *state;
    struct err e;
    bool more;

    f->on.head = 300;
    fake_publish(&f->on, 290, &(struct fake_document){.text = fake_ddo(&f->on, "Late")});
    f->on.fail_logs = 1;
    err_is(follow_step(&f->f, &more, &e), e, FAILED);
    assert_int_equal(f->f.next, 1);
    assert_int_equal(f->f.width, WIDTH_START / 2);
    f->on.width_max = 100;
    while (follow_step(&f->f, &more, &e) < 0)
        assert_int_equal(f->f.next, 1);
    assert_true(f->f.next > 1 && f->f.next <= 101);
    while (f->f.next <= 300)
        (void)!follow_step(&f->f, &more, &e);
    assert_string_equal(name(f), "Late");
}

static void new_start_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;

    f->on.head = 10;
    fake_publish(&f->on, 2, &(struct fake_document){.text = fake_ddo(&f->on, "First")});
    fake_order(&f->on, 3);
    fake_order(&f->on, 7);
    f->f.width = 2; /* blocks 1 and 2, then 3 to 6 */
    step(f);
    step(f);
    assert_int_equal(f->f.next, 7);
    new_follower(f); /* as after a crash */
    f->on.log_requests = 0;
    steps_until(f, 11);
    assert_int_equal(f->on.log_requests, 1);
    assert_int_equal(orders(f), 2);
}

static void replaced_blocks_are_taken_back(void **state)
{
    struct fixture *f = *state;
    uint64_t n;

    f->on.head = 5;
    fake_publish(&f->on, 3, &(struct fake_document){.text = fake_ddo(&f->on, "First")});
    fake_order(&f->on, 4);
    steps_until(f, 6);
    for (f->on.head = 6; f->on.head <= 8; f->on.head++) {
        fake_order(&f->on, f->on.head);
        steps_until(f, f->on.head + 1);
    }
    f->on.head = 8;
    assert_int_equal(orders(f), 4);
    /* Blocks 7 and 8 are replaced by 7 to 9, where another order stands. */
    for (n = 7; n <= 9; n++)
        f->on.branch[n] = 1;
    f->on.log_count -= 2;
    f->on.head = 9;
    fake_order(&f->on, 9);
    steps_until(f, 10);
    assert_int_equal(orders(f), 3);
    /* An older one than all that is remembered: everything anew. */
    for (n = 0; n <= 9; n++)
        f->on.branch[n] = 2;
    f->on.log_count = 0;
    f->on.head = 9;
    fake_publish(&f->on, 8, &(struct fake_document){.text = fake_ddo(&f->on, "Other chain")});
    step(f);
    steps_until(f, 10);
    assert_string_equal(name(f), "Other chain");
    assert_int_equal(orders(f), 0);
}

/* An endpoint that lags has a shorter chain for a while: nothing is taken back for that. */
static void lagging_endpoint_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct err e;
    bool more;

    f->on.head = 5;
    steps_until(f, 6);
    f->on.head = 6;
    fake_publish(&f->on, 6, &(struct fake_document){.text = fake_ddo(&f->on, "First")});
    f->on.lacking = 6; /* it has heard of 6, but answers no logs for it and does not know it */
    err_is(follow_step(&f->f, &more, &e), e, FAILED);
    assert_int_equal(f->f.next, 6);
    f->on.lacking = 0;
    steps_until(f, 7);
    f->on.head = 5;
    step(f);
    step(f);
    assert_string_equal(name(f), "First");
    assert_int_equal(f->f.next, 7);
    f->f.patience_ms = 0; /* too long: it is shorter indeed */
    f->on.log_count = 0;
    step(f);
    assert_null(indexed(f));
    assert_int_equal(f->f.next, 6);
}

#define ESCROW "0x00000000000000000000000000000000000000ee"

/* Events of the chain's own escrow are kept, whoever they concern; those of others are not. */
static void escrow_events_are_kept(void **state)
{
    struct fixture *f = *state;
    struct addr payer = fake_address(OWNER);
    struct addr payee = fake_address(NFT);
    struct addr token = fake_address(TOKEN);
    struct abi_value v[] = {abi_addr(&payer), abi_addr(&payee), abi_u64(77),
                            abi_u64(5),       abi_u64(60),      abi_addr(&token)};
    const char *types = "(address,address,uint256,uint256,uint256,address)";
    static const char *const from[] = {ESCROW, FACTORY};
    struct index_escrow_filter filter = {.payer = OWNER, .type = "Lock", .size = 10};
    _buf_ struct buf out = BUF_INIT(10000);
    struct err e;
    size_t i;

    f->chain.escrow = fake_address(ESCROW);
    f->on.head = 3;
    for (i = 0; i < 2; i++)
        fake_emit(&f->on, 2, from[i], "Lock(address,address,uint256,uint256,uint256,address)")
            ->data = abi_encode(f->a, types, v, 6);
    steps_until(f, 4);
    {
        _db_ struct db *db = store_lend(f->store);

        ok(index_escrow_events(db, &filter, &out, &e), e);
        assert_non_null(strstr(buf_str(&out), "\"eventType\":\"Lock\",\"chainId\":8996,"
                                              "\"contract\":\"" ESCROW "\",\"block\":2"));
        assert_non_null(
            strstr(buf_str(&out), "\"jobId\":\"77\",\"amount\":\"5\",\"expiry\":\"60\""));
        assert_null(strstr(buf_str(&out), FACTORY));
        buf_reset(&out);
        filter.job_id = "78";
        ok(index_escrow_events(db, &filter, &out, &e), e);
        assert_string_equal(buf_str(&out), "[]");
    }
}

static void chain_is_indexed_anew(void **state)
{
    struct fixture *f = *state;

    f->on.head = 5;
    fake_publish(&f->on, 2, &(struct fake_document){.text = fake_ddo(&f->on, "First")});
    fake_order(&f->on, 3);
    steps_until(f, 6);
    f->f.reset = true;
    f->f.reset_to = 0;
    steps_until(f, 6);
    step(f);
    assert_string_equal(name(f), "First");
    assert_int_equal(orders(f), 1);
    f->f.reset = true;
    f->f.reset_to = 4;
    step(f);
    assert_null(indexed(f));
}

/* The thread: it finds a block by itself, obeys an admin, survives a dead endpoint, and ends. */
static void threads_follow_and_end(void **state)
{
    struct fixture *f = *state;
    struct indexer *ix;
    uint64_t block = 0;
    struct err e;
    int64_t end = clock_mono_ms() + 20000;

    f->on.head = 5;
    f->on.fail_logs = 1;
    fake_publish(&f->on, 5, &(struct fake_document){.text = fake_ddo(&f->on, "By itself")});
    ix = indexer_start(&f->o);
    assert_false(indexer_block(ix, 1, &block));
    while (!(indexer_block(ix, CHAIN, &block) && block == 5) && clock_mono_ms() < end)
        clock_sleep_ms(5);
    assert_int_equal(block, 5);
    assert_string_equal(name(f), "By itself");
    err_is(indexer_reindex_tx(ix, 1, "0x", &e), e, INVALID);
    err_is(indexer_reindex_tx(ix, CHAIN, "0x12", &e), e, INVALID);
    err_is(indexer_reindex_chain(ix, 1, 0, &e), e, INVALID);
    ok(indexer_reindex_chain(ix, CHAIN, 0, &e), e);
    indexer_wake(ix, 0);
    indexer_stop(ix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(plain_document_is_indexed),
        WITH(two_updates_in_a_block),
        WITH(encrypted_document_is_decrypted),
        WITH(bad_documents_are_told),
        WITH(foreign_logs_are_ignored),
        WITH(threads_follow_and_end),
        WITH(policy_is_kept),
        WITH(chain_is_indexed_anew),
        WITH(escrow_events_are_kept),
        WITH(failed_window_is_read_again),
        WITH(new_start_goes_on_where_it_was),
        WITH(replaced_blocks_are_taken_back),
        WITH(lagging_endpoint_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
