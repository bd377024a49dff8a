#include "api/rest/json_body.hpp"
#include "api/rest/problem.hpp"
#include "api/rest/resource.hpp"
#include "api/rest/respond.hpp"
#include "api/staff/provider_request.hpp"
#include "api/staff/staff.hpp"
#include "winnow/crypto/argon2.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/token.hpp"
#include "winnow/crypto/totp.hpp"
#include "winnow/identity/breached_passwords.hpp"
#include "winnow/identity/password_hasher.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/signin/password_choice.hpp"

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using nlohmann::json;
using ports::StaffSecrets;

/// One for all that may be wrong: nobody learns from it which address there is, or that it is held.
http::Response sign_in_failed()
{
    return problem(401, "sign_in_failed",
                   "address, password or code is wrong, or too many were wrong of late: try again in 15 minutes");
}

Error no_enrolment()
{
    return {ErrorCode::not_found, "the token enrols nobody, or does so no longer"};
}

Result<std::string> text_field(const json& document, const char* name)
{
    const auto found = document.find(name);
    if (found == document.end() || !found->is_string()) {
        return field_error("/" + std::string(name), "must be a string");
    }
    return found->get<std::string>();
}

crypto::PasswordHash hash_of(const ports::StoredPassword& stored)
{
    crypto::PasswordHash hash;
    hash.salt = stored.salt;
    hash.tag = stored.tag;
    hash.cost.memory_kib = stored.memory_kib;
    hash.cost.passes = stored.passes;
    hash.pepper_id = stored.pepper_id;
    return hash;
}

/// Who has shown of whom so much.
ports::ProviderRequest request_of(const http::Request& request, const StaffSecrets& secrets, const char* means)
{
    auto by = provider_request_of(request);
    by.actor.id = "provider:" + secrets.member.id.str();
    by.actor.means = means;
    return by;
}

/// Waits on this thread, which is one for what blocks; the hasher answers within its patience.
Result<bool> is_right(const StaffParts& parts, std::string password, std::optional<crypto::PasswordHash> known)
{
    using Verified = identity::PasswordHasher::Verified;
    auto promise = std::make_shared<std::promise<Result<Verified>>>();
    auto future = promise->get_future();
    parts.hasher.verify(std::move(password), std::move(known),
                        [promise](Result<Verified> verified) { promise->set_value(std::move(verified)); });
    const auto verified = future.get();
    if (!verified) return verified.error();
    return verified->right;
}

Result<crypto::PasswordHash> hashed(const StaffParts& parts, std::string password)
{
    auto promise = std::make_shared<std::promise<Result<crypto::PasswordHash>>>();
    auto future = promise->get_future();
    parts.hasher.hash(std::move(password),
                      [promise](Result<crypto::PasswordHash> hash) { promise->set_value(std::move(hash)); });
    return future.get();
}

/// By a token in a body; nullopt: it is none, or enrols nobody.
Result<std::optional<StaffSecrets>> enrolling(const std::optional<std::string>& hash, const StaffParts& parts)
{
    if (!hash) return std::optional<StaffSecrets>();
    return parts.store.by_enrolment(*hash);
}

/// The step whose code it is; nullopt: none that counts still.
Result<std::optional<std::int64_t>> step_of(const StaffSecrets& secrets, const std::string& code,
                                            const StaffParts& parts)
{
    const auto seed = parts.sealer.open(secrets.sealed_seed, ports::staff_seed_context(secrets.member.id));
    if (!seed) return seed.error();
    return crypto::match_totp(*seed, code, secrets.now, secrets.last_step);
}

/// nullopt: nothing. `unavailable` where the list of breached ones cannot be read.
Result<std::optional<FieldError>> problem_of(const std::string& password, const StaffSecrets& secrets,
                                             const StaffParts& parts)
{
    const signin::PasswordContext context{
        .service_code = {}, .tenant_name = {}, .address = secrets.member.email, .user_name = secrets.member.name};
    const auto wrong = signin::password_problem(password, context);
    if (wrong) return std::optional(signin::field_error(*wrong, "/password"));
    try {
        if (!parts.breached.contains(password)) return std::optional<FieldError>();
    } catch (const std::exception& failure) {
        observe::error("the list of breached passwords cannot be read", {{"reason", failure.what()}});
        return Error(ErrorCode::unavailable, "passwords cannot be checked now");
    }
    return std::optional(signin::field_error(signin::PasswordProblem::breached, "/password"));
}

}  // namespace

Result<http::Response> enrol_staff(const http::Request& request, const StaffParts& parts)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    const auto token = text_field(*document, "token");
    if (!token) return token.error();
    const auto password = text_field(*document, "password");
    if (!password) return password.error();
    const auto token_hash = crypto::token_hash(*token);
    const auto secrets = enrolling(token_hash, parts);
    if (!secrets) return secrets.error();
    if (!*secrets) return no_enrolment();
    auto wrong = problem_of(*password, **secrets, parts);
    if (!wrong) return wrong.error();
    if (*wrong) return Error(std::vector{**std::move(wrong)});
    const auto hash = hashed(parts, *password);
    if (!hash) return hash.error();
    const auto& member = (*secrets)->member;
    const auto seed = crypto::make_totp_seed();
    const auto chosen = parts.store.choose(*token_hash,
                                           {.salt = hash->salt,
                                            .tag = hash->tag,
                                            .memory_kib = hash->cost.memory_kib,
                                            .passes = hash->cost.passes,
                                            .pepper_id = hash->pepper_id},
                                           parts.sealer.seal(seed, ports::staff_seed_context(member.id)),
                                           request_of(request, **secrets, "enrolment"));
    if (!chosen) return chosen.error();
    if (!*chosen) return no_enrolment();
    return with_secret(json_response(
        200, {{"secret", crypto::to_base32(seed)}, {"otpauth_uri", crypto::otpauth_uri(member.email, seed)}}));
}

Result<http::Response> confirm_staff(const http::Request& request, const StaffParts& parts)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    const auto token = text_field(*document, "token");
    if (!token) return token.error();
    const auto code = text_field(*document, "code");
    if (!code) return code.error();
    const auto token_hash = crypto::token_hash(*token);
    const auto secrets = enrolling(token_hash, parts);
    if (!secrets) return secrets.error();
    if (!*secrets || !(*secrets)->password) return no_enrolment();
    const auto step = step_of(**secrets, *code, parts);
    if (!step) return step.error();
    if (!*step) return field_error("/code", "is not the code that the app shows now");
    const auto active = parts.store.activate(*token_hash, **step, request_of(request, **secrets, "enrolment"));
    if (!active) return active.error();
    if (!*active) return no_enrolment();
    return no_content();
}

Result<http::Response> sign_in_staff(const http::Request& request, const StaffParts& parts,
                                     const std::function<Uuid()>& new_id)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    const auto email = text_field(*document, "email");
    if (!email) return email.error();
    const auto password = text_field(*document, "password");
    if (!password) return password.error();
    const auto code = text_field(*document, "code");
    if (!code) return code.error();
    if (!signin::can_be_a_password(*password)) return sign_in_failed();  // whoever it is
    const auto secrets = parts.store.by_email(*email);
    if (!secrets) return secrets.error();
    const auto& known = *secrets;
    std::optional<crypto::PasswordHash> stored;
    if (known && known->password) stored = hash_of(*known->password);
    // Hashed whoever it is, and also where it cannot be right: that takes as long.
    const auto right = is_right(parts, *password, stored);
    if (!right) return right.error();
    if (!stored || known->blocked) return sign_in_failed();
    auto by = request_of(request, *known, "password");
    const auto step = step_of(*known, *code, parts);
    if (!step) return step.error();
    const auto token = crypto::make_token();
    if (*right && *step) {
        const auto begun =
            parts.store.sign_in(known->member.id, stored->tag, **step, SessionId(new_id()), token.hash, by);
        if (!begun) return begun.error();
        if (*begun) {
            return with_secret(
                json_response(200, {{"token", "wnst_" + token.text},
                                    {"expires_at", format_rfc3339(known->now + ports::kStaffSessionLife)},
                                    {"name", known->member.name},
                                    {"role", known->member.role}}));
        }
    }
    by.actor = {.id = "anonymous", .means = "none", .request_id = by.actor.request_id};
    if (const auto counted = parts.store.failed(known->member.id, by); !counted) return counted.error();
    return sign_in_failed();
}

}  // namespace winnow::api
