#include "api/oidc/login.hpp"
#include "api/signin/cookies.hpp"

#include <utility>

namespace winnow::api {

namespace {

using ports::TenantSession;

Result<Done> begin(const FlowPtr& flow, ProviderLogin& login, TenantSession& session)
{
    const auto& key = flow->parts->login_key;
    ports::OidcLogin row;
    row.id = flow->parts->new_id();
    row.provider = login.provider.id;
    row.nonce = login.nonce;
    row.binding = oidc::binding_of(key, row.id, login.cookie.text);
    row.source = network_of(flow);
    row.return_to = login.return_to;
    row.prove_anew = login.prove_anew;
    row.expires_at = login.now + oidc::kLoginLife;
    login.challenge = oidc::challenge_of(oidc::verifier_of(key, row.id, login.cookie.text));
    return session.oidc().begin_login(row, login.state.hash);
}

void lead_there(const FlowPtr& flow, const LoginPtr& login)
{
    constexpr int kSeeOther = 303;
    http::Response response(kSeeOther);
    response.set("Location",
                 oidc::authorization_url(login->known->metadata,
                                         {.client_id = login->provider.client_id,
                                          .redirect_uri = redirect_uri(flow->parts->origin, login->provider.id),
                                          .scopes = login->provider.scopes,
                                          .state = login->state.text,
                                          .nonce = login->nonce,
                                          .challenge = login->challenge,
                                          .prove_anew = login->prove_anew}));
    set_login_cookie(response, login->cookie.text);
    answer(flow, std::move(response));
}

void set_out(const FlowPtr& flow, const LoginPtr& login)
{
    if (login->held) return answer(flow, held(flow, *login->held));
    know_provider(flow, login, false, [flow, login](identity::ProviderDocuments::Found found) {
        if (!found) {
            // No line in a log: anybody can come, as often as they like. Admins ask by testOidcProvider.
            return answer(flow, refused(flow, 503, "provider_unreachable",
                                        "your provider of sign-ins does not answer as it should; try again"));
        }
        login->known = *std::move(found);
        in_tenant(
            flow, login->tenant, [flow, login](TenantSession& session) { return begin(flow, *login, session); },
            [flow, login] { lead_there(flow, login); });
    });
}

}  // namespace

void begin_provider_login(const FlowPtr& flow)
{
    const auto& head = flow->request.head;
    // Nobody's page but ours, or whoever types it, signs somebody in.
    const auto site = head.header("Sec-Fetch-Site");
    if (!site.empty() && site != "same-origin" && site != "none") {
        return answer(flow, refused(flow, 403, "cross_site", "a page of another origin sent this"));
    }
    const auto return_to = head.query_parameter("return_to").value_or("/");
    if (!oidc::is_return_path(return_to)) {
        return answer(flow, refused(flow, 400, "invalid_parameter", "return_to must be a path of this service"));
    }
    const auto anew = head.query_parameter("prove_anew").value_or("false");
    if (anew != "true" && anew != "false") {
        return answer(flow, refused(flow, 400, "invalid_parameter", "prove_anew must be true or false"));
    }
    if (flow->parts->origin.empty()) {
        return fail(flow, Error(ErrorCode::unavailable, "this service does not know its own address"));
    }
    with_provider(flow, [flow, return_to, anew](const LoginPtr& login) {
        if (!login) return fail(flow, Error(ErrorCode::not_found, "there is no such provider of sign-ins"));
        login->return_to = return_to;
        login->prove_anew = anew == "true";
        login->state = crypto::make_token();
        login->cookie = crypto::make_token();
        login->nonce = crypto::make_token().text;
        in_tenant(
            flow, login->tenant, [flow, login](TenantSession& session) { return load_provider(flow, *login, session); },
            [flow, login] { set_out(flow, login); });
    });
}

}  // namespace winnow::api
