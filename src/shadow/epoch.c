/* epoch: see epoch.h. */
#include "epoch.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "rewrite.h"
#include "rubric.h"

static void digest_add(EVP_MD_CTX *digest, const char *text)
{
    EVP_DigestUpdate(digest, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void digest_add_model(EVP_MD_CTX *digest, const struct conf_model *model)
{
    digest_add(digest, model->url_count ? model->urls[0].text : NULL);
    digest_add(digest, model->model);
    digest_add(digest, model->system_prompt_text);
    EVP_DigestUpdate(digest, &model->system_prompt, sizeof model->system_prompt);
}

void epoch_of(const struct conf *conf, const char *rules_version, char epoch[33])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex(digest, EVP_sha256(), NULL);
    digest_add_model(digest, &conf->warm);
    digest_add_model(digest, &conf->original);
    digest_add(digest, conf->has_judge ? "judge " RUBRIC_VERSION : "no judge");
    if (conf->has_judge)
        digest_add_model(digest, &conf->judge);
    if (conf->has_classifier) {
        char threshold[32];
        snprintf(threshold, sizeof threshold, "classifier %g", conf->shadow.classifier.threshold);
        digest_add(digest, threshold);
        digest_add(digest, conf->shadow.classifier.label);
        digest_add_model(digest, &conf->classifier);
    }
    if (conf->shadow.style_control > 0) {
        digest_add(digest, "rewriter " REWRITE_VERSION);
        digest_add_model(digest, &conf->rewriter);
    }
    for (size_t i = 0; i < conf->candidate_count; i++) {
        digest_add(digest, conf->candidates[i].name);
        digest_add_model(digest, &conf->candidates[i]);
    }
    digest_add(digest, rules_version);
    EVP_DigestFinal_ex(digest, bytes, NULL);
    EVP_MD_CTX_free(digest);
    for (int i = 0; i < 16; i++)
        snprintf(epoch + 2 * i, 3, "%02x", bytes[i]);
}
