/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/date.h"
#include "base/fs.h"
#include "base/str.h"
#include "gateway/gateway_int.h"

/* Certificates as Caddy stores them: certificates/ISSUER/HOST/HOST.crt, leaf first. */

enum { PEM_MAX = 65536 };

static int64_t time_ms(const ASN1_TIME *t)
{
    struct tm tm;
    struct date d;

    if (!ASN1_TIME_to_tm(t, &tm))
        return 0;
    d = (struct date){.year = tm.tm_year + 1900,
                      .month = tm.tm_mon + 1,
                      .day = tm.tm_mday,
                      .hour = tm.tm_hour,
                      .minute = tm.tm_min,
                      .second = tm.tm_sec};
    return date_seconds(&d) * 1000;
}

/* The common name, else the organisation, else "". */
static const char *name_of(struct arena *a, const X509_NAME *name)
{
    static const int which[] = {NID_commonName, NID_organizationName};
    size_t i;

    for (i = 0; i < ARRAY_LEN(which); i++) {
        int at = X509_NAME_get_index_by_NID(name, which[i], -1);
        const X509_NAME_ENTRY *entry = at < 0 ? NULL : X509_NAME_get_entry(name, at);
        unsigned char *text = NULL;
        const char *copy = NULL;

        if (entry && ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry)) >= 0)
            copy = arena_strdup(a, (const char *)text);
        OPENSSL_free(text);
        if (copy)
            return copy;
    }
    return "";
}

bool gateway__cert_read(struct arena *a, const void *pem, size_t n, struct gateway_cert *ret)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)n);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    if (x)
        *ret = (struct gateway_cert){.issuer = name_of(a, X509_get_issuer_name(x)),
                                     .not_before = time_ms(X509_get0_notBefore(x)),
                                     .not_after = time_ms(X509_get0_notAfter(x))};
    else
        ERR_clear_error();
    X509_free(x);
    BIO_free(bio);
    return x != NULL;
}

bool gateway__cert(struct arena *a, const char *storage, const char *issuer, const char *host,
                   struct gateway_cert *ret)
{
    const char *path = arena_printf(a, "%s/certificates/%s/%s/%s.crt", storage,
                                    gateway__issuer_folder(a, issuer), host, host);
    struct bytes pem;
    struct err ignored;

    return fs_read(a, path, PEM_MAX, &pem, &ignored) == 0 &&
           gateway__cert_read(a, pem.p, pem.n, ret);
}
