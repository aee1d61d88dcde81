/* sample: see sample.h. */
#include "sample.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

struct digest {
    unsigned char bytes[32];
};

/* HMAC-SHA-256 under the installation's salt: without it nobody can test a guess at who said what. */
static struct digest salted(const struct conf *conf, const char *purpose, const struct slice *parts, size_t count)
{
    struct digest digest = {{0}};
    unsigned char message[1 + 32 * 8];
    assert(count <= 7);
    EVP_Digest(purpose, strlen(purpose), message, NULL, EVP_sha256(), NULL);
    for (size_t i = 0; i < count; i++) /* each part by its own digest, so that parts cannot run into each other */
        EVP_Digest(parts[i].data ? parts[i].data : "", parts[i].len, message + 32 * (i + 1), NULL, EVP_sha256(), NULL);
    unsigned len = sizeof digest.bytes;
    const char *salt = conf->salt ? conf->salt : "";
    HMAC(EVP_sha256(), salt, (int)strlen(salt), message, 32 * (count + 1), digest.bytes, &len);
    return digest;
}

static void hex(const struct digest *digest, char out[33])
{
    for (int i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", digest->bytes[i]);
}

void sample_identify(struct trial *trial)
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
    struct slice client[] = {trial->authorization, trial->client};
    struct digest digest = salted(trial->conf, "client", client, trial->authorization.len ? 1 : 2);
    hex(&digest, trial->client_hash);
    struct slice conversation[] = {trial->authorization, system, first, slice_from(trial->exchange_id)};
    /* A history that lies at the provider cannot be followed: each such exchange stands alone. */
    digest = salted(trial->conf, "conversation", conversation, request->stored_state ? 4 : 3);
    hex(&digest, trial->conversation);
}

double sample_number(const struct trial *trial, const char *purpose)
{
    struct slice part = slice_from(trial->conversation);
    struct digest digest = salted(trial->conf, purpose, &part, 1);
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | digest.bytes[i];
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
    double share = conf->shadow.default_share, largest = share;
    *stratum = "default";
    for (size_t i = 0; i < conf->shadow.share_count; i++) {
        const struct conf_sample_share *row = &conf->shadow.shares[i];
        largest = row->share > largest ? row->share : largest;
        if (row->share > share && share_applies(slice_from(row->label), detection)) {
            share = row->share;
            *stratum = row->label;
        }
    }
    if (detection->error && largest > share) { /* what the detector may have missed is looked at all the same */
        share = largest;
        *stratum = "detector_error";
    }
    return share;
}

bool sample_decide(struct trial *trial)
{
    const char *stratum;
    trial->probability = sample_share(trial->conf, &trial->detection, &stratum);
    snprintf(trial->stratum, sizeof trial->stratum, "%s", stratum);
    return sample_number(trial, "sample") < trial->probability;
}
