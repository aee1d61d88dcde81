/* sample: see sample.h. */
#include "sample.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define LEAST_KEPT (1.0 / 64)
#define KEPT_MAX   2048

/* One keyed HMAC, made once a thread: fetching and keying it for every exchange would cost more than detecting. Each
 * call of OpenSSL costs as much as hashing hundreds of bytes, so small parts are kept and go in together. */
struct sampler {
    EVP_MAC_CTX *mac;
    char *salt; /* of the key in mac */
    size_t kept_len;
    unsigned char kept[KEPT_MAX];
};

struct sampler *sampler_new(void)
{
    struct sampler *sampler = calloc(1, sizeof *sampler);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (sampler && hmac)
        sampler->mac = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    if (sampler && sampler->mac)
        return sampler;
    sampler_free(sampler);
    return NULL;
}

void sampler_free(struct sampler *sampler)
{
    if (!sampler)
        return;
    EVP_MAC_CTX_free(sampler->mac);
    free(sampler->salt);
    free(sampler);
}

/* Starts a digest; the key is set anew only when a reload has changed the salt. */
static bool mac_start(struct sampler *sampler, const char *salt)
{
    if (sampler->salt && strcmp(sampler->salt, salt) == 0)
        return EVP_MAC_init(sampler->mac, NULL, 0, NULL) == 1;
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    free(sampler->salt);
    sampler->salt = strdup(salt);
    return sampler->salt && EVP_MAC_init(sampler->mac, (const unsigned char *)salt, strlen(salt), parameters) == 1;
}

static bool mac_flush(struct sampler *sampler)
{
    size_t len = sampler->kept_len;
    sampler->kept_len = 0;
    return len == 0 || EVP_MAC_update(sampler->mac, sampler->kept, len) == 1;
}

static bool mac_bytes(struct sampler *sampler, const void *data, size_t len)
{
    if (len > KEPT_MAX - sampler->kept_len && !mac_flush(sampler))
        return false;
    if (len > KEPT_MAX)
        return EVP_MAC_update(sampler->mac, data, len) == 1;
    if (len)
        memcpy(sampler->kept + sampler->kept_len, data, len);
    sampler->kept_len += len;
    return true;
}

/* The length goes first, so that parts cannot run into each other. */
static bool mac_add(struct sampler *sampler, struct slice part)
{
    uint64_t len = part.len;
    return mac_bytes(sampler, &len, sizeof len) && mac_bytes(sampler, part.data, part.len);
}

static bool salted(struct sampler *sampler, const char *salt, const struct slice *parts, size_t count,
                   unsigned char digest[32])
{
    size_t len = 0;
    bool done = mac_start(sampler, salt ? salt : "");
    sampler->kept_len = 0;
    for (size_t i = 0; done && i < count; i++)
        done = mac_add(sampler, parts[i]);
    return done && mac_flush(sampler) && EVP_MAC_final(sampler->mac, digest, &len, 32) == 1 && len == 32;
}

static void hex(const unsigned char digest[32], char out[33])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[32] = '\0';
}

bool sample_identify(struct sampler *sampler, struct trial *trial)
{
    const struct chat_request *request = &trial->request;
    struct slice system = SLICE(""), first = SLICE("");
    trial->turn = 0;
    for (size_t i = 0; i < request->turn_count; i++) {
        if (request->turns[i].role == ROLE_SYSTEM && system.len == 0)
            system = request->turns[i].text;
        if (request->turns[i].role != ROLE_USER)
            continue;
        if (trial->turn++ == 0)
            first = request->turns[i].text;
    }
    /* A history that lies at the provider cannot be followed: each such exchange stands alone. */
    struct slice alone = request->stored_state ? slice_from(trial->exchange_id) : SLICE("");
    const struct slice parts[] = {SLICE("conversation"), trial->authorization, request->user, system, first, alone};
    unsigned char digest[32];
    if (!salted(sampler, trial->conf->salt, parts, sizeof parts / sizeof *parts, digest))
        return false;
    /* What is recorded is one half, what draws is the other: the record does not reveal the draw. */
    hex(digest, trial->conversation);
    memcpy(trial->draw, digest + 16, sizeof trial->draw);
    return true;
}

bool sample_identify_client(struct sampler *sampler, struct trial *trial)
{
    struct slice who = trial->request.user.len    ? trial->request.user
                       : trial->authorization.len ? trial->authorization
                                                  : trial->client;
    const struct slice parts[] = {SLICE("client"), who};
    unsigned char digest[32];
    if (!salted(sampler, trial->conf->salt, parts, 2, digest))
        return false;
    hex(digest, trial->client_hash);
    return true;
}

double sample_number(const struct trial *trial, const char *purpose)
{
    /* The draw is already uniform and secret; the purpose only picks another number of it (finaliser of splitmix64). */
    uint64_t bits = trial->draw[0] ^ hash_bytes(trial->draw[1] | 1, purpose, strlen(purpose));
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    bits ^= bits >> 31;
    return (double)(bits >> 11) * 0x1p-53;
}

/* Does a configured label ("belief", "emotion", "emotion:sad", "belief:doubted") apply to what was detected? */
static bool share_applies(struct slice label, const struct detection *detection)
{
    enum belief kind = detection->belief.kind;
    struct slice rest = label, family;
    if (!slice_cut(&rest, ':', &family))
        return false;
    if (slice_is(family, "belief"))
        return kind != BELIEF_NONE && (rest.len == 0 || slice_is(rest, belief_name(kind)));
    for (unsigned c = 0; c < CONTEXT_NONE; c++) {
        if (!(detection->contexts & 1u << c) || c == CONTEXT_DOWN || c == CONTEXT_LOW)
            continue; /* these two read like ordinary requests and must not raise the share */
        struct slice name = slice_from(context_name((enum context)c));
        if (rest.len ? slice_equal(label, name) : slice_starts(name, family) && name.data[family.len] == ':')
            return true;
    }
    return false;
}

double sample_share(const struct conf *conf, const struct detection *detection, const char **stratum)
{
    double share = conf->shadow.default_share, largest = conf->shadow.largest_share;
    *stratum = "default";
    for (size_t i = 0; i < conf->shadow.share_count; i++) {
        const struct conf_sample_share *row = &conf->shadow.shares[i];
        if (row->share > share && share_applies(slice_from(row->label), detection)) {
            share = row->share;
            *stratum = row->label;
        }
    }
    if (detection->suspected && conf->shadow.booster > share) {
        share = conf->shadow.booster;
        *stratum = "booster";
    }
    if (detection->error && largest > share) { /* what the detector may have missed is looked at all the same */
        share = largest;
        *stratum = "detector_error";
    }
    return share;
}

enum drop_reason sample_foresee(const struct trial *trial)
{
    double number = sample_number(trial, "sample"), largest = trial->conf->shadow.largest_share;
    if (number >= largest)
        return DROP_NOT_SAMPLED;
    bool certain = number < trial->conf->shadow.default_share; /* no condition has a smaller share than the default */
    return certain && number >= largest * (1 - trial->shed) ? DROP_SHED : DROP_NONE;
}

double sample_shed(double load)
{
    double kept = 1;
    for (double room = 1 - load; room <= .5 && kept > LEAST_KEPT; room *= 2)
        kept /= 2;
    return 1 - kept;
}

enum drop_reason sample_decide(struct trial *trial)
{
    const char *stratum;
    double share = sample_share(trial->conf, &trial->detection, &stratum), number = sample_number(trial, "sample");
    trial->probability = share * (1 - trial->shed);
    snprintf(trial->stratum, sizeof trial->stratum, "%s", stratum);
    return number < trial->probability ? DROP_NONE : number < share ? DROP_SHED : DROP_NOT_SAMPLED;
}
